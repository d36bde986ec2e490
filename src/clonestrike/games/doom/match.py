"""A Doom deathmatch for the own player."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import KEYS, Action
from clonestrike.core.observation import Frame, Observation
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Lockstep, Match, Score, Sighted, Walled
from clonestrike.games.doom.engine import (
    BUTTONS,
    ENGINE_UNIT,
    TICS_PER_STEP,
    UNITS_PER_COUNT,
    DoomSpec,
    Engine,
    engine_faults,
)
from clonestrike.games.doom.telemetry import TICS_PER_SECOND, read_report, read_scores
from clonestrike.games.doom.walls import map_walls

SMALLEST_AREA = 16
"""Area, in pixels, below which a player on the screen would hardly be noticed."""
PLACES = {name: place for place, name in enumerate(BUTTONS)}


def engine_vector(action: Action) -> list[float]:
    """An action as the engine's button vector: degrees per tic for the mouse, run unless shift is held.

    Counts are rounded to integers. The turn per tic is then an integer number of the engine's units of angle, which
    floating point holds exactly, so that the engine, which rounds units down, loses nothing.
    """
    vector = [0.0] * len(BUTTONS)
    for name in KEYS:
        vector[PLACES[name]] = float(name in action.keys)
    vector[PLACES["shift"]] = float("shift" not in action.keys)
    vector[PLACES["left"]] = float(action.left)
    vector[PLACES["right"]] = float(action.right)
    for name, counts in (("mouse_x", action.mouse_x), ("mouse_y", -action.mouse_y)):
        units = round(counts) * UNITS_PER_COUNT // TICS_PER_STEP
        vector[PLACES[name]] = units * ENGINE_UNIT
    return vector


@dataclass(frozen=True)
class Sight:
    """Privileged: another player, with position in game units and velocity in units a tic.

    ``seen``: whether the player is on the screen; ``area``: of the bounding box there, pixels.
    """

    identity: int
    x: float
    y: float
    z: float
    vx: float
    vy: float
    seen: bool
    area: int

    @property
    def place(self) -> tuple[float, float]:
        """Position (x, y)."""
        return (self.x, self.y)


class DoomMatch(Match, Lockstep, Sighted, Walled):
    """One match of ``minutes`` against ``spec.bots`` bots; the same seed and actions give the same match."""

    def __init__(
        self, spec: DoomSpec, *, seed: int, minutes: float, privileged: bool = False, engine: Engine | None = None
    ) -> None:
        """Start a match; or, with ``engine``, take part in a match that runs and is advanced by ``tic``."""
        self.info = spec.info
        self.spec = spec
        self.seed = seed
        self._engine = engine or Engine(spec, seed=seed, minutes=minutes, privileged=privileged)
        self._game = self._engine.game
        self._held = engine_vector(Action())
        if engine is None:
            self._engine.idle(10)  # until the player has the loadout and the engine accepts inputs
        self._frame: Frame | None = None
        self._state = PlayerState()
        self._scores: list[Score] = []
        self._read()

    def _read(self) -> None:
        with engine_faults():
            if self._game.is_episode_finished():
                return
            state = self._game.get_state()
            if state is not None:
                self._frame = state.screen_buffer.copy()
            report = read_report(self._game)
            if report is not None:
                self._state = report.state
            self._scores = read_scores(self._game)[: self.spec.bots + 1]

    def observe(self) -> Observation:
        now = time.perf_counter_ns()
        if self._frame is None:
            raise ClonestrikeError("the Doom engine gave no frame", "start again")
        return Observation(self._frame, self._state, "self", now, now)

    def apply(self, action: Action) -> None:
        self._held = engine_vector(action)

    def tic(self, *, update: bool) -> None:
        """Play one tic; ``update`` reads frame and state after it (in the last tic of a step)."""
        self._engine.tic(self._held, update=update)
        if update:
            self._read()

    def advance(self) -> None:
        with engine_faults():
            self._game.make_action(self._held, TICS_PER_STEP)
        self._read()

    @property
    def minutes(self) -> float:
        """Game time so far."""
        with engine_faults():
            return float(self._game.get_episode_time()) / TICS_PER_SECOND / 60

    @property
    def scores(self) -> list[Score]:
        return self._scores

    @property
    def finished(self) -> bool:
        with engine_faults():
            return bool(self._game.is_episode_finished())

    def others(self) -> list[Sight]:
        """Privileged: all other living players, in sight or not."""
        state = self._game.get_state()
        if state is None:
            return []
        areas: dict[int, int] = {
            label.object_id: label.width * label.height for label in state.labels or () if label.value != 255
        }
        return [
            Sight(
                o.id,
                o.position_x,
                o.position_y,
                o.position_z,
                o.velocity_x,
                o.velocity_y,
                o.id in areas,
                areas.get(o.id, 0),
            )
            for o in state.objects or ()
            if o.name == "ClonestrikePlayer"
            and abs(o.position_x - self._own("x")) + abs(o.position_y - self._own("y")) > 20
        ]

    def in_sight(self) -> list[float]:
        """Distances of the enemies on the screen, in a privileged match only."""
        here = (self._own("x"), self._own("y"))
        visible = (other for other in self.others() if other.seen and other.area >= SMALLEST_AREA)
        return [math.dist(here, (other.x, other.y)) for other in visible]

    def walls(self) -> NDArray[np.float64]:
        return map_walls(self.spec.map)

    def _own(self, axis: str) -> float:
        value = getattr(self._state, axis)
        return float(value)

    def close(self) -> None:
        self._engine.close()
