"""Scores of switches, for labels and for policies; scores of matches as the original counts them."""

from __future__ import annotations

from collections.abc import Mapping


def ratio(part: float, whole: float) -> float | None:
    """``part / whole``; None if ``whole`` is 0."""
    return float(part / whole) if whole else None


def f1(hits: float, predicted: float, true: float) -> float | None:
    """F1 from the numbers of true positives, predicted positives and actual ones; None if there are no positives."""
    return ratio(2 * hits, predicted + true)


def per_1000_steps(kills: int, deaths: int, steps: int) -> dict[str, float]:
    """The original's figures of a match: kills and deaths per 1,000 steps, and kills / max(deaths, 1)."""
    return {
        "kills_per_1000_steps": 1000 * kills / max(steps, 1),
        "deaths_per_1000_steps": 1000 * deaths / max(steps, 1),
        "kill_ratio": kills / max(deaths, 1),
    }


def per_1000_words(figures: Mapping[str, float]) -> str:
    """What ``per_1000_steps`` gives, as a phrase."""
    kills, deaths = figures["kills_per_1000_steps"], figures["deaths_per_1000_steps"]
    ratio = figures["kill_ratio"]
    return f"{kills:.2f} kills and {deaths:.2f} deaths per 1,000 steps, kills / max(deaths, 1) = {ratio:.2f}"
