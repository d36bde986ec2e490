"""The scripted expert of OpenArena, which knows all players from the server's memory and the map from its file.

It tours the map's weapons, armour and health, leads slow missiles, and side-steps only to where players have stood.
"""

from __future__ import annotations

import math

from clonestrike.core.states import PlayerState
from clonestrike.games.expert import Aim, ExpertSkill, ScriptedExpert
from clonestrike.games.graph import Cell, MapGraph, Point, cell_of
from clonestrike.games.openarena.match import OpenArenaMatch
from clonestrike.games.openarena.memory import FIELD_OF_VIEW, Player, place_of
from clonestrike.games.openarena.world import World

STOPS = 10
"""Stops of the tour."""
NEAR_ITEM = 70.0
"""Distance, units, at which a cell is the place of an item."""
PASSED = 36.0
"""Horizontal distance, units, at which a cell is reached."""
STOREY = 56.0
"""Vertical distance, units, at which a player is on the floor of a cell."""
EYE = 26.0
LAG = 0.03
"""Seconds from an observation until the action has turned the view."""
PROBES = (40.0, 80.0)
"""Distances, units, at which it checks the ground before a side-step."""
GAUNTLET, REACH = "gauntlet", 64.0
"""The melee weapon, and its range in units."""
FIRE_STEPS = 3
"""Steps for which it holds the trigger after its aim was good."""
MISSILES = {"rocket launcher": 900.0, "plasma gun": 2000.0, "grenade launcher": 700.0, "bfg": 2000.0}
"""Speed of slow missiles by weapon, units a second."""
UNWANTED = ("grenade launcher",)
"""Weapons that it exchanges for the first one."""
PUT_AWAY_STEPS, PUT_AWAY_AGAIN = 3, 20
"""Steps for which it presses 1 then, and steps until it tries again."""
SIDE = math.radians(FIELD_OF_VIEW / 2)
UPWARDS = math.atan(math.tan(SIDE) * 9 / 16)
"""Half of the horizontal and of the vertical field of view, radians."""
SKILL = ExpertSkill(reaction=2, turn=20.0, gain=0.65, noise=0.4)


