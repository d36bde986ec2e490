"""The layout that lerobot 0.4.4 was seen to open; here it is read with plain pyarrow and PyAV."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.conftest import MakeRecording

from clonestrike.core.actions import Actions
from clonestrike.core.opening import open_trajectories
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.lerobot import exporting
from clonestrike.formats.lerobot.exporting import CAMERA, STATES, export_lerobot
from clonestrike.recordings.recording import Recording


def pictures(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def test_rows_pictures_and_what_lies_where(hdf5_files: Path, tmp_path: Path) -> None:
    plays = open_trajectories([hdf5_files / f"hdf5_dm_july2021_{n}.hdf5" for n in (1, 2)])
    result = export_lerobot(plays, tmp_path / "set")
    assert (result["episodes"], result["frames"]) == (2, 240)
    info = json.loads((tmp_path / "set" / "meta" / "info.json").read_text())
    assert (info["codebase_version"], info["fps"], info["total_episodes"], info["total_frames"]) == ("v3.0", 16, 2, 240)
    rows = pq.read_table(tmp_path / "set" / info["data_path"].format(chunk_index=0, file_index=0))
    assert set(rows.column_names) == set(info["features"]) - {CAMERA}
    actions = np.array(rows["action"].to_pylist(), np.float32)
    for play, part in zip(plays, (slice(0, 120), slice(120, 240)), strict=True):
        assert play.labels is not None
        np.testing.assert_array_equal(actions[part, :13], play.labels.switches)
        np.testing.assert_array_equal(actions[part, 13:], play.labels.mouse)
        np.testing.assert_array_equal(rows["action.known"].to_numpy()[part], play.label_valid)
        np.testing.assert_array_equal(rows["next.kill"].to_numpy()[part], play.kills)
        states = np.array(rows["observation.state"].to_pylist(), np.float32)[part]
        np.testing.assert_array_equal(states[:, STATES.index("x")], play.states.x[:-1].astype(np.float32))
    assert info["features"]["action"]["names"] == [
        "w", "a", "s", "d", "space", "ctrl", "shift", "1", "2", "3", "r", "left", "right", "mouse_x", "mouse_y",
    ]  # fmt: skip
    assert np.flatnonzero(rows["next.done"].to_numpy()).tolist() == [119, 239]
    np.testing.assert_allclose(rows["timestamp"].to_numpy()[119:122], [119 / 16, 0, 1 / 16])
    shown = pictures(tmp_path / "set" / info["video_path"].format(video_key=CAMERA, chunk_index=0, file_index=0))
    wanted = np.concatenate([play.frames() for play in plays])
    assert shown.shape == wanted.shape
    assert 10 * np.log10(255**2 / ((shown.astype(np.float32) - wanted) ** 2).mean()) > 30
    second = pq.read_table(tmp_path / "set" / "meta" / "episodes" / "chunk-000" / "file-000.parquet").to_pylist()[1]
    assert second["tasks"] == ["play deathmatch on dust2"]
    assert (second["dataset_from_index"], second["dataset_to_index"], second["length"]) == (120, 240, 120)
    assert second[f"videos/{CAMERA}/from_timestamp"] == 7.5
    stats = json.loads((tmp_path / "set" / "meta" / "stats.json").read_text())
    np.testing.assert_allclose(stats["action"]["mean"], actions.mean(0), atol=1e-6)
    np.testing.assert_allclose(stats["action"]["std"], actions.std(0), atol=1e-4)
    assert np.shape(stats[CAMERA]["mean"]) == (3, 1, 1)
    tasks = pq.read_table(tmp_path / "set" / "meta" / "tasks.parquet")
    assert tasks.to_pydict() == {"task_index": [0], "__index_level_0__": ["play deathmatch on dust2"]}
    assert json.loads(tasks.schema.metadata[b"pandas"])["index_columns"] == ["__index_level_0__"]


def test_gaps_end_episodes_and_files_fill_up(
    make_recording: MakeRecording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "VIDEO_BYTES", -1)  # every episode begins another
    first = make_recording(10)
    first.gaps[3] = True
    result = export_lerobot([first, make_recording(7)], tmp_path / "set")
    assert (result["episodes"], result["files"]) == (3, 3)
    episodes = pq.read_table(tmp_path / "set" / "meta" / "episodes" / "chunk-000" / "file-000.parquet").to_pylist()
    assert [(e["length"], e["data/file_index"], e[f"videos/{CAMERA}/from_timestamp"]) for e in episodes] == [
        (4, 0, 0), (6, 1, 0), (7, 2, 0),
    ]  # fmt: skip
    assert [len(pictures(path)) for path in sorted((tmp_path / "set" / "videos").rglob("*.mp4"))] == [4, 6, 7]
    assert json.loads((tmp_path / "set" / "meta" / "info.json").read_text())["fps"] == 17.5


def test_what_is_refused_leaves_nothing(make_recording: MakeRecording, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="no labels yet"):
        export_lerobot([make_recording(5, actions=False)], tmp_path / "set")
    with pytest.raises(ClonestrikeError, match="different frame rates or sizes"):
        export_lerobot([make_recording(5), make_recording(5, height=150, width=280)], tmp_path / "set")
    (tmp_path / "set").mkdir()
    with pytest.raises(ClonestrikeError, match="exists already"):
        export_lerobot([make_recording(5)], tmp_path / "set")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["recordings", "set"]


def test_labels_or_true_actions(make_recording: MakeRecording, tmp_path: Path) -> None:
    both, labels_only = make_recording(20), make_recording(10, actions=False)
    for recording in (both, labels_only):
        recording.write_labels(Actions.zeros(recording.steps), np.ones(recording.steps, np.bool_))
    plays = [Recording.open(both.path), Recording.open(labels_only.path)]
    for which, taken in (("true", {"true": 1, "label": 1}), ("label", {"label": 2})):
        assert export_lerobot(plays, tmp_path / which, which)["labels"] == taken  # type: ignore[arg-type]
        rows = pq.read_table(tmp_path / which / "data" / "chunk-000" / "file-000.parquet")
        actions = np.array(rows["action"].to_pylist(), np.float32)
        assert actions[:20].any() == (which == "true")
        assert not actions[20:].any()
