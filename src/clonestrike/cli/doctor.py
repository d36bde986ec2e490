"""The command that examines a game in a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clonestrike import console
from clonestrike.cli.verb import Verb


@dataclass(frozen=True, kw_only=True)
class Doctor(Verb):
    """Examine a game in a window: presses its keys, turns its view, and says what breaks recording and playing.

    The exit code is 0 when all is well, 1 when something fails, 2 when nothing could be examined. F12 stops at once.
    """

    example = "clonestrike doctor --game openarena"

    game: str
    """The game and its options: openarena, or window:TITLE of a game that runs."""

    def run(self) -> dict[str, Any]:
        from clonestrike.doctor.examination import examine

        return examine(self.game)

    def report(self, result: dict[str, Any]) -> None:
        console.show({"checks": result["checks"]}, self.name())
        failed = sum(row["result"] == "fail" for row in result["checks"])
        verdict = f"{failed} failed" if failed else "all is well"
        console.console.print(f"{result['game']}: {verdict} ({result['seconds']:.0f} s)")

    def exit_code(self, result: dict[str, Any]) -> int:
        return 0 if result["passed"] else 1
