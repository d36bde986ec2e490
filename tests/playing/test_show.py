"""The window that shows play with its overlay, on real screens (needs xvfb, xdotool and openbox: make system)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np
import pytest
from tests.desktops import is_shown, need, room, until, virtual_screen, window_manager

from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.x11 import X11Screen
from clonestrike.view.overlay import GROUND, PANEL

TITLE = "Clonestrike: pretrained:doom"


@contextmanager
def shown(tmp_path: Path, game: str, minutes: float) -> Iterator[subprocess.Popen[bytes]]:
    """The shipped agent, playing in a process of its own."""
    command = [sys.executable, "-m", "clonestrike", "play", "pretrained:doom", "--game", game, "--show"]
    command += ["--minutes", str(minutes), "--json", str(tmp_path / "result.json")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as player:
        try:
            yield player
        finally:
            player.kill()


def is_open() -> bool:
    """Whether the window is there, covered or not."""
    try:
        X11Screen(TITLE).close()
    except ClonestrikeError:
        return False
    return True


def test_frames_are_shown_with_what_is_pressed(tmp_path: Path) -> None:
    with virtual_screen(), shown(tmp_path, "doom:bots=1", 1.0):
        until(lambda: is_shown(TITLE))
        with X11Screen(TITLE) as screen:
            until(lambda: screen.grab()[:-PANEL].std() > 5)
            seen = [screen.grab()]
            time.sleep(0.5)
            seen.append(screen.grab())
    assert seen[0].shape == (540 + PANEL, 960, 3)
    for picture in seen:
        assert (picture[-PANEL + 2, 2] == GROUND).all()
        assert len(np.unique(picture[-PANEL:].reshape(-1, 3), axis=0)) > 20  # keys, strips, numbers
    assert (seen[0][-PANEL:] != seen[1][-PANEL:]).any()


@pytest.mark.parametrize("managed", [False, True])
def test_a_game_in_a_window_keeps_the_focus_and_is_seen_whole(tmp_path: Path, managed: bool) -> None:
    need("openbox")
    with (
        virtual_screen(),
        window_manager() if managed else nullcontext(),
        room(),
        X11Screen("A room") as screen,
        shown(tmp_path, "window:A room", 0.15) as player,
    ):
        until(is_open)
        until(lambda: screen.focused and screen.obstacle is None)
        looks = []
        while player.poll() is None:
            looks.append((screen.focused, screen.obstacle))
            time.sleep(0.1)
    assert len(looks) > 30
    assert set(looks) == {(True, None)}
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["steps"] > 0.5 * 0.15 * 60 * 16
    assert result["steps"] >= result["real_time"]["steps"] - 2  # out of play at the very first, if at all
