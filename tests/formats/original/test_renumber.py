from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.renumber import JOURNAL, Renumbering, finish

STUB = "hdf5_dm_july2021_"


def files(folder: Path, numbers: list[int], stub: str = STUB) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / f"{stub}{number}.hdf5").write_text(str(number))


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*.hdf5")}


def metadata(folder: Path, numbers: list[int], first: int = 1) -> Path:
    path = folder / f"currvarsv2_dm_july2021_{first}_to_{first + 99}.npy"
    rows = {f"file_num{n}_frame_{j}": [{"health": n}, [[], 0.5, 0.0, 0, 0], [0, 0]] for n in numbers for j in range(2)}
    np.save(path, rows)  # type: ignore[arg-type]
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(numbers=st.sets(st.integers(0, 60), min_size=1, max_size=12), first=st.integers(1, 40), cut=st.integers(0, 30))
def test_any_numbers_keep_their_order_and_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, numbers: set[int], first: int, cut: int
) -> None:
    """Also when the renaming is cut off after some files and gone on with."""
    folder = tmp_path_factory.mktemp("play")
    files(folder, sorted(numbers))
    wanted = {f"{STUB}{first + i}.hdf5": str(number) for i, number in enumerate(sorted(numbers))}
    plan = Renumbering.of(folder, first)
    before = contents(folder)
    assert contents(folder) == before  # a plan changes nothing
    rename, done = Path.rename, 0

    def breaking(self: Path, target: Path) -> Path:
        nonlocal done
        if self.suffix == ".hdf5":
            done += 1
            if done > cut:
                raise InterruptedError
        return rename(self, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", breaking)
        try:
            plan.apply()
        except InterruptedError:
            assert (folder / JOURNAL).exists()
            assert sorted(contents(folder).values()) == sorted(before.values())
    finish(folder)
    assert contents(folder) == wanted
    assert [path.name for path in folder.iterdir() if path.suffix != ".hdf5"] == []
    assert Renumbering.of(folder, first).names == []


def test_metadata_goes_with_its_files(tmp_path: Path) -> None:
    play, beside = tmp_path / "dataset_dm", tmp_path / "dataset_metadata"
    files(play, [2, 99, 101, 150])
    beside.mkdir()
    (play / "dm_july2021_101.npy").write_text("a recorder's file")
    metadata(beside, [2, 50, 99], 1)
    metadata(beside, [101, 150], 101)
    plan = Renumbering.of(play, 98)
    assert plan.lost == [50]
    plan.apply()
    assert contents(play) == {f"{STUB}{n}.hdf5": t for n, t in ((98, "2"), (99, "99"), (100, "101"), (101, "150"))}
    assert (play / "dm_july2021_100.npy").read_text() == "a recorder's file"
    assert sorted(path.name for path in beside.iterdir()) == [
        "currvarsv2_dm_july2021_101_to_200.npy", "currvarsv2_dm_july2021_101_to_200.npy.old",
        "currvarsv2_dm_july2021_1_to_100.npy", "currvarsv2_dm_july2021_1_to_100.npy.old",
    ]  # fmt: skip
    rows = {
        key: row[0]["health"]
        for name in ("1_to_100", "101_to_200")
        for key, row in np.load(beside / f"currvarsv2_dm_july2021_{name}.npy", allow_pickle=True).item().items()
    }
    assert rows == {
        f"file_num{new}_frame_{j}": old for new, old in ((98, 2), (99, 99), (100, 101), (101, 150)) for j in (0, 1)
    }
    old = np.load(beside / "currvarsv2_dm_july2021_1_to_100.npy.old", allow_pickle=True).item()
    assert {key for key in old if "num50" in key}
    (play / f"{STUB}99.hdf5").unlink()
    with pytest.raises(ClonestrikeError, match="is of an earlier renumbering"):
        Renumbering.of(play, 1).apply()


def test_metadata_survives_being_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files(tmp_path, [5, 7])
    path = metadata(tmp_path, [5, 7])
    replace = Path.replace
    for cut in range(1, 4):
        calls = 0

        def breaking(self: Path, target: Path) -> Path:
            nonlocal calls
            calls += self.name.startswith("currvarsv2") and not self.name.endswith(".part")
            if calls == 1:
                raise InterruptedError
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", breaking)
        try:
            if cut == 1:
                with pytest.raises(InterruptedError):
                    Renumbering.of(tmp_path, 1).apply()
            else:
                finish(tmp_path)
        except InterruptedError:
            pass
        monkeypatch.setattr(Path, "replace", replace)
    finish(tmp_path)
    assert set(np.load(path, allow_pickle=True).item()) == {f"file_num{n}_frame_{j}" for n in (1, 2) for j in (0, 1)}
    assert not (tmp_path / JOURNAL).exists()


def test_labels_of_a_file_that_is_gone_are_in_the_way(tmp_path: Path) -> None:
    """They would become those of the file that gets its number."""
    files(tmp_path, [1, 3])
    for number in (1, 2, 3):
        (tmp_path / f"{STUB}{number}.labels.parquet").write_text(f"labels of {number}")
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(ClonestrikeError, match=f"{STUB}2.labels.parquet is of a file that is gone: remove it"):
        Renumbering.of(tmp_path, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    (tmp_path / f"{STUB}2.labels.parquet").unlink()
    Renumbering.of(tmp_path, 1).apply()
    assert (tmp_path / f"{STUB}2.labels.parquet").read_text() == "labels of 3"


def test_what_cannot_be_renumbered(tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="holds no numbered files"):
        Renumbering.of(tmp_path, 1)
    with pytest.raises(ClonestrikeError, match="is not a folder"):
        Renumbering.of(tmp_path / "none", 1)
    files(tmp_path, [1])
    files(tmp_path, [4], "hdf5_dm_nuke_expert_")
    with pytest.raises(ClonestrikeError, match="choose one with --stub"):
        Renumbering.of(tmp_path, 1)
    with pytest.raises(ClonestrikeError, match="counts its files from 1"):
        Renumbering.of(tmp_path, 0)
    assert Renumbering.of(tmp_path, 1, "hdf5_dm_nuke_expert_").names == [
        ("hdf5_dm_nuke_expert_4.hdf5", "hdf5_dm_nuke_expert_1.hdf5")
    ]
    (tmp_path / JOURNAL).write_text("{")
    with pytest.raises(ClonestrikeError, match="cannot be read"):
        finish(tmp_path)


def test_a_journal_reaches_nothing_outside_the_folder(tmp_path: Path) -> None:
    folder, mine = tmp_path / "strangers", tmp_path / "mine"
    files(folder, [3])
    mine.mkdir()
    (folder / "payload").write_text("theirs")
    ready = mine / "profile.renumbered"
    ready.write_text("theirs")
    (mine / "profile").write_text("mine")
    plain = [f"{STUB}3.hdf5", f"{STUB}1.hdf5"]
    metadata_of_mine = str(mine / "currvarsv2_dm_july2021_1_to_100.npy")
    for names, old, new in (
        ([["payload", str(mine / "new")]], [], []),
        ([["payload", "../mine/new"]], [], []),
        ([["payload", "..\\mine\\new"]], [], []),
        ([["../mine/profile", "stolen"]], [], []),
        ([plain], [str(mine / "profile")], []),
        ([plain], [], [str(mine / "profile")]),
        ([plain], [], ["../mine/profile"]),
        ([plain], [], [metadata_of_mine]),
    ):
        (folder / JOURNAL).write_text(json.dumps({"names": names, "old": old, "new": new}))
        with pytest.raises(ClonestrikeError, match=JOURNAL):
            finish(folder)
        assert sorted(path.name for path in mine.iterdir()) == ["profile", "profile.renumbered"]
        assert (mine / "profile").read_text() == "mine"
        assert contents(folder) == {f"{STUB}3.hdf5": "3"}


def test_metadata_beside_the_folder_is_still_renumbered_after_a_break(tmp_path: Path) -> None:
    folder, beside = tmp_path / "play", tmp_path / "dataset_metadata"
    files(folder, [3])
    beside.mkdir()
    old = metadata(beside, [3])
    ready = beside / f"{old.name}.renumbered"
    ready.write_bytes(b"renumbered")
    journal = {"names": [[f"{STUB}3.hdf5", f"{STUB}1.hdf5"]], "old": [str(old)], "new": [str(old)]}
    (folder / JOURNAL).write_text(json.dumps(journal))
    assert finish(folder)
    assert contents(folder) == {f"{STUB}1.hdf5": "3"}
    assert old.read_bytes() == b"renumbered"
    assert (beside / f"{old.name}.old").exists()
