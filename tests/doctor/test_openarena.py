"""The doctor on OpenArena, whose memory tells more than its picture: well, and with one thing broken."""

from typing import Any

import pytest
from tests.desktops import need

from clonestrike.doctor.examination import CHECKS, Check, examine
from clonestrike.doctor.patient import Patient
from clonestrike.games.openarena import OpenArenaMatch

pytestmark = pytest.mark.usefixtures("x_server")
BASE = ("window", "picture", "focus", "picture changes")


def examined(name: str, *broken: Check) -> dict[str, str]:
    """Check -> result of this check and those that it needs, after what ``broken`` does."""
    need("openarena")
    checks = [check for check in CHECKS if check.name in (*BASE, name)]
    return {row["check"]: row["result"] for row in examine("openarena", [*broken, *checks])["checks"]}


def game_of(patient: Patient) -> OpenArenaMatch:
    assert isinstance(patient.game, OpenArenaMatch)
    return patient.game


def test_a_wrong_sensitivity_is_found_in_the_metadata() -> None:
    def make(patient: Patient) -> Any:
        game_of(patient).arena.must("set sensitivity 5")
        return CHECKS[0].make(patient)

    found = examined("angle of a count, by the metadata", Check("sensitivity", make))
    assert found["angle of a count, by the metadata"] == "fail"


def test_dead_metadata() -> None:
    def make(patient: Patient) -> Any:
        memory = game_of(patient).arena.memory
        seen = memory.seen()
        memory.seen = lambda: seen  # type: ignore[method-assign] # the addresses lead to what never changes
        return CHECKS[0].make(patient)

    found = examined("metadata", Check("addresses", make))
    assert found["metadata"] == "fail"