class Expert(ScriptedExpert[Player]):
    """An actor for an OpenArenaMatch. Its random choices are seeded; the game's are not."""

    near, far, turn_cost, still = 200.0, 500.0, 200.0, 2.0

    def __init__(
        self, match: OpenArenaMatch, graph: MapGraph, world: World, *, seed: int, skill: ExpertSkill = SKILL
    ) -> None:
        self._match, self._world = match, world
        super().__init__(graph, _tour(graph, world), match.info.calibration, skill, seed=seed)

    def reset(self) -> None:
        super().reset()
        self._put_away = 0

    def _place(self, state: PlayerState) -> Point:
        return place_of(state)

    def _visible(self, me: PlayerState) -> list[Player]:
        eye = _eye(me)
        return [
            other
            for other in self._match.others()
            if other.state.alive and self._in_view(me, other) and self._world.clear(eye, _eye(other.state))
        ]

    def _in_view(self, me: PlayerState, other: Player) -> bool:
        aim = self._aim_at(me, other.place)
        return abs(aim.yaw) < SIDE and abs(aim.pitch) < UPWARDS

    def _aim(self, me: PlayerState, target: Player) -> Aim:
        speed = MISSILES.get(me.weapon or "")
        flight = math.dist(place_of(me), target.place) / speed if speed else 0.0
        return self._aim_at(me, _ahead(me, target.state, flight))

    def _aim_at(self, me: PlayerState, point: Point) -> Aim:
        across = math.dist(place_of(me)[:2], point[:2])
        up = math.atan2(point[2] - _eye(me)[2], across) - (me.pitch or 0.0)
        return Aim(self._bearing(me, point), up, across)

    def _moves(self, me: PlayerState, aim: Aim) -> set[str]:
        keys = {self._side_step(), "w"} if me.weapon == GAUNTLET else super()._moves(me, aim)
        return self._safe(me, keys)

    def _shoots(self, me: PlayerState, aim: Aim | None) -> bool:
        if aim is None:
            self._trigger = 0
            return False
        width = max(math.radians(2.5), math.atan2(30, aim.distance))
        good = abs(aim.yaw) < width and abs(aim.pitch) < 1.5 * width and self._seen > self._skill.reaction
        hits = me.weapon != GAUNTLET or aim.distance < REACH
        self._trigger = FIRE_STEPS if good and hits else self._trigger - 1
        return self._trigger > 0 and self._put_away <= 0

    def _weapon_keys(self, me: PlayerState, aim: Aim | None) -> set[str]:
        """Press 1 for some steps when the weapon in hand is unwanted; the trigger is released meanwhile."""
        self._put_away -= 1
        if me.weapon in UNWANTED and self._put_away < -PUT_AWAY_AGAIN:
            self._put_away = PUT_AWAY_STEPS
        return {"1"} if self._put_away > 0 else set()

    def _passed(self, me: PlayerState, cell: Cell) -> bool:
        here, there = place_of(me), self._graph.centres[cell]
        return math.dist(here[:2], there[:2]) < PASSED and abs(here[2] - there[2]) < STOREY

    def _safe(self, me: PlayerState, keys: set[str]) -> set[str]:
        """The same movement keys if players have stood where they lead; otherwise similar ones, or none."""
        other = {"a": "d", "d": "a"}[self._strafe]
        choices = [keys, {self._strafe}, {other}, {other} | (keys & {"w", "s"}), keys & {"w", "s"}, set()]
        best = max(choices[:-1], key=lambda choice: (self._footing(me, choice), -choices.index(choice)))
        if self._footing(me, best) == 0:
            return set()
        if other in best:
            self._strafe = other
        return best

    def _footing(self, me: PlayerState, keys: set[str]) -> int:
        """Number of PROBES, from the nearest on, that these movement keys reach over known ground."""
        yaw = me.yaw or 0.0
        ahead, right = ("w" in keys) - ("s" in keys), ("d" in keys) - ("a" in keys)
        length = math.hypot(ahead, right) or 1.0
        dx = (ahead * math.cos(yaw) + right * math.sin(yaw)) / length
        dy = (ahead * math.sin(yaw) - right * math.cos(yaw)) / length
        x, y, z = place_of(me)
        for n, far in enumerate(PROBES):
            cell = cell_of((x + far * dx, y + far * dy, z), self._graph.size)
            if not any((cell[0], cell[1], cell[2] + up) in self._graph.centres for up in (0, -1, 1)):
                return n
        return len(PROBES)


def _tour(graph: MapGraph, world: World) -> list[Cell]:
    """A round trip through items that are far apart."""
    known = {cell: graph.centres[cell] for cell in graph.edges}
    places: list[Cell] = []
    for name, place in world.items:
        near = min(known, key=lambda cell: math.dist(known[cell], place))
        if math.dist(known[near], place) < NEAR_ITEM and near not in places and not name.startswith("ammo_"):
            places.append(near)
    reachable = [cell for cell in places if graph.path(places[0], cell) and graph.path(cell, places[0])]
    return graph.round_trip(graph.far_apart(reachable, STOPS)) if reachable else graph.tour(STOPS)


def _ahead(me: PlayerState, target: PlayerState, seconds: float) -> Point:
    """Point to aim at: the target after the missile's flight, relative to the own position after LAG."""
    x, y, z = place_of(target)
    return (
        x + (LAG + seconds) * (target.vx or 0.0) - LAG * (me.vx or 0.0),
        y + (LAG + seconds) * (target.vy or 0.0) - LAG * (me.vy or 0.0),
        z,
    )


def _eye(state: PlayerState) -> Point:
    return (state.x or 0.0, state.y or 0.0, (state.z or 0.0) + (state.view_height or EYE))
