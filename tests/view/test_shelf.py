from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import MakeRecording

from clonestrike.errors import ClonestrikeError
from clonestrike.view.shelf import Place, Shelf

METADATA = "currvarsv2_dm_july2021_1_to_100.npy"


def parts(shelf: Shelf) -> list[int]:
    place, play = shelf.first()
    found = [play.part]
    while beside := shelf.beside(place, 1):
        place, play = beside
        found.append(play.part)
    return found


def test_every_file_in_order(hdf5_files: Path, make_recording: MakeRecording) -> None:
    assert parts(Shelf.of([hdf5_files])) == [1, 2, 3, 4, 5, 6]  # their metadata is no play of its own
    assert parts(Shelf.of([hdf5_files / METADATA])) == [1, 2, 3, 4, 5, 6]
    recording = make_recording(5)
    shelf = Shelf.of([hdf5_files / METADATA, recording.path, hdf5_files / METADATA])
    assert [one.source.path for one in shelf.sources] == [hdf5_files / METADATA, recording.path]
    place, play = shelf.first(5)
    assert (place, play.part) == (Place(0, 4), 5)
    after = [shelf.beside(Place(0, number), 1) for number in (4, 5)]
    assert [beside[0] if beside else None for beside in after] == [Place(0, 5), Place(1, 0)]
    before = shelf.beside(Place(1, 0), -1)
    assert before is not None
    assert (before[0], before[1].part) == (Place(0, 5), 6)
    assert shelf.beside(Place(1, 0), 1) is None
    assert shelf.beside(Place(0, 0), -1) is None


def test_damaged_files_are_passed_over(make_recording: MakeRecording, tmp_path: Path) -> None:
    first, second, third = (make_recording(5).path for _ in range(3))
    (second / "steps.parquet").write_bytes(b"damaged")
    shelf = Shelf.of([first.parent])
    beside = shelf.beside(Place(0, 0), 1)
    assert beside is not None
    assert beside[1].path == third
    assert Shelf.of([second, third]).first()[1].path == third
    with pytest.raises(ClonestrikeError, match="damaged"):
        Shelf.of([second]).first()
    with pytest.raises(ClonestrikeError, match="no such file"):
        shelf.first(7)
    with pytest.raises(ClonestrikeError, match="does not exist"):
        Shelf.of([first, tmp_path / "none"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ClonestrikeError, match="holds no finished recording"):
        Shelf.of([tmp_path / "empty"])
