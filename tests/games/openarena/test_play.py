"""The own player in the real game: what is pressed arrives, scores count, agents and humans play."""

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.desktops import flushed, need, until
from tests.games.openarena.conftest import SMALL

from clonestrike import games
from clonestrike.core.actions import Action
from clonestrike.games.openarena.graph import graph_path, learn
from clonestrike.games.openarena.match import SteppedMatch
from clonestrike.games.openarena.spec import OpenArenaSpec
from clonestrike.playing.clock import LockstepClock
from clonestrike.playing.config import PlayConfig, RecordConfig
from clonestrike.playing.play import play
from clonestrike.playing.record import record
from clonestrike.recordings.recording import Recording, find_recordings
from clonestrike.training.config import TrainConfig
from clonestrike.training.train import train

pytestmark = pytest.mark.usefixtures("arena")

GAME = f"openarena:map=q3dm6ish,bots=2,skill=1,{SMALL}"


def test_keys_and_mouse_arrive_and_deaths_count() -> None:
    match = games.open_match(GAME, seed=0, minutes=5)
    assert isinstance(match, SteppedMatch)
    with match:
        clock = LockstepClock(match)

        def steps(count: int, action: Action) -> list[float]:
            yaws = []
            for _ in range(count):
                assert clock.tick()
                state = match.observe().state
                assert state is not None
                yaws.append(state.yaw or 0.0)
                match.apply(action)
            return yaws

        steps(3, Action())
        # X hands half of a step's motion over late now and then: no count is lost, and none comes twice or early
        yaws = steps(12, Action(mouse_x=100.0)) + steps(3, Action())
        turned = np.cumsum([math.remainder(a - b, 2 * math.pi) for a, b in pairwise(yaws)])
        counts = turned / match.info.calibration.radians_per_count
        assert counts[-1] == pytest.approx(1200, abs=3)
        sent = 100 * np.arange(1, 15).clip(max=12)
        assert (counts < sent + 3).all()
        assert (counts > sent - 203).all()
        before = match.observe().state
        steps(16, Action(left=True))
        after = match.observe().state
        assert before is not None
        assert after is not None
        assert (after.ammo or 0) < (before.ammo or 0)
        assert len(match.scores) == 3
        died = match.scores[0].deaths
        match.arena.must("kill")
        playing = [match.observe().playing for _ in range(90) if clock.tick()]
        assert not all(playing)
        assert playing[-1]  # born again
        assert match.scores[0].deaths == died + 1
        assert match.minutes == pytest.approx(0.13, abs=0.05)


def test_the_expert_learns_a_map_and_two_games_run_at_once(tmp_path: Path) -> None:
    spec = OpenArenaSpec.parse(GAME.partition(":")[2])
    graph = learn(spec, minutes=1.5)
    assert len(graph.edges) > 100
    graph.save(graph_path(spec))
    record(RecordConfig(tmp_path / "expert", GAME, play="expert", steps=240, workers=2, noise=0.1))
    recordings = [Recording.open(path) for path in find_recordings([tmp_path / "expert"])]
    assert {recording.seed for recording in recordings} == {0, 1}  # a match each
    assert sum(recording.steps for recording in recordings) == 240
    moved = [np.ptp(recording.states.x) + np.ptp(recording.states.y) for recording in recordings]
    assert max(moved) > 300
    train(TrainConfig((tmp_path / "expert",), tmp_path / "agent", labels="true", updates=3, threads=1))
    live = GAME.replace("lockstep=1", "lockstep=0")
    result = play(PlayConfig(str(tmp_path / "agent"), live, minutes=0.1))
    times = result["real_time"]
    assert result["steps"] > 0
    assert result["steps"] <= times["steps"]  # some are not played: dead
    assert times["steps"] + times["missed_steps"] == pytest.approx(0.1 * 60 * 16, rel=0.2)
    assert 0 < times["step_ms_p50"] <= times["step_ms_p99"]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A virtual screen that the test sees too."""
    from clonestrike.games.openarena.process import Xvfb

    virtual = Xvfb()
    monkeypatch.setenv("DISPLAY", virtual.display)
    yield virtual.display
    virtual.close()


def test_the_kill_switch_ends_an_evaluation_not_only_its_match(tmp_path: Path, screen: str) -> None:
    need("xdotool")
    live = GAME.replace("lockstep=1", "lockstep=0")
    command = [sys.executable, "-m", "clonestrike", "evaluate", "random", "--game", live, "--matches", "3"]
    command += ["--minutes", "5", "--out", str(tmp_path / "results")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as evaluation:
        for _ in range(120):  # until it has begun to play, and hears it
            subprocess.run(["xdotool", "key", "F12"], env={**os.environ, "DISPLAY": screen}, check=True)
            try:
                evaluation.wait(1)
                break
            except subprocess.TimeoutExpired:
                continue
        else:
            evaluation.kill()
        _, said = evaluation.communicate()
    assert evaluation.returncode == 2
    assert "one match at a time: one worker" in said
    assert "error: stopped by the kill switch" in said
    assert not (tmp_path / "results").exists()


def test_a_human_plays(tmp_path: Path, screen: str) -> None:
    """Injected motion stands for a human's: every count is heard, and turns the view as the calibration says."""
    count, moves = 7, 20
    out = tmp_path / "human"
    game = "openarena:map=q3dm6ish,bots=0,width=320,height=240"
    command = [sys.executable, "-m", "clonestrike", "record", "--play", "human", "--game", game, "--minutes", "5"]
    with subprocess.Popen([*command, "--out", str(out)], stdout=subprocess.DEVNULL) as recorder:
        until(lambda: flushed(out) > 3, 60)
        for _ in range(moves):
            subprocess.run(["xdotool", "mousemove_relative", "--", str(count), "0"], check=True)
            time.sleep(0.05)
        done = flushed(out)
        until(lambda: flushed(out) > done + 32, 60)  # what was last moved is in it, and the game has answered
        subprocess.run(["xdotool", "key", "F12"], check=True)
        assert recorder.wait(60) == 0
    (recording,) = (Recording.open(path) for path in find_recordings([out]))
    counts = np.nan_to_num(recording.table.column("action.mouse_x").to_numpy(zero_copy_only=False).astype(float))
    assert (counts % count == 0).all()
    assert counts.sum() == count * moves
    yaw = recording.states.yaw[: recording.steps]
    turned = -math.remainder(yaw[-1] - yaw[0], 2 * math.pi)
    assert turned == pytest.approx(counts.sum() * recording.info.calibration.radians_per_count, abs=0.00096)


def test_the_game_dies_in_the_middle(tmp_path: Path) -> None:
    """What was recorded stays, one line says why, and nothing is left behind."""
    out = tmp_path / "cut"
    command = [sys.executable, "-m", "clonestrike", "record", "--play", "random", "--game", GAME, "--steps", "4000"]
    with subprocess.Popen([*command, "--out", str(out)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as recorder:
        until(lambda: flushed(out) >= 10, 90)
        (game,) = [
            int(entry.name)
            for entry in Path("/proc").glob("[0-9]*")
            if (entry / "stat").read_text().rsplit(")", 1)[1].split()[1] == str(recorder.pid)
            and "ioquake3" in (entry / "cmdline").read_text()
        ]
        os.kill(game, signal.SIGKILL)
        assert recorder.wait(60) == 2
        assert recorder.stderr is not None
        said = recorder.stderr.read().decode().splitlines()
        assert len(said) == 1
        assert said[0].startswith("error: OpenArena")
        assert "gone" in said[0]
    assert sum(Recording.open(path).steps for path in find_recordings([out])) >= 10
