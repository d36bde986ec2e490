"""Carousel: the player stands in the middle, red targets appear all around, and a left click at one is a kill."""

from __future__ import annotations

import math
import random
import time

import numpy as np

from clonestrike.core.actions import Action
from clonestrike.core.game_info import Calibration, GameInfo
from clonestrike.core.movement import MovementProfile, PaperThresholds
from clonestrike.core.observation import Observation
from clonestrike.core.physics import SourcePhysics
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game, Lockstep, Match, Score
from clonestrike.games.entry import GameEntry

HEIGHT, WIDTH = 180, 320
FOCAL = WIDTH / 2
"""Pixels to a radian in the middle of the frame: 90 degrees fill its width."""
RADIUS = 0.1
"""Of a target, in radians."""
INFO = GameInfo(
    game="carousel",
    map="ring",
    mode="targets",
    steps_per_second=16.0,
    frame_height=HEIGHT,
    frame_width=WIDTH,
    field_of_view=90.0,
    movement="carousel",
    calibration=Calibration(radians_per_count=0.001),
)


class Carousel(Match, Lockstep):
    """One match; it waits for its player (Lockstep) and keeps a score (Match)."""

    info = INFO

    def __init__(self, seed: int, minutes: float) -> None:
        self._random = random.Random(seed)
        self._last_step = round(minutes * 60 * INFO.steps_per_second)
        self._step = self._shots = self._kills = 0
        self._yaw = 0.0
        self._target = self._somewhere()
        self._action = Action()

    def _somewhere(self) -> float:
        return self._random.uniform(-math.pi, math.pi)

    @property
    def _bearing(self) -> float:
        """Of the target, radians to the left of the crosshair."""
        return math.remainder(self._target - self._yaw, 2 * math.pi)

    def observe(self) -> Observation:
        now = time.perf_counter_ns()
        frame = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        if abs(self._bearing) < math.pi / 4:
            column = round(WIDTH / 2 - FOCAL * math.tan(self._bearing))
            half = round(FOCAL * RADIUS)
            frame[HEIGHT // 2 - half : HEIGHT // 2 + half, max(0, column - half) : column + half] = 220, 30, 30
        state = PlayerState(
            x=0.0, y=0.0, z=0.0, vx=0.0, vy=0.0, vz=0.0, yaw=self._yaw, pitch=0.0, view_height=64.0,
            health=100.0, weapon="pistol", ammo=10_000 - self._shots, kills=self._kills, deaths=0, alive=True,
            first_person=True,
        )  # fmt: skip
        return Observation(frame, state, "self", now, now)

    def apply(self, action: Action) -> None:
        self._action = action

    def advance(self) -> None:
        self._step += 1
        if self._action.left:
            self._shots += 1
            if abs(self._bearing) < RADIUS:
                self._kills += 1
                self._target = self._somewhere()
        self._yaw -= self._action.mouse_x * INFO.calibration.radians_per_count

    @property
    def finished(self) -> bool:
        return self._step >= self._last_step

    @property
    def minutes(self) -> float:
        return self._step / INFO.steps_per_second / 60

    @property
    def scores(self) -> list[Score]:
        """The own player, and a bot that kills once in two seconds."""
        return [Score(self._kills, 0), Score(round(self.minutes * 30), 0)]

    def close(self) -> None:
        """Nothing is held."""


def info(options: str) -> GameInfo:
    """What is known before a match; there are no options."""
    if options:
        raise ClonestrikeError(f"carousel has no option {options!r}", "write --game carousel")
    return INFO


def open_match(options: str, *, seed: int, minutes: float, privileged: bool, human: bool) -> Game:
    """A match for the own player; ``privileged`` and ``human`` change nothing here."""
    info(options)
    return Carousel(seed, minutes)


MOVEMENT = MovementProfile(
    paper=PaperThresholds(), physics=SourcePhysics(), tolerance=12.0, jump_speed=300.0, gravity=800.0, standing=64.0,
    crouched=46.0, switch_seconds=0.1, slot_keys={},
)  # fmt: skip
"""Nobody walks here; of a game in which they do, these are its speeds and frictions."""

GAME = GameEntry(
    name="carousel",
    title="Carousel",
    help="no options",
    info=info,
    open_match=open_match,
    movement=MOVEMENT,
)
