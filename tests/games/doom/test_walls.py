"""Walls of real maps."""

import numpy as np

from clonestrike.evaluate.style.traces import wall_distance
from clonestrike.games.doom.engine import DoomSpec
from clonestrike.games.doom.match import DoomMatch
from clonestrike.games.doom.spectator import DoomSpectator
from clonestrike.games.doom.walls import map_walls


def test_walls_lie_where_they_are() -> None:
    walls = map_walls("cig/MAP01")
    assert wall_distance(500, -352, walls) == 0  # the outer wall, which is marked as blocking
    assert wall_distance(112, 300, walls) == 16  # in the middle of one that is a floor raised to the ceiling
    assert wall_distance(112, 512, walls) == 64  # in a window through it: from jamb to jamb 128
    assert len({tuple(wall) for wall in walls}) == len(walls)


def test_matches_have_the_walls_of_their_map() -> None:
    spec = DoomSpec("cig/MAP02", bots=1)
    with DoomMatch(spec, seed=1, minutes=0.1) as played, DoomSpectator(spec, seed=1, minutes=0.1) as watched:
        assert np.array_equal(played.walls(), watched.walls())
        assert played.walls().shape[1] == 4
