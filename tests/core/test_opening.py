from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.conftest import MakeRecording

from clonestrike.core.opening import iter_known, open_trajectories
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.hdf5_play import Hdf5Play
from clonestrike.formats.original.recorder_play import RecorderPlay
from clonestrike.recordings.recording import Recording

SCRIPT = Path(__file__).parents[1] / "formats" / "original" / "write_original.py"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six original files of eight frames, their metadata, and four recorder files in ``recorder``."""
    folder = tmp_path_factory.mktemp("original")
    subprocess.run([sys.executable, str(SCRIPT), str(folder), "8"], check=True, capture_output=True, cwd=folder)
    return folder


def test_all_kinds_of_play_are_opened_together(original: Path, make_recording: MakeRecording, tmp_path: Path) -> None:
    recordings = [make_recording(8), make_recording(9)]
    plays = open_trajectories([original, tmp_path / "recordings", original / "hdf5_dm_july2021_2.hdf5"])
    assert [type(play) for play in plays] == [Recording] * 2 + [Hdf5Play] * 6 + [RecorderPlay] * 4
    assert [play.path for play in plays[:2]] == [recording.path for recording in recordings]
    assert [play.part for play in plays[2:]] == [1, 2, 3, 4, 5, 6, 1, 2, 3, 4]
    assert [play.steps for play in plays] == [8, 9] + [8] * 10
    for play in plays[:-1]:  # the last one's pictures are stripped
        assert play.frames(2, 4).shape == (2, play.info.frame_height, play.info.frame_width, 3)
        assert len(play.states) == play.steps + 1
        assert play.label_valid.shape == play.kills.shape == play.gaps.shape == play.disturbed.shape == (play.steps,)
        assert len(play.fingerprint()) == 16


def test_a_folder_with_both_gives_both(original: Path, make_recording: MakeRecording, tmp_path: Path) -> None:
    make_recording(8)
    for number in (10, 9):
        shutil.copy(original / "hdf5_dm_july2021_1.hdf5", tmp_path / f"hdf5_dm_july2021_{number}.hdf5")
    plays = open_trajectories([tmp_path])
    assert [type(play) for play in plays] == [Recording, Hdf5Play, Hdf5Play]
    assert [play.part for play in plays[1:]] == [9, 10]


def test_a_recorders_twin_is_opened_once(original: Path, tmp_path: Path) -> None:
    shutil.copy(original / "hdf5_dm_july2021_1.hdf5", tmp_path)
    for number in (1, 2):
        shutil.copy(original / "recorder" / "dm_july2021_rec_3.npy", tmp_path / f"dm_july2021_{number}.npy")
    np.save(tmp_path / "embedding_3.npy", np.zeros((4, 3)))  # no play at all
    assert [(type(play), play.part) for play in open_trajectories([tmp_path])] == [(RecorderPlay, 2), (Hdf5Play, 1)]


def test_metadata_is_found_in_a_folder_beside(original: Path, tmp_path: Path) -> None:
    for name in ("dataset_dm", "dataset_metadata"):
        (tmp_path / name).mkdir()
    shutil.copy(original / "hdf5_dm_july2021_1.hdf5", tmp_path / "dataset_dm")
    (play,) = open_trajectories([tmp_path / "dataset_dm"])
    assert np.isnan(play.states.x).all()
    shutil.copy(original / "currvarsv2_dm_july2021_1_to_100.npy", tmp_path / "dataset_metadata")
    (play,) = open_trajectories([tmp_path / "dataset_dm"])
    assert np.isfinite(play.states.x[1:]).all()


def test_nothing_to_open_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="no path is given"):
        open_trajectories([])
    with pytest.raises(ClonestrikeError, match="does not exist"):
        open_trajectories([tmp_path / "missing"])
    with pytest.raises(ClonestrikeError, match="holds no finished recording"):
        open_trajectories([tmp_path])


def test_damaged_metadata_is_reported_and_the_files_are_used_without(
    original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(original, tmp_path / "o")
    (metadata,) = (tmp_path / "o").glob("currvarsv2_*.npy")
    metadata.write_bytes(metadata.read_bytes()[:200])
    whole, cut = open_trajectories([original]), open_trajectories([tmp_path / "o"])
    assert len(cut) == len(whole)
    assert all(np.isnan(play.states.x).all() for play in cut if play.path.suffix == ".hdf5")
    assert capsys.readouterr().err.count(f"skipped: {metadata}") == 1
    with pytest.raises(ClonestrikeError, match="currvarsv2"):
        open_trajectories([tmp_path / "o"], strict=True)


def damage(path: Path) -> None:
    (path / "steps.parquet").write_bytes(b"no parquet")


def test_one_damaged_recording_of_six_is_told_and_skipped(
    make_recording: MakeRecording, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [make_recording(8, height=36, width=64).path for _ in range(6)]
    damage(paths[2])
    for opened in (open_trajectories, iter_known):
        assert [play.path for play in opened([tmp_path])] == [path for path in paths if path != paths[2]]
        told = capsys.readouterr().err.splitlines()
        assert len(told) == 2
        assert told[0].startswith(f"skipped: {paths[2] / 'steps.parquet'} cannot be read")
        assert told[1] == "1 of 6 recordings cannot be used"
    for strictly in (open_trajectories, lambda *given: list(iter_known(*given))):
        with pytest.raises(ClonestrikeError, match=rf"{paths[2]}/steps\.parquet cannot be read"):
            strictly([tmp_path], True)


def test_nothing_that_can_be_used_is_an_error(
    make_recording: MakeRecording, original: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [make_recording(8, height=36, width=64).path for _ in range(2)]
    for path in paths:
        damage(path)
    with pytest.raises(ClonestrikeError, match=r"000000/steps\.parquet cannot be read"):
        open_trajectories([paths[0]])
    with pytest.raises(ClonestrikeError, match="none of the 2 recordings can be used: see the lines above"):
        open_trajectories([tmp_path])
    told = capsys.readouterr().err
    assert told.count("skipped: ") == 2
    plays = open_trajectories([tmp_path, original])  # of another format there is enough
    assert {type(play) for play in plays} == {Hdf5Play, RecorderPlay}
    assert "skipped: none of the 2 recordings can be used" in capsys.readouterr().err
    with pytest.raises(ClonestrikeError, match=r"000000/steps\.parquet cannot be read"):
        open_trajectories([tmp_path, original], strict=True)
