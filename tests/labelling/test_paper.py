"""The original's rules against tables written by hand, and against a plain loop of the same rules."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.paper_loop import infer_by_loop
from clonestrike.core.actions import ACTION_SPACE, SWITCHES, Action, Actions
from clonestrike.core.angles import to_yaw
from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import PlayerState, States
from clonestrike.labelling.labels import Labels
from clonestrike.labelling.paper import fill_gaps, infer_paper

CSGO = GameInfo(
    game="csgo",
    map="de_dust2",
    mode="deathmatch",
    steps_per_second=16,
    frame_height=150,
    frame_width=280,
    field_of_view=90.0,
    movement="csgo",
)
STANDING = PlayerState(
    x=0.0,
    y=0.0,
    z=0.0,
    vx=0.0,
    vy=0.0,
    vz=0.0,
    yaw=0.0,
    pitch=0.0,
    view_height=64.06,
    field_of_view=90.0,
    scoped=False,
    health=100.0,
    armour=0.0,
    weapon="weapon_ak47",
    weapon_slot=1,
    ammo=30,
    kills=0,
    deaths=0,
    alive=True,
    first_person=True,
)
COUNT = 0.00096


def state(**known: Any) -> PlayerState:
    return replace(STANDING, **known)


def infer(states: Sequence[PlayerState], true: Sequence[Action] | None = None) -> Labels:
    return infer_paper(States.of(states), CSGO, None if true is None else Actions.of(true))


def pressed(states: Sequence[PlayerState]) -> list[str]:
    """Switches of every row, in the order of the vector, joined by blanks."""
    rows = infer(states).actions.switches
    return [" ".join(name for name, on in zip(SWITCHES, row, strict=True) if on) for row in rows]


def heading(degrees: float, speed: float = 200.0) -> dict[str, float]:
    """A velocity that many degrees clockwise of +x."""
    return {"vx": speed * math.cos(math.radians(degrees)), "vy": -speed * math.sin(math.radians(degrees))}


def test_a_table_by_hand() -> None:
    """A player starts, jumps, draws the pistol, shoots, crouches, brakes and stands. Row t: states t -> t+1."""
    pistol: dict[str, Any] = {"weapon": "weapon_glock", "weapon_slot": 2, "ammo": 19}
    table = [
        # state t, and row t with the reason
        (state(), "w"),  # 0 -> 120 units a second: accelerates
        (state(vx=120.0), "w shift"),  # -> 125: steady, and slower than 140
        (state(vx=125.0), "w space"),  # -> 150, and upwards by 280
        (state(vx=150.0, vz=280.0), "w"),  # -> 205
        (state(vx=205.0, vz=230.0), "w 2"),  # -> 206: steady; the pistol comes in row 5, its key is one row earlier
        (state(vx=206.0, vz=-300.0), "w"),  # -> 204: upwards by 300, but to 0: lands
        (state(vx=204.0, **pistol | {"ammo": 20}), "w left"),  # -> 200; a round less
        (state(vx=200.0, **pistol), "w ctrl"),  # -> 160: friction alone; filled from 6 and 9; ctrl: two rows earlier
        (state(vx=160.0, **pistol), "s"),  # -> 89: lost 71, so the player brakes
        (state(vx=89.0, **pistol), "w shift"),  # -> 88: steady; crouched at its end
        (state(vx=88.0, view_height=46.0, **pistol), "s"),  # -> 0.2: lost 87.8
        (state(vx=0.2, **pistol), ""),  # -> 0: motionless
        (state(**pistol), ""),  # -> 0
        (state(**pistol), None),
    ]
    assert pressed([known for known, _ in table]) == [keys for _, keys in table[:-1]]
    labels = infer([known for known, _ in table])
    assert labels.valid.all()
    assert not labels.actions.mouse.any()


@pytest.mark.parametrize(
    ("before", "now", "x", "y"),
    [
        ({"yaw": 0.0}, {"yaw": -100 * COUNT}, 100, 0),  # right is positive
        ({"yaw": 0.0}, {"yaw": 50 * COUNT}, -50, 0),
        ({"yaw": -math.pi + 20 * COUNT}, {"yaw": math.pi - 20 * COUNT}, 40, 0),  # through the seam, the short way
        ({"yaw": math.pi - COUNT}, {"yaw": -math.pi + COUNT}, -2, 0),
        ({"pitch": 0.0}, {"pitch": -10 * COUNT}, 0, 10),  # down is positive
        ({"pitch": 0.1}, {"pitch": 0.1 + 5 * COUNT}, 0, -5),
        ({"yaw": 0.0}, {"yaw": -100 * COUNT, "pitch": -10 * COUNT, "field_of_view": 45.0}, 200, 20),  # 90 / 45
        ({"yaw": 0.0}, {"yaw": -100 * COUNT, "field_of_view": 0.0}, 100, 0),  # 0 counts as 90
    ],
)
def test_mouse(before: dict[str, float], now: dict[str, float], x: float, y: float) -> None:
    assert infer([state(**before), state(**now)]).actions.mouse[0] == pytest.approx((x, y), abs=1e-3)


@pytest.mark.parametrize(
    ("degrees", "keys"),
    [
        (0, "w"), (22.4, "w"), (22.6, "w d"), (45, "w d"), (67.4, "w d"), (67.6, "d"), (90, "d"), (135, "s d"),
        (180, "s"), (225, "a s"), (270, "a"), (315, "w a"), (337.4, "w a"), (337.6, "w"), (360, "w"),
    ],
)  # fmt: skip
def test_directions_are_sectors_of_45_degrees(degrees: float, keys: str) -> None:
    assert pressed([state(**heading(degrees)), state(**heading(degrees))]) == [keys]


def test_direction_is_relative_to_the_facing_before() -> None:
    east, south = 0.0, -math.pi / 2
    assert pressed([state(yaw=east, **heading(0)), state(yaw=south, **heading(0))]) == ["w"]
    assert pressed([state(yaw=south, **heading(0)), state(yaw=east, **heading(0))]) == ["a"]


@pytest.mark.parametrize(
    ("before", "now", "keys"),
    [
        (0.0, 0.09, ""),  # motionless
        (0.0, 0.2, "w shift"),  # a change below 7 is steady, however slow
        (200.0, 206.9, "w"),
        (200.0, 193.1, "w"),
        (139.0, 139.9, "w shift"),
        (139.0, 140.0, "w"),
        (100.0, 107.1, "w"),  # accelerating: no shift
        (200.0, 192.9, ""),  # friction
        (200.0, 130.1, ""),
        (200.0, 129.9, "s"),  # faster than friction: the opposite key
    ],
)
def test_speed_and_its_change(before: float, now: float, keys: str) -> None:
    assert pressed([state(vx=before), state(vx=now)]) == [keys]


def test_braking_presses_the_opposite_of_both_keys() -> None:
    assert pressed([state(**heading(45, 200)), state(**heading(45, 100))]) == ["a s"]


@pytest.mark.parametrize(
    ("speed", "scoped", "keys"), [(100, True, "w"), (59, True, "w shift"), (100, False, "w shift")]
)
def test_a_scoped_awp_is_slow(speed: float, scoped: bool, keys: str) -> None:
    awp = state(weapon="weapon_awp", scoped=scoped, vx=speed)
    assert pressed([awp, awp]) == [keys]


def test_a_crouched_player_has_shift_all_the_same() -> None:
    crouched = state(vx=80.0, view_height=46.0)
    assert pressed([crouched] * 5) == ["w ctrl shift"] * 2 + ["w shift"] * 2


@pytest.mark.parametrize(
    ("before", "now", "jumps"),
    [(0, 151, True), (0, 149, False), (-200, 9, False), (-200, -9, False), (-200, -11, True), (-200, 11, True)],
)
def test_space(before: float, now: float, jumps: bool) -> None:
    assert pressed([state(vz=before), state(vz=now)]) == ["space" if jumps else ""]


def test_ctrl_is_written_two_rows_earlier() -> None:
    heights = [64.0, 64.0, 64.0, 49.9, 64.0, 0.05, 50.0]
    # state 3 is the "now" of row 2, so ctrl goes to row 0; heights of 0.1 and less are a glitch, 50 is standing
    assert pressed([state(view_height=h) for h in heights]) == ["ctrl", "", "", "", "", ""]


def test_weapon_keys_are_written_one_row_earlier() -> None:
    weapons = ["ak47", "ak47", "glock", "knife_karambit", "awp", "m4a1", "taser", "ak47", "hegrenade", "c4", "c4"]
    keys = ["2", "3", "1", "1", "", "", "1", "1", "", ""]
    # "now" of row t is state t+1: ak47 -> glock is row 1, written to row 0; a taser has no type, so nothing changes
    assert pressed([state(weapon=f"weapon_{name}", ammo=1) for name in weapons]) == keys


def test_weapons_without_a_known_type_go_by_their_slot() -> None:
    slots = [("rifle", 1), ("rifle", 1), ("sidearm", 2), ("knife", 3), ("shotgun", 4), ("odd", None)]
    assert pressed([state(weapon=name, weapon_slot=slot) for name, slot in slots]) == ["2", "3", "1", "", ""]


def test_the_type_is_the_one_that_the_game_posts() -> None:
    types = [("weapon_ak47", "Rifle")] * 2 + [
        ("weapon_cz75", "Pistol"),
        ("weapon_cz75", "Rifle"),
        ("weapon_axe", "Knife"),
    ]
    states = [state(weapon=name, weapon_type=kind, weapon_slot=1) for name, kind in types]
    assert pressed(states) == ["2", "1", "3", ""]


def test_the_item_in_memory_tells_when_the_weapon_changes() -> None:
    """The game's post of another weapon comes a row later than memory: no shot, no reload, no zoom is invented."""
    ak, awp = {"item": 7 | 4 << 16, "ammo": 30}, {"item": 9 | 4 << 16, "ammo": 10, "field_of_view": 40.0}
    late = [state(**ak), state(**ak), state(**awp), state(weapon="weapon_awp", **awp)]
    assert pressed(late) == ["", "1", ""]  # the post alone says which key, at the row before it
    early = [state(weapon="weapon_awp", **ak), state(weapon="weapon_awp", **awp | {"ammo": 9}), state(**ak)]
    assert pressed(early)[0] == "1"
    same = [state(**ak), state(**ak), state(weapon="weapon_m4a1", **ak | {"ammo": 29})]
    assert pressed(same) == ["", "left"]
    other_finish = [state(**ak), state(**ak | {"item": 7 | 12 << 16, "ammo": 29})]
    assert pressed(other_finish) == [""]


