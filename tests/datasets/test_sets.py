from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.conftest import MakeRecording

from clonestrike.datasets.config import StatsConfig
from clonestrike.datasets.sets import PlaySet, file_names, iter_sets, titles
from clonestrike.datasets.stats import stats
from clonestrike.files import plain_name


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


def test_no_name_of_a_set_leads_elsewhere_or_to_the_files_of_another() -> None:
    names = ["bots on cig/MAP01", "bots-on-cig-MAP01", "Bots on cig MAP01", "..", "", "../x", "a..b"]
    files = file_names(names)
    assert files["bots on cig/MAP01"] == "bots-on-cig-MAP01"
    assert len({file.casefold() for file in files.values()}) == len(names)
    for file in files.values():
        assert plain_name(file, "a set", "") == file


def test_figures_of_a_strangers_set_stay_in_the_folder(
    bare_files: Path, make_recording: MakeRecording, tmp_path: Path
) -> None:
    data, out = tmp_path / "data", tmp_path / "deep" / "out"
    data.mkdir()
    (data / "hdf5_.._1.hdf5").hardlink_to(bare_files / "hdf5_dm_july2021_1.hdf5")
    make_recording(5)
    stats(StatsConfig((data, tmp_path / "recordings"), out=out))
    assert [path.name for path in out.parent.iterdir()] == ["out"]
