"""The command that examines a game in a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from clonestrike import console
from clonestrike.cli.command import Group, Result, command
from clonestrike.core.registry import Installed


@dataclass(frozen=True, kw_only=True)
class DoctorOptions:
    """Options of ``clonestrike doctor``."""

    game: Annotated[str, Installed("games")]
    """The game and its options: a game in a window of its own, such as openarena, or window:TITLE of one that runs."""


def _report_doctor(result: Result) -> None:
    console.show({"checks": result["checks"]}, "doctor")
    failed = sum(row["result"] == "fail" for row in result["checks"])
    verdict = f"{failed} failed" if failed else "all is well"
    console.console.print(f"{result['game']}: {verdict} ({result['seconds']:.0f} s)")


@command(
    "doctor",
    Group.SET_UP,
    "clonestrike doctor --game openarena",
    report=_report_doctor,
    failed=lambda result: not result["passed"],
)
def doctor(options: DoctorOptions) -> Result:
    """Examine a game in a window: press its keys, turn its view, and report what breaks recording and playing.

    The exit code is 0 when all is well, 1 when something fails, 2 when nothing could be examined. F12 stops at once.
    """
    from clonestrike.doctor.examination import examine

    return examine(options.game)