def test_counts_half_way_between_bins_fall_as_they_fell_in_the_original() -> None:
    """``ties.json``: whole counts by which a view turned clockwise and up, and the bins that its functions gave."""
    ties: dict[str, list[int]] = json.loads((Path(__file__).parent / "ties.json").read_text())
    yaw, tilt = 3.0, 1.6
    states = [state(yaw=to_yaw(yaw), pitch=tilt - math.pi / 2)]
    for right, up in zip(ties["turned"], ties["tilted"], strict=True):
        yaw, tilt = (yaw + right * COUNT) % (2 * math.pi), tilt + up * COUNT
        states.append(state(yaw=to_yaw(yaw), pitch=tilt - math.pi / 2))
    mouse = infer(states).actions.mouse
    assert ACTION_SPACE.x_index(mouse[:, 0]).tolist() == ties["x"]
    assert ACTION_SPACE.y_index(mouse[:, 1]).tolist() == ties["y"]


def test_right_click_is_written_one_row_earlier() -> None:
    views = [state(weapon="weapon_awp", field_of_view=fov) for fov in (90.0, 90.0, 40.0, 40.0, 90.0)]
    assert pressed(views) == ["right", "", "right", ""]
    views[4] = state(weapon="weapon_ssg08", field_of_view=90.0)
    assert pressed(views) == ["right", "", "", ""]  # another weapon, same type: not a click, no key


