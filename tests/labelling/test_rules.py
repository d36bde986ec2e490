"""The default rules on simulated players: what is certain must come back exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.labelling.simulation import BORN, CSGO, DOOM, OPENARENA, keys_at_random, walk

from clonestrike.core.actions import SWITCHES, Action, Actions
from clonestrike.core.states import PlayerState, States
from clonestrike.errors import ClonestrikeError
from clonestrike.games import game_info
from clonestrike.labelling.labels import Labels
from clonestrike.labelling.rules import infer

MOVES = [SWITCHES.index(key) for key in ("w", "a", "s", "d", "shift")]


def labels_of(states: list[PlayerState]) -> Labels:
    return infer(States.of(states), DOOM)


def rows_with(labels: Labels, name: str) -> list[int]:
    return np.flatnonzero(labels.actions.switch(name)).tolist()


def test_every_key_comes_back_on_the_plain() -> None:
    actions = keys_at_random(400, seed=1)
    labels = labels_of(walk(actions))
    assert labels.valid.all()
    assert np.array_equal(labels.actions.switches[:, MOVES], Actions.of(actions).switches[:, MOVES])
    assert np.allclose(labels.actions.mouse, Actions.of(actions).mouse, atol=1e-3)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda keys, x: Action(frozenset(keys), mouse_x=x),
            st.sampled_from(["", "w", "a", "s", "d", "wa", "wd", "sa", "sd"]),
            st.floats(-1000, 1000),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_every_key_comes_back_however_fast_keys_and_view_change(actions: list[Action]) -> None:
    labels = labels_of(walk(actions))
    assert np.array_equal(labels.actions.switches[:, MOVES], Actions.of(actions).switches[:, MOVES])


def test_keys_in_source_physics() -> None:
    """CS:GO's movement: at full speed shift and the exact row of a change are less certain."""
    actions = keys_at_random(400, seed=2, change=0.05)
    labels = infer(States.of(walk(actions, CSGO, replace(BORN, view_height=64.06, weapon="weapon_ak47"))), CSGO)
    agree = labels.actions.switches[:, MOVES] == Actions.of(actions).switches[:, MOVES]
    assert agree.mean() > 0.97
    assert not labels.actions.switch("ctrl").any()


def test_keys_in_quake_physics() -> None:
    """OpenArena's movement, among hypotheses of bots' moves between the keys."""
    actions = keys_at_random(400, seed=2, change=0.1)
    born = replace(BORN, view_height=26.0, weapon="machinegun", weapon_slot=2)
    labels = infer(States.of(walk(actions, OPENARENA, born)), OPENARENA)
    agree = labels.actions.switches[:, MOVES] == Actions.of(actions).switches[:, MOVES]
    assert agree.mean() > 0.99
    assert not labels.actions.switch("ctrl").any()


def test_a_hit_pushes_without_a_key() -> None:
    actions = [Action(frozenset("w"))] * 20
    states = walk(actions)
    pushed = walk([Action(frozenset("w"))] * 10, born=replace(states[10], health=70.0, vx=(states[10].vx or 0) - 150))
    # the push comes before the motion of row 10, which so begins with the velocity of before the push
    hit = [
        *states[:11],
        *(replace(s, x=(s.x or 0) + (states[10].x or 0), y=(s.y or 0) + (states[10].y or 0)) for s in pushed[1:]),
    ]
    labels = labels_of(hit)
    assert rows_with(labels, "w") == list(range(20))
    assert not labels.actions.switches[:, MOVES[1:]].any()


def test_keys_are_carried_along_where_nothing_moves() -> None:
    """Against a wall nothing tells which key is held: what was held before and is held after."""
    states = walk([Action(frozenset("w"))] * 20)
    x, y = states[10].x, states[10].y
    stuck = [replace(s, x=x, y=y, vx=0.0, vy=0.0) for s in states[10:14]]
    states = [*states[:10], *stuck, *states[14:]]
    labels = labels_of(states)
    assert labels.actions.switch("w")[10:13].all()


def test_sliding_along_a_wall() -> None:
    """The velocity across the wall is lost, that along it goes on less a 32nd a tic."""
    yaw, friction, kept = 0.5, 0.90625, 31 / 32
    x, vx, states = 0.0, 0.0, [replace(BORN, yaw=yaw, vx=0.0)]
    for _ in range(30):
        for _ in range(2):
            moved = (vx + 50 / 32 * np.cos(yaw)) * kept
            x, vx = x + moved, moved * friction
        states.append(replace(BORN, yaw=yaw, x=x, vx=vx * 35))
    labels = labels_of(states)
    assert labels.actions.switch("w").mean() > 0.9
    assert not labels.actions.switches[:, MOVES[2:]].any()


