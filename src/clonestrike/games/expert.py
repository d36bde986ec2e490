"""Scripted experts: demonstrators that know where everybody is, but act on whom they could see.

An expert walks a tour of the map by its graph, turns to an enemy that comes into sight with a clamped proportional
controller, shoots when the aim is good, and goes where it lost sight of an enemy. Where it goes depends on the place
and on what was seen, not on chance or on enemies behind walls: what a player cannot know, a policy cannot learn.
What an expert knows is never recorded and never given to a policy.
"""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

from clonestrike.core.actions import ACTION_SPACE, Action
from clonestrike.core.actor import Decision
from clonestrike.core.game_info import Calibration
from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState
from clonestrike.games.graph import Cell, MapGraph, Point

LOOK_AHEAD = 25
"""Cells of a way that is planned at once."""
CHASE = 12
"""Cells that it follows an enemy who went out of sight."""
FAITHFUL = 150.0
"""Game units by which another enemy must be nearer than the present target to become it."""
STUCK_STEPS, FREEING_STEPS = 8, 6
"""Steps on one spot after which it tries to get away, and for how many."""


@dataclass(frozen=True)
class ExpertSkill:
    """Strength: reaction in steps, turn in degrees a step, gain of the aim, noise in degrees (sigma, a step)."""

    reaction: int
    turn: float
    gain: float
    noise: float


@dataclass(frozen=True)
class Aim:
    """How far to turn left and up to shoot at the target, radians, and its distance across, game units."""

    yaw: float
    pitch: float
    distance: float


class Enemy(Protocol):
    """Another player in sight."""

    @property
    def identity(self) -> int:
        """The same for the same player."""

    @property
    def place(self) -> Point:
        """Where that is, in the coordinates of the map's graph."""


Target = TypeVar("Target", bound=Enemy)


def wrap(angle: float) -> float:
    """To (-pi, pi]."""
    return math.remainder(angle, 2 * math.pi)


def clamp(angle: float, degrees: float) -> float:
    """At most so many degrees either way; radians."""
    limit = math.radians(degrees)
    return max(-limit, min(limit, angle))


