"""The gallery as a game of Clonestrike: a match, a bot to watch, a scripted expert, and how its keys move a player."""

from __future__ import annotations

import random
import time

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Action
from clonestrike.core.actor import Actor, Decision
from clonestrike.core.game_info import Calibration, GameInfo
from clonestrike.core.movement import MovementProfile, PaperThresholds
from clonestrike.core.observation import Observation
from clonestrike.core.physics import Facing, Physics
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game, Lockstep, Match, Score, Spectatable, TrueInputs
from clonestrike.games.entry import GameEntry
from gallery.world import HEIGHT, SPEED, WIDTH, Shooter

STEPS_PER_SECOND = 10.0
CALIBRATION = Calibration(radians_per_count=0.002)
INFO = GameInfo(
    game="gallery",
    map="hall",
    mode="deathmatch",
    steps_per_second=STEPS_PER_SECOND,
    frame_height=HEIGHT,
    frame_width=WIDTH,
    field_of_view=90.0,
    movement="gallery",
    calibration=CALIBRATION,
)
VIEW_HEIGHT = 41.0


def state_of(shooter: Shooter) -> PlayerState:
    """What is known of a shooter."""
    return PlayerState(
        x=shooter.x, y=shooter.y, z=0.0, vx=shooter.vx, vy=shooter.vy, vz=0.0, yaw=shooter.yaw, pitch=0.0,
        view_height=VIEW_HEIGHT, field_of_view=90.0, scoped=False, health=100.0, armour=0.0, weapon="popgun",
        weapon_slot=1, ammo=shooter.ammo, kills=shooter.kills, deaths=0, alive=True, first_person=True,
    )  # fmt: skip


def hold(shooter: Shooter, action: Action) -> None:
    """Let a shooter do what an action says for a step."""
    ahead, right = ("w" in action.keys) - ("s" in action.keys), ("d" in action.keys) - ("a" in action.keys)
    turn = -action.mouse_x * CALIBRATION.radians_per_count
    shooter.step(ahead, right, turn, action.left, 1 / STEPS_PER_SECOND)


class Marksman:
    """The scripted expert: turns to the target, fires when it is near the crosshair, and walks in circles."""

    def __init__(self, shooter: Shooter, seed: int) -> None:
        self._shooter, self._random = shooter, random.Random(seed)
        self._keys: frozenset[str] = frozenset()

    def reset(self) -> None:
        """Nothing to forget."""

    def act(self, observation: Observation) -> Decision:
        if self._random.random() < 0.1:
            self._keys = frozenset(key for key in "wd" if self._random.random() < 0.5)
        off = self._shooter.off()
        counts = -0.6 * off / CALIBRATION.radians_per_count
        return Decision(Action(self._keys, left=abs(off) < 0.06, mouse_x=float(round(counts))))


class Gallery(Match, Lockstep):
    """The own player against bots that hit now and then."""

    info = INFO

    def __init__(self, *, seed: int, minutes: float, bots: int) -> None:
        self.own = Shooter(random.Random(seed))
        self._bots = [Score(0, 0)] * bots
        self._random = random.Random(seed + 1)
        self._steps, self._left = 0, round(minutes * 60 * STEPS_PER_SECOND)
        self._held = Action()

    def observe(self) -> Observation:
        now = time.perf_counter_ns()
        return Observation(self.own.picture(), state_of(self.own), "self", now, now)

    def apply(self, action: Action) -> None:
        self._held = action

    def advance(self) -> None:
        hold(self.own, self._held)
        self._bots = [Score(bot.kills + (self._random.random() < 0.01), 0) for bot in self._bots]
        self._steps += 1

    @property
    def finished(self) -> bool:
        return self._steps >= self._left

    @property
    def minutes(self) -> float:
        return max(self._steps, 1) / STEPS_PER_SECOND / 60

    @property
    def scores(self) -> list[Score]:
        return [Score(self.own.kills, 0), *self._bots]

    def close(self) -> None:
        """Nothing is held."""


