"""Names of files that FFmpeg and Arrow would take for addresses when they come first in a path."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import MakeRecording

from clonestrike.core.actions import Action, Actions
from clonestrike.flows.report.sections import film
from clonestrike.formats.lerobot.exporting import export_lerobot
from clonestrike.formats.original.labels_file import StoredLabels
from clonestrike.recordings import video
from clonestrike.view.video import OverlayVideo

if sys.platform == "win32":
    pytest.skip("names hold no colons there", allow_module_level=True)

NAMES = ["match-12:30", "2024-01-01T12:30", "file:1", "s3:", "http:", "pipe:0"]


@pytest.fixture(autouse=True)
def _beside_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_recordings_and_exports_go_into_a_folder_of_that_name(make_recording: MakeRecording, name: str) -> None:
    folder = Path(name)
    recording = make_recording(5, root=folder, labelled=True)
    assert recording.path.parent == folder
    assert len(recording.frames()) == len(recording.label_valid) == 5
    export_lerobot([recording], folder / "set", "label")
    video.trim(recording.path / "video.mkv", folder / "cut.mkv", 3)
    assert {"set", "cut.mkv"} < {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_written_and_read_under_that_name(name: str) -> None:
    labels = StoredLabels(Actions.zeros(3), np.ones(3, np.bool_))
    labels.write(Path(name), "print")
    read = StoredLabels.read(Path(name), 3, lambda: "print")
    assert read is not None
    assert read.valid.all()


@pytest.mark.parametrize("name", NAMES)
def test_videos_are_written_and_read_under_that_name(name: str) -> None:
    with OverlayVideo(Path(f"{name}.mp4"), 16) as overlay:
        overlay.add(np.full((180, 320, 3), 90, np.uint8), Action())
    assert film(Path(f"{name}.mp4"), "").poster
    assert [path.name for path in Path().iterdir()] == [f"{name}.mp4"]
