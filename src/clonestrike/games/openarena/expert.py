"""The scripted expert of OpenArena: a demonstrator that knows where everybody is, but acts on whom it could see.

It goes round the map's weapons, armour and health by the learned graph, turns to an enemy that comes into its view with
a clamped proportional controller, leads slow missiles, shoots when the aim is good, and goes where it lost sight of an
enemy. What it knows is never recorded and never given to a policy.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from clonestrike.core.actions import ACTION_SPACE, Action
from clonestrike.core.actor import Decision
from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState
from clonestrike.games.graph import Cell, MapGraph, Point, cell_of
from clonestrike.games.openarena.match import OpenArenaMatch
from clonestrike.games.openarena.memory import FIELD_OF_VIEW, Player
from clonestrike.games.openarena.world import World

STOPS = 10
"""Of the tour."""
NEAR_ITEM = 70.0
"""Units from an item within which a cell counts as its place."""
REACHED = 36.0
"""Units across from a cell's centre within which it is passed."""
STOREY = 56.0
"""Units up or down within which a player is on the cell's floor."""
LOOK_AHEAD = 25
CHASE = 12
"""Cells of a way that is planned at once, and to whom it lost from sight."""
TURN_COST = 200.0
"""Units that it rather walks farther than turn half round, when it takes up the tour again."""
EYE = 26.0
LAG = 0.03
"""Seconds from what it sees until its motion has turned the view."""
FEELERS = (40.0, 80.0)
"""Units ahead at which it looks for firm ground before it side-steps."""
REACH = 64.0
"""Units at which the gauntlet hits."""
FIRE_STEPS = 3
"""It keeps the trigger down for so many steps after its aim was good."""
FAR, NEAR = 500.0, 200.0
"""Units to an enemy beyond which it comes nearer, and within which it backs off."""
MISSILES = {"rocket launcher": 900.0, "plasma gun": 2000.0, "grenade launcher": 700.0, "bfg": 2000.0}
"""Units a second of what flies slowly."""
UNWANTED = ("grenade launcher",)
"""Weapons that it puts away for the first one."""
SIDE = math.radians(FIELD_OF_VIEW / 2)
UPWARDS = math.atan(math.tan(SIDE) * 9 / 16)
"""Half of the view across and up."""


@dataclass(frozen=True)
class ExpertSkill:
    """Strength: reaction in steps, turn in degrees a step, gain of the aim, noise in degrees (sigma, a step)."""

    reaction: int = 2
    turn: float = 20.0
    gain: float = 0.65
    noise: float = 0.4


def wrap(angle: float) -> float:
    """To (-pi, pi]."""
    return math.remainder(angle, 2 * math.pi)


def clamp(angle: float, degrees: float) -> float:
    """At most so many degrees either way; radians."""
    limit = math.radians(degrees)
    return max(-limit, min(limit, angle))


