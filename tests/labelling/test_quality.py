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


def test_a_short_life_may_be_spent_standing() -> None:
    still = [replace(BORN, vx=0.0, yaw=0.01 * t) for t in range(60)]
    assert quality(still).verdict == "good"


def test_bots_turn_less_often_than_people() -> None:
    states = changed(range(1, 901), yaw=1.0)
    assert Quality.of(States.of(states), CSGO).verdict == "suspect"
    assert Quality.of(States.of(states), DOOM).verdict == "good"
