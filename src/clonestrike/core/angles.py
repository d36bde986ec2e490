"""Yaw as states have it (counter-clockwise) and as the original has it (clockwise, never 0); both from +x, in radians.

Within their ranges the two conversions lose no bit, so that labels and counts come out as from the original's numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_clockwise(yaw: NDArray[Any] | float) -> NDArray[np.float64]:
    """Yaw in [-pi, pi] of any shape -> clockwise angle in (0, 2 pi], float64 of the same shape."""
    return np.where(np.less(yaw, 0), np.negative(yaw), np.subtract(2 * math.pi, yaw))


def to_yaw(clockwise: float) -> float:
    """Clockwise angle, taken modulo 2 pi -> yaw in [-pi, pi)."""
    angle = clockwise % (2 * math.pi)
    return 0.0 - angle if angle <= math.pi else 2 * math.pi - angle