class Expert:
    """An Actor for an OpenArenaMatch; chance is seeded, the game is not."""

    def __init__(
        self, match: OpenArenaMatch, graph: MapGraph, world: World, *, seed: int, skill: ExpertSkill | None = None
    ) -> None:
        self._match, self._graph, self._world = match, graph, world
        self._tour = _tour(graph, world)
        self._random = random.Random(seed)
        self._skill = skill or ExpertSkill()
        self._counts = match.info.calibration.radians_per_count
        self._rate = match.info.steps_per_second
        self.reset()

    def reset(self) -> None:
        self._path: list[Cell] = []
        self._stop: int | None = None
        self._lost: Point | None = None
        self._target: int | None = None
        self._seen = 0
        self._strafe, self._strafe_left = "a", 0
        self._last: Point | None = None
        self._stuck = 0
        self._put_away = 0
        self._trigger = 0

    def act(self, observation: Observation) -> Decision:
        me = observation.state
        if me is None or me.x is None:
            return Decision()
        target = self._choose(me)
        if target is None:
            self._target, self._seen, self._trigger = None, 0, 0
            action = self._walk(me)
        else:
            action = self._fight(me, target)
        return Decision(ACTION_SPACE.snap(self._rearm(me, self._unstick(me, action))))

    def _choose(self, me: PlayerState) -> Player | None:
        """The nearest enemy in view, with a preference for the one that is already the target."""
        eye = _eye(me)
        visible = [
            other
            for other in self._match.others()
            if other.state.alive and self._in_view(me, other) and self._world.clear(eye, _eye(other.state))
        ]
        if not visible:
            return None
        return min(
            visible, key=lambda o: math.dist(_place(me), _place(o.state)) + (0 if o.client == self._target else 150)
        )

    def _in_view(self, me: PlayerState, other: Player) -> bool:
        yaw, pitch, _ = _aim(me, _place(other.state))
        return abs(yaw) < SIDE and abs(pitch) < UPWARDS

    def _fight(self, me: PlayerState, target: Player) -> Action:
        skill = self._skill
        self._seen = self._seen + 1 if target.client == self._target else 1
        self._target = target.client
        where = _place(target.state)
        self._path, self._stop, self._lost = [], None, where
        speed = MISSILES.get(me.weapon or "")
        ahead = math.dist(_place(me), where) / speed if speed else 0.0
        yaw_error, pitch_error, distance = _aim(me, _ahead(me, target.state, ahead))
        turn = clamp(skill.gain * yaw_error + self._random.gauss(0, math.radians(skill.noise)), skill.turn)
        tilt = clamp(skill.gain * pitch_error + self._random.gauss(0, math.radians(skill.noise / 2)), skill.turn / 2)
        keys, hand_to_hand = {self._side_step()}, me.weapon == "gauntlet"
        if hand_to_hand or distance > FAR:
            keys.add("w")
        elif distance < NEAR:
            keys.add("s")
        keys = self._safe(me, keys)
        width = max(math.radians(2.5), math.atan2(30, distance))
        good = abs(yaw_error) < width and abs(pitch_error) < 1.5 * width and self._seen > skill.reaction
        self._trigger = FIRE_STEPS if good and (not hand_to_hand or distance < REACH) else self._trigger - 1
        return self._action(keys, turn, tilt, left=self._trigger > 0)

    def _walk(self, me: PlayerState) -> Action:
        if not self._path:
            self._path = self._plan(me)
        while self._path and self._at(me, self._path[0]):
            self._path.pop(0)
        keys: set[str] = set()
        turn = tilt = 0.0
        if self._path:
            step = self._graph.centres[self._path[0]]
            ahead = self._graph.centres[self._path[min(3, len(self._path) - 1)]]
            turn = clamp(0.4 * _aim(me, ahead)[0], self._skill.turn)
            tilt = clamp(-0.3 * (me.pitch or 0.0), self._skill.turn / 3)
            heading = math.degrees(_aim(me, step)[0])
            if abs(heading) < 67:
                keys.add("w")
            if abs(heading) > 113:
                keys.add("s")
            if 23 < heading < 157:
                keys.add("a")
            if -157 < heading < -23:
                keys.add("d")
        return self._action(keys, turn, tilt, left=False)

    def _at(self, me: PlayerState, cell: Cell) -> bool:
        x, y, z = self._graph.centres[cell]
        mine = _place(me)
        return math.hypot(mine[0] - x, mine[1] - y) < REACHED and abs(mine[2] - z) < STOREY

    def _plan(self, me: PlayerState) -> list[Cell]:
        """The way to where the last enemy was lost from sight, or else to the next stop of the tour."""
        here = self._graph.nearest(_place(me))
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
            return math.dist(_place(me), place) + TURN_COST * (1 - math.cos(_aim(me, place)[0]))

        if self._stop is None:
            self._stop = min(range(len(self._tour)), key=cost)
        if self._at(me, self._tour[self._stop]):
            self._stop = (self._stop + 1) % len(self._tour)
        return self._tour[self._stop]

    def _side_step(self) -> str:
        self._strafe_left -= 1
        if self._strafe_left <= 0:
            self._strafe_left = self._random.randint(5, 20)
            self._strafe = self._random.choice("ad")
        return self._strafe

    def _safe(self, me: PlayerState, keys: set[str]) -> set[str]:
        """The same moves as long as somebody has stood where they lead; otherwise others that are near, or none."""
        other = {"a": "d", "d": "a"}[self._strafe]
        choices = [keys, {self._strafe}, {other}, {other} | (keys & {"w", "s"}), keys & {"w", "s"}, set()]
        best = max(choices[:-1], key=lambda choice: (self._footing(me, choice), -choices.index(choice)))
        if self._footing(me, best) == 0:
            return set()
        if other in best:
            self._strafe = other
        return best

    def _footing(self, me: PlayerState, keys: set[str]) -> int:
        """How many of the next places on the way of these moves are known to be walked on; 0 if the first is not."""
        yaw = me.yaw or 0.0
        ahead, right = ("w" in keys) - ("s" in keys), ("d" in keys) - ("a" in keys)
        length = math.hypot(ahead, right) or 1.0
        dx = (ahead * math.cos(yaw) + right * math.sin(yaw)) / length
        dy = (ahead * math.sin(yaw) - right * math.cos(yaw)) / length
        x, y, z = _place(me)
        for n, far in enumerate(FEELERS):
            cell = cell_of((x + far * dx, y + far * dy, z), self._graph.size)
            if not any((cell[0], cell[1], cell[2] + up) in self._graph.centres for up in (0, -1, 1)):
                return n
        return len(FEELERS)

    def _unstick(self, me: PlayerState, action: Action) -> Action:
        """Jump and turn away after half a second on one spot."""
        here = _place(me)
        self._stuck = self._stuck + 1 if self._last is not None and math.dist(self._last, here) < 2 else 0
        self._last = here
        if self._stuck <= 8 or self._seen:
            return action
        if self._stuck > 14:
            self._stuck = 0
        self._path = []
        keys = {"space", self._random.choice("ad"), self._random.choice("ws")}
        return self._action(keys, self._random.choice((-1, 1)) * math.radians(self._skill.turn), 0.0, left=False)

    def _rearm(self, me: PlayerState, action: Action) -> Action:
        """Press 1 for a moment when the weapon in hand is unwanted."""
        self._put_away -= 1
        if me.weapon in UNWANTED and self._put_away < -20:
            self._put_away = 3
        if self._put_away <= 0:
            return action
        return Action(action.keys | {"1"}, False, False, action.mouse_x, action.mouse_y)

    def _action(self, keys: set[str], turn: float, tilt: float, *, left: bool) -> Action:
        return Action(frozenset(keys), left=left, mouse_x=-turn / self._counts, mouse_y=-tilt / self._counts)


