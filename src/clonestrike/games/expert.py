"""Scripted experts: demonstrators that know the positions of all players, but use only those in sight.

An expert walks a tour of the map on its graph, turns to an enemy in sight with a clamped proportional controller,
shoots when the aim is good, and goes to where it lost sight of an enemy. Its way depends on its place and on what it
saw, not on chance or on enemies behind walls, because a policy can only learn from what a player can see.
Privileged information is never recorded and never available to a policy.
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
"""Most cells of a path that is planned at once."""
CHASE = 12
"""Most cells of a path to an enemy who went out of sight."""
TARGET_BONUS = 150.0
"""Game units by which another enemy must be nearer than the current target to replace it."""
STUCK_STEPS, FREEING_STEPS = 8, 6
"""Steps on one spot after which it tries to get free, and the length of that attempt."""


@dataclass(frozen=True)
class ExpertSkill:
    """Strength: reaction in steps, largest turn in degrees a step, gain of the aim, its noise in degrees (sigma)."""

    reaction: int
    turn: float
    gain: float
    noise: float


@dataclass(frozen=True)
class Aim:
    """Turn to the left and up that aims at the target, radians, and its horizontal distance, game units."""

    yaw: float
    pitch: float
    distance: float


class Enemy(Protocol):
    """Another player in sight."""

    @property
    def identity(self) -> int:
        """Number of the player."""

    @property
    def place(self) -> Point:
        """Position, in the coordinates of the map's graph."""


Target = TypeVar("Target", bound=Enemy)


def wrap(angle: float) -> float:
    """Wrap an angle to [-pi, pi]."""
    return math.remainder(angle, 2 * math.pi)


def clamp(angle: float, degrees: float) -> float:
    """Limit an angle, radians, to this many degrees either way."""
    limit = math.radians(degrees)
    return max(-limit, min(limit, angle))


class ScriptedExpert(ABC, Generic[Target]):
    """Base class of scripted experts, which are actors; a game's expert adds sight, aim and handling of weapons.

    Random choices are seeded, so the expert repeats its play if the game does.
    """

    near: ClassVar[float]
    far: ClassVar[float]
    """Distances to an enemy, game units, below which it backs off, and above which it approaches."""
    turn_cost: ClassVar[float]
    """Half the cost of turning round, in game units of walking, when it resumes its tour."""
    still: ClassVar[float]
    """Motion in a step, game units, below which it is stuck."""

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
        """Position of a player, in the coordinates of the map's graph."""

    @abstractmethod
    def _visible(self, me: PlayerState) -> list[Target]:
        """The living enemies on the screen."""

    @abstractmethod
    def _aim(self, me: PlayerState, target: Target) -> Aim:
        """The aim that hits this enemy."""

    @abstractmethod
    def _shoots(self, me: PlayerState, aim: Aim | None) -> bool:
        """Whether the trigger is held in this step, asked after ``_weapon_keys``; ``aim`` is None without an enemy."""

    @abstractmethod
    def _passed(self, me: PlayerState, cell: Cell) -> bool:
        """Whether a cell of the path is reached."""

    def _at_stop(self, me: PlayerState, cell: Cell) -> bool:
        """Whether a stop of the tour is reached."""
        return self._passed(me, cell)

    def _weapon_keys(self, me: PlayerState, aim: Aim | None) -> set[str]:
        """Keys that reload or change the weapon in this step."""
        return set()

    def _moves(self, me: PlayerState, aim: Aim) -> set[str]:
        """Movement keys in a fight."""
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
        keys |= self._weapon_keys(me, aim)
        action = self._action(keys, turn, tilt, left=self._shoots(me, aim))
        return Decision(ACTION_SPACE.snap(self._unstick(me, action)))

    def _choose(self, me: PlayerState) -> Target | None:
        """The nearest enemy in sight, with a preference for the current target."""
        here = self._place(me)
        return min(
            self._visible(me),
            key=lambda enemy: math.dist(here, enemy.place) + (0 if enemy.identity == self._target else TARGET_BONUS),
            default=None,
        )

    def _turn_to(self, aim: Aim) -> tuple[float, float]:
        """Turn left and up of this step, radians: a part of the aim, with noise."""
        skill, gauss = self._skill, self._random.gauss
        turn = clamp(skill.gain * aim.yaw + gauss(0, math.radians(skill.noise)), skill.turn)
        tilt = clamp(skill.gain * aim.pitch + gauss(0, math.radians(skill.noise / 2)), skill.turn / 2)
        return turn, tilt

    def _walk(self, me: PlayerState) -> tuple[set[str], float, float]:
        """Movement keys and turn left and up (radians) along the path. The view turns to cells further ahead."""
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
        """The path to where the last enemy was lost from sight, or else to the next stop of the tour."""
        here = self._graph.nearest(self._place(me))
        if self._lost is not None:
            goal, self._lost = self._graph.nearest(self._lost), None
            way = self._graph.path(here, goal)[:CHASE]
            if way and goal != here:
                return way
        way = self._graph.path(here, self._next_stop(me))[:LOOK_AHEAD]
        return way or [self._random.choice(self._graph.edges[here])]

    def _next_stop(self, me: PlayerState) -> Cell:
        """The next stop of the tour; after a fight or a death, one that is near and ahead."""
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
        """Turn to the left that faces a point, radians."""
        return wrap(math.atan2(point[1] - (me.y or 0.0), point[0] - (me.x or 0.0)) - (me.yaw or 0.0))

    def _action(self, keys: set[str], turn: float, tilt: float, *, left: bool = False) -> Action:
        mouse_x, mouse_y = self._calibration.counts(turn, tilt)
        return Action(frozenset(keys), left=left, mouse_x=mouse_x, mouse_y=mouse_y)
