"""Yaw to the original's clockwise angle and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clonestrike.core.angles import to_clockwise, to_yaw


@pytest.mark.parametrize(
    ("clockwise", "yaw"),
    [(2 * math.pi, 0.0), (math.pi / 2, -math.pi / 2), (math.pi, -math.pi), (1.5 * math.pi, math.pi / 2)],
)
def test_quarters(clockwise: float, yaw: float) -> None:
    assert to_yaw(clockwise) == yaw
    assert to_clockwise(yaw) == clockwise


@given(st.floats(0, 2 * math.pi, exclude_min=True))
@example(0.00096)
def test_the_way_there_and_back_is_exact(clockwise: float) -> None:
    assert to_clockwise(to_yaw(clockwise)) == clockwise
    assert -math.pi <= to_yaw(clockwise) < math.pi


def test_unknown_angles_stay_unknown() -> None:
    assert np.isnan(to_clockwise(np.array([np.nan, 1.0]))).tolist() == [True, False]
