"""A Gymnasium environment for any game that runs in lockstep and keeps a score.

``gymnasium.make("clonestrike.games.environment:clonestrike/Game-v0", game="doom:bots=3")``: before the first colon is
the module that Gymnasium imports, which registers the environment.
"""

from __future__ import annotations

from typing import Any, Literal

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from clonestrike import games
from clonestrike.core.actions import ACTION_SPACE, Action, Actions
from clonestrike.core.observation import Frame, Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Lockstep, Match

GAME_ID = "clonestrike/Game-v0"
DEATH = 0.5
"""Cost of a death in kills, as in the paper's reward, without its cost of a shot."""


class GameEnvironment(gymnasium.Env[Frame, NDArray[np.int64]]):
    """Matches of a game; an episode is a match.

    Observation: the frame, uint8 (H, W, 3) RGB. Action: MultiDiscrete, int64 (15,): 13 switches of 2 in the order of
    ``clonestrike.core.actions.SWITCHES``, then the index of the mouse x bin (23) and of the mouse y bin (15).
    Reward: kills - 0.5 deaths in the step. Truncated when the time is up, never terminated, as dead players respawn.
    ``info``: ``kills`` and ``deaths`` of the match so far (int), ``alive`` (bool): whether this is first-person play.

    Args:
        game: the game and its options, such as ``doom:bots=3``.
        minutes: length of a match, in minutes of game time.
        render_mode: ``rgb_array`` if ``render()`` should return the frame.

    Raises ClonestrikeError for an unknown game or option and, at ``reset``, for a game that does not run in lockstep or
    keeps no score that can be read.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"]}  # noqa: RUF012 (Gymnasium's own name)

    def __init__(
        self, game: str = "doom", minutes: float = 3.0, render_mode: Literal["rgb_array"] | None = None
    ) -> None:
        info = games.game_info(game)
        self._name, self._minutes = game, minutes
        self.metadata = {**self.metadata, "render_fps": info.steps_per_second}
        self.render_mode = render_mode
        self.observation_space = spaces.Box(0, 255, (info.frame_height, info.frame_width, 3), np.uint8)
        self.action_space = spaces.MultiDiscrete(
            [*[2] * len(ACTION_SPACE.switches), len(ACTION_SPACE.mouse_x_bins), len(ACTION_SPACE.mouse_y_bins)]
        )
        self._match: Match | None = None
        self._seen: Observation | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Frame, dict[str, Any]]:
        """Start a new match; the same seed gives the same match."""
        super().reset(seed=seed, options=options)
        self.close()
        self._match = _open(self._name, seed=int(self.np_random.integers(1 << 30)), minutes=self._minutes)
        return self._look(self._match)

    def step(self, action: NDArray[np.int64]) -> tuple[Frame, float, bool, bool, dict[str, Any]]:
        """Play one step of the game."""
        match = self._match
        if match is None or match.finished:
            raise gymnasium.error.ResetNeeded("call reset() first")
        assert isinstance(match, Lockstep)  # checked when it was opened
        before = match.scores[0]
        match.apply(_decoded(action))
        match.advance()
        after = match.scores[0]
        reward = (after.kills - before.kills) - DEATH * (after.deaths - before.deaths)
        frame, info = self._look(match)
        return frame, float(reward), False, match.finished, info

    def render(self) -> Frame | None:
        """The last frame, uint8 (H, W, 3) RGB, if render_mode is rgb_array; else None."""
        if self._seen is None:
            raise gymnasium.error.ResetNeeded("call reset() first")
        return self._seen.frame if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """End the game; may be called twice."""
        if self._match is not None:
            self._match.close()
        self._match = self._seen = None

    def _look(self, match: Match) -> tuple[Frame, dict[str, Any]]:
        self._seen = match.observe()
        own = match.scores[0]
        return self._seen.frame, {"kills": own.kills, "deaths": own.deaths, "alive": self._seen.playing}


def env(
    game: str = "doom", *, minutes: float = 3.0, render_mode: Literal["rgb_array"] | None = None
) -> gymnasium.Env[Frame, NDArray[np.int64]]:
    """A game as a Gymnasium environment: an episode is a match of ``minutes`` game time.

    Observations are frames, uint8 (H, W, 3) RGB; actions are int64 (15,): 13 switches, then the indices of the mouse x
    bin and of the mouse y bin; the reward is kills - 0.5 deaths. See ``GameEnvironment``. With ``render_mode``
    rgb_array, ``render()`` returns the frame. Raises ClonestrikeError for an unknown game or option and, at ``reset``,
    for a game that does not run in lockstep or keeps no score.
    """
    return gymnasium.make(GAME_ID, game=game, minutes=minutes, render_mode=render_mode)


def _open(name: str, *, seed: int, minutes: float) -> Match:
    match = games.open_match(name, seed=seed, minutes=minutes)
    if not isinstance(match, Lockstep):
        match.close()
        raise ClonestrikeError(f"{name} does not run in lockstep", "use a game that does, such as doom")
    return match


def _decoded(action: NDArray[np.int64]) -> Action:
    mouse = [ACTION_SPACE.mouse_x_bins[int(action[-2])], ACTION_SPACE.mouse_y_bins[int(action[-1])]]
    return Actions(np.asarray(action[:-2], bool)[None], np.array([mouse], np.float64))[0]


gymnasium.register(id=GAME_ID, entry_point=f"{__name__}:GameEnvironment")
