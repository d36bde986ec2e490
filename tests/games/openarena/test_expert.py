"""The scripted expert on a scripted match: when it fires, and when it changes its weapon. The game is not needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from clonestrike.core.actions import Action
from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState
from clonestrike.games.graph import Cell, MapGraph
from clonestrike.games.openarena.expert import PUT_AWAY_STEPS, Expert
from clonestrike.games.openarena.match import OpenArenaMatch
from clonestrike.games.openarena.memory import Player
from clonestrike.games.openarena.spec import OpenArenaSpec
from clonestrike.games.openarena.world import World

CELLS: list[Cell] = [(x, 0, 0) for x in range(20)]
GRAPH = MapGraph(
    48.0,
    {cell: (48.0 * cell[0] + 24, 24.0, 24.0) for cell in CELLS},
    {cell: tuple(n for n in CELLS if abs(n[0] - cell[0]) == 1) for cell in CELLS},
)
FAR_WALL = World(np.array([[1.0, 0.0, 0.0]]), np.array([-9e4]), np.array([0]), ())
"""A solid that is nowhere in the way."""


@dataclass(frozen=True)
class Duel:
    """An enemy who stands straight ahead."""

    info: GameInfo = OpenArenaSpec().info

    def others(self) -> list[Player]:
        enemy = PlayerState(x=400.0, y=24.0, z=24.0, vx=0.0, vy=0.0, view_height=26, alive=True)
        return [Player(1, connected=True, state=enemy, grounded=True, jumps=False)]


def actions(weapon: str, steps: int) -> list[Action]:
    expert = Expert(cast(OpenArenaMatch, Duel()), GRAPH, FAR_WALL, seed=1)
    me = PlayerState(x=24.0, y=24.0, z=24.0, vx=0.0, vy=0.0, yaw=0.0, pitch=0.0, view_height=26, weapon=weapon)
    seen = Observation(np.zeros((180, 320, 3), np.uint8), me, "self", 0, 0)
    return [expert.act(seen).action for _ in range(steps)]


def test_it_fires_at_an_enemy_straight_ahead() -> None:
    played = actions("machinegun", 20)
    assert sum(action.left for action in played) > 12
    assert not any("1" in action.keys for action in played)


def test_it_does_not_fire_while_it_puts_a_weapon_away() -> None:
    played = actions("grenade launcher", 60)
    assert sum("1" in action.keys for action in played) >= PUT_AWAY_STEPS
    assert any(action.left for action in played)
    assert not any(action.left and "1" in action.keys for action in played)
