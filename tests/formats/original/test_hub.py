"""Play straight from the Hub: a real server on loopback, whose connections are cut on purpose."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.formats.original.hub_server import REPOSITORY, FakeHub, endpoint, served

from clonestrike.errors import ClonestrikeError
from clonestrike.formats import ranges
from clonestrike.formats.original.hub import Hub
from clonestrike.recordings.recording import Recording, find_recordings

STUB = "hdf5_dm_july2021_"
METADATA = "currvarsv2_dm_july2021_1_to_100.npy"
TARS = {f"{STUB}1_to_3.tar": (1, 2, 3), f"{STUB}4_to_6.tar": (4, 5, 6)}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set as it is published: files of play in uncompressed tars, metadata in a folder."""
    made = tmp_path_factory.mktemp("made")
    script = Path(__file__).parent / "write_original.py"
    subprocess.run([sys.executable, str(script), str(made), "20"], check=True, capture_output=True, cwd=made)
    folder = tmp_path_factory.mktemp("published")
    for name, numbers in TARS.items():
        with tarfile.open(folder / name, "w") as tar:
            tar.add(made / "recorder", "a folder", recursive=False)
            for number in numbers:
                tar.add(made / f"{STUB}{number}.hdf5", f"dataset/{STUB}{number}.hdf5")
    (folder / "dataset_metadata").mkdir()
    shutil.copy(made / METADATA, folder / "dataset_metadata")
    (folder / "expert").mkdir()
    shutil.copy(made / f"{STUB}1.hdf5", folder / "expert" / "hdf5_dm_july2021_expert_1.hdf5")
    (folder / "README.md").write_text("Play.\n")
    return folder


@pytest.fixture
def hub(published: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHub]:
    """The server, and a cache of the test's own."""
    monkeypatch.setenv("CLONESTRIKE_CACHE", str(tmp_path / "cache"))
    with served(FakeHub(published)) as running:
        yield running


def run(hub: FakeHub, *arguments: object, place: str = f"hub:{REPOSITORY}") -> tuple[int, str]:
    """Exit code and stderr of an import."""
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_TELEMETRY": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "clonestrike", "import", "hdf5", place, *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=120, env=environment,
    )  # fmt: skip
    return done.returncode, done.stderr


def parts(folder: Path) -> list[tuple[str, int]]:
    return [(play.player, play.part) for play in map(Recording.open, find_recordings([folder]))]


def test_members_come_out_of_the_tars_by_range(hub: FakeHub, tmp_path: Path) -> None:
    code, told = run(hub, "--files", "2-4", "--out", tmp_path / "data")
    assert code == 0, told
    assert parts(tmp_path / "data") == [("dm_july2021", n) for n in (2, 3, 4)]
    recording = Recording.open(find_recordings([tmp_path / "data"])[0])
    assert recording.states.x[1] == recording.states.x[1]  # from the metadata, in another folder of the data set
    size = sum((hub.folder / name).stat().st_size for name in TARS)
    assert hub.sent < 0.6 * size  # three of six files, and headers
    assert not list((tmp_path / "cache").rglob("*.hdf5"))
    sent, hub.sent = hub.sent, 0
    code, told = run(hub, "--files", "1-4", "--out", tmp_path / "data", place=f"hub:{REPOSITORY}@main/")
    assert code == 0, told
    assert len(parts(tmp_path / "data")) == 5  # 1 of either set: the other three were there
    assert hub.sent < sent


def test_only_a_folder_of_it(hub: FakeHub, tmp_path: Path) -> None:
    code, told = run(hub, "--out", tmp_path / "data", place=f"hub:{REPOSITORY}/expert")
    assert code == 0, told
    assert parts(tmp_path / "data") == [("dm_july2021_expert", 1)]
    assert {name for name, _, _ in hub.asked} == {"expert/hdf5_dm_july2021_expert_1.hdf5"}


def test_cut_connections_are_gone_on_from(hub: FakeHub, tmp_path: Path) -> None:
    hub.cut_after, hub.cuts = 600_000, 3
    code, told = run(hub, "--files", "5", "--out", tmp_path / "data", "--lossless")
    assert code == 0, told
    assert hub.cuts == 0
    again = [start for name, start, stop in hub.asked if stop - start > 600_000]
    assert again == sorted(set(again))
    assert len(again) == 4
    assert hub.sent < (hub.folder / f"{STUB}4_to_6.tar").stat().st_size / 2  # nothing was sent twice
    assert parts(tmp_path / "data") == [("dm_july2021", 5)]


