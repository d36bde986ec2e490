from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.conftest import MakeRecording

from clonestrike.core.opening import open_trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.view.overlay import PANEL, WIDTH
from clonestrike.view.pictures import brighter, export_png


def test_pictures_of_an_original_file(hdf5_files: Path, tmp_path: Path) -> None:
    path = hdf5_files / "hdf5_dm_july2021_1.hdf5"
    result = export_png(path, tmp_path / "png", rows="10-12")
    assert (result["pictures"], result["first"], result["last"]) == (3, 10, 12)
    frames = open_trajectory(path).frames(10, 13)
    for row, frame in zip((10, 11, 12), frames, strict=True):
        np.testing.assert_array_equal(cv2.imread(str(tmp_path / "png" / f"{row:06d}.png"), cv2.IMREAD_COLOR_RGB), frame)
    export_png(path, tmp_path / "bright", rows="11", bright=True)
    shown = cv2.imread(str(tmp_path / "bright" / "000011.png"), cv2.IMREAD_COLOR_RGB)
    np.testing.assert_array_equal(shown, brighter(frames[1]))
    pixel = brighter(np.array([[[0, 100, 250]]], np.uint8))
    assert pixel.tolist() == [[[5, 125, 255]]]
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    np.testing.assert_array_equal(brighter(every), cv2.addWeighted(every, 1.2, every, 0, 5))  # rounds, as the original
    assert brighter(every)[0, :5, 0].tolist() == [5, 6, 7, 9, 10]


def test_pictures_of_a_recording_with_its_keys(make_recording: MakeRecording, tmp_path: Path) -> None:
    recording = make_recording(5)
    assert export_png(recording.path, tmp_path / "png", panel=True)["actions"] == "true"
    assert sorted(path.name for path in (tmp_path / "png").iterdir()) == [f"{row:06d}.png" for row in range(5)]
    assert np.asarray(cv2.imread(str(tmp_path / "png" / "000002.png"))).shape == (540 + PANEL, WIDTH, 3)
    with pytest.raises(ClonestrikeError, match="exists already"):
        export_png(recording.path, tmp_path / "png")


@pytest.mark.parametrize("rows", ["5", "3-2", "0-5", "x", "-1"])
def test_other_rows_are_refused(make_recording: MakeRecording, tmp_path: Path, rows: str) -> None:
    with pytest.raises(ClonestrikeError, match="there are rows 0-4"):
        export_png(make_recording(5).path, tmp_path / "png", rows=rows)
    assert not (tmp_path / "png").exists()


def test_a_folder_with_several(make_recording: MakeRecording, tmp_path: Path) -> None:
    make_recording(5)
    make_recording(5)
    with pytest.raises(ClonestrikeError, match="holds 2 recordings: name one"):
        export_png(tmp_path / "recordings", tmp_path / "png")
