"""What goes wrong in somebody's play, marked step by step in a trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clonestrike.evaluate.style.traces import COLUMNS, Trace

Mask = NDArray[np.bool_]

SKY_OR_FLOOR = 20.0
"""Degrees of pitch from which on."""
STILL = 1.0
"""Game units: who moves less in a step although a key is held stands at a wall."""
STUCK_STEPS = 16
SPIN_STEPS, SPIN_DEGREES = 32, 540.0
"""More turn one way than that in so many steps, with nobody in sight, is spinning."""
UNSHOT_STEPS = 36
"""Two seconds at the rates of our games."""


def column(life: Trace, name: str) -> Trace:
    """One column, (N,)."""
    return life[:, COLUMNS.index(name)]


def turns(life: Trace) -> NDArray[np.float64]:
    """Radians of every step but the first, to the left."""
    turned = np.diff(column(life, "yaw").astype(np.float64))
    return (turned + np.pi) % (2 * np.pi) - np.pi


def run_sums(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Of the last ``length`` values up to each."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    return np.asarray(sums[ends] - sums[np.maximum(ends - length, 0)])


def seen(life: Trace) -> Mask:
    """Whether an enemy is in sight."""
    return np.isfinite(column(life, "enemy"))


def fires(life: Trace) -> Mask:
    """Whether the trigger is held."""
    return np.asarray(column(life, "left") > 0)


def _stuck(life: Trace) -> Mask:
    x, y = column(life, "x"), column(life, "y")
    moved = np.hypot(np.diff(x, prepend=np.nan), np.diff(y, prepend=np.nan))
    still = (moved < STILL) & (column(life, "moving") > 0)
    return np.asarray(run_sums(still.astype(np.float64), STUCK_STEPS) >= STUCK_STEPS)


def _spinning(life: Trace) -> Mask:
    turned = np.concatenate([[0.0], turns(life)])
    return np.asarray(np.abs(run_sums(turned, SPIN_STEPS)) > np.radians(SPIN_DEGREES)) & ~seen(life)


def _sky_or_floor(life: Trace) -> Mask:
    return np.asarray(np.abs(column(life, "pitch")) > np.radians(SKY_OR_FLOOR))


def _firing_at_nobody(life: Trace) -> Mask:
    return fires(life) & ~seen(life)


def _seen_not_shot(life: Trace) -> Mask:
    spared = (seen(life) & ~fires(life)).astype(np.float64)
    return np.asarray(run_sums(spared, UNSHOT_STEPS) >= UNSHOT_STEPS)


@dataclass(frozen=True)
class Fault:
    """A failure mode: ``of`` marks the steps (N,) in which it goes on."""

    of: Callable[[Trace], Mask]
    lead: int = 0
    """Steps before the first marked one that belong to it: it shows only after them."""
    needs_sight: bool = True
    """Whether it cannot be told where nobody knows who is in sight."""


FAULTS = {
    "firing at nobody": Fault(_firing_at_nobody),
    "seen, not shot": Fault(_seen_not_shot, lead=UNSHOT_STEPS - 1),
    "sky or floor": Fault(_sky_or_floor, needs_sight=False),
    "stuck": Fault(_stuck, lead=STUCK_STEPS - 1, needs_sight=False),
    "spinning": Fault(_spinning, lead=SPIN_STEPS - 1),
}
"""By name, as tables and files of clips have it."""