def test_a_broken_import_is_gone_on_from(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint(hub.url, monkeypatch)
    monkeypatch.setattr(ranges, "ATTEMPTS", 1)
    source = Hub(f"hub:{REPOSITORY}")
    files = source.play(6, 6)
    hub.cut_after, hub.cuts = 400_000, -1
    with pytest.raises(ClonestrikeError, match="continues from here"):
        next(source.fetched(files))
    hub.cut_after, hub.sent = None, 0
    ((file, remote),) = files.items()
    for fetched in source.fetched(files):
        assert fetched == file
        assert file.path.stat().st_size == remote.size
        with tarfile.open(hub.folder / f"{STUB}4_to_6.tar") as tar:
            member = tar.extractfile(f"dataset/{STUB}6.hdf5")
            assert member
            assert file.path.read_bytes() == member.read()
    assert hub.sent < remote.size  # without what had arrived before
    assert not file.path.exists()


@pytest.mark.parametrize(
    ("misbehaviour", "said"),
    [
        ({"ranges": False}, "the server does not send parts of files"),
        ({"status": 404}, "the server says 404"),
        ({"grown": 512}, "does not have the .* bytes that the Hub lists"),
    ],
)
def test_what_a_server_can_do(hub: FakeHub, tmp_path: Path, misbehaviour: dict[str, int], said: str) -> None:
    for name, value in misbehaviour.items():
        setattr(hub, name, value)
    code, told = run(hub, "--files", "1", "--out", tmp_path / "data")
    assert code == 2
    assert re.search(said, told), told
    assert told.count("\n") == 1


def test_what_is_not_there(hub: FakeHub, tmp_path: Path) -> None:
    for place, said in (
        ("hub:someone/Else", "there is no data set someone/Else"),
        (f"hub:{REPOSITORY}/{STUB}", "has nothing at"),  # a folder, not the beginning of a name
        (f"hub:{REPOSITORY}/nowhere", "has nothing at nowhere/"),
        ("hub:nobody", "hub:nobody is malformed"),
    ):
        code, told = run(hub, "--out", tmp_path / "data", place=place)
        assert (code, said in told) == (2, True), told
    code, told = run(hub, "--files", "7-9", "--out", tmp_path / "data")
    assert code == 2
    assert "no hdf5_*.hdf5 file with such a number" in told


def test_without_a_network(hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint("http://127.0.0.1:9", monkeypatch)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    with pytest.raises(ClonestrikeError, match="check the name and your connection"):
        Hub(f"hub:{REPOSITORY}").play(1, 2)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, told = run(hub, "--out", tmp_path / "data")
    assert (code, "HF_HUB_OFFLINE is set" in told) == (2, True), told


def test_no_tar_and_a_damaged_one(hub: FakeHub, published: Path, tmp_path: Path) -> None:
    hub.folder = tmp_path / "other"
    hub.folder.mkdir()
    whole = (published / f"{STUB}1_to_3.tar").read_bytes()
    for content, said in (
        (b"no tar" * 1000, "is not an uncompressed tar"),
        (whole[: len(whole) // 2], "truncated|damaged"),
    ):
        (hub.folder / f"{STUB}1_to_3.tar").write_bytes(content)
        code, told = run(hub, "--out", tmp_path / "data")
        assert code == 2
        assert re.search(said, told), told


def test_another_checksum_is_refused(hub: FakeHub, tmp_path: Path) -> None:
    hub.checksums = False
    code, told = run(hub, "--out", tmp_path / "data", place=f"hub:{REPOSITORY}/expert")
    assert code == 2
    assert "its checksum differs" in told
    assert not list((tmp_path / "cache").rglob("*.hdf5*"))


def test_a_damaged_member_is_reported_and_passed_over(hub: FakeHub, published: Path, tmp_path: Path) -> None:
    hub.folder = tmp_path / "other"
    hub.folder.mkdir()
    (tmp_path / f"{STUB}1.hdf5").write_bytes(b"\x89HDF but cut short")
    with (
        tarfile.open(hub.folder / f"{STUB}1_to_2.tar", "w") as tar,
        tarfile.open(published / f"{STUB}1_to_3.tar") as old,
    ):
        tar.add(tmp_path / f"{STUB}1.hdf5", f"{STUB}1.hdf5")
        tar.addfile(old.getmember(f"dataset/{STUB}2.hdf5"), old.extractfile(f"dataset/{STUB}2.hdf5"))
    code, told = run(hub, "--out", tmp_path / "data")
    assert code == 0, told
    assert f"{STUB}1.hdf5 cannot be read as HDF5" in told
    assert parts(tmp_path / "data") == [("dm_july2021", 2)]
    assert run(hub, "--out", tmp_path / "strict", "--strict")[0] == 2


@pytest.mark.parametrize("name", [f"hdf5_dm_..\\..\\{STUB}1.hdf5", f"hdf5_dm_\x1b[2J{STUB}1.hdf5"])
def test_a_member_does_not_leave_the_cache(hub: FakeHub, published: Path, tmp_path: Path, name: str) -> None:
    """Windows takes both separators."""
    hub.folder = tmp_path / "strange"
    hub.folder.mkdir()
    with tarfile.open(hub.folder / f"{STUB}1_to_2.tar", "w") as tar:
        tar.add(published / "expert" / "hdf5_dm_july2021_expert_1.hdf5", f"dataset/{name}")
    code, said = run(hub, "--out", tmp_path / "out")
    assert code == 2
    assert "names a file outside its folder" in said
    assert not (tmp_path / "out").exists()
