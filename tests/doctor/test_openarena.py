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
TURNS = ("rate", "mouse turns the view")


def examined(name: str, *broken: Check) -> dict[str, str]:
    """Check -> result of this check and those that it needs, after what ``broken`` does."""
    need("openarena")
    needed = (*BASE, *TURNS) if name == "delay" else BASE
    checks = [check for check in CHECKS if check.name in (*needed, name)]
    return {row["check"]: row["result"] for row in examine("openarena", [*broken, *checks])["checks"]}


def match_of(game: GameUnderTest) -> OpenArenaMatch:
    assert isinstance(game.window, OpenArenaMatch)
    return game.window


def test_a_wrong_sensitivity_is_found_in_the_metadata() -> None:
    def make(game: GameUnderTest) -> Any:
        match_of(game).arena.must("set sensitivity 5")
        return CHECKS[0].make(game)

    found = examined("angle of a count, by the metadata", Check("sensitivity", make))
    assert found["angle of a count, by the metadata"] == "fail"


def test_dead_metadata() -> None:
    def make(game: GameUnderTest) -> Any:
        memory = match_of(game).arena.memory
        seen = memory.seen()
        memory.seen = lambda: seen  # type: ignore[method-assign] # the addresses lead to what never changes
        return CHECKS[0].make(game)

    found = examined("metadata", Check("addresses", make))
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

    found = examined("delay", Check("late", make))
    assert found["mouse turns the view"] == "pass"
    assert found["delay"] == "fail"


def test_a_game_that_is_well() -> None:
    need("openarena")
    report = examine("openarena")
    assert report["passed"], report["checks"]
    assert abs(report["figures"]["delay"]["metadata_steps"]) < 0.5
