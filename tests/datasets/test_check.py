from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
from tests.conftest import MakeRecording

from clonestrike.core.format import FORMATS, PlaySource
from clonestrike.core.opening import Found
from clonestrike.datasets.check import check, verdict
from clonestrike.errors import ClonestrikeError

SETS = Path(__file__).parent / "write_sets.py"
NAME = "hdf5_dm_july2021_{}.hdf5"
METADATA = "currvarsv2_dm_july2021_1_to_100.npy"


def test_every_kind_of_file_is_read(written: tuple[Path, str], make_recording: MakeRecording, tmp_path: Path) -> None:
    make_recording(30, labelled=True)
    result = check([written[0], tmp_path], workers=2)
    assert result["faults"] == []
    assert {kind: (row["files"], row["good"], row["frames"]) for kind, row in result["summary"].items()} == {
        "recordings": (1, 1, 30),
        "metadata": (1, 1, 720),
        "HDF5": (6, 6, 720),
        "recorder": (4, 4, 480),
    }


def test_what_is_wrong_with_which(hdf5_files: Path, make_recording: MakeRecording, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        shutil.copy(hdf5_files / NAME.format(number), tmp_path)
    cut = tmp_path / NAME.format(1)
    cut.write_bytes(cut.read_bytes()[:-1])
    with h5py.File(tmp_path / NAME.format(2), "r+") as file:
        file["frame_3_y"][13:36] = 0
        file["frame_4_y"][0] = 0.5
        file["frame_5_xaux"][0] = np.nan
        file["frame_6_x"][...] = 0
        del file["frame_7_x"]
    (tmp_path / METADATA).write_bytes((hdf5_files / METADATA).read_bytes()[:5000])
    film = make_recording(20).path / "video.mkv"
    content = bytearray(film.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2000] = bytes(2000)
    film.write_bytes(content)
    shutil.copytree(make_recording(10).path, tmp_path / "000007.part")
    result = check([tmp_path], workers=1)
    faults = {Path(row["path"]).name: (row["state"], row["why"]) for row in result["faults"]}
    assert faults[cut.name][0] == "damaged"
    assert "truncated" in faults[cut.name][1]
    state, why = faults[NAME.format(2)]
    assert state == "in part"
    for part in (
        "1 of 120 frames are not complete, the first one is 7",
        "1 of 119 frames without one bin of mouse_x, the first one is 3",
        "1 of 119 frames without keys that are 0 or 1, the first one is 4",
        "1 of 119 frames without finite xaux, the first one is 5",
        "1 of 119 frames without a picture that is not black, the first one is 6",
    ):
        assert part in why
    assert faults[METADATA][0] == "damaged"
    assert faults[film.parent.name][0] == "damaged"
    assert faults["000007.part"][0] in ("unfinished", "damaged")
    assert NAME.format(3) not in faults
    assert result["summary"]["HDF5"]["good"] == 1


def test_a_recorder_file_that_is_cut_short(written: tuple[Path, str], tmp_path: Path) -> None:
    path = tmp_path / "dm_july2021_rec_2.npy"
    path.write_bytes((written[0] / "recorder" / path.name).read_bytes()[:-1])
    found = verdict(Found(FORMATS.get("original"), PlaySource(path, "recorder")))
    assert (found.state, found.faults) == ("damaged", (f"{path} is truncated: download it again",))


def test_states_are_judged_as_the_original_does(tmp_path: Path) -> None:
    """The counts are those that dm_infer_actions.py printed for these files; all but the first were bad to it."""
    subprocess.run([sys.executable, str(SETS), str(tmp_path)], check=True)
    result = check([tmp_path / "recorded"], workers=1, out=tmp_path / "out", pdf=True)
    names = ("dead", "skipped", "ammo_mismatch", "health_mismatch", "not_first_person", "mouse_static",
             "velocity_static", "verdict")  # fmt: skip
    counts = {Path(path).stem: tuple(found[name] for name in names) for path, found in result["quality"].items()}
    assert counts == {
        "dm_test_1": (4, 68, 0, 0, 0, 196, 0, "good"),
        "dm_test_2": (254, 64, 0, 0, 0, 141, 0, "suspect"),
        "dm_test_3": (5, 67, 0, 21, 0, 178, 0, "suspect"),
        "dm_test_4": (5, 58, 31, 0, 0, 177, 0, "suspect"),
        "dm_test_5": (6, 58, 0, 0, 2, 185, 0, "suspect"),
        "dm_test_6": (3, 63, 0, 0, 0, 759, 0, "suspect"),
        "dm_test_7": (5, 58, 0, 0, 0, 186, 467, "suspect"),
    }
    assert [Path(path).stem for path in result["quality"]][-1] == "dm_test_1"  # suspect ones come first
    assert result["summary"]["recorder"]["suspect"] == 6
    assert result["figures"] == [str(tmp_path / "out" / f"quality-dm_test.{kind}") for kind in ("png", "pdf")]
    assert np.std(np.asarray(cv2.imread(result["figures"][0]))) > 10


def test_files_are_in_the_order_of_their_numbers(written: tuple[Path, str], tmp_path: Path) -> None:
    for number in (1, 2, 10):
        shutil.copy(written[0] / "recorder" / "dm_july2021_rec_1.npy", tmp_path / f"dm_july2021_rec_{number}.npy")
    judged = check([tmp_path], workers=1)["quality"]
    assert [(found["set"], found["file"]) for found in judged.values()] == [
        ("dm_july2021_rec", number) for number in (1, 2, 10)
    ]


def test_play_that_two_files_hold_is_judged_once(written: tuple[Path, str], bare_files: Path) -> None:
    result = check([written[0]], workers=1)
    assert sorted(Path(path).name for path in result["quality"]) == [
        *(f"dm_july2021_rec_{number}.npy" for number in range(1, 5)), *(NAME.format(number) for number in range(1, 7)),
    ]  # fmt: skip
    alone = check([written[0] / METADATA], workers=1)["quality"]
    assert {name.partition(" file ")[2]: found["dead"] for name, found in alone.items()} == {
        str(number): result["quality"][str(written[0] / NAME.format(number))]["dead"] for number in range(1, 7)
    }
    assert check([bare_files], workers=1)["quality"] == {}  # nothing is known of the states


def test_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="holds neither"):
        check([tmp_path], workers=1)
    with pytest.raises(ClonestrikeError, match="does not exist"):
        check([tmp_path / "none"], workers=1)