def test_left_click() -> None:
    assert pressed([state(ammo=30), state(ammo=29), state(ammo=27), state(ammo=27)]) == ["left", "left", ""]
    assert pressed([state(ammo=30), state(ammo=7, weapon="weapon_m4a1")]) == [""]


def reload_rows(rise: int, shots: Sequence[int] = ()) -> list[int]:
    """Rows with r, when the clip rises in row ``rise`` and falls in the rows ``shots``."""
    ammo, states = 100, [state(ammo=100)]
    for row in range(rise + 3):
        ammo += 20 if row == rise else -1 if row in shots else 0
        states.append(state(ammo=ammo))
    return np.flatnonzero(infer(states).actions.switch("r")).tolist()


def test_reload() -> None:
    assert reload_rows(33) == [33 - 28]  # the fifth of the rows 1..10
    assert reload_rows(32) == []  # too early in the file
    assert reload_rows(50) == [22]
    assert reload_rows(50, [17]) == [22]  # a shot before the ten rows does not count
    assert reload_rows(50, [18]) == [23]
    assert reload_rows(50, [18, 22]) == [27]
    assert reload_rows(50, [18, 23]) == []  # never five in a row in 18..27
    assert reload_rows(50, [18, 22, 28]) == [27]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("1011", "1111"),
        ("10011", "11111"),
        ("10010", "11010"),
        ("1010", "1010"),
        ("0111", "0111"),
    ],
)
def test_gaps(before: str, after: str) -> None:
    keys = np.array([c == "1" for c in before + "000"])
    fill_gaps(keys)
    assert "".join("1" if key else "0" for key in keys[: len(before)]) == after