def _tour(graph: MapGraph, world: World) -> list[Cell]:
    """A round trip by the places of items that lie far apart."""
    known = {cell: graph.centres[cell] for cell in graph.edges}
    places: list[Cell] = []
    for name, place in world.items:
        near = min(known, key=lambda cell: math.dist(known[cell], place))
        if math.dist(known[near], place) < NEAR_ITEM and near not in places and not name.startswith("ammo_"):
            places.append(near)
    reachable = [cell for cell in places if graph.path(places[0], cell) and graph.path(cell, places[0])]
    chosen = reachable[:1]
    while len(chosen) < min(STOPS, len(reachable)):
        chosen.append(max(reachable, key=lambda cell: min(math.dist(known[cell], known[stop]) for stop in chosen)))
    return graph.round_trip(chosen) if chosen else graph.tour(STOPS)


def _ahead(me: PlayerState, target: PlayerState, seconds: float) -> Point:
    """Where to aim at: the target after a missile's flight, as seen from where we are when the next step is over."""
    x, y, z = _place(target)
    return (
        x + (LAG + seconds) * (target.vx or 0.0) - LAG * (me.vx or 0.0),
        y + (LAG + seconds) * (target.vy or 0.0) - LAG * (me.vy or 0.0),
        z,
    )


def _place(state: PlayerState) -> Point:
    return (state.x or 0.0, state.y or 0.0, state.z or 0.0)


def _eye(state: PlayerState) -> Point:
    return (state.x or 0.0, state.y or 0.0, (state.z or 0.0) + (state.view_height or EYE))


def _aim(me: PlayerState, point: Point) -> tuple[float, float, float]:
    """How far to turn left and up from the present view to look at a point, radians, and its distance across."""
    eye = _eye(me)
    dx, dy, dz = (a - b for a, b in zip(point, eye, strict=True))
    across = math.hypot(dx, dy)
    return wrap(math.atan2(dy, dx) - (me.yaw or 0.0)), math.atan2(dz, across) - (me.pitch or 0.0), across
