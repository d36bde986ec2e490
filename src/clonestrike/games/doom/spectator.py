"""Watching others in first person, as a spectator of a public server would: here bots, in ``experts`` an expert.

The own player is killed and stays dead. Bots ignore it, and its camera can show the view and the status bar of any
other player.
"""

from __future__ import annotations

import contextlib
import math
import time
from abc import abstractmethod

import numpy as np
import vizdoom as vzd
from numpy.typing import NDArray

from clonestrike.core.actions import Action
from clonestrike.core.observation import Frame, Observation
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game, Lockstep, Score, Spectatable, TrueInputs, Walled
from clonestrike.games.doom.engine import STEPS_PER_SECOND, TICS_PER_STEP, DoomSpec, Engine, engine_faults
from clonestrike.games.doom.telemetry import BUTTON_BITS, Report, read_report, read_scores
from clonestrike.games.doom.walls import map_walls

WALK = 6400
"""The engine's value of a forward or sideways move at walking speed; running is twice that (sideways a little less)."""
CAMERA = (vzd.GameVariable.CAMERA_POSITION_X, vzd.GameVariable.CAMERA_POSITION_Y)


class Spectator(Game, Lockstep, Spectatable, TrueInputs, Walled):
    """Watches another player in an engine whose own player is dead.

    Steps during a change of the view, or with a dead player, are not in first person: ``observe().playing`` is False.
    """

    def __init__(self, spec: DoomSpec, engine: Engine, *, seed: int, minutes: float) -> None:
        self.info = spec.info
        self.spec = spec
        self.seed = seed
        self._engine = engine
        self._game = engine.game
        self._steps_left = round(minutes * 60 * STEPS_PER_SECOND)
        self._number = 0
        self._player = ""
        self._frame: Frame | None = None
        self._report: Report | None = None
        self._before: Report | None = None
        self.scores: list[Score] = []

    def observe(self) -> Observation:
        now = time.perf_counter_ns()
        if self._frame is None:
            raise ClonestrikeError("the Doom engine gave no frame", "start again")
        state = self._report.state if self._report else PlayerState(first_person=False)
        return Observation(self._frame, state, self._player, now, now, self._pressed())

    def apply(self, action: Action) -> None:
        """Does nothing: a spectator presses nothing."""

    def advance(self) -> None:
        self._advance()
        self._steps_left -= 1
        with engine_faults():
            state = self._game.get_state()
            if state is not None:
                self._frame = state.screen_buffer.copy()
            self.scores = read_scores(self._game)
            self._before, self._report = self._report, self._read_report()

    @abstractmethod
    def _advance(self) -> None:
        """Play one step in the engine."""

    def _read_report(self) -> Report | None:
        """The report of the watched player, or None if the camera is not at that player yet."""
        report = read_report(self._game)
        if report is None or report.subject != self._number:
            return None
        camera = [float(self._game.get_game_variable(variable)) for variable in CAMERA]
        if math.dist(camera, (report.state.x or 0.0, report.state.y or 0.0)) > 1:
            return None
        return report

    def _pressed(self) -> Action:
        """The true action of the watched player from the previous observation to this one.

        Buttons and moves are the engine's inputs in the last tic. The mouse is computed from the turn of the view,
        because the engine applies a bot's turns twice. Analog moves count as keys from a quarter of walking.
        """
        before, now = self._before, self._report
        if before is None or now is None:
            return Action()
        keys = {name for name in ("space", "ctrl", "r") if now.buttons & BUTTON_BITS[name]}
        keys |= {"w"} if now.forward > WALK // 4 else {"s"} if now.forward < -WALK // 4 else set()
        keys |= {"d"} if now.side > WALK // 4 else {"a"} if now.side < -WALK // 4 else set()
        if keys & {"w", "a", "s", "d"} and max(abs(now.forward), abs(now.side)) <= WALK:
            keys.add("shift")
        mouse_x, mouse_y = self.info.calibration.counts_between(before.state, now.state)
        return Action(
            frozenset(keys),
            left=bool(now.buttons & BUTTON_BITS["left"]),
            right=bool(now.buttons & BUTTON_BITS["right"]),
            mouse_x=mouse_x,
            mouse_y=mouse_y,
        )

    def walls(self) -> NDArray[np.float64]:
        return map_walls(self.spec.map)

    @property
    def finished(self) -> bool:
        return self._steps_left <= 0


class DoomSpectator(Spectator):
    """A match of bots, one of which is watched in first person."""

    def __init__(self, spec: DoomSpec, *, seed: int, minutes: float) -> None:
        if spec.bots == 0:
            raise ClonestrikeError("there are no bots to watch", "play with bots=1 or more")
        # The engine crashes if a match ends during another player's view, so this class ends it a minute earlier.
        super().__init__(spec, Engine(spec, seed=seed, minutes=minutes + 1, respawn=False), seed=seed, minutes=minutes)
        self._engine.idle(20)
        self._game.send_game_command("kill")
        self._engine.idle(10)
        self.watch("bot 1")
        self.advance()

    def players(self) -> dict[str, int]:
        """The bots by name (bot 1 .. bot N) with their kills."""
        return {f"bot {n}": self.scores[n].kills for n in range(1, self.spec.bots + 1)}

    def watch(self, player: str) -> None:
        number = int(player.removeprefix("bot ")) if player.removeprefix("bot ").isdecimal() else 0
        if not 1 <= number <= self.spec.bots:
            raise ClonestrikeError(
                f"there is no player {player!r} to watch", f"there are bot 1 to bot {self.spec.bots}"
            )
        self._number, self._player = number, f"bot {number}"
        with engine_faults():
            self._game.send_game_command("spycancel")
            for _ in range(number):
                self._game.send_game_command("spynext")
            self._game.send_game_command(f"puke 901 {number}")
        self._before = self._report = None

    def _advance(self) -> None:
        self._engine.idle(TICS_PER_STEP)

    def close(self) -> None:
        """End the engine; with the camera back at the own player, or the engine may crash."""
        with contextlib.suppress(ClonestrikeError), engine_faults():
            self._game.send_game_command("spycancel")
            self._engine.idle(1)
        self._engine.close()