def test_in_the_air_keys_count_a_256th() -> None:
    yaw, x, vx, vz, z = 0.0, 0.0, 6.0, 6.0, 13.0
    states = [replace(BORN, yaw=yaw, vx=vx * 35, vz=vz * 35, z=z)]
    for row in range(5):
        for _ in range(2):
            vx += (50 / 32 if row >= 2 else 0.0) / 256
            x, z, vz = x + vx, z + vz, vz - 1
        states.append(replace(BORN, yaw=yaw, x=x, vx=vx * 35, vz=vz * 35, z=z))
    assert rows_with(labels_of(states), "w") == [2, 3, 4]


def test_jump_and_landing() -> None:
    speeds = [0.0, 0.0, 210.0, 140.0, 0.0, -280.0, 0.0, 0.0]
    assert rows_with(labels_of([replace(BORN, vz=vz) for vz in speeds]), "space") == [1]


def test_crouching_begins_as_the_view_sinks_and_ends_as_it_rises() -> None:
    heights = [41.0, 41.0, 34.2, 27.3, 20.5, 20.5, 20.5, 27.3, 41.0]
    assert rows_with(labels_of([replace(BORN, view_height=h) for h in heights]), "ctrl") == [1, 2, 3, 4, 5]


def fired(rows: list[int], steps: int = 30, **known: Any) -> list[PlayerState]:
    """A player whose ammo falls in these rows."""
    return [replace(BORN, ammo=200 - sum(row < t for row in rows), **known) for t in range(steps + 1)]


@pytest.mark.parametrize(
    ("weapon", "shots", "held"),
    [
        ("chaingun", [5, 7], [5, 6, 7, 8]),  # one reading of the trigger: two shots, ready after four rows
        ("chaingun", [5, 7, 9, 11], [5, 6, 7, 8, 9, 10, 11, 12]),
        ("chaingun", [5, 7, 10, 12], [5, 6, 7, 8, 9, 10, 11, 12, 13]),  # let go for less than can be seen
        ("chaingun", [5, 7, 15, 17], [5, 6, 7, 8, 15, 16, 17, 18]),
        ("rifle", [5, 7, 9], [5, 6, 7, 8, 9, 10]),
        ("pistol", [7], [5, 6, 7, 8]),  # the shot comes 4 tics after the trigger
        ("plasma rifle", [5, 6, 8], [5, 6, 7, 8, 9]),
        ("railgun", [5, 9], [5, 9]),  # no such weapon in the profile
    ],
)
def test_the_trigger_is_held_from_reading_to_reading(weapon: str, shots: list[int], held: list[int]) -> None:
    assert rows_with(labels_of(fired(shots, weapon=weapon)), "left") == held


def test_a_kill_lets_go_of_the_trigger() -> None:
    states = [replace(s, kills=int(t > 7)) for t, s in enumerate(fired([5, 7]))]
    assert rows_with(labels_of(states), "left") == [5, 6, 7]


def test_ammo_that_changes_with_the_weapon_is_no_shot() -> None:
    states = [replace(BORN, weapon="rifle" if t < 9 else "sidearm", ammo=30 if t < 9 else 12) for t in range(20)]
    assert rows_with(labels_of(states), "left") == []


def test_a_change_of_weapon_is_seen_in_memory_before_the_game_says_so() -> None:
    """Neither a shot nor a reload nor a zoom: memory has another item, with another clip and field of view."""

    def held(t: int, change: int) -> dict[str, Any]:
        return {"item": 7, "ammo": 10} if t < change else {"item": 9, "ammo": 30, "field_of_view": 40.0}

    states = [replace(BORN, weapon="rifle", weapon_slot=1, **held(t, 40)) for t in range(41)]
    states += [replace(BORN, weapon="sniper", weapon_slot=1, **held(t, 40)) for t in range(41, 60)]
    back = [replace(state, weapon="sniper" if t < 41 else "rifle") for t, state in enumerate(states[::-1])]
    for seen in (states, back):
        assert not any(rows_with(labels_of(seen), name) for name in ("left", "right", "r"))


