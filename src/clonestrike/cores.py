"""How many of the machine's cores this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path


def usable_cores(root: Path = Path("/")) -> int:
    """Number of cores, at least 1: those of its affinity (``taskset``), or fewer by the quota of its container.

    A quota is that of version 2 of Linux' control groups, its own or that of a group around it. ``root`` is where
    the files of the system lie.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(allowed, _quota(root))))


def _quota(root: Path) -> float:
    """Cores' worth of time that the control groups of this process grant, infinite where nothing limits it."""
    try:
        groups = (root / "proc/self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return math.inf
    own = next((line.removeprefix("0::/") for line in groups if line.startswith("0::/")), "")
    tree = root / "sys/fs/cgroup"
    places = [tree / own, *(tree / own).parents]
    return min(map(_granted, places[: places.index(tree) + 1]))


def _granted(group: Path) -> float:
    try:
        time, period = (group / "cpu.max").read_text(encoding="ascii").split()
        return int(time) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # there is none, or it is "max"
        return math.inf
