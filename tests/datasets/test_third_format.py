"""A data format that another package declares by an entry point is found, opened and checked like ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import MakeRecording
from tests.datasets import tape_format

OPEN = """
import json, sys
from pathlib import Path
from clonestrike.core.opening import open_trajectories
plays = open_trajectories([Path(sys.argv[1])])
print(json.dumps([[type(play).__name__, play.part, play.steps, play.frames(1, 3).shape] for play in plays]))
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder for sys.path with the package in it, as pip would have put it there."""
    site = tmp_path / "site"
    metadata = site / "tapes-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: tapes\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[clonestrike.formats]\ntape = tapes:FORMAT\n")
    shutil.copy(tape_format.__file__, site / "tapes.py")
    return site


@pytest.fixture
def data(tmp_path: Path, make_recording: MakeRecording) -> Path:
    """A folder with a tape of two plays and a recording."""
    folder = make_recording(6).path.parent
    frames = np.random.default_rng(0).integers(0, 255, (5, 20, 30, 3), np.uint8)
    xy = np.arange(12.0).reshape(6, 2)
    with (folder / "a.tape").open("wb") as file:
        np.savez(file, frames0=frames, xy0=xy, frames1=frames[:4], xy1=xy[:5])
    return folder


def python(site: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip


def test_it_is_opened_with_the_others(installed: Path, data: Path) -> None:
    done = python(installed, "-c", OPEN, data)
    assert json.loads(done.stdout or "0") == [
        ["Recording", 0, 6, [2, 180, 320, 3]], ["Tape", 0, 5, [2, 20, 30, 3]], ["Tape", 1, 4, [2, 20, 30, 3]],
    ], done.stderr  # fmt: skip
    done = python(installed, "-c", OPEN, data / "a.tape")
    assert [play[0] for play in json.loads(done.stdout)] == ["Tape", "Tape"]


def test_it_is_checked_with_the_others(installed: Path, data: Path, tmp_path: Path) -> None:
    check = ("-m", "clonestrike", "check", data, "--json", tmp_path / "r.json")
    done = python(installed, *check)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "r.json").read_text())["summary"]
    assert {kind: (row["files"], row["good"], row["frames"]) for kind, row in summary.items()} == {
        "recordings": (1, 1, 6), "tape": (1, 1, 9),
    }  # fmt: skip
    (data / "cut.tape").write_bytes((data / "a.tape").read_bytes()[:200])
    with (data / "still.tape").open("wb") as file:
        np.savez(file, frames0=np.zeros((2, 20, 30, 3), np.uint8), xy0=np.zeros((3, 2)))
    assert python(installed, *check).returncode == 1
    faults = json.loads((tmp_path / "r.json").read_text())["faults"]
    assert {Path(row["path"]).name: row["state"] for row in faults} == {"cut.tape": "damaged", "still.tape": "in part"}
    assert next(row["why"] for row in faults if row["state"] == "in part") == "play 0 stands still"


def test_its_play_is_counted(installed: Path, data: Path, tmp_path: Path) -> None:
    done = python(installed, "-m", "clonestrike", "stats", data, "--out", tmp_path / "stats")
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "stats" / "stats.json").read_text())
    assert (result["files"], result["frames"], result["weapons"]["torch"]["frames"]) == (3, 15, 9)
    assert result["maps"]["hall"] == {"positions": 9}


def test_errors_name_all_formats(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = python(installed, "-m", "clonestrike", "check", tmp_path / "empty")
    assert done.returncode == 2
    assert "holds neither recordings nor original files nor tapes: name another folder" in done.stderr
    (installed / "tapes.py").write_text("import a_library_that_is_missing")
    done = python(installed, "-m", "clonestrike", "check", tmp_path / "empty")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "the data format 'tape' cannot be loaded" in line
    assert "reinstall tapes" in line
