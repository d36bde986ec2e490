"""Counts and verdicts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.labelling.simulation import BORN, CSGO, DOOM, walk

from clonestrike.core.actions import Action
from clonestrike.core.states import PlayerState, States
from clonestrike.labelling.quality import Quality

STATES = walk([Action(frozenset("w"), mouse_x=4.0)] * 1000)


def quality(states: list[PlayerState]) -> Quality:
    return Quality.of(States.of(states), CSGO)


def changed(rows: range, **known: Any) -> list[PlayerState]:
    return [replace(s, **known) if t in rows else s for t, s in enumerate(STATES)]


def test_a_good_recording() -> None:
    found = quality(STATES)
    assert found.verdict == "good"
    assert found.reasons == ()
    assert found.to_json() == {
        "rows": 1000,
        "dead": 0,
        "skipped": 0,
        "not_first_person": 0,
        "leaps": 0,
        "mouse_static": 0,
        "velocity_static": 0,
        "verdict": "good",
        "reasons": "",
    }


def test_the_dead_are_counted_once_and_nowhere_else() -> None:
    found = quality(changed(range(300, 501), health=0.0, vx=0.0, vy=0.0))
    assert (found.dead, found.skipped) == (201, 1)  # the row after the last dead state is skipped
    assert found.velocity_static == 0
    assert found.verdict == "suspect"
    assert quality(changed(range(300, 500), health=0.0)).verdict == "good"


@pytest.mark.parametrize(
    ("rows", "known", "count", "reason"),
    [
        (range(10, 11), {"first_person": False}, "not_first_person", "not first person"),
        (range(1, 653), {"yaw": 1.0}, "mouse_static", "does not turn"),
        (range(352), {"vx": 0.0, "vy": 0.0, "x": 0.0, "y": 0.0}, "velocity_static", "does not move"),
        (range(0, 60, 3), {"x": 9000.0}, "leaps", "disagree"),
    ],
)
def test_what_makes_a_recording_suspect(rows: range, known: dict[str, Any], count: str, reason: str) -> None:
    found = quality(changed(rows, **known))
    assert getattr(found, count) > 0
    assert found.verdict == "suspect"
    assert [reason in text for text in found.reasons] == [True]


SOURCES: dict[str, Any] = {"memory_health": 100.0, "posted_ammo": 30, "ammo": 30}


def both(**rows: dict[int, Any]) -> Quality:
    """Both sources agree, but for these values: by field, row of the state -> value."""
    states = [replace(state, **SOURCES) for state in STATES]
    for name, values in rows.items():
        for row, value in values.items():
            states[row] = replace(states[row], **{name: value})
    return quality(states)


def test_two_sources_that_agree() -> None:
    found = both()
    assert (found.health_mismatch, found.ammo_mismatch, found.verdict) == (0, 0, "good")
    assert found.counts["health_mismatch"] == 0
    assert found.shares["mouse_static"] == 0.0
    assert "leaps" not in found.limits
    assert quality(STATES).counts.keys() & {"health_mismatch", "ammo_mismatch"} == set()


def test_a_post_may_be_one_row_late() -> None:
    """The game posts 100 once more when memory has 75, then 75; two rows late is one mismatch, as in the original."""
    hit = dict.fromkeys(range(10, 1001), 75.0)
    assert both(memory_health=hit, health=hit).health_mismatch == 0
    assert both(memory_health=hit, health=dict.fromkeys(range(11, 1001), 75.0)).health_mismatch == 0
    assert both(memory_health=hit, health=dict.fromkeys(range(12, 1001), 75.0)).health_mismatch == 1
    shot = dict.fromkeys(range(10, 1001), 29)
    assert both(ammo=shot, posted_ammo=dict.fromkeys(range(13, 1001), 29)).ammo_mismatch == 2


def test_a_weapon_without_a_clip_agrees_with_memory() -> None:
    knife = range(10, 20)
    assert both(ammo=dict.fromkeys(knife, None), posted_ammo=dict.fromkeys(knife, -1)).ammo_mismatch == 0
    assert both(ammo=dict.fromkeys(knife, None)).ammo_mismatch == 9  # in the first row, memory had 30 a row before
    assert both(posted_ammo=dict.fromkeys(knife, None)).ammo_mismatch == 0  # nothing posted


@pytest.mark.parametrize(("name", "limit"), [("health_mismatch", 20), ("ammo_mismatch", 20)])
def test_disagreement_makes_suspect(name: str, limit: int) -> None:
    field, value = {"health_mismatch": ("health", 5.0), "ammo_mismatch": ("posted_ammo", 5)}[name]
    assert both(**{field: dict.fromkeys(range(1, limit + 1), value)}).verdict == "good"
    found = both(**{field: dict.fromkeys(range(1, limit + 2), value)})
    assert getattr(found, name) == limit + 1
    assert found.verdict == "suspect"
    assert ["posts and memory disagree" in reason for reason in found.reasons] == [True]


def test_leaps_are_not_judged_where_two_sources_are_compared() -> None:
    found = both(x=dict.fromkeys(range(0, 60, 3), 9000.0))
    assert found.leaps > 20
    assert found.verdict == "good"


def test_the_dead_are_those_whose_health_in_memory_is_0() -> None:
    """Where memory is known, the original tells dead from skipped by it."""
    posted = dict.fromkeys(range(300, 310), 0.0)
    found = both(health=posted, memory_health=dict.fromkeys(range(299, 309), 0.0))
    assert (found.dead, found.skipped) == (9, 2)


def test_a_first_row_without_a_state_is_not_counted() -> None:
    """The original's files have no state for their first frame, and it counts from their second row."""
    found = quality([PlayerState(), *STATES[1:]])
    assert (found.rows, found.skipped, found.dead) == (1000, 0, 0)
    dead = replace(STATES[1], health=0.0)
    assert quality([PlayerState(), dead, *STATES[2:]]).dead == 0
    assert quality([STATES[0], PlayerState(), *STATES[2:]]).skipped == 2


def test_a_turn_through_north_is_not_still() -> None:
    """As in the original, which does not wrap the difference of its angles there."""
    states = [replace(state, yaw=0.0004 * (-1) ** t) for t, state in enumerate(STATES)]
    assert quality(states).mouse_static == 0
    assert (
        quality([replace(state, yaw=3.1 + 0.0004 * (-1) ** t) for t, state in enumerate(STATES)]).mouse_static == 1000
    )


def test_a_game_without_a_movement_profile_has_a_quality_too() -> None:
    assert Quality.of(States.of(STATES), replace(CSGO, movement="")).verdict == "good"


def test_a_short_life_may_be_spent_standing() -> None:
    still = [replace(BORN, vx=0.0, yaw=0.01 * t) for t in range(60)]
    assert quality(still).verdict == "good"


def test_bots_turn_less_often_than_people() -> None:
    states = changed(range(1, 901), yaw=1.0)
    assert Quality.of(States.of(states), CSGO).verdict == "suspect"
    assert Quality.of(States.of(states), DOOM).verdict == "good"
