"""What the tests on Windows share. Windows itself and Wine both do: see make test-windows."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest

needs_windows = pytest.mark.skipif(sys.platform != "win32", reason="needs Windows, or Wine: make test-windows")


def eventually(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until it is true."""
    end = time.perf_counter() + seconds
    while not true():
        assert time.perf_counter() < end, "it did not happen in time"
        time.sleep(0.02)
