"""The scripted expert: a demonstrator that plays with privileged information.

It walks a tour of the learned graph of the map, aims at whom it sees with a clamped proportional controller, shoots
when the aim is good, and goes where it lost sight of an enemy. Where it goes depends on the place and on what was seen,
not on chance or on enemies behind walls: what a player cannot know, a policy cannot learn. It knows exactly where
things are, which is never recorded and never given to a policy.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from clonestrike.core.actions import ACTION_SPACE, Action
from clonestrike.core.actor import Decision
from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState
from clonestrike.games.doom.engine import CALIBRATION
from clonestrike.games.doom.match import SMALLEST_AREA, DoomMatch, Sight
from clonestrike.games.graph import Cell, MapGraph, Point

STOPS = 8
"""Of the tour."""
LOOK_AHEAD = 25
"""Cells of a way that is planned at once."""
CHASE = 12
"""Cells that it follows an enemy who went out of sight."""
NEAR_STOP = 60.0
"""Map units from which on a stop is reached."""
TURN_COST = 150.0
"""Map units that it rather walks farther than turn half round, when it takes up the tour again."""
EYE = 41.0
CHEST = 32.0
FIRE_STEPS = 4
"""The chaingun fires in cycles of 8 tics: whoever pulls the trigger for less gets the whole cycle anyway."""
RELOAD_BELOW = 12
RELOAD_STEPS = 4
MAGAZINE_WEAPONS = {"rifle": 30}


@dataclass(frozen=True)
class ExpertSkill:
    """Strength knobs: reaction in steps, turn in degrees a step, gain of the aim, noise in degrees (sigma, a step)."""

    reaction: int = 3
    turn: float = 18.0
    gain: float = 0.6
    noise: float = 0.5


def wrap(angle: float) -> float:
    """To (-pi, pi]."""
    return math.remainder(angle, 2 * math.pi)


class Expert:
    """An Actor for a privileged DoomMatch. Seeded: the same match and seed give the same play."""

    def __init__(self, match: DoomMatch, graph: MapGraph, *, seed: int, skill: ExpertSkill | None = None) -> None:
        self._match = match
        self._graph = graph
        self._tour = graph.tour(STOPS)
        self._random = random.Random(seed)
        self._skill = skill or ExpertSkill()
        self.reset()

    def reset(self) -> None:
        self._path: list[Cell] = []
        self._stop: int | None = None
        self._lost: tuple[float, float] | None = None
        self._target: int | None = None
        self._seen = 0
        self._strafe, self._strafe_left = "a", 0
        self._trigger = 0
        self._reload = 0
        self._last: tuple[float, float] | None = None
        self._stuck = 0

    def act(self, observation: Observation) -> Decision:
        me = observation.state
        if me is None or me.x is None or me.y is None:
            return Decision()
        others = self._match.others()
        self._trigger -= 1
        target = self._choose(me, others)
        if target is None:
            self._target, self._seen = None, 0
            action = self._walk(me)
        else:
            action = self._fight(me, target)
        return Decision(ACTION_SPACE.snap(self._unstick(me, action)))

    def _choose(self, me: PlayerState, others: list[Sight]) -> Sight | None:
        """The nearest enemy in sight, with a preference for the one that is already the target."""
        visible = [o for o in others if o.seen and o.area >= SMALLEST_AREA]
        if not visible:
            return None
        return min(
            visible, key=lambda o: math.dist((_x(me), _y(me)), (o.x, o.y)) + (0 if o.identity == self._target else 150)
        )

    def _fight(self, me: PlayerState, target: Sight) -> Action:
        skill = self._skill
        self._seen = self._seen + 1 if target.identity == self._target else 1
        self._target = target.identity
        self._path, self._stop, self._lost = [], None, (target.x, target.y)
        dx, dy = target.x + 2 * target.vx - _x(me), target.y + 2 * target.vy - _y(me)
        distance = math.hypot(dx, dy)
        yaw_error = wrap(math.atan2(dy, dx) - (me.yaw or 0.0))
        pitch_error = math.atan2(target.z + CHEST - ((me.z or 0.0) + EYE), distance) - (me.pitch or 0.0)
        turn = self._clamp(skill.gain * yaw_error + self._random.gauss(0, math.radians(skill.noise)), skill.turn)
        tilt = self._clamp(
            skill.gain * pitch_error + self._random.gauss(0, math.radians(skill.noise / 2)), skill.turn / 2
        )

        keys = {self._side_step()}
        if distance > 500:
            keys.add("w")
        elif distance < 150:
            keys.add("s")
        good = abs(yaw_error) < max(math.radians(2.0), math.atan2(24, distance))
        if self._trigger <= 0 and good and self._seen > skill.reaction:
            self._trigger = FIRE_STEPS
        magazine = MAGAZINE_WEAPONS.get(me.weapon or "")
        empty = magazine is not None and me.ammo == 0
        return self._with_reload(keys, turn, tilt, left=self._trigger > 0 and not empty, urgent=empty)

    def _walk(self, me: PlayerState) -> Action:
        if not self._path:
            self._path = self._plan(me)
        while self._path and math.dist((_x(me), _y(me)), self._graph.centres[self._path[0]]) < 34:
            self._path.pop(0)
        keys: set[str] = set()
        turn = tilt = 0.0
        if self._path:
            step = self._graph.centres[self._path[0]]
            ahead = self._graph.centres[self._path[min(3, len(self._path) - 1)]]
            turn = self._clamp(0.4 * self._bearing(me, ahead), self._skill.turn)
            tilt = self._clamp(-0.3 * (me.pitch or 0.0), self._skill.turn / 3)
            heading = math.degrees(self._bearing(me, step))
            if abs(heading) < 67:
                keys.add("w")
            if abs(heading) > 113:
                keys.add("s")
            if 23 < heading < 157:
                keys.add("a")
            if -157 < heading < -23:
                keys.add("d")
        magazine = MAGAZINE_WEAPONS.get(me.weapon or "")
        low = magazine is not None and me.ammo is not None and me.ammo < RELOAD_BELOW
        return self._with_reload(keys, turn, tilt, left=self._trigger > 0, urgent=low)

    def _with_reload(self, keys: set[str], turn: float, tilt: float, *, left: bool, urgent: bool) -> Action:
        if urgent and self._reload <= -28:  # the last reload is over: press again
            self._reload = RELOAD_STEPS
        self._reload -= 1
        if self._reload >= 0:
            keys.add("r")
        counts = CALIBRATION.radians_per_count
        return Action(frozenset(keys), left=left, mouse_x=-turn / counts, mouse_y=-tilt / counts)

    def _plan(self, me: PlayerState) -> list[Cell]:
        """The way to where the last enemy was lost from sight, or else to the next stop of the tour."""
        here = self._graph.nearest((_x(me), _y(me)))
        if self._lost is not None:
            goal, self._lost = self._graph.nearest(self._lost), None
            way = self._graph.path(here, goal)[:CHASE]
            if way and goal != here:
                return way
        way = self._graph.path(here, self._next_stop(me))[:LOOK_AHEAD]
        return way or [self._random.choice(self._graph.edges[here])]

    def _next_stop(self, me: PlayerState) -> Cell:
        """The stop that comes next, or after a fight or a death the one that is near and ahead."""

        def cost(stop: int) -> float:
            place = self._graph.centres[self._tour[stop]]
            return math.dist((_x(me), _y(me)), place) + TURN_COST * (1 - math.cos(self._bearing(me, place)))

        if self._stop is None:
            self._stop = min(range(len(self._tour)), key=cost)
        if math.dist((_x(me), _y(me)), self._graph.centres[self._tour[self._stop]]) < NEAR_STOP:
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
        here = (_x(me), _y(me))
        self._stuck = self._stuck + 1 if self._last is not None and math.dist(self._last, here) < 1 else 0
        self._last = here
        if self._stuck <= 8 or self._seen:
            return action
        if self._stuck > 14:
            self._stuck = 0
        self._path = []
        keys = {"space", self._random.choice("ad"), self._random.choice("ws")}
        turn = self._random.choice((-1, 1)) * math.radians(self._skill.turn)
        return Action(frozenset(keys), mouse_x=-turn / CALIBRATION.radians_per_count)

    def _bearing(self, me: PlayerState, point: Point) -> float:
        """How far to turn left to face a point, radians."""
        return wrap(math.atan2(point[1] - _y(me), point[0] - _x(me)) - (me.yaw or 0.0))

    @staticmethod
    def _clamp(angle: float, degrees: float) -> float:
        limit = math.radians(degrees)
        return max(-limit, min(limit, angle))


def _x(me: PlayerState) -> float:
    return me.x or 0.0


def _y(me: PlayerState) -> float:
    return me.y or 0.0
