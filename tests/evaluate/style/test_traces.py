"""Lives of real matches, and distances to walls of which they are known."""

import numpy as np
import pytest

from clonestrike.evaluate.style.faults import column
from clonestrike.evaluate.style.traces import TracedMatch, trace, wall_distance
from clonestrike.playing.named_actor import find_actor

PLAYER_RADIUS = 16


def test_lives_end_with_deaths() -> None:
    lives = trace(TracedMatch(find_actor("random"), "doom", seed=1000, minutes=1.5, decoding=None))
    assert [one.whole for one in lives] == [True] * (len(lives) - 1) + [False]
    assert len(lives) > 1
    starts = [one.start for one in lives]
    assert starts == sorted(starts)
    assert all(one.start + len(one.trace) <= after for one, after in zip(lives, starts[1:], strict=False))
    walls = np.concatenate([column(one.trace, "wall") for one in lives])
    assert PLAYER_RADIUS - 0.1 < walls.min() < PLAYER_RADIUS + 1


def test_walls_are_known_of_bots() -> None:
    lives = trace(TracedMatch(None, "doom", seed=1000, minutes=0.2, decoding=None))
    walls = np.concatenate([column(one.trace, "wall") for one in lives])
    assert walls.min() > PLAYER_RADIUS - 0.1
    assert walls.max() < 500


@pytest.mark.parametrize(("x", "y", "distance"), [(5, 3, 3), (13, 4, 5), (-3, -4, 5), (5, 0, 0)])
def test_the_nearest_point_of_a_wall_counts(x: float, y: float, distance: float) -> None:
    walls = np.array([[0, 0, 10, 0], [100, 100, 100, 100]], np.float64)
    assert wall_distance(x, y, walls) == pytest.approx(distance)
    assert wall_distance(x, y, walls[:0]) == np.inf
