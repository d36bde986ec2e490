"""The scripted expert of Doom, which knows all players from the engine of a privileged match."""

from __future__ import annotations

import math

from clonestrike.core.states import PlayerState
from clonestrike.games.doom.match import SMALLEST_AREA, DoomMatch, Sight
from clonestrike.games.expert import Aim, ExpertSkill, ScriptedExpert
from clonestrike.games.graph import Cell, MapGraph, Point

STOPS = 8
"""Stops of the tour."""
PASSED, NEAR_STOP = 34.0, 60.0
"""Distance, map units, at which a cell of the path, and a stop of the tour, is reached."""
EYE = 41.0
CHEST = 32.0
FIRE_STEPS = 4
"""Steps for which the trigger is held: the chaingun always fires whole cycles of 8 tics."""
LEAD_TICS = 2
"""It aims at the position of the target after this many tics: one step."""
RELOAD_BELOW = 12
RELOAD_STEPS = 4
RELOAD_AGAIN = 28
"""Steps from one press of r to the next, until the reload is over."""
MAGAZINE_WEAPONS = {"rifle"}
SKILL = ExpertSkill(reaction=3, turn=18.0, gain=0.6, noise=0.5)


class Expert(ScriptedExpert[Sight]):
    """An actor for a privileged DoomMatch. The same match and seed give the same play."""

    near, far, turn_cost, still = 150.0, 500.0, 150.0, 1.0

    def __init__(self, match: DoomMatch, graph: MapGraph, *, seed: int, skill: ExpertSkill = SKILL) -> None:
        self._match = match
        super().__init__(graph, graph.tour(STOPS), match.info.calibration, skill, seed=seed)

    def reset(self) -> None:
        super().reset()
        self._reload = 0

    def _place(self, state: PlayerState) -> Point:
        return (state.x or 0.0, state.y or 0.0)

    def _visible(self, me: PlayerState) -> list[Sight]:
        return [other for other in self._match.others() if other.seen and other.area >= SMALLEST_AREA]

    def _aim(self, me: PlayerState, target: Sight) -> Aim:
        place = (target.x + LEAD_TICS * target.vx, target.y + LEAD_TICS * target.vy)
        distance = math.dist(self._place(me), place)
        height = target.z + CHEST - ((me.z or 0.0) + EYE)
        return Aim(self._bearing(me, place), math.atan2(height, distance) - (me.pitch or 0.0), distance)

    def _shoots(self, me: PlayerState, aim: Aim | None) -> bool:
        self._trigger -= 1
        if aim is None:
            return self._trigger > 0
        good = abs(aim.yaw) < max(math.radians(2.0), math.atan2(24, aim.distance))
        if self._trigger <= 0 and good and self._seen > self._skill.reaction:
            self._trigger = FIRE_STEPS
        return self._trigger > 0 and not self._lacks(me, 1)

    def _weapon_keys(self, me: PlayerState, aim: Aim | None) -> set[str]:
        """Press r when the magazine is low, in a fight only when it is empty."""
        if self._lacks(me, RELOAD_BELOW if aim is None else 1) and self._reload <= -RELOAD_AGAIN:
            self._reload = RELOAD_STEPS
        self._reload -= 1
        return {"r"} if self._reload >= 0 else set()

    @staticmethod
    def _lacks(me: PlayerState, rounds: int) -> bool:
        """Whether a weapon with a magazine has fewer rounds."""
        return me.weapon in MAGAZINE_WEAPONS and me.ammo is not None and me.ammo < rounds

    def _passed(self, me: PlayerState, cell: Cell) -> bool:
        return math.dist(self._place(me), self._graph.centres[cell]) < PASSED

    def _at_stop(self, me: PlayerState, cell: Cell) -> bool:
        return math.dist(self._place(me), self._graph.centres[cell]) < NEAR_STOP
