"""The original's files as trajectories, against plain h5py and numpy on what an independent script wrote."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from tests.original_files import written_to

from clonestrike.core.actions import ACTION_SPACE
from clonestrike.core.opening import open_trajectories
from clonestrike.datasets.check import check
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.hdf5 import Hdf5Index
from clonestrike.formats.original.hdf5_play import Hdf5Play
from clonestrike.formats.original.layout import OriginalFile, blocks, metadata_span
from clonestrike.formats.original.opening import open_originals
from clonestrike.formats.original.recorder_play import RecorderPlay
from clonestrike.labelling.paper import infer_paper

FRAMES = 120
HASH = "47774407810df7c7"


def opened(folder: Path, number: int = 1) -> Hdf5Play:
    return Hdf5Play.open(OriginalFile(folder, "hdf5_dm_july2021_", number, ".hdf5"), "run")


def copy(folder: Path, target: Path, number: int = 1) -> Path:
    return Path(shutil.copy(folder / f"hdf5_dm_july2021_{number}.hdf5", target))


def test_the_script_writes_what_it_always_wrote(written: tuple[Path, str]) -> None:
    assert written[1] == HASH


def test_names() -> None:
    file = OriginalFile.of(Path("a/hdf5_dm_july2021_expert_12.hdf5"))
    assert file == OriginalFile(Path("a"), "hdf5_dm_july2021_expert_", 12, ".hdf5")
    assert file.path == Path("a/hdf5_dm_july2021_expert_12.hdf5")
    assert file.data_set == "dm_july2021_expert_"
    assert OriginalFile.of(Path("dm_july2021_7.npy")) == OriginalFile(Path(), "dm_july2021_", 7, ".npy")
    assert OriginalFile.of(Path("currvarsv2_dm_july2021_1_to_100.npy")) is None
    assert OriginalFile.of(Path("hdf5_dm.hdf5")) is None
    assert metadata_span(Path("currvarsv2_dm_july2021_101_to_200.npy")) == ("dm_july2021_", 101, 200)
    assert metadata_span(Path("dm_july2021_7.npy")) is None


def test_frames_labels_and_events_are_those_of_the_file(bare_files: Path) -> None:
    play = opened(bare_files, 3)
    assert play.steps == FRAMES
    with h5py.File(play.path) as file:
        pictures = np.stack([file[f"frame_{i}_x"][...] for i in range(FRAMES)])
        y = np.stack([file[f"frame_{i}_y"][...] for i in range(FRAMES)])
        helper = np.stack([file[f"frame_{i}_helperarr"][...] for i in range(FRAMES)])
        aux = np.stack([file[f"frame_{i}_xaux"][...] for i in range(FRAMES)])
    np.testing.assert_array_equal(play.frames(), pictures[..., ::-1])
    np.testing.assert_array_equal(play.frames(17, 23), pictures[17:23, ..., ::-1])
    np.testing.assert_array_equal(np.concatenate(list(play.iter_frames(5, 100, chunk=40))), pictures[5:100, ..., ::-1])
    assert play.frames(7, 7).shape == (0, 150, 280, 3)
    np.testing.assert_array_equal(ACTION_SPACE.encode(play.own_labels), y)
    np.testing.assert_array_equal(np.stack([play.kills, play.deaths], 1), helper == 1)
    assert play.actions is None
    np.testing.assert_array_equal(np.flatnonzero(play.gaps), [FRAMES - 1])
    assert len(play.states) == FRAMES + 1
    np.testing.assert_allclose(play.states.health[1:-1], aux[1:, 15] * 100)
    assert np.isnan(play.states.health[[0, -1]]).all()
    assert np.isnan(play.states.x).all()
    assert set(play.states.team[1:-1]) == {"T", "CT"}


def test_metadata_becomes_states_a_row_later(hdf5_files: Path) -> None:
    play = opened(hdf5_files, 2)
    content = np.load(hdf5_files / "currvarsv2_dm_july2021_1_to_100.npy", allow_pickle=True).item()
    assert play.states.at(0).health is None
    for i in (0, 40, 49, 119):
        row = content[f"file_num2_frame_{i}"][0]
        state = play.states.at(i + 1)
        assert (state.x, state.y, state.z) == (row["localpos1"], row["localpos2"], row["localpos3"])
        assert state.yaw == pytest.approx(np.angle(np.exp(-1j * row["xy_rad"])))
        assert state.yaw is not None
        assert state.pitch is not None
        assert np.degrees(state.yaw) == pytest.approx((row["viewangle_xy"] + 180) % 360 - 180)
        assert np.degrees(state.pitch) == pytest.approx(-row["viewangle_vert"])
        assert (state.kills, state.team, state.health) == (row["gsi_kills"], row["gsi_team"], row["gsi_health"])
        assert state.weapon == (row["gsi_weap_active"]["name"] if row["found_active"] else None)
    # No weapon at row 49: the original skipped that row and the one after it. Nor has the first row a label.
    np.testing.assert_array_equal(np.flatnonzero(~play.label_valid)[:3], [0, 49, 50])


def test_metadata_with_holes_is_reported_and_not_used(
    hdf5_files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy(hdf5_files, tmp_path)
    rows = np.load(hdf5_files / "currvarsv2_dm_july2021_1_to_100.npy", allow_pickle=True).item()
    del rows["file_num1_frame_7"]
    np.save(tmp_path / "currvarsv2_dm_july2021_1_to_100.npy", rows)
    play = opened(tmp_path)
    assert np.isnan(play.states.x).all()
    assert play.rows is None
    assert capsys.readouterr().err.count("lacks 1 of 120 rows of hdf5_dm_july2021_1.hdf5") == 1


@pytest.mark.parametrize(
    ("name", "value"), [("ammo_active", float("inf")), ("gsi_kills", "x"), ("localpos1", None), ("gsi_team", "lists")]
)
def test_metadata_of_nonsense_is_refused(hdf5_files: Path, tmp_path: Path, name: str, value: object) -> None:
    copy(hdf5_files, tmp_path)
    rows = np.load(hdf5_files / "currvarsv2_dm_july2021_1_to_100.npy", allow_pickle=True).item()
    if value == "lists":  # small in the file, endless in words
        value = []
        for _ in range(60):
            value = [value, value]
    rows["file_num1_frame_7"][0][name] = value
    np.save(tmp_path / "currvarsv2_dm_july2021_1_to_100.npy", rows)
    with pytest.raises(ClonestrikeError, match="is not readable"):
        _ = opened(tmp_path).states


def test_our_rules_read_the_states(hdf5_files: Path) -> None:
    play = opened(hdf5_files)
    found = infer_paper(play.states, play.info)
    known = np.load(hdf5_files / "currvarsv2_dm_july2021_1_to_100.npy", allow_pickle=True).item()
    turns = [known[f"file_num1_frame_{i}"][1][1] for i in range(FRAMES)]
    near = np.abs(found.actions.mouse[found.valid, 0] - np.array(turns)[found.valid]) < 6  # Doom turns in 1/65536
    assert near.mean() > 0.9


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_recorder_files(written: tuple[Path, str], hdf5_files: Path, number: int) -> None:
    file = OriginalFile(written[0] / "recorder", "dm_july2021_rec_", number, ".npy")
    play, twin = RecorderPlay.open(file, "run"), opened(hdf5_files)
    assert play.steps == FRAMES
    for name, column in twin.states.columns.items():
        np.testing.assert_array_equal(play.states.columns[name], column)
    np.testing.assert_array_equal(play.kills[1:], twin.kills[1:])
    if number == 1:
        assert play.labels is None
        assert not play.label_valid.any()
    else:
        assert play.labels is not None
        np.testing.assert_array_equal(play.labels.switches, twin.own_labels.switches)
        assert play.labels.mouse[7, 0] % 1 == 0.125  # not binned
        np.testing.assert_array_equal(play.label_valid, twin.label_valid)
    if number == 4:
        with pytest.raises(ClonestrikeError, match="no frames"):
            play.frames(0, 1)
    else:
        np.testing.assert_array_equal(play.frames(3, 9), twin.frames(3, 9))
    assert len(play.fingerprint()) == 16


def test_a_recorder_file_that_is_cut_short_is_passed_over(
    written: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(written[0] / "recorder" / "dm_july2021_rec_2.npy", tmp_path)
    cut = Path(shutil.copy(written[0] / "recorder" / "dm_july2021_rec_3.npy", tmp_path))
    cut.write_bytes(cut.read_bytes()[:-1000])
    assert [play.part for play in open_trajectories([tmp_path])] == [2]
    assert "rec_3.npy is truncated" in capsys.readouterr().err
    with pytest.raises(ClonestrikeError, match=r"rec_3\.npy is truncated"):
        open_trajectories([tmp_path], strict=True)


def test_fingerprints_tell_files_apart(hdf5_files: Path, bare_files: Path) -> None:
    prints = [opened(hdf5_files, n).fingerprint() for n in range(1, 7)]
    assert len(set(prints)) == 6
    assert opened(bare_files).fingerprint() == prints[0]


def test_missing_and_misshapen_frames_leave_a_gap(bare_files: Path, tmp_path: Path) -> None:
    path = copy(bare_files, tmp_path)
    with h5py.File(path, "r+") as file:
        for name in ("frame_10_x", "frame_11_y", "frame_40_xaux", "frame_40_x"):
            del file[name]
        file["frame_40_x"] = np.zeros((15, 28, 3), np.uint8)
        file["frame_40_xaux"] = np.zeros(54)
        del file["frame_60_y"]
        file.create_dataset("frame_60_y", data=np.zeros(51), chunks=(51,), compression="gzip")
        file["something_else"] = np.zeros(3)
    play = Hdf5Play.open(OriginalFile.of(path), "run")  # type: ignore[arg-type]
    missing = [10, 11, 40, 60]
    np.testing.assert_array_equal(play.index.frames, [i for i in range(FRAMES) if i not in missing])
    assert play.steps == FRAMES - 4
    np.testing.assert_array_equal(np.flatnonzero(play.gaps), [9, 37, 56, FRAMES - 5])
    np.testing.assert_array_equal(np.flatnonzero(play.state_gaps), [0, 10, 38, 57])
    whole = opened(bare_files)
    np.testing.assert_array_equal(play.frames(10, 12), whole.frames(12, 14))
    np.testing.assert_array_equal(play.own_labels.mouse[10:37], whole.own_labels.mouse[12:39])
    assert len(play.faults) == 3
    assert "frame_40_x has the shape (15, 28, 3)" in play.faults[0]
    assert "h5repack" in play.faults[1]
    assert "4 of 120 frames are not complete, the first one is 10" in play.faults[2]


def test_rows_of_nonsense_do_no_harm(bare_files: Path, tmp_path: Path) -> None:
    path = copy(bare_files, tmp_path)
    with h5py.File(path, "r+") as file:
        file["frame_5_y"][...] = np.nan
        file["frame_6_xaux"][...] = np.nan
        file["frame_7_helperarr"][...] = np.inf
        for i, name in enumerate(("frame_20_x", "frame_30_x", "frame_40_x", "frame_50_x", "frame_60_y")):
            del file[name]
            if i == 0:
                file.create_group(name)
            elif i == 1:
                file[name] = h5py.SoftLink("/nowhere")
            elif i == 2:
                file[name] = h5py.ExternalLink("/etc/passwd", "x")
            elif i == 3:
                file.create_dataset(name, (150, 280, 3), "u1", external=[("/etc/passwd", 0, 126_000)])
            else:
                file[name] = "text"
        for kind in ("x", "xaux", "y", "helperarr"):
            file.move(f"frame_119_{kind}", f"frame_99999999999_{kind}")
    play = Hdf5Play.open(OriginalFile.of(path), "run")  # type: ignore[arg-type]
    assert set(range(119)) - set(play.index.frames.tolist()) == {20, 30, 40, 50, 60}
    assert play.frames().shape == (114, 150, 280, 3)
    assert not play.label_valid[5]
    assert play.states.at(6).health is None
    assert len(play.states) == play.steps + 1
    assert len(play.faults) == 6


def test_a_frame_number_takes_no_memory(bare_files: Path, tmp_path: Path) -> None:
    path = copy(bare_files, tmp_path)
    with h5py.File(path, "r+") as file:
        for kind in ("x", "xaux", "y", "helperarr"):
            file.move(f"frame_9_{kind}", f"frame_999999999_{kind}")
    play = Hdf5Play.open(OriginalFile.of(path), "run")  # type: ignore[arg-type]
    assert play.steps == FRAMES
    assert play.faults == ("999999880 of 1000000000 frames are not complete, the first one is 9",)


def test_float32_labels_and_other_frame_counts(tmp_path: Path, bare_files: Path) -> None:
    whole = opened(bare_files)
    with (
        h5py.File(bare_files / "hdf5_dm_july2021_1.hdf5") as source,
        h5py.File(tmp_path / "hdf5_a_1.hdf5", "w") as file,
    ):
        for i in range(7):
            file[f"frame_{i}_x"] = source[f"frame_{i}_x"][...]
            for kind in ("xaux", "y", "helperarr"):
                file[f"frame_{i}_{kind}"] = source[f"frame_{i}_{kind}"][...].astype(np.float32)
    (play,) = open_trajectories([tmp_path])
    assert play.steps == 7
    assert play.labels is not None
    np.testing.assert_array_equal(play.labels.mouse, whole.own_labels.mouse[:7])
    np.testing.assert_array_equal(play.frames(), whole.frames(0, 7))


def test_a_file_that_cannot_be_used_is_reported_and_passed_over(
    bare_files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2, 3):
        copy(bare_files, tmp_path, number)
    cut = tmp_path / "hdf5_dm_july2021_2.hdf5"
    cut.write_bytes(cut.read_bytes()[:3_000_000])
    (tmp_path / "hdf5_dm_july2021_4.hdf5").write_bytes(b"no")
    plays = open_trajectories([tmp_path])
    assert [play.part for play in plays] == [1, 3]
    told = capsys.readouterr().err
    assert "hdf5_dm_july2021_2.hdf5 cannot be read as HDF5 (truncated" in told
    assert "2 of 4 original files cannot be used" in told
    with pytest.raises(ClonestrikeError, match=r"july2021_2\.hdf5 cannot be read"):
        open_trajectories([tmp_path], strict=True)
    with pytest.raises(ClonestrikeError, match=r"july2021_2\.hdf5 cannot be read"):
        open_trajectories([cut])


@pytest.mark.skipif(sys.platform == "win32", reason="locks are another thing there")
def test_a_file_that_another_program_writes_is_told_as_locked(bare_files: Path, tmp_path: Path) -> None:
    path = copy(bare_files, tmp_path)
    with (
        written_to(path),
        pytest.raises(ClonestrikeError, match=r"_1\.hdf5 is locked: another program writes it: wait"),
    ):
        Hdf5Index.read(path)
    assert len(Hdf5Index.read(path).frames) == FRAMES


def test_what_the_system_withholds_is_not_told_as_damaged(tmp_path: Path) -> None:
    path = tmp_path / "hdf5_dm_july2021_1.hdf5"
    path.mkdir()
    with pytest.raises(ClonestrikeError, match=r"_1\.hdf5 cannot be read \(Is a directory\): look at its permissions"):
        Hdf5Index.read(path)


def test_numbers_that_are_filled_up_with_zeros(bare_files: Path, tmp_path: Path) -> None:
    names = [f"hdf5_dm_july2021_{number}.hdf5" for number in ("0001", "0002", "010", "0")]
    for name in names:
        shutil.copy(bare_files / "hdf5_dm_july2021_1.hdf5", tmp_path / name)
        file = OriginalFile.of(Path(name))
        assert file is not None
        assert (file.path, file.data_set) == (Path(name), "dm_july2021_")
    assert [play.part for play in open_trajectories([tmp_path])] == [0, 1, 2, 10]
    assert not check([tmp_path], 1)["faults"]
    assert OriginalFile.of(Path("hdf5_dm_\u0661.hdf5")) is None  # a digit, but not one that a path is made of


def test_index_refuses_a_file_without_frames(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "hdf5_a_1.hdf5", "w") as file:
        file["frame_0_x"] = np.zeros(3)
    with pytest.raises(ClonestrikeError, match="no complete frame"):
        Hdf5Index.read(tmp_path / "hdf5_a_1.hdf5")


def test_blocks_keep_neighbours_together() -> None:
    files = [OriginalFile(Path(), "hdf5_dm_", n, ".hdf5") for n in range(1, 201)]
    runs = blocks(files)
    assert len(set(runs.values())) == 20
    assert runs[files[0]] == runs[files[9]] == "hdf5_dm_1-10"
    assert runs[files[10]] == "hdf5_dm_11-20"
    few = blocks(files[:6])
    assert [few[file] for file in files[:6]] == [f"hdf5_dm_{a}-{a + 1}" for a in (1, 1, 3, 3, 5, 5)]


def test_files_come_in_the_order_of_their_numbers(bare_files: Path) -> None:
    plays = open_originals([OriginalFile(bare_files, "hdf5_dm_july2021_", n, ".hdf5") for n in (1, 2, 3, 4, 5, 6)])
    assert [play.part for play in plays] == [1, 2, 3, 4, 5, 6]
