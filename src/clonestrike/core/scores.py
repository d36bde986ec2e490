"""Scores of switches, for labels and for policies."""

from __future__ import annotations


def ratio(part: float, whole: float) -> float | None:
    """``part / whole``; None if ``whole`` is 0."""
    return float(part / whole) if whole else None


def f1(hits: float, predicted: float, true: float) -> float | None:
    """F1 from the numbers of true positives, predicted positives and actual ones; None if there are no positives."""
    return ratio(2 * hits, predicted + true)
