"""The doctor on OpenArena, whose memory tells more than its picture: well, and with one thing broken."""

import time
from collections import deque
from typing import Any

import pytest
from tests.desktops import need

from clonestrike.doctor.examination import CHECKS, Check, examine
from clonestrike.doctor.game_under_test import GameUnderTest
from clonestrike.games.openarena.match import OpenArenaMatch

pytestmark = pytest.mark.usefixtures("x_server")
BASE = ("window", "picture", "focus", "picture changes")


def examined(name: str, *broken: Check) -> dict[str, Any]:
    """The report of this check and those that it needs, after what ``broken`` does.

    The rate, which others need, is left out: whether it is kept depends on what else this machine does.
    """
    need("openarena")
    needed = (*BASE, "mouse turns the view") if name == "delay" else BASE
    return examine("openarena", [*broken, *(check for check in CHECKS if check.name in (*needed, name))])


def verdicts(report: dict[str, Any]) -> dict[str, str]:
    return {row["check"]: row["result"] for row in report["checks"]}


def match_of(game: GameUnderTest) -> OpenArenaMatch:
    assert isinstance(game.window, OpenArenaMatch)
    return game.window


def test_a_wrong_sensitivity_is_found_in_the_metadata() -> None:
    def make(game: GameUnderTest) -> Any:
        match_of(game).arena.must("set sensitivity 5")
        return CHECKS[0].make(game)

    found = verdicts(examined("angle of a count, by the metadata", Check("sensitivity", make)))
    assert found["angle of a count, by the metadata"] == "fail"


def test_dead_metadata() -> None:
    def make(game: GameUnderTest) -> Any:
        memory = match_of(game).arena.memory
        seen = memory.seen()
        memory.seen = lambda: seen  # type: ignore[method-assign] # the addresses lead to what never changes
        return CHECKS[0].make(game)

    found = verdicts(examined("metadata", Check("addresses", make)))
    assert found["metadata"] == "fail"


def test_metadata_that_comes_late() -> None:
    def make(game: GameUnderTest) -> Any:
        memory = match_of(game).arena.memory
        read = memory.seen
        kept = deque([(time.perf_counter(), read())])

        def late() -> Any:
            now = time.perf_counter()
            kept.append((now, read()))
            while len(kept) > 1 and kept[1][0] < now - 0.08:
                kept.popleft()
            return kept[0][1]

        memory.seen = late  # type: ignore[method-assign] # 80 ms behind, more than a step
        return CHECKS[0].make(game)

    report = examined("delay", Check("late", make))
    assert verdicts(report)["mouse turns the view"] == "pass"
    assert verdicts(report)["delay"] == "fail"
    assert report["figures"]["delay"]["metadata_steps"] > 0.5


def test_a_game_that_is_well() -> None:
    need("openarena")
    report = examine("openarena", [check for check in CHECKS if check.name != "rate"])
    assert report["passed"], report["checks"]
    assert abs(report["figures"]["delay"]["metadata_steps"]) < 0.5
