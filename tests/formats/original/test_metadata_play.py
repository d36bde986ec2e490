from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clonestrike.core.opening import iter_known, open_trajectories
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.metadata_play import MetadataPlay, is_metadata, metadata_player
from clonestrike.formats.original.opening import find_metadata_files

METADATA = "currvarsv2_dm_july2021_1_to_100.npy"


def test_names() -> None:
    for name, player in (
        ("currvarsv2_dm_july2021_expert_1_to_100.npy", "dm_july2021_expert"),
        ("currvarsv2_agentj22_dmexpert20_12.npy", "agentj22_dmexpert20"),
        ("currvarsv2_agentj22.npy", "agentj22"),
        ("currvarsv2_bot_capture_101_to_200.npy", "bot_capture"),
        ("currvarsv2_agentj22_capture1_to_100.npy", "agentj22_capture"),
        ("currvarsv2_agentj22_dmexpert20_capture101_to_200.npy", "agentj22_dmexpert20_capture"),
        ("currvarsv2_agentj221_to_100.npy", "agentj22"),
        ("currvarsv2_bot_capture.npy", "bot_capture"),
    ):
        assert is_metadata(Path(name))
        assert metadata_player(Path("somewhere") / name) == player
    assert not is_metadata(Path("dm_july2021_1.npy"))


def test_files_are_found_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = [f"currvarsv2_dm_july2021_{first}_to_{first + 99}.npy" for first in (1, 101, 901, 1001)]
    for name in (*names, "currvarsv2_agentj22.npy"):
        (tmp_path / name).touch()
    assert [path.name for path in find_metadata_files(tmp_path)] == ["currvarsv2_agentj22.npy", *names]


def test_it_knows_what_the_files_know(hdf5_files: Path, tmp_path: Path) -> None:
    (tmp_path / METADATA).hardlink_to(hdf5_files / METADATA)
    plays = open_trajectories([hdf5_files])
    for alone, play in zip(MetadataPlay.open_all(tmp_path / METADATA), plays, strict=True):
        assert (alone.player, alone.part, alone.run, alone.info) == (
            play.player, play.part, play.run.removeprefix("hdf5_"), play.info,
        )  # fmt: skip
        for name, column in play.states.columns.items():
            np.testing.assert_array_equal(alone.states.columns[name], column)
        np.testing.assert_array_equal(alone.kills, play.kills)
        np.testing.assert_array_equal(alone.gaps, play.gaps)
        np.testing.assert_array_equal(alone.label_valid, play.label_valid)
        assert alone.labels is not None
        assert play.labels is not None
        np.testing.assert_array_equal(alone.labels.switches, play.labels.switches)
        with pytest.raises(ClonestrikeError, match="without frames"):
            alone.frames(0, 1)
        assert len(alone.fingerprint()) == 16
    assert [type(play) for play in iter_known([tmp_path])] == [MetadataPlay] * 6
    assert len(list(iter_known([hdf5_files]))) == 6  # each once
    assert len(list(iter_known([tmp_path / METADATA, hdf5_files / "hdf5_dm_july2021_1.hdf5"]))) == 6


def test_rows_without_actions(hdf5_files: Path, tmp_path: Path) -> None:
    rows = np.load(hdf5_files / METADATA, allow_pickle=True).item()
    bare = {key: row[:1] for key, row in rows.items() if key.startswith("file_num3_")}
    del bare["file_num3_frame_9"]
    np.save(tmp_path / "currvarsv2_agentj22_3.npy", bare)  # type: ignore[arg-type]
    (play,) = MetadataPlay.open_all(tmp_path / "currvarsv2_agentj22_3.npy")
    assert (play.steps, play.player, play.run, play.labels) == (119, "agentj22", "currvarsv2_agentj22_3", None)
    assert not play.label_valid.any()
    assert not play.kills.any()
    assert np.flatnonzero(play.gaps).tolist() == [8, 118]


def test_damaged_rows_are_reported(hdf5_files: Path, tmp_path: Path) -> None:
    rows = np.load(hdf5_files / METADATA, allow_pickle=True).item()
    path = tmp_path / "currvarsv2_agent_1.npy"
    for change, said in (
        (([["x"], 0, 0, 0, 0], [0, 0]), "unreadable inferred action"),
        (([[], 0, 0, 0, 0], [0]), "unreadable event"),
    ):
        np.save(path, {"file_num1_frame_0": [rows["file_num1_frame_0"][0], *change]})  # type: ignore[arg-type]
        (play,) = MetadataPlay.open_all(path)
        with pytest.raises(ClonestrikeError, match=said):
            _ = (play.labels, play.events)
        path.unlink()
