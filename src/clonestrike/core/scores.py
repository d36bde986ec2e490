"""Scores of switches: what labels and policies are both measured by."""

from __future__ import annotations


def ratio(part: float, whole: float) -> float | None:
    """A share; None where there is nothing to divide by."""
    return float(part / whole) if whole else None


def f1(hits: float, said: float, true: float) -> float | None:
    """F1 of ``hits`` true positives among ``said`` positives, ``true`` of which there are; None where both are none."""
    return ratio(2 * hits, said + true)
