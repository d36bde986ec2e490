"""Play from elsewhere as the original's files."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from tests.conftest import MakeRecording

from clonestrike.core.actions import ACTION_SPACE
from clonestrike.core.opening import open_trajectories
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.exporting import export_hdf5, export_metadata, export_recorder
from clonestrike.formats.original.metadata import Metadata, to_curr_vars, to_state
from clonestrike.formats.original.pickles import write_npy
from clonestrike.formats.original.targets import xaux

METADATA = "currvarsv2_dm_july2021_1_to_100.npy"


def test_play_from_elsewhere_is_exported(make_recording: MakeRecording, tmp_path: Path) -> None:
    recording = make_recording(20, labelled=True)
    plays = [recording, make_recording(10)]
    assert export_hdf5(plays, tmp_path / "out", "hdf5_doom_")["files"] == 2
    export_metadata(plays, tmp_path / "out", "hdf5_doom_")
    first, second = open_trajectories([tmp_path / "out"])
    assert (first.steps, second.steps) == (20, 10)
    assert first.frames().shape == (20, 150, 280, 3)
    # A colour that RGB and BGR tell apart: the crosshair is green, the wall's mean is not symmetric.
    np.testing.assert_allclose(first.frames().mean((0, 1, 2)), recording.frames().mean((0, 1, 2)), atol=1)
    assert first.labels is not None
    assert recording.labels is not None
    np.testing.assert_array_equal(first.labels.switches, recording.labels.switches)
    np.testing.assert_array_equal(first.labels.mouse, recording.labels.mouse)
    for name in ("x", "y", "vx", "yaw", "pitch", "health", "ammo", "kills", "view_height"):
        np.testing.assert_allclose(first.states.columns[name][1:], recording.states.columns[name][1:], atol=1e-12)
    with pytest.raises(ClonestrikeError, match="exists already"):
        export_hdf5(plays, tmp_path / "out", "hdf5_doom_")
    with pytest.raises(ClonestrikeError, match="no labels yet"):
        export_hdf5([make_recording(5, actions=False)], tmp_path / "other", "hdf5_doom_")
    assert not list((tmp_path / "other").glob("*"))


def test_xaux_is_that_of_the_original(hdf5_files: Path) -> None:
    play = next(play for play in open_trajectories([hdf5_files]) if play.part == 4)
    content = np.load(hdf5_files / METADATA, allow_pickle=True).item()
    rows = [content[f"file_num4_frame_{i}"][0] for i in range(play.steps)]
    tails = np.array([[r["gsi_health"] / 100, r["ammo_active"] / 30, r["gsi_team"] == "CT"] for r in rows], float)
    with h5py.File(play.path) as file:
        wanted = np.stack([file[f"frame_{i}_xaux"][...] for i in range(play.steps)])
    assert play.labels is not None
    np.testing.assert_array_equal(xaux(ACTION_SPACE.encode(play.labels), tails), wanted)


def test_states_survive_the_original_s_units(hdf5_files: Path) -> None:
    rows = Metadata.read(hdf5_files / METADATA).files[5]
    for row, _, _ in rows.values():
        assert set(row) - {"vel_theta_rel"} == set(to_curr_vars(to_state(row)))
        again = to_state(to_curr_vars(to_state(row)))
        assert again.yaw == pytest.approx(to_state(row).yaw)
        for name in ("weapon", "ammo", "kills", "x", "item", "memory_health", "posted_ammo"):
            assert getattr(again, name) == getattr(to_state(row), name)


def test_both_sources_of_the_original_are_kept(hdf5_files: Path) -> None:
    row = Metadata.read(hdf5_files / METADATA).files[5][0][0]
    row |= {"itemdef": 7 | 4 << 16, "gsi_health": 80, "obs_health": 75, "gsi_ammo": -1, "ammo_active": 12}
    row["gsi_weap_active"] = {"name": "weapon_knife", "type": "Knife", "state": "active"}
    row["found_active"] = True
    state = to_state(row)
    assert (state.item, state.health, state.memory_health, state.ammo, state.posted_ammo) == (262151, 80, 75, 12, -1)
    back = to_curr_vars(state)
    names = ("itemdef", "gsi_health", "obs_health", "gsi_ammo", "ammo_active")
    assert [back[name] for name in names] == [row[name] for name in names]
    assert to_state({**row, "found_active": False}).posted_ammo is None
    older = {key: value for key, value in row.items() if key not in ("itemdef", "obs_health")}
    assert (to_state(older).item, to_state(older).memory_health) == (None, None)


@pytest.mark.parametrize(("mode", "first_person"), [(0, True), (4, True), (1, False), (5, False), (6, False)])
def test_own_play_is_first_person(hdf5_files: Path, mode: int, first_person: bool) -> None:
    row = Metadata.read(hdf5_files / METADATA).files[5][0][0]
    state = to_state({**row, "obs_mode": mode})
    assert state.first_person is first_person
    assert to_state(to_curr_vars(state)).first_person is first_person


@pytest.mark.parametrize("stub", ["../x/", "/tmp/x", "..\\x\\", "a/b"])
def test_files_lie_in_the_folder_that_was_named(make_recording: MakeRecording, tmp_path: Path, stub: str) -> None:
    for export in (export_hdf5, export_recorder, export_metadata):
        with pytest.raises(ClonestrikeError, match="--stub"):
            export([make_recording(3)], tmp_path / "out", stub)
    assert not [*tmp_path.rglob("*.hdf5"), *tmp_path.rglob("*.npy")]


def test_braces_in_a_stub_are_a_name(make_recording: MakeRecording, tmp_path: Path) -> None:
    export_hdf5([make_recording(3)], tmp_path / "out", "hdf5_{}_{0.real}_")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["hdf5_{}_{0.real}_1.hdf5"]


def test_a_number_beside_a_recording_is_a_number(make_recording: MakeRecording, tmp_path: Path) -> None:
    recording = make_recording(3)
    kept = {"number": "/../../x", "frames": np.arange(3), "y": None, "xaux": None, "helperarr": None, "rows": None}
    write_npy(recording.path / "original.npy", kept)
    with pytest.raises(ClonestrikeError, match=r"has the number '/\.\./\.\./x'"):
        export_hdf5([recording], tmp_path / "a" / "out", "hdf5_dm_")
    assert not list(tmp_path.rglob("*.hdf5"))
