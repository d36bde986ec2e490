from __future__ import annotations

import errno
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from subprocess import PIPE
from typing import Any

import numpy as np
import pytest

from clonestrike.cli import main as cli
from clonestrike.cli.command import Command, Group, Invocation
from clonestrike.cli.commands import COMMANDS
from clonestrike.errors import ClonestrikeError


def clonestrike(*arguments: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command as a user runs it."""
    return subprocess.run(
        [sys.executable, "-m", "clonestrike", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_names_every_command() -> None:
    done = clonestrike("--help")
    assert done.returncode == 0
    assert done.stderr == ""
    places = [done.stdout.index(f"\n  {command.name}  ") for command in COMMANDS]
    assert places == sorted(places)
    headings = [done.stdout.index(f"\n{group}") for group in Group]
    assert headings == sorted(headings)
    assert done.stdout.splitlines()[-1].startswith("example: clonestrike ")


def test_help_of_a_family_names_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["import", "--help"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    assert "import hdf5" in printed
    assert "export hdf5" not in printed


def test_the_command_alone_says_where_to_begin() -> None:
    done = clonestrike()
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    commands = [line.partition(": clonestrike ")[2] for line in lines if ": clonestrike " in line]
    assert len(commands) == 5
    for command in commands[:3]:
        found, arguments = cli.find(shlex.split(command))
        assert found is not None
        found.parse(arguments)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"clonestrike {metadata.version('clonestrike')}\n"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_of_a_command_ends_with_an_example_that_parses(
    command: Command[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([*command.name.split(), "--help"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == f"example: {command.example}"
    program, *words = shlex.split(command.example)
    assert program == "clonestrike"
    found, arguments = cli.find(words)
    assert found is command
    assert isinstance(command.parse(arguments).settings, command.settings)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rekord"], "there is no command 'rekord': did you mean record?"),
        (["import", "hdf"], "import needs to know what: one of hdf5, recorder, keras, demo"),
        (["hdf5"], "did you mean import hdf5 or export hdf5?"),
        (["xyz", "--help"], "clonestrike --help lists the commands"),
        (["--helb"], "clonestrike --help lists the commands"),
    ],
)
def test_a_wrong_command(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    assert stop.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert said in printed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["record", "--out", "x", "--minutes", "ten"], "--minutes"),
        (["record", "--watch", "bots"], "--out"),
        (["demo", "--out", "x", "--smal"], "--smal, perhaps you meant --small"),
        (["train", "x", "--out", "x", "--recipe", "papr"], "'paper-expert'"),
        (["play"], "ACTOR"),
        (["evaluate", "expert"], "--out"),
        (["video", "data/bots/000000"], "OUT"),
    ],
)
def test_wrong_options(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert said in printed.err
    assert printed.err.rstrip().endswith(f"clonestrike {arguments[0]} --help lists the options")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["record", "--out", "out", "--watch", "bots", "--steps", "9", "--game", "quake"], "quake"),
        (["record", "--out", "out", "--watch", "bots", "--steps", "9", "--game", "doom:map=nowhere/MAP01"], "nowhere"),
        (["record", "--out", "out", "--play", "nobody", "--steps", "9"], "nobody"),
        (["record", "--out", "out", "--steps", "9"], "--watch"),
        (["label"], "no path given"),
        (["label", "missing"], "missing"),
        (["label", "empty"], "empty"),
        (["train", "missing", "--out", "out"], "missing"),
        (["train", "--out", "out"], "no path given"),
        (["play", "missing"], "missing"),
        (["play", "empty"], "empty"),
        (["evaluate", "missing", "--out", "out"], "missing"),
        (["coverage", "--out", "out"], "no path given"),
        (["coverage", "missing", "empty", "--out", "out"], "missing"),
        (["video", "empty", "out.mp4"], "empty"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_line_and_leaves_nothing(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    printed = capsys.readouterr()
    assert stop.value.code == 2
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert said in printed.err
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


@pytest.mark.parametrize("arguments", [["label", "missing"], ["play", "missing"]])
def test_bad_input_to_the_command_itself(arguments: list[str], tmp_path: Path) -> None:
    done = clonestrike(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="finds the engine through /proc")
def test_ctrl_c_ends_the_command_and_its_engine(tmp_path: Path) -> None:
    # a shell that starts the tests in the background has Ctrl-C ignored: heed it
    command = [sys.executable, "-m", "clonestrike", "play", "random", "--minutes", "60"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=PIPE, stderr=PIPE, text=True) as process:
        engines: list[str] = []
        while process.poll() is None and not engines:
            time.sleep(0.05)
            tasks = Path(f"/proc/{process.pid}/task").glob("*/children")  # any thread may have started it
            engines = [engine for task in tasks for engine in task.read_text().split()]
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=30)
    assert engines
    assert process.returncode == 130
    assert (out, error) == ("", "error: interrupted: what was finished until then is kept\n")
    assert not any(Path(f"/proc/{engine}").exists() for engine in engines)


@dataclass(frozen=True)
class Nothing:
    """No options."""


def outcome(ends: Callable[[], dict[str, Any]], json: Path | None = None) -> int:
    """Of a command that ends like this."""
    pretend = Command("pretend", Group.STAGES, "clonestrike pretend", Nothing, lambda _: ends(), None, None)
    return pretend.invoke(Invocation(Nothing(), json))


def fail(error: BaseException) -> Callable[[], dict[str, Any]]:
    def ends() -> dict[str, Any]:
        raise error

    return ends


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ClonestrikeError("no\n [b]such[/b] thing", "use another"), 2, "error: no [b]such[/b] thing: use another\n"),
        (KeyboardInterrupt(), 130, "error: interrupted: what was finished until then is kept\n"),
        (
            OSError(errno.ENOSPC, "No space left on device", "a/b"),
            2,
            "error: a/b: No space left on device: make room there or name another path\n",
        ),
        (
            OSError(errno.EDQUOT, "Disk quota exceeded"),
            2,
            "error: the disk: Disk quota exceeded: make room there or name another path\n",
        ),
    ],
)
def test_how_a_command_can_fail(error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(fail(error)) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == line


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError(errno.EBADF, "a bug")])
def test_a_bug_shows_itself(error: Exception) -> None:
    with pytest.raises(type(error), match="a bug"):
        outcome(fail(error))


def test_a_result_is_printed_and_written_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = {
        "kills_per_minute": np.float32(2.5),
        "interval": (1.0, float("nan")),
        "folder": tmp_path,
        "matches": [{"seed": 1, "kills": 12_000}, {"seed": 2, "deaths": None}],
        "rates": {"agent": {"kills": 1.25}, "bots": {"kills": np.int64(3)}},
    }
    path = tmp_path / "new" / "result.json"
    assert outcome(lambda: result, json=path) == 0
    assert json.loads(path.read_text()) == {
        "kills_per_minute": 2.5,
        "interval": [1.0, None],
        "folder": str(tmp_path),
        "matches": [{"seed": 1, "kills": 12000}, {"seed": 2, "deaths": None}],
        "rates": {"agent": {"kills": 1.25}, "bots": {"kills": 3}},
    }
    assert [p.name for p in path.parent.iterdir()] == ["result.json"]
    printed = capsys.readouterr().out
    for text in ("kills per minute", "2.5", "matches", "12,000", "agent", "1.25"):
        assert text in printed


def test_a_long_table_is_cut_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(lambda: {"matches": [{"seed": seed} for seed in range(1000)]}) == 0
    printed = capsys.readouterr().out
    assert "│   39 │" in printed
    assert "│   40 │" not in printed
    assert "and 960 more: --json has all" in printed


def test_json_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(lambda: {"a": 1}, json=tmp_path) == 2
    assert "Is a directory" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert outcome(lambda: {"a": 1}, json=tmp_path / "file" / "result.json") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
