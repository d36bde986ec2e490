"""A human at the keyboard: known keys and counts are injected under Xvfb and must come back exactly."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from clonestrike.recordings.recording import Recording, find_recordings


@pytest.fixture
def display() -> Iterator[str]:
    """A virtual screen (needs Debian's xvfb and xdotool: make system)."""
    read, write = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        yield f":{number}"
        server.terminate()


def inject(display: str, *arguments: str) -> None:
    subprocess.run(["xdotool", *arguments], env={**os.environ, "DISPLAY": display}, check=True)


def test_a_humans_counts_and_keys_are_recorded_exactly(display: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "clonestrike", "record", "--play", "human", "--game", "doom:bots=0"]
    command += ["--steps", "400", "--seed", "8", "--out", str(tmp_path / "human")]
    moves = [(37, 0), (-300, 12), (5, -40), (-900, 0), (1, 1), (250, 30)]
    with subprocess.Popen(command, env={**os.environ, "DISPLAY": display}, stdout=subprocess.PIPE) as player:
        for _ in range(300):  # until it records
            if (tmp_path / "human" / "000000.part").exists():
                break
            time.sleep(0.1)
        time.sleep(0.5)
        for x, y in moves:
            inject(display, "mousemove_relative", "--", str(x), str(y))
            time.sleep(0.2)
        for key in ("w", "a", "s", "d", "space", "ctrl", "shift", "1", "2", "3", "r"):
            name = {"ctrl": "Control_L", "shift": "Shift_L"}.get(key, key)
            inject(display, "keydown", name)
            time.sleep(0.2)
            inject(display, "keyup", name)
            time.sleep(0.1)
        for button in ("1", "3"):
            inject(display, "mousedown", button)
            time.sleep(0.2)
            inject(display, "mouseup", button)
            time.sleep(0.1)
        inject(display, "key", "Escape")
        assert player.wait(60) == 0

    (path,) = find_recordings([tmp_path / "human"])
    recording = Recording.open(path)
    assert recording.steps < 400  # Escape ended it
    actions = recording.actions
    assert actions is not None
    # On a busy machine two motions may fall into one step: no count is lost, and none comes twice or early.
    ways = set(map(tuple, np.cumsum(moves, 0).tolist())) | {(0, 0)}
    seen = list(map(tuple, actions.mouse.astype(int).cumsum(0).tolist()))
    assert seen[-1] == tuple(np.sum(moves, 0))
    assert set(seen) <= ways
    pressed = [*"wasd", "space", "ctrl", "shift", *"123", "r", "left", "right"]
    onsets = {name: np.flatnonzero(np.diff(actions.switch(name).astype(int), prepend=0) == 1) for name in pressed}
    assert {name: len(rows) for name, rows in onsets.items()} == dict.fromkeys(pressed, 1)
    assert [rows[0] for rows in onsets.values()] == sorted(rows[0] for rows in onsets.values())
    turned = -np.diff(np.unwrap(recording.states.yaw)) / recording.info.calibration.radians_per_count
    np.testing.assert_allclose(turned, actions.mouse[:, 0], atol=1e-6)