class GallerySpectator(Game, Lockstep, Spectatable, TrueInputs):
    """A bot to watch: a marksman whose inputs every observation tells."""

    info = INFO

    def __init__(self, *, seed: int, minutes: float) -> None:
        self._bot = Shooter(random.Random(seed))
        self._marksman = Marksman(self._bot, seed)
        self._pressed: Action | None = None
        self._left = round(minutes * 60 * STEPS_PER_SECOND)

    def observe(self) -> Observation:
        now = time.perf_counter_ns()
        return Observation(self._bot.picture(), state_of(self._bot), "bot 1", now, now, self._pressed)

    def apply(self, action: Action) -> None:
        """A spectator holds nothing."""

    def advance(self) -> None:
        self._pressed = self._marksman.act(self.observe()).action
        hold(self._bot, self._pressed)
        self._left -= 1

    def players(self) -> dict[str, int]:
        return {"bot 1": self._bot.kills}

    def watch(self, player: str) -> None:
        if player != "bot 1":
            raise ClonestrikeError(f"there is no player {player!r} to watch", "there is bot 1")

    @property
    def finished(self) -> bool:
        return self._left <= 0

    def close(self) -> None:
        """Nothing is held."""


class Gliding(Physics):
    """Keys give the velocity at once, and nothing slows it."""

    tics_per_second = STEPS_PER_SECOND

    def tic(
        self, velocity: NDArray[np.float64], facing: Facing, keys: NDArray[np.float64], footing: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        wish = keys[..., :1] * facing.forward + keys[..., 1:2] * facing.right
        moved = SPEED * wish / np.maximum(np.linalg.norm(wish, axis=-1, keepdims=True), 1e-9)
        moved = np.broadcast_to(moved, np.broadcast_shapes(moved.shape, velocity.shape))
        return moved, moved

    def friction(self, footing: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.zeros_like(footing[..., :1])

    def velocity_after(self, moved: NDArray[np.float64], footing: NDArray[np.float64]) -> NDArray[np.float64]:
        return moved


MOVEMENT = MovementProfile(
    paper=PaperThresholds(),
    physics=Gliding(),
    tolerance=1.0,
    jump_speed=100.0,
    gravity=800.0,
    standing=VIEW_HEIGHT,
    crouched=VIEW_HEIGHT / 2,
    switch_seconds=0.1,
    slot_keys={1: "1"},
    flinches=False,
    still_view=1.0,
)


def _bots(options: str) -> int:
    name, _, value = options.partition("=")
    if options and (name != "bots" or not value.isdecimal()):
        raise ClonestrikeError(f"the gallery has no option {options!r}", "use bots=, as in gallery:bots=3")
    return int(value) if options else 2


def info(options: str) -> GameInfo:
    """What is known before a match."""
    _bots(options)
    return INFO


def open_match(options: str, *, seed: int, minutes: float, privileged: bool, human: bool) -> Match:
    """A match of the own player; a human plays it in Clonestrike's window."""
    return Gallery(seed=seed, minutes=minutes, bots=_bots(options))


def open_spectator(options: str, *, seed: int, minutes: float) -> Game:
    """A bot to watch."""
    _bots(options)
    return GallerySpectator(seed=seed, minutes=minutes)


def open_expert(game: Game, *, seed: int) -> Actor:
    """The marksman, for the own player of a match."""
    if not isinstance(game, Gallery):
        raise TypeError(f"the marksman cannot play {type(game).__name__}")
    return Marksman(game.own, seed)


GAME = GameEntry(
    name="gallery",
    title="Shooting gallery",
    help="bots: how many others play, as in gallery:bots=3",
    info=info,
    open_match=open_match,
    open_spectator=open_spectator,
    open_expert=open_expert,
    movement=MOVEMENT,
)
