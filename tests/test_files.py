"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.files import PARTIAL, AtomicFile, cache_folder, plain_name, staging_folder, write_json, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    write_text(path, "first")
    with AtomicFile(path) as partial:
        partial.write_text("second", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "first"
    assert path.read_text(encoding="utf-8") == "second"
    assert names(tmp_path) == ["card.json"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "card.json"
    write_text(path, "first")
    with contextlib.suppress(error), AtomicFile(path) as partial:
        partial.write_text("half", encoding="utf-8")
        raise error
    assert path.read_text(encoding="utf-8") == "first"
    assert names(tmp_path) == ["card.json"]


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    script = """
import resource, signal, sys
from pathlib import Path
from clonestrike.files import write_bytes

path = Path(sys.argv[1])
write_bytes(path, bytes(100))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
try:
    write_bytes(path, bytes(20_000))
except OSError as error:
    print(error.strerror)
"""
    path = tmp_path / "graph.npz"
    told = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "File too large"
    assert path.read_bytes() == bytes(100)
    assert names(tmp_path) == ["graph.npz"]


def test_what_a_killed_process_left_is_in_nobodys_way(tmp_path: Path) -> None:
    script = """
import sys, time
from pathlib import Path
from clonestrike.files import AtomicFile

with AtomicFile(Path(sys.argv[1])) as partial:
    partial.write_text("half")
    print(flush=True)
    time.sleep(60)
"""
    path = tmp_path / "graph.npz"
    with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        write_text(path, "of another process")  # at the same time, under another name
        process.send_signal(signal.SIGKILL)
    assert path.read_text(encoding="utf-8") == "of another process"
    assert [name.endswith(PARTIAL) for name in names(tmp_path)] == [False, True]


def test_a_folder_appears_when_it_is_renamed(tmp_path: Path) -> None:
    out = tmp_path / "made" / "data"
    with staging_folder(out) as folder:
        (folder / "part").mkdir()
        (folder / "part" / "file").touch()
        assert folder.name.startswith(".")
        assert folder.suffix == PARTIAL
        folder.rename(out)
    assert (out / "part" / "file").exists()
    assert oct(out.stat().st_mode & 0o777) == "0o755"
    with contextlib.suppress(RuntimeError), staging_folder(out) as folder:
        (folder / "file").touch()
        raise RuntimeError
    assert names(out.parent) == ["data"]


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "/a", "a/b", "../a", "..\\a", "a\\b", "C:a", "C:\\a", "\\\\host\\a", "a\n", "\x1b[2Ja"],
)
def test_a_name_from_a_file_leads_nowhere_else(name: str) -> None:
    with pytest.raises(ClonestrikeError, match="a list names a file outside its folder") as caught:
        plain_name(name, "a list", "remove it")
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("name", ["a", "hdf5_dm_july2021_1.hdf5", "...", "a..b", ".a", "match 12:30", "größe\xa0é"])
def test_plain_names_stay(name: str) -> None:
    assert plain_name(name, "a list", "remove it") == name


def test_results_become_json(tmp_path: Path) -> None:
    path = tmp_path / "results" / "summary.json"
    write_json({"mean": float("nan"), "figure": Path("a/b.png")}, path)
    assert path.read_text(encoding="utf-8") == '{\n  "mean": null,\n  "figure": "a/b.png"\n}\n'
    with pytest.raises(TypeError):
        write_json({"what": object()}, path)
    assert names(path.parent) == ["summary.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="where a Linux keeps its caches")
def test_caches_lie_where_they_always_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLONESTRIKE_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.setenv("CLONESTRIKE_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "clonestrike"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "clonestrike"
