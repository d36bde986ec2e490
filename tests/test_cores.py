"""Cores that this process may use, as the system's own tools limit them and as control groups say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import clonestrike
from clonestrike.cores import usable_cores

if not hasattr(os, "sched_getaffinity"):
    pytest.skip("this system has no affinity", allow_module_level=True)

ALLOWED = len(os.sched_getaffinity(0))


def told(code: str) -> str:
    """What code prints in a process that may use one core."""
    one = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, {{{one}}})\n{code}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_the_affinity_counts_not_the_machine() -> None:
    assert told("from clonestrike.cores import usable_cores; print(usable_cores())") == "1"


def system(root: Path, groups: str, **limits: str) -> Path:
    """Files of a system, with ``cpu.max`` in groups; ``_`` in a group's name is its separator."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(groups)
    for group, limit in limits.items():
        place = root / "sys/fs/cgroup" / group.replace("_", "/").strip("/")
        place.mkdir(parents=True, exist_ok=True)
        (place / "cpu.max").write_text(limit + "\n")
    return root


@pytest.mark.parametrize(
    ("limits", "cores"),
    [
        ({}, 64),
        ({"a_b": "max 100000"}, 64),
        ({"a_b": "200000 100000"}, 2),
        ({"a_b": "150000 100000"}, 2),
        ({"a_b": "1000 100000"}, 1),
        ({"a": "100000 100000", "a_b": "max 100000"}, 1),
        ({"_": "300000 100000"}, 3),
        ({"a_b": "9900000 100000"}, 64),
        ({"a_b": "nonsense"}, 64),
        ({"a_b": "100000 0"}, 64),
    ],
)
def test_the_quota_of_every_group_around_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, str], cores: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    assert usable_cores(system(tmp_path, "1:cpu:/old\n0::/a/b\n", **limits)) == cores


@pytest.mark.parametrize("groups", ["", "1:cpu:/\n", "0::/\n", "0::/../../elsewhere\n"])
def test_without_groups_the_affinity_counts(tmp_path: Path, groups: str) -> None:
    assert usable_cores(system(tmp_path, groups)) == usable_cores(tmp_path / "nothing") == ALLOWED


def test_nothing_counts_the_cores_of_the_machine_itself() -> None:
    folder = Path(clonestrike.__file__).parent
    counting = [path.name for path in folder.rglob("*.py") if "cpu_count" in path.read_text(encoding="utf-8")]
    assert counting == ["cores.py"]
