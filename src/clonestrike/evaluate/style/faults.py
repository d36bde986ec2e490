"""Faults of play, marked step by step in a trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clonestrike.evaluate.style.traces import COLUMNS, Trace

Mask = NDArray[np.bool_]

SKY_OR_FLOOR = 20.0
"""Pitch, in degrees up or down, above which the player looks at sky or floor."""
STILL = 1.0
"""Game units per step; a player who moves less while a movement key is held is stuck."""
STUCK_STEPS = 16
"""Steps for which a stuck player does not move."""
SPIN_STEPS, SPIN_DEGREES = 32, 540.0
"""Spinning is a larger turn in one direction within so many steps, with no enemy in sight."""
UNSHOT_STEPS = 36
"""Steps for which an enemy is in sight without a shot: about two seconds."""


def column(life: Trace, name: str) -> Trace:
    """A column of a trace by name, float32 (N,)."""
    return life[:, COLUMNS.index(name)]


def turns(life: Trace) -> NDArray[np.float64]:
    """Turns of the view in every step but the first, float64 (N - 1,), radians, left is positive."""
    turned = np.diff(column(life, "yaw").astype(np.float64))
    return (turned + np.pi) % (2 * np.pi) - np.pi


def run_sums(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Moving sums: of each value and the ``length - 1`` before it, same shape."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    return np.asarray(sums[ends] - sums[np.maximum(ends - length, 0)])


def seen(life: Trace) -> Mask:
    """Whether an enemy is in sight at each step, bool (N,)."""
    return np.isfinite(column(life, "enemy"))


def fires(life: Trace) -> Mask:
    """Whether the left button is held at each step, bool (N,)."""
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
    """A kind of fault; ``of`` marks the steps of a trace that have it, bool (N,)."""

    of: Callable[[Trace], Mask]
    lead: int = 0
    """Number of steps before the first marked one that belong to the fault."""
    needs_sight: bool = True
    """Whether the game must tell who is in sight."""


FAULTS = {
    "firing at nobody": Fault(_firing_at_nobody),
    "seen, not shot": Fault(_seen_not_shot, lead=UNSHOT_STEPS - 1),
    "sky or floor": Fault(_sky_or_floor, needs_sight=False),
    "stuck": Fault(_stuck, lead=STUCK_STEPS - 1, needs_sight=False),
    "spinning": Fault(_spinning, lead=SPIN_STEPS - 1),
}
"""Name -> fault; names appear in tables and in file names of clips."""
