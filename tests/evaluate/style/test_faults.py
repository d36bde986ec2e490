"""What goes wrong, in traces of which it is known."""

import numpy as np
from tests.evaluate.style.lives import life

from clonestrike.evaluate.style.faults import FAULTS


def marked(name: str, steps: int, **columns: object) -> list[int]:
    return np.flatnonzero(FAULTS[name].of(life(steps, **columns).trace)).tolist()


def test_nothing_is_wrong_with_a_walk() -> None:
    assert not any(marked(name, 64, moving=1) for name in FAULTS)


def test_stuck_is_a_second_on_one_spot_with_a_key_held() -> None:
    assert marked("stuck", 40, x=5.0, moving=1) == list(range(16, 40))
    assert marked("stuck", 40, x=5.0) == []


def test_spinning_goes_one_way_with_nobody_in_sight() -> None:
    steps = np.arange(80)
    assert marked("spinning", 80, yaw=np.radians(31.0) * steps) == list(range(18, 80))
    assert marked("spinning", 80, yaw=np.radians(31.0) * steps, enemy=100.0) == []
    assert marked("spinning", 80, yaw=np.radians(30.0) * (steps % 2)) == []


def test_sky_and_floor() -> None:
    steps = np.arange(40)
    pitch = np.radians(np.where(steps < 10, 45, np.where(steps < 30, 0, -45)))
    assert marked("sky or floor", 40, pitch=pitch) == [*range(10), *range(30, 40)]


def test_shots_at_nobody_and_enemies_that_are_not_shot() -> None:
    steps = np.arange(80)
    seen = np.where(steps >= 20, 250.0, np.inf)
    assert marked("firing at nobody", 80, enemy=seen, left=(steps >= 15) & (steps < 25)) == list(range(15, 20))
    spared = marked("seen, not shot", 80, enemy=seen)
    assert spared == list(range(20 + FAULTS["seen, not shot"].lead, 80))
    assert marked("seen, not shot", 80, enemy=seen, left=steps % 30 == 0) == []
