"""Recorder files of the original as play to label: 2, 3 and 6 columns, with and without pictures, own play."""

from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from tests.formats.original import write_recorder

from clonestrike.core.actions import ACTION_SPACE, SWITCHES, Actions
from clonestrike.core.opening import open_trajectories, open_trajectory
from clonestrike.core.trajectory import Trajectory, is_labellable
from clonestrike.datasets.check import check as check_all
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.checking import check
from clonestrike.formats.original.exporting import export_hdf5, export_metadata, export_recorder
from clonestrike.formats.original.importing import Import
from clonestrike.formats.original.opening import find
from clonestrike.formats.original.renumber import Renumbering
from clonestrike.labelling.config import LabelConfig
from clonestrike.labelling.label import label
from clonestrike.training.config import TrainConfig
from clonestrike.training.train import train

STUB = "dm_july2021_rec_"
ROWS = 120
METADATA = f"currvarsv2_{STUB}1_to_100.npy"


@pytest.fixture
def recorder(written: tuple[Path, str], tmp_path: Path) -> Path:
    """Files 1 (2 columns), 2 (3 columns), 3 (6 columns) and 4 (3 columns, stripped) of the same play."""
    folder = tmp_path / "recorder"
    folder.mkdir()
    for path in (written[0] / "recorder").iterdir():
        (folder / path.name).hardlink_to(path)
    return folder


