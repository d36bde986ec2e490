from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clonestrike.core.actions import Action
from clonestrike.core.game_info import Calibration, GameInfo
from clonestrike.core.observation import Observation
from clonestrike.core.states import PlayerState
from clonestrike.games.base import Game, Lockstep
from clonestrike.playing import clock as clocks
from clonestrike.playing.clock import LockstepClock, RealTimeClock

INFO = GameInfo("toy", "room", "deathmatch", 10.0, 2, 2, 90.0, "toy", Calibration(0.001, -1.0, 1.0), {"toy": "1"})


class Toy(Game):
    """A match of so many steps that counts what is done to it."""

    info = INFO

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.actions: list[Action] = []
        self.closed = 0

    def observe(self) -> Observation:
        return Observation(np.zeros((2, 2, 3), np.uint8), PlayerState(alive=True), "me", 0, 0)

    def apply(self, action: Action) -> None:
        self.actions.append(action)

    @property
    def finished(self) -> bool:
        return self.left <= 0

    def close(self) -> None:
        self.closed += 1


class LockstepToy(Toy, Lockstep):
    def advance(self) -> None:
        self.left -= 1


class Time:
    """Time that passes only when somebody sleeps or works."""

    def __init__(self) -> None:
        self.now = 10**15
        self.slept = 0

    def perf_counter_ns(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept += 1
        self.now += round(seconds * 1e9)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(clocks, "time", time)
    return time


def test_a_game_is_closed_whatever_happens() -> None:
    game = Toy(1)
    with pytest.raises(RuntimeError), game:
        raise RuntimeError
    assert game.closed == 1


@given(st.integers(0, 20))
def test_lockstep_plays_every_step_once(steps: int) -> None:
    game = LockstepToy(steps)
    clock = LockstepClock(game)
    while clock.tick():
        game.apply(Action())
        assert clock.late_ns == 0
    assert len(game.actions) == steps
    assert not clock.tick()
    assert game.left == 0, "a match that is over is not advanced"


def test_only_a_game_that_waits_has_a_lockstep_clock() -> None:
    with pytest.raises(TypeError, match="Toy cannot be played in lockstep"):
        LockstepClock(Toy(1))


def test_real_time_keeps_its_rate_without_drift(time: Time) -> None:
    start = time.now
    clock = RealTimeClock(Toy(1), 10.0)
    for step in range(50):
        assert clock.tick()
        assert time.now == start + step * 100_000_000
        time.now += 1_000_000 * (step % 90)  # work that fits into a step
    assert clock.missed == 0
    assert clock.lateness_ns == [0] * 50
    assert time.slept == 49, "the first step waits for nothing"


def test_a_late_step_does_not_move_those_after_it(time: Time) -> None:
    start = time.now
    clock = RealTimeClock(Toy(1), 10.0)
    clock.tick()
    time.now += 130_000_000
    clock.tick()
    assert (clock.late_ns, clock.missed) == (30_000_000, 0)
    clock.tick()
    assert time.now == start + 200_000_000
    assert clock.lateness_ns == [0, 30_000_000, 0]


def test_whole_missed_steps_are_skipped_and_counted(time: Time) -> None:
    start = time.now
    clock = RealTimeClock(Toy(1), 10.0)
    clock.tick()
    time.now += 350_000_000
    clock.tick()
    assert (clock.late_ns, clock.missed) == (250_000_000, 2)
    clock.tick()
    assert time.now == start + 400_000_000
    assert (clock.late_ns, clock.missed) == (0, 2)


@given(work=st.lists(st.integers(0, 400_000_000), max_size=30))
def test_real_time_steps_stay_on_the_grid(work: list[int]) -> None:
    time = Time()
    start, period = time.now, round(1e9 / 17.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clocks, "time", time)
        clock = RealTimeClock(Toy(1), 17.5)
        for busy in [0, *work]:
            time.now += busy
            clock.tick()
            due = start + (len(clock.lateness_ns) - 1 + clock.missed - clock.late_ns // period) * period
            assert time.now - clock.late_ns == due
    assert clock.missed * period <= sum(work)


def test_real_time_advances_a_game_that_waits_and_ends_with_it(time: Time) -> None:
    game = LockstepToy(3)
    clock = RealTimeClock(game, 10.0)
    ticks = 0
    while clock.tick():
        ticks += 1
    assert (ticks, game.left) == (3, 0)
