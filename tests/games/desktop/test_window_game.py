"""A game that knows nothing of us, recorded and played through its window: Chocolate Doom with Freedoom."""

import json
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
from tests.desktops import CHOCOLATE, chocolate_doom, flushed, room, until
from tests.games.desktop.test_x11 import keys_down

from clonestrike.core.actions import Action
from clonestrike.games.desktop.game import WindowGame
from clonestrike.games.desktop.spec import WindowSpec
from clonestrike.games.desktop.x11 import X11Input, X11InputRecorder, X11Screen
from clonestrike.recordings.recording import Recording, find_recordings

pytestmark = pytest.mark.usefixtures("x_server")
DOOM = f"window:{CHOCOLATE},degrees=0.044"
MOVES = [(37, 0), (-300, 12), (5, -40), (-900, 0), (1, 1), (250, 30)]
PRESSED = ("w", "a", "s", "d", "space", "ctrl", "shift", "1", "2", "3", "r")


def clonestrike(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "clonestrike", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def told(player: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code and the lines on stderr."""
    _, errors = player.communicate(timeout=60)
    return player.returncode, errors.strip()


def inject(*arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], check=True)


def press_everything() -> None:
    """What a human could do: motion, every key, both buttons, one after the other."""
    for x, y in MOVES:
        inject("mousemove_relative", "--", str(x), str(y))
        time.sleep(0.2)
    for key in PRESSED:
        name = {"ctrl": "Control_L", "shift": "Shift_L"}.get(key, key)
        inject("keydown", name)
        time.sleep(0.2)
        inject("keyup", name)
        time.sleep(0.1)
    for button in ("1", "3"):
        inject("mousedown", button)
        time.sleep(0.2)
        inject("mouseup", button)
        time.sleep(0.1)


def wait_for(folder: Path) -> None:
    """Until some steps are recorded there, and flushed."""
    until(lambda: flushed(folder) > 3)


def test_a_humans_play_in_a_real_game_is_recorded_exactly(tmp_path: Path) -> None:
    out, result = tmp_path / "human", tmp_path / "result.json"
    with chocolate_doom(tmp_path / "doom"):
        player = clonestrike(
            "record", "--play", "human", "--game", DOOM, "--minutes", "5", "--out", str(out), "--json", str(result)
        )
        wait_for(out)
        press_everything()
        inject("key", "F12")
        assert told(player)[0] == 0
    (path,) = find_recordings([out])
    recording = Recording.open(path)
    assert (recording.info.map, recording.info.game) == (CHOCOLATE, "window")
    actions = recording.actions
    assert actions is not None
    # Every count is there, in its order; on a busy machine two motions, or two keys, may fall into one step.
    moves = actions.mouse.astype(int)
    moved = np.flatnonzero(moves.any(1))
    sums = np.cumsum(moves[moved], 0).tolist()
    injected = np.cumsum(MOVES, 0).tolist()
    assert sums == [row for row in injected if row in sums]
    assert sums[-1] == injected[-1]
    onsets = {
        name: np.flatnonzero(np.diff(actions.switch(name).astype(int), prepend=0) == 1)
        for name in (*PRESSED, "left", "right")
    }
    assert {name: len(rows) for name, rows in onsets.items()} == dict.fromkeys(onsets, 1)
    assert [rows[0] for rows in onsets.values()] == sorted(rows[0] for rows in onsets.values())
    assert moved[-1] <= onsets["w"][0]
    assert set(json.loads(result.read_text())["real_time"]) >= {"late_share", "step_ms_p99", "unchanged_frames"}

    # The picture answers: it is still until the first motion, and turns after each before the next or just as it comes.
    frames = recording.frames().astype(float)
    changes = np.abs(np.diff(frames[:, :120], axis=0)).mean((1, 2, 3))
    turned = [*np.flatnonzero(np.abs(moves[:, 0]) > 30).tolist(), int(onsets["w"][0])]
    turns = changes > 3 * changes[: turned[0] - 1].mean() + 1
    assert not turns[: turned[0] - 1].any()
    assert all(turns[row : following + 1].any() for row, following in pairwise(turned))


def test_what_is_played_arrives_in_a_real_game(tmp_path: Path) -> None:
    """The game turns by what was sent: a whole turn in the two halves of many steps, and the view is the same again."""
    with chocolate_doom(tmp_path / "doom"):
        spec = WindowSpec.parse(DOOM.removeprefix("window:"))
        with (
            X11InputRecorder() as recorder,
            WindowGame(spec.info, X11Screen(CHOCOLATE), X11Input()) as game,
        ):
            game.screen.focus()
            until(lambda: game.screen.focused)
            start = game.observe().frame[:110].astype(float)
            for x in (1000,) * 4 + (1, 3, 5, -9) + (-500, 596) + (1000,) * 4:  # 8096 of 8192
                game.apply(Action(mouse_x=x))
                time.sleep(0.04)
                game.halfway()
                time.sleep(0.04)
            time.sleep(0.2)
            nearly = game.observe().frame[:110].astype(float)
            game.halves = False
            game.apply(Action(mouse_x=96))
            away = np.abs(nearly - start).mean()
            until(lambda: np.abs(game.observe().frame[:110] - start).mean() < 0.35 * away)
            assert recorder.take().mouse_x == 8192


def test_somebody_plays_a_real_game_and_the_kill_switch_ends_it(tmp_path: Path) -> None:
    video, result = tmp_path / "match.mp4", tmp_path / "result.json"
    with chocolate_doom(tmp_path / "doom", keys="arrows"), X11InputRecorder() as recorder:
        game = f"{DOOM},keys=w:Up+s:Down+a:comma+d:period"
        player = clonestrike("play", "random", "--game", game, "--video", str(video), "--json", str(result))
        until(keys_down, 60)
        recorder.take()
        time.sleep(3)
        heard = recorder.take()
        inject("key", "F12")
        until(lambda: not keys_down(), 2)
        code, errors = told(player)
    assert code == 0
    assert "warning: stopped by the kill switch" in errors
    assert not heard.keys & set("wasd")  # those are bound to others
    assert heard.keys
    summary = json.loads(result.read_text())
    assert "kills" not in summary
    assert summary["real_time"]["steps"] == summary["steps"] > 3
    assert video.stat().st_size > 1000


class Fault:
    """A play and a recording of the room that are disturbed; both must end well."""

    def __init__(self, tmp_path: Path) -> None:
        self.out = tmp_path / "data"
        self.players: list[subprocess.Popen[str]] = []

    def record(self, game: str = "window:A room") -> "subprocess.Popen[str]":
        player = clonestrike("record", "--play", "random", "--game", game, "--minutes", "5", "--out", str(self.out))
        self.players.append(player)
        until(keys_down, 60)
        wait_for(self.out)
        return player

    def finished(self) -> int:
        """Steps of the recordings, which are all finished."""
        assert not list(self.out.glob("*.part"))
        return sum(Recording.open(path).steps for path in find_recordings([self.out]))


@pytest.fixture
def fault(tmp_path: Path) -> Iterator[Fault]:
    fault = Fault(tmp_path)
    yield fault
    for player in fault.players:
        player.kill()
        player.communicate()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_game_that_closes_or_dies(fault: Fault, end: signal.Signals) -> None:
    with room() as game:
        player = fault.record()
        game.send_signal(end)
        code, errors = told(player)
        assert (code, errors.count("error:")) == (2, 1)
        assert errors.splitlines()[-1] == "error: the window 'A room' is gone: the game was closed or died"
        assert not keys_down()
    assert fault.finished() > 2


def test_an_x_server_that_dies(fault: Fault, x_server: "subprocess.Popen[bytes]") -> None:
    with room():
        player = fault.record()
        x_server.kill()
        code, errors = told(player)
    assert (code, errors.count("error:")) == (2, 1)
    assert "is gone" in errors.splitlines()[-1]
    assert fault.finished() > 2


def test_a_recorder_that_is_killed_leaves_no_key_down_and_its_recording_is_finished_later(fault: Fault) -> None:
    with room():
        player = fault.record()
        os.kill(player.pid, signal.SIGKILL)
        player.communicate()
        until(lambda: not keys_down())
        again = fault.record()
        again.send_signal(signal.SIGINT)
        assert told(again)[0] == 0
    assert fault.finished() > 4


def test_two_instances(fault: Fault) -> None:
    with room():
        player = fault.record()
        code, errors = told(clonestrike("play", "random", "--game", "window:A room"))
        assert code == 2
        assert errors == ("error: another Clonestrike plays on this desktop: end it first (its kill switch is F12)")
        assert player.poll() is None
        player.send_signal(signal.SIGINT)
        assert told(player)[0] == 0
    assert not keys_down()


def test_a_capture_slower_than_the_clock(fault: Fault) -> None:
    with room(width=1200, height=780):
        player = fault.record("window:A room,rate=500")
        until(lambda: flushed(fault.out) > 30)
        player.send_signal(signal.SIGINT)
        code, errors = told(player)
    assert code == 0
    assert "of the steps were late" in errors
    recordings = [Recording.open(path) for path in find_recordings([fault.out])]
    assert sum(recording.gaps.sum() for recording in recordings) > 5  # memory and labels do not cross them


def test_without_the_focus_nothing_is_pressed_and_nothing_recorded(tmp_path: Path) -> None:
    with room(), WindowGame(WindowSpec("A room").info, X11Screen("A room"), X11Input()) as game:
        game.screen.focus()
        until(lambda: game.screen.focused)
        assert game.observe().playing
        with room("Another"), X11Screen("Another") as other:
            other.focus()
            until(lambda: other.focused)
            assert not game.screen.focused
            assert not game.observe().playing


def test_a_human_hears_of_the_end_too(fault: Fault) -> None:
    with room() as game:
        player = clonestrike(
            "record", "--play", "human", "--game", "window:A room", "--steps", "5000", "--out", str(fault.out)
        )
        wait_for(fault.out)
        game.kill()
        code, errors = told(player)
    assert (code, errors.count("error:")) == (2, 1)
    assert errors.splitlines()[-1] == "error: the window 'A room' is gone: the game was closed or died"
    assert fault.finished() > 2
