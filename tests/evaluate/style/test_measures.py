"""Figures of play from traces of which they are known."""

import numpy as np
import pytest
from tests.evaluate.style.lives import life

from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.style.measures import Style
from clonestrike.evaluate.style.traces import Life


def test_a_life_in_which_nothing_happens() -> None:
    found = Style.of([life(64), life(32)], 16)
    assert found.lifetime == [4.0, 2.0]
    assert (found.turning, found.firing) == (0, 0)
    assert set(found.faults.values()) == {0}
    assert found.enemy_in_sight == 0
    assert found.kill_distance == found.reaction == []
    assert sum(found.mouse_x) == pytest.approx(1)


def test_a_reaction_and_a_kill() -> None:
    steps = np.arange(60)
    seen = np.where((steps >= 20) & (steps < 40), 250.0, np.inf)
    found = Style.of([life(60, enemy=seen, left=(steps >= 26) & (steps < 45), kills=steps >= 33)], 16)
    assert found.reaction == [6 / 16]
    assert found.kill_distance == [250.0]
    assert found.faults["firing at nobody"] == pytest.approx(5 / 60)
    assert found.enemy_in_sight == pytest.approx(20 / 60)


def test_a_shot_answers_the_last_sight() -> None:
    steps = np.arange(60)
    seen = np.where((steps < 4) | (steps >= 20), 100.0, np.inf)
    assert Style.of([life(60, enemy=seen, left=steps >= 22)], 16).reaction == [2 / 16]


def test_a_life_that_was_seen_in_part_has_no_length() -> None:
    assert Style.of([life(32), Life(life(48).trace, whole=False)], 16).lifetime == [2.0]


def test_a_sight_that_blinks_is_no_new_one() -> None:
    steps = np.arange(60)
    seen = np.where((steps >= 10) & (steps < 50) & (steps % 5 != 0), 100.0, np.inf)
    assert Style.of([life(60, enemy=seen, left=steps >= 45)], 16).reaction == [pytest.approx(34 / 16)]


def test_what_is_not_known_is_not_told() -> None:
    found = Style.of([life(40, enemy=np.nan, wall=np.nan)], 16)
    assert found.enemy_in_sight is found.near_wall is None
    assert found.faults["firing at nobody"] is found.faults["spinning"] is None
    assert found.faults["stuck"] == 0
    with pytest.raises(ClonestrikeError, match="no play"):
        Style.of([], 16)


def test_walls_turns_and_faults_are_shares_of_the_steps() -> None:
    found = Style.of([life(80, yaw=np.radians(31.0) * np.arange(80), wall=np.arange(80))], 16)
    assert found.turning == pytest.approx(496, rel=1e-4)
    assert found.faults["spinning"] == pytest.approx((80 - 18) / 80)
    assert found.near_wall == pytest.approx(48 / 80)
    assert found.row()["near a wall"] == found.near_wall
