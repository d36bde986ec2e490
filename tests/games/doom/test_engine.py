import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clonestrike.core.actions import Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.doom import maps
from clonestrike.games.doom.engine import DoomSpec
from clonestrike.games.doom.expert import Expert
from clonestrike.games.doom.graph import learn
from clonestrike.games.doom.match import DoomMatch


def test_options_are_read() -> None:
    assert DoomSpec.parse("") == DoomSpec("cig/MAP01", 7, "classic")
    spec = DoomSpec.parse("map=cig/MAP02,bots=3,loadout=rifle")
    assert spec == DoomSpec("cig/MAP02", 3, "rifle")
    assert DoomSpec.parse(str(spec).removeprefix("doom:")) == spec


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("map=cig/MAP09", "no map 'cig/MAP09'"),
        ("map=nowhere", "no map 'nowhere'"),
        ("loadout=bazooka", "no loadout 'bazooka'"),
        ("bots=many", "bots=many is not a whole number"),
        ("bots=99", "bots=99 is out of range: give 0 to 15"),
        ("bots=-1", "give 0 to 15"),
        (f"bots={'9' * 5000}", "is not a whole number"),
        ("colour=red", "no option 'colour'"),
    ],
)
def test_bad_options_are_told_in_one_line(options: str, words: str) -> None:
    with pytest.raises(ClonestrikeError, match=words) as error:
        DoomSpec.parse(options)
    assert "\n" not in str(error.value)


def engines_of(parent: int, argument: str = "") -> list[int]:
    """Process ids of the engines that descend from a process, and that were started with an argument."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            marked = f"CLONESTRIKE_TEST={parent}".encode() in (entry / "environ").read_bytes()
        except OSError:
            continue
        if marked and b"vizdoom" in command.split(b"\0")[0] and argument.encode() in command:
            found.append(int(entry.name))
    return found


def test_an_engine_that_dies_is_one_line() -> None:
    mark = str(time.monotonic_ns())
    os.environ["CLONESTRIKE_TEST"] = mark
    try:
        with DoomMatch(DoomSpec(bots=1), seed=1, minutes=1) as match:
            for engine in engines_of(int(mark)):
                os.kill(engine, signal.SIGKILL)
            time.sleep(0.2)
            with pytest.raises(ClonestrikeError, match="the Doom engine") as error:
                match.advance()
            assert "\n" not in str(error.value)
    finally:
        del os.environ["CLONESTRIKE_TEST"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's leash on child processes is Linux's")
@pytest.mark.parametrize(
    ("started", "played", "engines"),
    [
        ("match.DoomMatch", "match.advance()", 1),
        ("pair.Pair", "match.idle(2)", 2),
    ],
)
def test_no_engine_outlives_a_killed_parent(started: str, played: str, engines: int) -> None:
    code = (
        "from clonestrike.games.doom import match, pair\n"
        "from clonestrike.games.doom.engine import DoomSpec\n"
        f"match = {started}(DoomSpec(bots=1), seed=1, minutes=1)\n"
        "print('ready', flush=True)\n"
        f"while True: {played}\n"
    )
    mark = time.monotonic_ns()
    environment = {**os.environ, "CLONESTRIKE_TEST": str(mark)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        assert len(engines_of(mark)) == engines
        parent.kill()
    for _ in range(100):
        if not engines_of(mark):
            break
        time.sleep(0.05)
    assert not engines_of(mark)


@pytest.mark.skipif(not (maps.GAME_FOLDERS[1] / "freedm.wad").exists(), reason="freedm is not installed")
def test_maps_of_an_installed_game() -> None:
    with DoomMatch(DoomSpec.parse("map=freedm/MAP02,bots=2"), seed=1, minutes=1) as match:
        match.apply(Action())
        match.advance()
        assert match.info.map == "freedm/MAP02"
        assert len(match.scores) == 3


def test_a_game_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "GAME_FOLDERS", (tmp_path,))
    with pytest.raises(ClonestrikeError, match=r"freedm\.wad is not installed"):
        DoomMatch(DoomSpec.parse("map=freedm/MAP02"), seed=1, minutes=1)


def test_nobody_can_leave_the_level() -> None:
    """On a map with an exit near the start a match lasts as long as asked for, whoever finds it."""
    with DoomMatch(DoomSpec("freedoom2/MAP01"), seed=101, minutes=0.5, privileged=True) as match:
        expert = Expert(match, learn(match.spec, minutes=8), seed=101)
        while not match.finished:
            match.apply(expert.act(match.observe()).action)
            match.advance()
        assert match.minutes == pytest.approx(0.5, abs=0.01)


def test_matches_take_several_maps_in_turn() -> None:
    spec = DoomSpec.parse("map=cig/MAP01+cig/MAP02,bots=1")
    assert [spec.match(seed).map for seed in range(3)] == ["cig/MAP01", "cig/MAP02", "cig/MAP01"]
    assert spec.match(1).bots == 1
    assert {DoomSpec("unseen").match(seed).map for seed in range(8)} == set(maps.UNSEEN)
    assert not set(maps.UNSEEN) & set(maps.TRAINING)
    with pytest.raises(ClonestrikeError, match="no map 'nowhere'"):
        DoomSpec("cig/MAP01+nowhere")
