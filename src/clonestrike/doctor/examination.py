"""The examination of a game in a window: runs all checks, also after one has failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from clonestrike import games
from clonestrike.console import progress
from clonestrike.doctor import checks as basics
from clonestrike.doctor import measurements
from clonestrike.doctor.finding import Finding
from clonestrike.doctor.game_under_test import GameUnderTest
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Match
from clonestrike.games.desktop.game import WindowGame


@dataclass(frozen=True)
class Check:
    """A check, and those that must have passed before it makes sense."""

    name: str
    make: Callable[[GameUnderTest], Finding]
    needs: tuple[str, ...] = ()
    metadata: bool = False
    """Only for games that tell the state."""


CHECKS = (
    Check("window", basics.window),
    Check("picture", basics.picture, ("window",)),
    Check("focus", basics.focus, ("window",)),
    Check("keys and mouse on the desktop", basics.desktop_input),
    Check("picture changes", basics.changing, ("picture", "focus")),
    Check("rate", measurements.rate, ("picture changes",)),
    Check("mouse turns the view", measurements.mouse, ("rate",)),
    Check("angle of a count, by the picture", measurements.angle, ("mouse turns the view",)),
    Check("angle of a count, by the metadata", measurements.angle_by_metadata, ("rate",), metadata=True),
    Check("mouse acceleration", measurements.acceleration, ("rate",)),
    Check("metadata", measurements.metadata, ("focus",), metadata=True),
    Check("delay", measurements.lag, ("mouse turns the view",)),
    Check("moving keys", basics.keys, ("picture changes",)),
    Check("clicks", basics.clicks, ("picture changes",)),
)
"""In order of execution: the rate comes before measurements, and keys and clicks, which move the player, come last."""


def examine(name: str, checks: Sequence[Check] = CHECKS) -> dict[str, Any]:
    """Run these checks on a game; returns ``passed``, the lines of the report, and the figures behind them.

    Raises ClonestrikeError for a game that has no window of its own, for a wrong option, and when the user stops it.
    """
    entry, options = games.find(name)
    entry.info(options)
    games.check_window(name)
    started = time.monotonic()
    rows: list[dict[str, Any]] = []
    figures: dict[str, dict[str, float]] = {}
    for title, found in entry.preconditions():
        try:
            rows.append(Finding("pass", found()).to_json(title))
        except ClonestrikeError as error:
            rows.append(Finding("fail", error.problem, error.remedy).to_json(title))
    if any(row["result"] == "fail" for row in rows):
        return _report(name, rows, figures, started)
    try:
        window = _open(name)
    except ClonestrikeError as error:
        rows.append(Finding("fail", error.problem, error.remedy).to_json("game"))
        return _report(name, rows, figures, started)
    with window, progress() as bar:
        game = GameUnderTest(window, entry.angle_option)
        has_state = isinstance(window, Match)
        task = bar.add_task(f"doctor {entry.title}", total=len(checks))
        results: dict[str, str] = {}
        for check in checks:
            if has_state or not check.metadata:
                finding = _made(check, game, results)
                results[check.name] = finding.result
                rows.append(finding.to_json(check.name))
                if finding.figures:
                    figures[check.name] = dict(finding.figures)
            bar.advance(task)
    return _report(name, rows, figures, started)


def _open(name: str) -> WindowGame:
    game = games.open_alone(name)
    if not isinstance(game, WindowGame):
        game.close()
        raise ClonestrikeError(f"{name} opens a {type(game).__name__}, not a WindowGame", "fix the game's package")
    return game


def _made(check: Check, game: GameUnderTest, results: dict[str, str]) -> Finding:
    """Run one check; an error of the game is a failed check, unless the user stopped the examination."""
    missing = [name for name in check.needs if results.get(name, "pass") != "pass"]
    if missing:
        return Finding("skipped", f"needs: {', '.join(missing)}")
    try:
        return check.make(game)
    except ClonestrikeError as error:
        if game.window.stopped:
            raise
        return Finding("fail", error.problem, error.remedy)
    finally:
        game.release()


def _report(
    name: str, rows: list[dict[str, Any]], figures: dict[str, dict[str, float]], started: float
) -> dict[str, Any]:
    return {
        "game": name,
        "passed": all(row["result"] != "fail" for row in rows),
        "seconds": round(time.monotonic() - started, 1),
        "checks": rows,
        "figures": figures,
    }