def test_reload_is_pressed_26_steps_before_the_clip_rises() -> None:
    states = [replace(BORN, weapon="rifle", weapon_slot=1, ammo=10 if t <= 40 else 30) for t in range(60)]
    assert rows_with(labels_of(states), "r") == [14, 15, 16, 17]
    picked_up = [replace(BORN, ammo=10 if t <= 40 else 20) for t in range(60)]
    assert rows_with(labels_of(picked_up), "r") == []


def test_weapon_keys() -> None:
    def switch(old: tuple[str, int], new: tuple[str, int], ammo: int = 9) -> Labels:
        held = [old if t <= 20 else new for t in range(40)]
        return labels_of([replace(BORN, weapon=name, weapon_slot=slot, ammo=ammo) for name, slot in held])

    rifle, sidearm, knife, chaingun = ("rifle", 1), ("sidearm", 2), ("knife", 3), ("chaingun", 4)
    assert rows_with(switch(rifle, sidearm), "2") == [13, 14, 15, 16]
    assert rows_with(switch(sidearm, knife), "3") == [13, 14, 15, 16]
    assert rows_with(switch(knife, rifle), "1") == [13, 14, 15, 16]
    for labels in (switch(rifle, chaingun), switch(rifle, sidearm, ammo=0)):  # no such key; put away empty
        assert not any(rows_with(labels, key) for key in "123")


def test_right_click_is_a_change_of_the_field_of_view() -> None:
    views = [90.0] * 5 + [45.0] * 5 + [90.0] * 5
    states = [replace(BORN, weapon="rifle", field_of_view=view) for view in views]
    assert rows_with(labels_of(states), "right") == [4, 9]
    states = [replace(s, weapon="rifle" if t < 10 else "sidearm") for t, s in enumerate(states)]
    assert rows_with(labels_of(states), "right") == [4]


def test_a_scope_slows_the_turn_where_the_game_says_so() -> None:
    turning = [replace(BORN, yaw=-0.0096 * t, field_of_view=45.0) for t in range(3)]
    assert infer(States.of(turning), CSGO).actions.mouse[:, 0] == pytest.approx([20.0, 20.0], abs=1e-3)
    assert infer(States.of(turning), DOOM).actions.mouse[:, 0] == pytest.approx([10.0, 10.0], abs=1e-3)


def test_rows_that_cannot_be_labelled() -> None:
    moving = walk([Action(frozenset("w"), mouse_x=2.0)] * 12)
    assert labels_of(moving).valid.all()

    def invalid(row: int, **known: Any) -> list[int]:
        states = [replace(s, **known) if t == row else s for t, s in enumerate(moving)]
        return np.flatnonzero(~labels_of(states).valid).tolist()

    assert invalid(5, health=0.0, alive=False) == [4, 5]
    assert invalid(5, first_person=False) == [4, 5]
    assert invalid(5, x=None) == [4, 5]
    assert invalid(5, x=5000.0) == [4, 5]  # put elsewhere, and back
    assert invalid(5, pitch=DOOM.calibration.pitch_min) == [4]  # clamped at the end of row 4
    assert invalid(5, pitch=DOOM.calibration.pitch_max) == [4]
    assert invalid(12, **dict.fromkeys(("x", "y", "yaw", "pitch", "vx", "vy", "health", "alive"))) == [11]


def test_a_newborn_cannot_move_for_seven_tics() -> None:
    born = replace(BORN, vx=0.0)
    states = [born] * 3 + walk([Action(frozenset("w"))] * 8, born=born)
    assert labels_of(states).valid.tolist() == [False] * 4 + [True] * 7
    states = walk([Action(frozenset("w"), mouse_x=2.0)] * 8, born=born)
    assert labels_of(states).valid.all()


def test_nothing_is_invented_from_nothing() -> None:
    for n in (0, 1):
        assert len(labels_of([BORN] * n)) == 0
    unknown = labels_of([PlayerState()] * 5)
    assert not unknown.valid.any()
    assert not unknown.actions.switches.any()
    assert not unknown.actions.mouse.any()


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(ClonestrikeError, match="no movement profile is called 'chess'"):
        infer(States.of([BORN, BORN]), replace(DOOM, movement="chess"))


def test_play_in_a_window_cannot_be_labelled_and_the_line_says_what_to_do_instead() -> None:
    with pytest.raises(ClonestrikeError, match=r"window has no movement profile.*: .*train --labels true"):
        infer(States.of([BORN, BORN]), game_info("window:Some game"))
