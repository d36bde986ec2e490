"""HDF5 files that lead to other files: what lies elsewhere is never read, and a pipe is never waited for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from tests.conftest import MakeRecording

from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.hdf5 import Hdf5Index
from clonestrike.formats.original.keras import read_network

NAME = "hdf5_dm_july2021_1.hdf5"
SIZE = 16 * 11
SECRET = np.arange(SIZE, dtype=np.float32)


def external(file: h5py.File, name: str, secret: Path) -> None:
    file.create_dataset(name, (16, 11), "f4", external=[(str(secret), 0, SIZE * 4)])


def linked(file: h5py.File, name: str, secret: Path) -> None:
    with h5py.File(secret.with_suffix(".h5"), "w") as other:
        other["data"] = SECRET.reshape(16, 11)
    file[name] = h5py.ExternalLink(str(secret.with_suffix(".h5")), "data")


def virtual(file: h5py.File, name: str, secret: Path) -> None:
    linked(file, f"{name} other", secret)
    del file[f"{name} other"]
    layout = h5py.VirtualLayout((16, 11), "f4")
    layout[:] = h5py.VirtualSource(str(secret.with_suffix(".h5")), "data", (16, 11))
    file.create_virtual_dataset(name, layout)


def soft(file: h5py.File, name: str, secret: Path) -> None:
    linked(file, "elsewhere", secret)
    file[name] = h5py.SoftLink("/elsewhere")


@pytest.mark.parametrize("lead_away", [external, linked, virtual, soft])
def test_weights_of_another_file_are_refused(tmp_path: Path, lead_away: Callable[[h5py.File, str, Path], None]) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET.tobytes())
    dense = {"units": 11, "activation": "sigmoid"}
    layers = [{"class_name": "Dense", "name": "dense", "config": dense, "inbound_nodes": []}]
    (tmp_path / "a.json").write_text(json.dumps({"config": {"layers": layers}}))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_group("dense").attrs["weight_names"] = ["dense/kernel:0", "dense/bias:0"]
        file["dense/dense/bias:0"] = np.zeros(11, np.float32)
        lead_away(file, "dense/dense/kernel:0", secret)
    with pytest.raises(ClonestrikeError, match=r"lies in another file|is a link"):
        read_network(tmp_path / "a.json", tmp_path / "a.h5")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes in folders are of Unix")
def test_nobody_waits_for_a_pipe(bare_files: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "hdf5_dm_july2021_7.hdf5")
    os.mkfifo(tmp_path / "dm_july2021_8.npy")
    os.mkfifo(tmp_path / "a.h5")
    (tmp_path / "a.json").write_text('{"config": {"layers": []}}')
    shutil.copy(bare_files / NAME, tmp_path)
    with h5py.File(tmp_path / NAME, "r+") as file:
        for name, path in (("frame_5_x", "pipe"), ("frame_6_x", bare_files / NAME)):
            del file[name]
            file[name] = h5py.ExternalLink(str(path), "frame_1_x")
        del file["frame_7_x"]
        file.create_dataset("frame_7_x", (150, 280, 3), "u1", external=[("pipe", 0, 126_000)])
    for command in ("check .", "import keras a.json --out a"):
        done = subprocess.run(
            [sys.executable, "-m", "clonestrike", *command.split()],
            check=False, capture_output=True, text=True, timeout=60, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode in (1, 2), done.stderr
        assert "Traceback" not in done.stderr
    faults = Hdf5Index.read(tmp_path / NAME).faults
    assert faults[:3] == ("frame_5_x is a link", "frame_6_x is a link", "frame_7_x lies in another file")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes in folders are of Unix")
@pytest.mark.parametrize("name", ["recording.json", "steps.parquet", "video.mkv", "original.npy"])
def test_nobody_waits_for_a_pipe_in_a_recording(make_recording: MakeRecording, name: str) -> None:
    recording = make_recording(4)
    (recording.path / name).unlink(missing_ok=True)
    os.mkfifo(recording.path / name)
    command = [sys.executable, "-m", "clonestrike", "check", str(recording.path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode in ((0,) if name == "original.npy" else (1, 2)), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