@pytest.fixture(scope="module")
def own_play(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File 7 of somebody who recorded himself, 300 rows of 2 columns."""
    path = tmp_path_factory.mktemp("own") / "dm_test_expert_7.npy"
    segments = [write_recorder.S("run", 200), write_recorder.S("die", 24), write_recorder.S("run", 76)]
    write_recorder.save(path, write_recorder.play(5, segments, own=True, lags=[1], hold=50))
    return path


def raw(path: Path) -> NDArray[Any]:
    """A recorder file, read by NumPy."""
    rows: NDArray[Any] = np.load(path, allow_pickle=True)
    return rows


def number(path: Path) -> int:
    return int(path.stem.rpartition("_")[2])


def imported(path: Path, out: Path) -> list[Trajectory]:
    """The recordings of an import, bit for bit."""
    Import([str(path)], out, 1, 100, lossless=True, strict=True, kind=".npy").run()
    return open_trajectories([out])


def other(play: Trajectory, seed: int = 0) -> tuple[Actions, NDArray[np.bool_]]:
    """Labels that nobody inferred."""
    chance = np.random.default_rng(seed)
    mouse = chance.normal(0, 100, (play.steps, 2))
    return Actions(chance.random((play.steps, len(SWITCHES))) < 0.5, mouse), chance.random(play.steps) < 0.9


def test_labels_lie_beside_the_file_and_win(recorder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in recorder.iterdir()}
    for play in open_trajectories([recorder]):
        assert is_labellable(play)
        actions, valid = other(play, play.part)
        play.write_labels(actions, valid)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    plays = open_trajectories([recorder])
    assert [play.part for play in plays] == [1, 2, 3, 4]  # the labels are not taken for play
    for play in plays:
        actions, valid = other(play, play.part)
        for labels in (play.labels, play.exact_labels):
            assert labels is not None
            np.testing.assert_array_equal(labels.switches, actions.switches)
            np.testing.assert_array_equal(labels.mouse, actions.mouse)
        np.testing.assert_array_equal(play.label_valid, valid)
    assert {path.name.removeprefix(STUB) for path in recorder.iterdir()} == {
        f"{n}{suffix}" for n in (1, 2, 3, 4) for suffix in (".npy", ".labels.parquet")
    }


def test_labels_of_hdf5_files_lie_beside_them(bare_files: Path, tmp_path: Path) -> None:
    shutil.copy(bare_files / "hdf5_dm_july2021_2.hdf5", tmp_path)
    play = open_trajectory(tmp_path)
    assert is_labellable(play)
    actions, valid = other(play)
    play.write_labels(actions, valid)
    again = open_trajectory(tmp_path)
    assert again.labels is not None
    np.testing.assert_array_equal(again.labels.mouse, actions.mouse)
    np.testing.assert_array_equal(again.label_valid, valid)
    assert again.fingerprint() == play.fingerprint()


@pytest.mark.parametrize("kind", ["another file", "cut", "text", "columns", "shorter"])
def test_labels_that_do_not_fit_are_an_error(recorder: Path, own_play: Path, kind: str) -> None:
    path = recorder / f"{STUB}2.labels.parquet"
    play = open_trajectory(recorder / f"{STUB}2.npy")
    assert is_labellable(play)
    play.write_labels(*other(play))
    if kind == "another file":
        rows = raw(recorder / f"{STUB}2.npy")
        rows[5, 1]["localpos1"] += 1
        (recorder / f"{STUB}2.npy").unlink()
        np.save(recorder / f"{STUB}2.npy", rows)
    elif kind == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif kind == "text":
        path.write_text("no labels")
    elif kind == "columns":
        pq.write_table(pq.read_table(path).drop_columns(["valid"]), path)
    else:
        pq.write_table(pq.read_table(path).slice(1), path)
    says = {"another file": "holds the labels of another file", "columns": "has other columns than labels have",
            "shorter": "has 119 labels, its file 120 rows"}.get(kind, "cannot be read")  # fmt: skip
    (source,) = find(recorder / f"{STUB}2.npy")
    with pytest.raises(ClonestrikeError, match=rf"{STUB}2\.labels\.parquet {says}.*label the file again"):
        check(source)
    with pytest.raises(ClonestrikeError, match=says):
        _ = open_trajectory(recorder / f"{STUB}2.npy").label_valid


def test_labels_are_renumbered_with_their_files(recorder: Path) -> None:
    (recorder / f"{STUB}1.npy").unlink()
    for play in open_trajectories([recorder]):
        assert is_labellable(play)
        play.write_labels(*other(play, play.part))
    Renumbering.of(recorder, 1).apply()
    plays = open_trajectories([recorder])
    assert [play.part for play in plays] == [1, 2, 3]
    for play in plays:
        assert play.labels is not None
        np.testing.assert_array_equal(play.labels.mouse, other(play, play.part + 1)[0].mouse)


def test_exports_have_the_names_of_the_files_that_play_comes_from(recorder: Path, tmp_path: Path) -> None:
    number, other_set = 3, "aim_expert2_"
    (tmp_path / "both").mkdir()
    for stub in (STUB, other_set):
        shutil.copy(recorder / f"{STUB}{number}.npy", tmp_path / "both" / f"{stub}{number}.npy")
    for name, plays in (
        ("files", open_trajectories([tmp_path / "both"])),
        ("imports", imported(tmp_path / "both", tmp_path / "recordings")),
    ):
        out = tmp_path / name
        export_hdf5(plays, out)
        export_recorder(plays, out, strip=True)
        export_metadata(plays, out)
        assert {path.name for path in out.iterdir()} == {
            name
            for stub in (STUB, other_set)
            for name in (f"hdf5_{stub}{number}.hdf5", f"{stub}{number}.npy", f"currvarsv2_{stub}1_to_100.npy")
        }
        with pytest.raises(ClonestrikeError, match=r"are both hdf5_x_3"):
            export_hdf5(plays, tmp_path / "one", "hdf5_x_")


def test_raw_rows_come_back_from_files_and_imports(recorder: Path, tmp_path: Path) -> None:
    label(LabelConfig(paths=(recorder / f"{STUB}1.npy",), rules="paper"))
    (recorder / f"{STUB}4.npy").unlink()
    for name, plays in (
        ("files", open_trajectories([recorder])),
        ("imports", imported(recorder, tmp_path / "recordings")),
    ):
        assert [play.part for play in plays] == [1, 2, 3]
        out = tmp_path / name
        assert export_recorder(plays, out, STUB)["labels"] == {"label": 1, "original": 2}
        export_metadata(plays, out, STUB)
        assert not any("states" in vars(play) for play in plays)  # those of a large set do not fit into memory
        metadata = raw(out / METADATA).item()
        for path in sorted(recorder.glob("*.npy")):
            before, after = raw(path), raw(out / path.name)
            assert after.shape == (ROWS, 6)
            assert all(
                np.array_equal(a[0], b[0]) and a[0].dtype == b[0].dtype for a, b in zip(before, after, strict=True)
            )
            columns = 1 if number(path) == 1 else 2  # infer_a too, where it was there before
            assert repr([row[1 : 1 + columns].tolist() for row in before]) == repr(
                [row[1 : 1 + columns].tolist() for row in after]
            )
            for i in (0, 7, 119):
                assert repr(metadata[f"file_num{number(path)}_frame_{i}"]) == repr(after[i, [1, 2, 5]].tolist())
        six, three = raw(recorder / f"{STUB}3.npy"), raw(out / f"{STUB}2.npy")
        assert [row[5].tolist() for row in six] == [row[5].tolist() for row in three]  # the same play
        assert [repr(row[4].tolist()) for row in six] == [repr(row[4].tolist()) for row in raw(out / f"{STUB}3.npy")]


def test_exports_say_whose_labels_they_are(recorder: Path, tmp_path: Path) -> None:
    six = [recorder / f"{STUB}3.npy"]
    before = open_trajectory(six[0])
    assert export_hdf5([before], tmp_path / "a", "hdf5_")["labels"] == {"original": 1}
    label(LabelConfig(paths=tuple(six)))
    play = open_trajectory(six[0])
    assert export_hdf5([play], tmp_path / "b", "hdf5_")["labels"] == {"label": 1}
    assert export_hdf5([play], tmp_path / "c", "hdf5_", "original")["labels"] == {"original": 1}
    with pytest.raises(ClonestrikeError, match="does not tell every true action"):
        export_hdf5([play], tmp_path / "d", "hdf5_", "true")
    with pytest.raises(ClonestrikeError, match="has no labels of the original"):
        export_metadata([open_trajectory(recorder / f"{STUB}1.npy")], tmp_path / "d", "hdf5_", "original")
    assert not (tmp_path / "d").exists()
    a, b, c = (values(tmp_path / name / "hdf5_3.hdf5") for name in "abc")
    assert all(a[kind].tobytes() == c[kind].tobytes() for kind in a)
    assert play.labels is not None
    assert before.labels is not None
    np.testing.assert_array_equal(b["y"][:, :13], play.labels.switches)
    changed = (a["y"] != b["y"]).any(1)
    assert changed.sum() > 60
    # xaux holds the three steps before: new ones where a label is new, and the old tails.
    for back in (1, 2, 3):
        place = slice(18 * (back - 1), 18 * back)
        np.testing.assert_array_equal(b["xaux"][back:, place][:, :13], b["y"][:-back, :13])
        np.testing.assert_array_equal(b["xaux"][:, place][:, 15:], a["xaux"][:, place][:, 15:])
        same = np.append([True] * back, ~changed[:-back])
        assert b["xaux"][same, place].tobytes() == a["xaux"][same, place].tobytes()
    export_metadata([play], tmp_path / "b", "hdf5_")
    rows = raw(tmp_path / "b" / "currvarsv2_1_to_100.npy").item()
    inferred = [rows[f"file_num3_frame_{i}"][1] for i in range(ROWS)]
    assert [row[1] for row in inferred] == play.labels.mouse[:, 0].tolist()
    # A second export of the same labels, now those of the file, has the same values.
    exported = open_trajectory(tmp_path / "b" / "hdf5_3.hdf5")
    assert export_hdf5([exported], tmp_path / "e", "hdf5_")["labels"] == {"original": 1}
    assert all(b[kind].tobytes() == array.tobytes() for kind, array in values(tmp_path / "e" / "hdf5_3.hdf5").items())


def values(path: Path) -> dict[str, NDArray[Any]]:
    with h5py.File(path) as file:
        return {
            kind: np.stack([file[f"frame_{i}_{kind}"][...] for i in range(len(file) // 4)])
            for kind in ("x", "y", "xaux", "helperarr")
        }


def test_an_export_that_cannot_be_finished_writes_nothing(recorder: Path, tmp_path: Path) -> None:
    """File 1 has labels, file 9 has none; what is written would be in the way of the next try."""
    shutil.copy(recorder / f"{STUB}1.npy", recorder / f"{STUB}9.npy")
    label(LabelConfig(paths=(recorder / f"{STUB}1.npy",), rules="paper"))
    plays = open_trajectories([recorder / f"{STUB}1.npy", recorder / f"{STUB}9.npy"])
    out = tmp_path / "out"
    for export in (export_hdf5, export_recorder, export_metadata):
        with pytest.raises(ClonestrikeError, match=f"{STUB}9.npy has no labels yet"):
            export(plays, out)
        assert not out.exists()
    out.mkdir()
    (out / f"{STUB}9.npy").touch()
    label(LabelConfig(paths=(recorder / f"{STUB}9.npy",), rules="paper"))
    with pytest.raises(ClonestrikeError, match="exists already"):
        export_recorder(plays, out)
    assert [path.name for path in out.iterdir()] == [f"{STUB}9.npy"]


def test_imports_are_relabelled_and_exported(bare_files: Path, tmp_path: Path) -> None:
    Import([str(bare_files)], tmp_path / "recordings", 2, 2, lossless=True, strict=True).run()
    (play,) = open_trajectories([tmp_path / "recordings"])
    assert is_labellable(play)
    assert export_hdf5([play], tmp_path / "a", "hdf5_")["labels"] == {"original": 1}
    play.write_labels(*other(play))
    (play,) = open_trajectories([tmp_path / "recordings"])
    assert export_hdf5([play], tmp_path / "b", "hdf5_")["labels"] == {"label": 1}
    assert export_hdf5([play], tmp_path / "c", "hdf5_", "original")["labels"] == {"original": 1}
    a, b, c = (values(tmp_path / name / "hdf5_2.hdf5") for name in "abc")
    assert all(a[kind].tobytes() == c[kind].tobytes() for kind in a)
    np.testing.assert_array_equal(b["y"][:, :13], other(play)[0].switches)


def test_play_without_pictures(recorder: Path, tmp_path: Path) -> None:
    stripped = open_trajectory(recorder / f"{STUB}4.npy")
    with pytest.raises(ClonestrikeError, match=r"rec_4\.npy has no frames"):
        export_hdf5([stripped], tmp_path / "no", "hdf5_")
    with pytest.raises(ClonestrikeError, match=r"rec_4\.npy has no frames"):
        export_recorder([stripped], tmp_path / "no", STUB)
    assert not [path for path in (tmp_path / "no").rglob("*") if path.is_file()]
    export_recorder(open_trajectories([recorder / f"{STUB}3.npy"]), tmp_path, STUB, strip=True)
    rows = raw(tmp_path / f"{STUB}3.npy")
    assert all(row[0] == [] for row in rows)
    whole = raw(recorder / f"{STUB}3.npy")
    assert repr(rows[:, 1:].tolist()) == repr(whole[:, 1:].tolist())
    (recording,) = imported(recorder / f"{STUB}4.npy", tmp_path / "recordings")
    assert (recording.part, recording.steps, recording.info.frame_height) == (4, ROWS, 0)
    assert recording.labels is not None
    assert stripped.labels is not None
    np.testing.assert_array_equal(recording.labels.mouse, stripped.labels.mouse)
    with pytest.raises(ClonestrikeError, match="has no frames: it was imported without them"):
        recording.frames(0, 1)
    export_recorder([recording], tmp_path / "again", STUB, strip=True)
    assert repr(raw(tmp_path / "again" / f"{STUB}4.npy")[:, 1:3].tolist()) == repr(
        raw(recorder / f"{STUB}4.npy")[:, 1:].tolist()
    )


def test_true_keys_of_own_play(own_play: Path, recorder: Path, tmp_path: Path) -> None:
    rows = raw(own_play)
    play = open_trajectory(own_play)
    (recording,) = imported(own_play, tmp_path / "recordings")
    watched = open_trajectory(recorder / f"{STUB}1.npy")
    for one in (play, recording):
        assert is_labellable(one)
        assert one.labels is None
        true = one.true_switches
        assert true is not None
        for i, row in enumerate(rows[:, 1]):
            assert true[i].keys == set(row["tp_wasd"])
            assert true[i].left == bool(row["tp_lclick"])
        assert true.switches.sum() > 300
        assert not true.mouse.any()
    assert is_labellable(watched)
    assert watched.true_switches is None
    label(LabelConfig(paths=(own_play, tmp_path / "recordings"), rules="paper"))
    in_place, (in_import,) = open_trajectory(own_play).labels, open_trajectories([tmp_path / "recordings"])
    assert in_place is not None
    assert in_import.labels is not None
    np.testing.assert_array_equal(in_place.switches, in_import.labels.switches)
    np.testing.assert_array_equal(in_place.mouse, in_import.labels.mouse)
    assert in_import.label_valid.sum() > 250


def test_a_fingerprint_stays_what_it_was(own_play: Path) -> None:
    """Checkpoints and labels name play by it; the first version gave this one."""
    assert open_trajectory(own_play).fingerprint() == "c201d2372884d34f"


def test_frames_of_another_size_are_an_error(own_play: Path, tmp_path: Path) -> None:
    rows = raw(own_play)
    rows[3, 0] = np.zeros((15, 28, 3), np.uint8)
    np.save(tmp_path / "dm_1.npy", rows)
    with pytest.raises(ClonestrikeError, match=r"dm_1\.npy has a frame of \(15, 28, 3\)"):
        check(find(tmp_path / "dm_1.npy")[0])


def test_keys_that_the_recorder_does_not_know_are_an_error(own_play: Path, tmp_path: Path) -> None:
    rows = raw(own_play)
    rows[3, 1]["tp_wasd"] = ["w", "e"]
    np.save(tmp_path / "dm_1.npy", rows)
    with pytest.raises(ClonestrikeError, match=r"dm_1\.npy has unreadable keys"):
        check(find(tmp_path / "dm_1.npy")[0])


def test_metadata_of_processed_play_comes_from_the_recorder_file(recorder: Path, tmp_path: Path) -> None:
    """The original's step 3 leaves the HDF5 file beside the recorder file, before any metadata is extracted."""
    for number in (1, 2, 4):
        (recorder / f"{STUB}{number}.npy").unlink()
    export_hdf5(open_trajectories([recorder]), recorder, f"hdf5_{STUB}")
    (play,) = open_trajectories([recorder])
    assert play.path.suffix == ".hdf5"
    export_metadata([play], tmp_path / "out", f"hdf5_{STUB}")
    found = raw(tmp_path / "out" / METADATA).item()
    wanted = raw(recorder / f"{STUB}3.npy")
    assert [repr(found[f"file_num3_frame_{i}"]) for i in range(ROWS)] == [
        repr(row[[1, 2, 5]].tolist()) for row in wanted
    ]


def test_unbinned_labels_are_not_lost_where_processed_play_lies_beside(own_play: Path, tmp_path: Path) -> None:
    """The recorder file has 2 columns, and the labels beside it the counts that y only has in bins."""
    one, name = tmp_path / own_play.name, "currvarsv2_dm_test_expert_1_to_100.npy"
    shutil.copy(own_play, one)
    label(LabelConfig(paths=(one,), rules="paper"))
    export_metadata(open_trajectories([one]), tmp_path / "recorded")
    export_hdf5(open_trajectories([one]), tmp_path)
    (play,) = open_trajectories([tmp_path / "hdf5_dm_test_expert_7.hdf5"])
    export_metadata([play], tmp_path / "processed")
    wanted, found = (raw(tmp_path / folder / name).item() for folder in ("recorded", "processed"))
    assert repr(found) == repr(wanted)
    assert sum("vel_theta_rel" in row[0] for row in found.values()) > 200

    (twin,) = (play for play in open_trajectories([one]) if is_labellable(play))
    twin.write_labels(Actions.zeros(twin.steps), np.ones(twin.steps, np.bool_))  # y was not made of these
    export_metadata([play], tmp_path / "again")
    binned = {row[1][1] for row in raw(tmp_path / "again" / name).item().values()}
    assert binned <= set(ACTION_SPACE.mouse_x_bins)
    assert len(binned) > 1


def test_import_goes_on_and_names_what_is_not_there(recorder: Path, tmp_path: Path) -> None:
    first = Import([str(recorder)], tmp_path / "out", 2, 4, lossless=False, strict=False, kind=".npy").run()
    again = Import([str(recorder)], tmp_path / "out", 1, 4, lossless=False, strict=False, kind=".npy").run()
    assert (first["recordings"], again["recordings"], again["already_there"]) == (3, 1, 3)
    with pytest.raises(ClonestrikeError, match=r"holds no recorder \.npy file"):
        Import([str(tmp_path / "out")], tmp_path / "b", 1, 4, lossless=False, strict=False, kind=".npy").run()


def test_a_file_takes_its_own_size_of_memory(own_play: Path, tmp_path: Path) -> None:
    rows = raw(own_play)
    for i, row in enumerate(rows):
        row[0] = np.full((150, 280, 3), i % 250, np.uint8)
    np.save(tmp_path / "dm_1.npy", rows)
    size = (tmp_path / "dm_1.npy").stat().st_size
    tracemalloc.start()
    try:
        play = open_trajectory(tmp_path / "dm_1.npy")
        assert [frames[0, 0, 0, 0] for frames in play.iter_frames(chunk=1)] == [i % 250 for i in range(len(rows))]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * size


def test_files_that_were_cut_off_are_named(recorder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = (recorder / f"{STUB}1.npy").read_bytes()
    for number, size in ((5, 0), (6, 64), (7, len(whole) // 2)):
        (recorder / f"{STUB}{number}.npy").write_bytes(whole[:size])
    np.save(recorder / f"{STUB}8.npy", np.zeros(3))  # another array is no play
    assert [play.part for play in open_trajectories([recorder])] == [1, 2, 3, 4]
    told = capsys.readouterr().err
    assert all(f"{STUB}{number}.npy" in told for number in (5, 6, 7))
    assert f"{STUB}8.npy" not in told


def test_a_strict_import_of_recorder_files_needs_no_metadata(recorder: Path, tmp_path: Path) -> None:
    (recorder / f"currvarsv2_{STUB}1_to_100.npy").write_bytes(b"damaged")
    found = Import([str(recorder)], tmp_path / "out", 1, 100, lossless=False, strict=True, kind=".npy").run()
    assert found["recordings"] == 4


def test_recordings_without_video_are_good(recorder: Path, tmp_path: Path) -> None:
    export_recorder(open_trajectories([recorder / f"{STUB}3.npy"]), tmp_path / "stripped", strip=True)
    imported(tmp_path / "stripped", tmp_path / "recordings")
    found = check_all([tmp_path / "recordings"], workers=1)
    assert not found["faults"]
    assert found["summary"]["recordings"]["good"] == 1
    with pytest.raises(ClonestrikeError, match=r"recordings/000000 has no frames"):
        train(TrainConfig((tmp_path / "recordings",), tmp_path / "out", updates=1))


def test_metadata_alone_is_named_where_frames_are_needed(recorder: Path, tmp_path: Path) -> None:
    export_metadata(open_trajectories([recorder / f"{STUB}3.npy"]), tmp_path / "metadata")
    with pytest.raises(ClonestrikeError, match="holds states without frames"):
        open_trajectories([tmp_path / "metadata"])