def test_gaps_near_either_end_stay() -> None:
    keys = np.array([c == "1" for c in "01011"])  # rows 1 .. N-4 = 1 alone
    fill_gaps(keys)
    assert keys.tolist() == [False, True, False, True, True]


def test_what_is_skipped() -> None:
    """Dead, or no weapon, now or before: nothing of its own, not valid; what later rows write into it stays."""
    walking = state(vx=200.0)
    dead, unarmed = replace(walking, health=0.0, alive=False), replace(walking, weapon=None)
    labels = infer([walking, walking, dead, walking, walking, unarmed, walking, walking])
    assert labels.valid.tolist() == [True, False, False, True, False, False, True]
    assert labels.actions.switch("w").tolist() == [True, True, False, True, False, False, True]  # row 1 is a filled gap
    crouched = replace(walking, view_height=46.0)
    assert pressed([walking, dead, walking, walking, crouched, walking])[1] == "ctrl"


def test_a_null_first_state_is_skipped() -> None:
    """Imported files have no state for their first picture."""
    labels = infer([PlayerState(), state(vx=200.0), state(vx=200.0, yaw=-COUNT)])
    assert labels.valid.tolist() == [False, True]
    assert labels.actions[1].keys == {"w"}
    assert labels.actions[1].mouse_x == pytest.approx(1)


def test_true_keys_replace_the_rules() -> None:
    """Those of a self-recorded file: w a s d, space, r, left; never shift; the rest stays inferred."""
    states = [state(vx=100.0, ammo=30 - t, view_height=46.0) for t in range(8)]
    true = [Action(frozenset({"a", "r", "shift", "ctrl", "1"}), right=True, mouse_x=50.0) for _ in range(7)]
    true[2] = Action()
    labels = infer(states, true)
    assert labels.actions[0] == Action(frozenset({"a", "r", "ctrl"}))
    assert labels.actions[2] == Action(frozenset({"a", "ctrl"}))  # the gap in a is filled
    assert labels.actions[6] == Action(frozenset({"a", "r"}))


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_short_tables(n: int) -> None:
    assert len(infer([STANDING] * n)) == max(n - 1, 0)


SPEEDS = [(0.0, 0.0), (60.0, 80.0), (-72.0, 54.0), (150.0, -200.0), (-120.0, -160.0), (0.0, 221.0), (111.0, 0.05)]
STATES = st.builds(
    lambda velocity, **known: replace(STANDING, vx=velocity[0], vy=velocity[1], **known),
    velocity=st.sampled_from(SPEEDS),
    vz=st.sampled_from([0.0, 0.0, 0.0, 280.0, -200.0, 5.0]),
    yaw=st.floats(-3.14, 3.14),
    pitch=st.floats(-1.5, 1.5) | st.none(),
    view_height=st.sampled_from([64.06, 64.06, 46.04, 0.0, None]),
    field_of_view=st.sampled_from([90.0, 90.0, 90.0, 40.0, 0.0, None]),
    scoped=st.sampled_from([False, True, None]),
    health=st.sampled_from([100.0] * 8 + [0.0]),
    alive=st.sampled_from([True] * 8 + [False, None]),
    weapon=st.sampled_from(
        ["weapon_ak47"] * 12 + ["weapon_awp", "weapon_glock", "weapon_knife", "weapon_taser", "odd", None]
    ),
    weapon_slot=st.sampled_from([1, 2, 3, None]),
    weapon_type=st.sampled_from([None, None, "Rifle", "Pistol"]),
    item=st.sampled_from([None, 7, 7, 7, 9]),
    ammo=st.sampled_from([30] * 6 + [29, 28, 10, None]),
)


@settings(max_examples=150, deadline=None)
@given(states=st.lists(STATES, min_size=1, max_size=60), movement=st.sampled_from(["csgo", "doom"]))
def test_a_plain_loop_agrees(states: list[PlayerState], movement: str) -> None:
    info = replace(CSGO, movement=movement)
    loop, labels = Actions.of(infer_by_loop(states, info)), infer_paper(States.of(states), info)
    assert np.array_equal(labels.actions.switches, loop.switches)
    assert np.allclose(labels.actions.mouse, loop.mouse, rtol=1e-6, atol=1e-6)
