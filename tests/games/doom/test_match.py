import math
from collections.abc import Iterator

import numpy as np
import pytest

from clonestrike.core.actions import MOUSE_X_BINS, MOUSE_Y_BINS, Action
from clonestrike.core.states import STATE_FIELDS, PlayerState
from clonestrike.games.doom.engine import CALIBRATION, DoomSpec
from clonestrike.games.doom.match import DoomMatch
from clonestrike.playing.clock import LockstepClock


def state_of(match: DoomMatch) -> PlayerState:
    state = match.observe().state
    assert state is not None
    return state


def after(match: DoomMatch, action: Action, steps: int = 1) -> PlayerState:
    match.apply(action)
    for _ in range(steps):
        match.advance()
    return state_of(match)


@pytest.fixture
def alone() -> Iterator[DoomMatch]:
    """Nobody else, so that nothing disturbs what is measured."""
    with DoomMatch(DoomSpec(bots=0), seed=8, minutes=2) as match:
        yield match


@pytest.fixture
def rifleman() -> Iterator[DoomMatch]:
    with DoomMatch(DoomSpec(bots=0, loadout="rifle"), seed=8, minutes=2) as match:
        yield match


def test_every_bin_of_the_mouse_turns_the_view_by_its_counts(alone: DoomMatch) -> None:
    before = state_of(alone)
    for counts in MOUSE_X_BINS:
        now = after(alone, Action(mouse_x=counts))
        assert before.yaw is not None
        assert now.yaw is not None
        turned = math.remainder(before.yaw - now.yaw, 2 * math.pi)
        assert turned == pytest.approx(math.remainder(counts * CALIBRATION.radians_per_count, 2 * math.pi), abs=1e-9)
        before = now


def test_the_pitch_follows_the_mouse_up_to_its_limits(alone: DoomMatch) -> None:
    for counts in (b for b in MOUSE_Y_BINS if abs(b) <= 100):
        before, now = state_of(alone), after(alone, Action(mouse_y=counts))
        assert before.pitch is not None
        assert now.pitch is not None
        assert before.pitch - now.pitch == pytest.approx(counts * CALIBRATION.radians_per_count, abs=1e-9)
    assert after(alone, Action(mouse_y=3000), 3).pitch == pytest.approx(CALIBRATION.pitch_min, abs=1e-3)
    assert after(alone, Action(mouse_y=-3000), 3).pitch == pytest.approx(CALIBRATION.pitch_max, abs=1e-3)


def speed_ahead(state: PlayerState) -> tuple[float, float]:
    """Speed forward and to the right, units a second."""
    assert state.vx is not None
    assert state.vy is not None
    assert state.yaw is not None
    forward = state.vx * math.cos(state.yaw) + state.vy * math.sin(state.yaw)
    right = state.vx * math.sin(state.yaw) - state.vy * math.cos(state.yaw)
    return forward, right


def test_the_move_keys_move_and_shift_walks(alone: DoomMatch) -> None:
    for key, axis, sign in (("w", 0, 1), ("s", 0, -1), ("d", 1, 1), ("a", 1, -1)):
        walking = speed_ahead(after(alone, Action(frozenset({key, "shift"})), 3))[axis] * sign
        after(alone, Action(), 20)
        running = speed_ahead(after(alone, Action(frozenset({key})), 3))[axis] * sign
        after(alone, Action(), 20)
        assert 80 < walking < 130 < running


def test_jump_crouch_fire_and_weapon_keys(alone: DoomMatch) -> None:
    start = state_of(alone)
    assert (start.weapon, start.weapon_slot, start.ammo, start.health) == ("chaingun", 4, 200, 100)
    assert (after(alone, Action(frozenset({"space"}))).vz or 0) > 100
    after(alone, Action(), 20)
    assert (after(alone, Action(frozenset({"ctrl"})), 6).view_height or 0) < 25
    after(alone, Action(), 10)
    assert (after(alone, Action(left=True), 10).ammo or 0) < 200
    after(alone, Action(), 5)
    assert after(alone, Action(frozenset({"2"})), 20).weapon == "pistol"
    assert after(alone, Action(frozenset({"1"})), 20).weapon == "fist"


def test_every_output_means_something_with_the_rifle(rifleman: DoomMatch) -> None:
    start = state_of(rifleman)
    assert (start.weapon, start.weapon_slot, start.ammo, start.scoped, start.field_of_view) == (
        "rifle",
        1,
        30,
        False,
        90,
    )
    fired = after(rifleman, Action(left=True), 10).ammo
    assert fired is not None
    assert fired < 30
    after(rifleman, Action(), 5)
    after(rifleman, Action(frozenset({"r"})), 2)
    assert after(rifleman, Action(), 35).ammo == 30
    after(rifleman, Action(right=True))
    scoped = after(rifleman, Action(), 6)
    assert (scoped.scoped, scoped.field_of_view) == (True, 45)
    before = scoped.yaw
    turned = after(rifleman, Action(mouse_x=100)).yaw
    assert before is not None
    assert turned is not None
    assert math.remainder(before - turned, 2 * math.pi) == pytest.approx(100 * CALIBRATION.radians_per_count)
    after(rifleman, Action(right=True))
    assert after(rifleman, Action(), 6).scoped is False
    assert after(rifleman, Action(frozenset({"2"})), 25).weapon == "sidearm"
    assert after(rifleman, Action(frozenset({"3"})), 25).weapon == "knife"
    assert after(rifleman, Action(frozenset({"1"})), 25).weapon == "rifle"


def test_the_same_seed_gives_the_same_match() -> None:
    def play() -> tuple[list[bytes], list[PlayerState | None]]:
        with DoomMatch(DoomSpec(), seed=11, minutes=0.2) as match:
            clock, frames, states, n = LockstepClock(match), [], [], 0
            while clock.tick():
                seen = match.observe()
                frames.append(seen.frame.tobytes())
                states.append(seen.state)
                match.apply(Action(frozenset({"w"}), left=n % 7 < 3, mouse_x=(n % 5) * 10))
                n += 1
            return frames, states

    first, second = play(), play()
    assert len(first[0]) > 150
    assert first == second


def test_a_match_ends_on_time_with_everybodys_score() -> None:
    with DoomMatch(DoomSpec(bots=5), seed=2, minutes=0.5) as match:
        clock = LockstepClock(match)
        while clock.tick():
            match.apply(Action())
        assert match.minutes == pytest.approx(0.5, abs=0.02)
        assert len(match.scores) == 6
        assert sum(score.kills for score in match.scores) <= sum(score.deaths for score in match.scores)
        state = state_of(match)
        unknown = {name for name in STATE_FIELDS if getattr(state, name) is None}
        assert unknown - {"ammo"} == {"team", "weapon_type", "item", "memory_health", "posted_ammo"}
        frame = match.observe().frame
        assert frame.shape == (180, 320, 3)
        assert frame.dtype == np.uint8
        assert frame.std() > 5