class ScriptedExpert(ABC, Generic[Target]):
    """An Actor; a game's own expert adds what it sees, how it aims, and how its weapons are handled.

    Chance is seeded: where the game repeats under its seed, so does the expert.
    """

    near: ClassVar[float]
    far: ClassVar[float]
    """Game units to an enemy within which it backs off, and beyond which it comes nearer."""
    turn_cost: ClassVar[float]
    """Game units that it rather walks farther than turn half round, when it takes up the tour again."""
    still: ClassVar[float]
    """Game units a step below which it is stuck."""

    def __init__(
        self, graph: MapGraph, tour: Sequence[Cell], calibration: Calibration, skill: ExpertSkill, *, seed: int
    ) -> None:
        self._graph, self._tour = graph, tour
        self._calibration = calibration
        self._skill = skill
        self._random = random.Random(seed)
        self.reset()

    def reset(self) -> None:
        self._path: list[Cell] = []
        self._stop: int | None = None
        self._lost: Point | None = None
        self._target: int | None = None
        self._seen = 0
        self._trigger = 0
        self._strafe, self._strafe_left = "a", 0
        self._last: Point | None = None
        self._stuck = 0

    @abstractmethod
    def _place(self, state: PlayerState) -> Point:
        """Where a player is, in the coordinates of the map's graph."""

    @abstractmethod
    def _visible(self, me: PlayerState) -> list[Target]:
        """The living enemies on the screen."""

    @abstractmethod
    def _aim(self, me: PlayerState, target: Target) -> Aim:
        """Where to shoot to hit this enemy."""

    @abstractmethod
    def _shoots(self, me: PlayerState, aim: Aim | None) -> bool:
        """Whether the trigger is held in this step; ``aim`` is None when nobody is in sight."""

    @abstractmethod
    def _passed(self, me: PlayerState, cell: Cell) -> bool:
        """Whether a cell on the way is reached."""

    def _at_stop(self, me: PlayerState, cell: Cell) -> bool:
        """Whether a stop of the tour is reached."""
        return self._passed(me, cell)

    def _weapon_keys(self, me: PlayerState, aim: Aim | None) -> set[str]:
        """Keys that reload or change the weapon in this step."""
        return set()

    def _moves(self, me: PlayerState, aim: Aim) -> set[str]:
        """The moving keys of a fight."""
        keys = {self._side_step()}
        if aim.distance > self.far:
            keys.add("w")
        elif aim.distance < self.near:
            keys.add("s")
        return keys

    def act(self, observation: Observation) -> Decision:
        me = observation.state
        if me is None or me.x is None or me.y is None:
            return Decision()
        target = self._choose(me)
        if target is None:
            self._target, self._seen, aim = None, 0, None
            keys, turn, tilt = self._walk(me)
        else:
            self._seen = self._seen + 1 if target.identity == self._target else 1
            self._target = target.identity
            self._path, self._stop, self._lost = [], None, target.place
            aim = self._aim(me, target)
            turn, tilt = self._turn_to(aim)
            keys = self._moves(me, aim)
        shoots = self._shoots(me, aim)
        action = self._action(keys | self._weapon_keys(me, aim), turn, tilt, left=shoots)
        return Decision(ACTION_SPACE.snap(self._unstick(me, action)))

    def _choose(self, me: PlayerState) -> Target | None:
        """The nearest enemy in sight, with a preference for the one that is already the target."""
        here = self._place(me)
        return min(
            self._visible(me),
            key=lambda enemy: math.dist(here, enemy.place) + (0 if enemy.identity == self._target else FAITHFUL),
            default=None,
        )

    def _turn_to(self, aim: Aim) -> tuple[float, float]:
        """Part of the way, with a tremor."""
        skill, tremor = self._skill, self._random.gauss
        turn = clamp(skill.gain * aim.yaw + tremor(0, math.radians(skill.noise)), skill.turn)
        tilt = clamp(skill.gain * aim.pitch + tremor(0, math.radians(skill.noise / 2)), skill.turn / 2)
        return turn, tilt

    def _walk(self, me: PlayerState) -> tuple[set[str], float, float]:
        """Keys, turn and tilt on the way: the view goes ahead of the feet."""
        if not self._path:
            self._path = self._plan(me)
        while self._path and self._passed(me, self._path[0]):
            self._path.pop(0)
        if not self._path:
            return set(), 0.0, 0.0
        ahead = self._graph.centres[self._path[min(3, len(self._path) - 1)]]
        turn = clamp(0.4 * self._bearing(me, ahead), self._skill.turn)
        tilt = clamp(-0.3 * (me.pitch or 0.0), self._skill.turn / 3)
        heading = math.degrees(self._bearing(me, self._graph.centres[self._path[0]]))
        keys: set[str] = set()
        if abs(heading) < 67:
            keys.add("w")
        if abs(heading) > 113:
            keys.add("s")
        if 23 < heading < 157:
            keys.add("a")
        if -157 < heading < -23:
            keys.add("d")
        return keys, turn, tilt

    def _plan(self, me: PlayerState) -> list[Cell]:
        """The way to where the last enemy was lost from sight, or else to the next stop of the tour."""
        here = self._graph.nearest(self._place(me))
        if self._lost is not None:
            goal, self._lost = self._graph.nearest(self._lost), None
            way = self._graph.path(here, goal)[:CHASE]
            if way and goal != here:
                return way
        way = self._graph.path(here, self._next_stop(me))[:LOOK_AHEAD]
        return way or [self._random.choice(self._graph.edges[here])]

    def _next_stop(self, me: PlayerState) -> Cell:
        """The stop that comes next, or after a fight or a death the one that is near and ahead."""
        here = self._place(me)

        def cost(stop: int) -> float:
            place = self._graph.centres[self._tour[stop]]
            return math.dist(here, place) + self.turn_cost * (1 - math.cos(self._bearing(me, place)))

        if self._stop is None:
            self._stop = min(range(len(self._tour)), key=cost)
        if self._at_stop(me, self._tour[self._stop]):
            self._stop = (self._stop + 1) % len(self._tour)
        return self._tour[self._stop]

    def _side_step(self) -> str:
        self._strafe_left -= 1
        if self._strafe_left <= 0:
            self._strafe_left = self._random.randint(5, 20)
            self._strafe = self._random.choice("ad")
        return self._strafe

    def _unstick(self, me: PlayerState, action: Action) -> Action:
        """Jump and turn away after half a second on one spot."""
        here = self._place(me)
        self._stuck = self._stuck + 1 if self._last is not None and math.dist(self._last, here) < self.still else 0
        self._last = here
        if self._stuck <= STUCK_STEPS or self._seen:
            return action
        if self._stuck > STUCK_STEPS + FREEING_STEPS:
            self._stuck = 0
        self._path = []
        keys = {"space", self._random.choice("ad"), self._random.choice("ws")}
        return self._action(keys, self._random.choice((-1, 1)) * math.radians(self._skill.turn), 0.0)

    def _bearing(self, me: PlayerState, point: Point) -> float:
        """How far to turn left to face a point, radians."""
        return wrap(math.atan2(point[1] - (me.y or 0.0), point[0] - (me.x or 0.0)) - (me.yaw or 0.0))

    def _action(self, keys: set[str], turn: float, tilt: float, *, left: bool = False) -> Action:
        mouse_x, mouse_y = self._calibration.counts(turn, tilt)
        return Action(frozenset(keys), left=left, mouse_x=mouse_x, mouse_y=mouse_y)
