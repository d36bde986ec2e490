"""The original's files through the whole command line, from what an independent script wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
import pytest

from clonestrike.recordings.recording import Recording, find_recordings

STUB = "hdf5_dm_july2021_"
METADATA = "currvarsv2_dm_july2021_1_to_100.npy"
HASH = "47774407810df7c7"
"""Of all that is not picture: the data set is the same on every machine."""


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Runs a command that must succeed, and gives its result."""

    def command(*arguments: object) -> dict[str, Any]:
        result = tmp_path / "result.json"
        done = subprocess.run(
            [sys.executable, "-m", "clonestrike", *map(str, arguments), "--json", str(result)],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(result.read_text())
        return {**found, "printed": done.stdout}

    return command


def test_the_whole_way(
    written: tuple[Path, str], hdf5_files: Path, tmp_path: Path, run: Callable[..., dict[str, Any]]
) -> None:
    assert written[1] == HASH
    one = hdf5_files / f"{STUB}4.hdf5"

    checked = run("check", hdf5_files)
    assert checked["faults"] == []
    assert checked["summary"]["HDF5"]["frames"] == 720

    assert "step 60 of 120" in run("view", one, "--step", 60)["printed"]
    assert run("view", one, "--rrd", tmp_path / "play.rrd")["steps"] == 120

    counted = run("stats", hdf5_files, "--out", tmp_path / "figures")
    assert (counted["frames"], counted["kills"], counted["deaths"]) == (720, 18, 6)
    assert run("coverage", hdf5_files, written[0] / "recorder", "--out", tmp_path / "maps")["map"] == "dust2"

    options = ("--updates", 2, "--precision", "float32", "--threads", 1)
    assert run("train", hdf5_files, "--out", tmp_path / "run", *options)["updates"] == 2

    imported = run("import", "hdf5", hdf5_files, "--files", "4-5", "--lossless", "--out", tmp_path / "data")
    assert imported["recordings"] == 2
    assert imported["psnr_db"] is None
    assert imported["bytes_per_file_after"] < imported["bytes_per_file_before"]
    assert imported["frames_per_second"] > 0
    exported = run("export", "hdf5", tmp_path / "data", "--out", tmp_path / "again", "--stub", STUB)
    assert exported["files"] == 2
    run("export", "metadata", tmp_path / "data", "--out", tmp_path / "again", "--stub", STUB)
    with h5py.File(one) as a, h5py.File(tmp_path / "again" / one.name) as b:
        assert set(a) == set(b)
        assert all(np.array_equal(a[name][...], b[name][...]) for name in a)
    before, after = (
        np.load(folder / METADATA, allow_pickle=True).item() for folder in (hdf5_files, tmp_path / "again")
    )
    assert all(repr(before[key]) == repr(row) for key, row in after.items())

    assert run("video", one, tmp_path / "play.mp4")["video"] == str(tmp_path / "play.mp4")
    run("export", "png", one, "--out", tmp_path / "png", "--rows", "7", "--bright")
    assert np.asarray(cv2.imread(str(tmp_path / "png" / "000007.png"))).shape == (150, 280, 3)
    assert run("export", "lerobot", one, tmp_path / "data", "--out", tmp_path / "lerobot")["frames"] == 360

    planned = run("renumber", tmp_path / "again", "--from", 1)
    assert [row["then"] for row in planned["renamed"]][:2] == [f"{STUB}1.hdf5", f"{STUB}2.hdf5"]
    assert (tmp_path / "again" / one.name).exists()
    run("renumber", tmp_path / "again", "--from", 1, "--apply")
    again = run("import", "hdf5", tmp_path / "again", "--lossless", "--out", tmp_path / "data2")
    assert again["recordings"] == 2
    first, same = (Recording.open(find_recordings([tmp_path / name])[0]) for name in ("data", "data2"))
    assert (first.part, same.part) == (4, 1)
    np.testing.assert_array_equal(first.states.x, same.states.x)
    np.testing.assert_array_equal(first.frames(), same.frames())
