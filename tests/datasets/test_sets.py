from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.conftest import MakeRecording

from clonestrike.datasets.sets import PlaySet, file_name, iter_sets, titles


def test_files_of_the_original_are_told_apart_by_their_stubs(written: tuple[Path, str]) -> None:
    found = Counter(one for one, _ in iter_sets([written[0]]))
    assert found == {PlaySet("dm_july2021", "dust2"): 6, PlaySet("dm_july2021_rec", "dust2"): 4}


def test_other_play_is_named_after_its_path(make_recording: MakeRecording, tmp_path: Path, hdf5_files: Path) -> None:
    recording = make_recording(5)
    make_recording(5)
    found = Counter(one for one, _ in iter_sets([recording.path.parent, hdf5_files]))
    assert found == {PlaySet("recordings", "plain"): 2, PlaySet("dm_july2021", "dust2"): 6}
    assert [one.name for one, _ in iter_sets([recording.path])] == ["000000"]
    assert [one.name for one, _ in iter_sets([tmp_path / "recordings" / ".." / "recordings"])] == ["recordings"] * 2


def test_a_map_is_named_where_it_is_needed() -> None:
    sets = [PlaySet("bots", "cig/MAP01"), PlaySet("bots", "cig/MAP02"), PlaySet("expert", "cig/MAP01")]
    assert list(titles(sets).values()) == ["bots on cig/MAP01", "bots on cig/MAP02", "expert"]
    assert file_name("bots on cig/MAP01") == "bots-on-cig-MAP01"
