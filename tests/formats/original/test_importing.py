"""The original's files to recordings, and back exactly."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from clonestrike.core.opening import open_trajectories
from clonestrike.recordings.recording import Recording, find_recordings

METADATA = "currvarsv2_dm_july2021_1_to_100.npy"


def run(*arguments: object) -> tuple[int, str]:
    """Exit code and stderr of a command."""
    done = subprocess.run(
        [sys.executable, "-m", "clonestrike", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def lossless(hdf5_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the files as recordings, bit for bit."""
    out = tmp_path_factory.mktemp("lossless") / "data"
    code, told = run("import", "hdf5", hdf5_files, "--out", out, "--lossless", "--files", "2-3")
    assert code == 0, told
    return out


def test_the_way_there_and_back_changes_nothing(hdf5_files: Path, lossless: Path, tmp_path: Path) -> None:
    stub = "hdf5_dm_july2021_"
    assert run("export", "hdf5", lossless, "--out", tmp_path, "--stub", stub)[0] == 0
    assert run("export", "metadata", lossless, "--out", tmp_path, "--stub", stub)[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [METADATA, f"{stub}2.hdf5", f"{stub}3.hdf5"]
    for number in (2, 3):
        with h5py.File(hdf5_files / f"{stub}{number}.hdf5") as a, h5py.File(tmp_path / f"{stub}{number}.hdf5") as b:
            assert set(a) == set(b)
            for name in a:
                assert a[name].dtype == b[name].dtype
                np.testing.assert_array_equal(a[name][...], b[name][...], err_msg=name)
    before, after = (np.load(folder / METADATA, allow_pickle=True).item() for folder in (hdf5_files, tmp_path))
    assert len(after) == 240
    assert all(repr(before[key]) == repr(row) for key, row in after.items())


def test_an_imported_recording_is_like_the_file(hdf5_files: Path, lossless: Path) -> None:
    recordings = [Recording.open(path) for path in find_recordings([lossless])]
    plays = [play for play in open_trajectories([hdf5_files]) if play.part in {2, 3}]
    for recording, play in zip(recordings, plays, strict=True):
        assert (recording.part, recording.source, recording.info) == (play.part, "imported", play.info)
        np.testing.assert_array_equal(recording.frames(), play.frames())
        assert recording.labels is not None
        assert play.labels is not None
        np.testing.assert_array_equal(recording.labels.switches, play.labels.switches)
        np.testing.assert_array_equal(recording.labels.mouse, play.labels.mouse)
        for name in ("label_valid", "kills", "deaths", "gaps", "state_gaps"):
            np.testing.assert_array_equal(getattr(recording, name), getattr(play, name))
        for name, column in play.states.columns.items():
            np.testing.assert_array_equal(recording.states.columns[name], column)
        assert recording.actions is None


def test_import_goes_on_and_measures_what_is_lost(bare_files: Path, tmp_path: Path) -> None:
    for files, new in (("1", 1), ("1-2", 1)):
        code, told = run(
            "import", "hdf5", bare_files, "--out", tmp_path / "a", "--files", files, "--json", tmp_path / "r.json"
        )
        assert code == 0, told
        result = json.loads((tmp_path / "r.json").read_text())
        assert result["recordings"] == new
        assert 28 < result["psnr_db"] < 45
        assert result["bytes_per_file_after"] < result["bytes_per_file_before"] / 8
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["000000", "000001"]
    assert [path.name for path in tmp_path.glob(".*")] == []
    kills = [Recording.open(path).kills.sum() for path in find_recordings([tmp_path / "a"])]
    assert kills == [3, 3]  # from helperarr: there is no metadata


def test_what_cannot_be_used_ends_a_strict_import(bare_files: Path, tmp_path: Path) -> None:
    broken = tmp_path / "hdf5_dm_july2021_1.hdf5"
    broken.write_bytes((bare_files / broken.name).read_bytes()[:1_000_000])
    (tmp_path / "hdf5_dm_july2021_2.hdf5").hardlink_to(bare_files / "hdf5_dm_july2021_2.hdf5")
    code, told = run("import", "hdf5", tmp_path, "--out", tmp_path / "a", "--strict")
    assert code == 2
    assert "hdf5_dm_july2021_1.hdf5 cannot be read" in told
    assert not (tmp_path / "a").exists()
    code, told = run("import", "hdf5", tmp_path, "--out", tmp_path / "a")
    assert code == 0
    assert "1 of 2 original files cannot be used" in told
    assert len(find_recordings([tmp_path / "a"])) == 1
    assert run("import", "hdf5", tmp_path, "--out", tmp_path / "b", "--files", "x")[0] == 2


def test_the_original_s_files_are_trained_on_directly(hdf5_files: Path, tmp_path: Path) -> None:
    options = ["--updates", "4", "--precision", "float32", "--threads", "1"]
    code, told = run("train", hdf5_files, "--out", tmp_path / "run", *options, "--json", tmp_path / "r.json")
    assert code == 0, told
    result = json.loads((tmp_path / "r.json").read_text())
    assert result["updates"] == 4
    assert result["held_out"]["rows"] > 200  # two neighbouring files


def test_a_strict_training_refuses_what_is_not_whole(bare_files: Path, tmp_path: Path) -> None:
    path = tmp_path / "hdf5_dm_july2021_1.hdf5"
    path.write_bytes((bare_files / path.name).read_bytes())
    with h5py.File(path, "r+") as file:
        del file["frame_3_y"]
    code, told = run("train", tmp_path, "--out", tmp_path / "run", "--strict", "--updates", 1)
    assert code == 2
    assert "is used in part: 1 of 120 frames are not complete, the first one is 3" in told
    assert not (tmp_path / "run").exists()


def test_metadata_that_could_run_code_is_refused(bare_files: Path, tmp_path: Path) -> None:
    path = tmp_path / "hdf5_dm_july2021_1.hdf5"
    path.hardlink_to(bare_files / path.name)
    (tmp_path / METADATA).write_bytes(hostile(tmp_path / "it-ran"))
    code, told = run("import", "hdf5", tmp_path, "--out", tmp_path / "a", "--strict")
    assert code == 2
    assert f"{METADATA} is refused (it names" in told
    assert not (tmp_path / "a").exists() or not list((tmp_path / "a").iterdir())
    code, told = run("import", "hdf5", tmp_path, "--out", tmp_path / "a")
    assert code == 0
    assert f"{METADATA} is refused (it names" in told
    assert "its files are used without metadata" in told
    assert len(list((tmp_path / "a").iterdir())) == 1
    assert not (tmp_path / "it-ran").exists()


def hostile(mark: Path) -> bytes:
    """Metadata that touches a file when NumPy unpickles it."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": ()})
    return (
        file.getvalue()
        + b"cposix\nsystem\n(X"
        + struct.pack("<I", len(f"touch {mark}"))
        + f"touch {mark}".encode()
        + b"tR."
    )
