"""The same match as a Gymnasium environment: ``gymnasium.make("clonestrike/DoomDeathmatch-v0")``."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from clonestrike.core.actions import ACTION_SPACE, Action, Actions
from clonestrike.core.observation import Frame
from clonestrike.games.doom.engine import FRAME_HEIGHT, FRAME_WIDTH, STEPS_PER_SECOND, DoomSpec
from clonestrike.games.doom.match import DoomMatch


class DoomDeathmatch(gymnasium.Env[Frame, NDArray[np.int64]]):
    """A deathmatch against bots.

    Observation: the frame, uint8 (180, 320, 3) RGB. Action: MultiDiscrete, 13 switches of 2 in the order of
    ``clonestrike.core.actions.SWITCHES``, then the index of the mouse x bin (23) and of the mouse y bin (15).
    Reward: kills - 0.5 deaths of the step (the paper's, without the cost of a shot). Truncated when the time is up.
    ``info``: kills and deaths so far, alive.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": STEPS_PER_SECOND}  # noqa: RUF012 (Gymnasium's own name)

    def __init__(
        self,
        map: str = "cig/MAP01",  # noqa: A002 - the word of DoomSpec and of game names
        bots: int = 7,
        loadout: str = "classic",
        minutes: float = 3.0,
        render_mode: str | None = None,
    ) -> None:
        self._spec = DoomSpec(map, bots, loadout)
        self._minutes = minutes
        self.render_mode = render_mode
        self.observation_space = spaces.Box(0, 255, (FRAME_HEIGHT, FRAME_WIDTH, 3), np.uint8)
        switches = [2] * len(ACTION_SPACE.switches)
        self.action_space = spaces.MultiDiscrete(
            [*switches, len(ACTION_SPACE.mouse_x_bins), len(ACTION_SPACE.mouse_y_bins)]
        )
        self._match: DoomMatch | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Frame, dict[str, Any]]:
        """A new match; without a seed, another one every time."""
        super().reset(seed=seed)
        self.close()
        drawn = int(self.np_random.integers(1 << 30))
        self._match = DoomMatch(self._spec.match(drawn), seed=drawn, minutes=self._minutes)
        return self._match.observe().frame, self._info(self._match)

    def step(self, action: NDArray[np.int64]) -> tuple[Frame, float, bool, bool, dict[str, Any]]:
        """Play one step (1/17.5 s)."""
        match = self._running()
        before = match.scores[0]
        match.apply(self._decode(action))
        match.advance()
        after = match.scores[0]
        reward = (after.kills - before.kills) - 0.5 * (after.deaths - before.deaths)
        return match.observe().frame, float(reward), False, match.finished, self._info(match)

    def render(self) -> Frame | None:
        """The frame, where render_mode is rgb_array."""
        return self._running().observe().frame if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """End the engine."""
        if self._match is not None:
            self._match.close()
            self._match = None

    def _running(self) -> DoomMatch:
        if self._match is None:
            raise gymnasium.error.ResetNeeded("call reset() first")
        return self._match

    @staticmethod
    def _decode(action: NDArray[np.int64]) -> Action:
        mouse = [ACTION_SPACE.mouse_x_bins[int(action[-2])], ACTION_SPACE.mouse_y_bins[int(action[-1])]]
        return Actions(np.asarray(action[:-2], bool)[None], np.array([mouse], np.float32))[0]

    @staticmethod
    def _info(match: DoomMatch) -> dict[str, Any]:
        own = match.scores[0]
        return {"kills": own.kills, "deaths": own.deaths, "alive": match.observe().playing}
