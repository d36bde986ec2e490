"""The desktop backend on real Windows calls, with the stand-in game's window in front."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.games.counterstrike.standin import StandIn, stand_in
from tests.windows import eventually, needs_windows

from clonestrike.core.actions import Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.backend import Bindings
from clonestrike.games.desktop.windows import WindowsInput, WindowsInputRecorder, WindowsScreen
from clonestrike.games.desktop.windows.input import PointerSettings, send_key, send_mouse, tap
from clonestrike.games.desktop.windows.keys import BUTTONS, is_down, virtual_keys

pytestmark = needs_windows
CODES = virtual_keys(Bindings()) | BUTTONS


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("game") / "game", "cs2", "-insecure", seed=1) as game:
        yield game


@pytest.fixture
def screen(game: StandIn) -> Iterator[WindowsScreen]:
    def found() -> bool:
        try:
            WindowsScreen("Counter-Strike 2").close()
        except ClonestrikeError:
            return False
        return True

    eventually(found)
    with WindowsScreen("strike 2", process=game.process.pid) as screen:
        screen.focus()
        eventually(lambda: screen.focused is True)
        yield screen


def held() -> set[str]:
    return {name for name, code in CODES.items() if is_down(code)}


def test_the_client_area_is_seen(screen: WindowsScreen) -> None:
    eventually(lambda: screen.grab()[240, 320].tolist() == [0, 255, 0])  # the crosshair
    picture = screen.grab()
    assert picture.shape == (480, 640, 3)
    assert picture.dtype == np.uint8
    assert screen.obstacle is None


def test_a_window_that_is_not_there() -> None:
    with pytest.raises(ClonestrikeError, match="no window is called"):
        WindowsScreen("no such game")


def test_keys_and_buttons_are_held_and_let_go(screen: WindowsScreen) -> None:
    with WindowsInput() as injector:
        injector.hold(Action(frozenset({"w", "shift", "1"}), left=True))
        eventually(lambda: held() == {"w", "shift", "1", "left"})
        injector.hold(Action(frozenset({"w", "ctrl"})))
        eventually(lambda: held() == {"w", "ctrl"})
    eventually(lambda: held() == set())


def test_the_game_gets_exact_counts_and_the_pointer_its_settings_back(screen: WindowsScreen, game: StandIn) -> None:
    accelerated = replace(PointerSettings.now(), first=6, second=10, level=1)
    accelerated.apply()
    eventually(game.inputs)
    before = [row for row in game.inputs() if row[1] == 0][-1]
    with WindowsInput() as injector:
        for x, y in ((100, -40), (-30, 10), (7, 1)):
            injector.move(x, y)

        def turned() -> bool:
            yaw, pitch = [row for row in game.inputs() if row[1] == 0][-1][3:]
            return abs(yaw - before[3] + 77 * 0.055) < 1e-3 and abs(pitch - before[4] + 29 * 0.055) < 1e-3

        eventually(turned)
    assert PointerSettings.now() == accelerated
    PointerSettings().apply()


def test_the_kill_switch_lets_go_at_once(screen: WindowsScreen) -> None:
    with WindowsInput() as injector:
        injector.hold(Action(frozenset({"w"}), right=True))
        eventually(lambda: held() == {"w", "right"})
        tap("F12")
        eventually(lambda: held() == set() and injector.stopped)
        injector.hold(Action(frozenset({"d"})))
        assert held() == set()


def test_only_one_pair_of_hands(screen: WindowsScreen) -> None:
    with WindowsInput(), pytest.raises(ClonestrikeError, match="another Clonestrike plays"):
        WindowsInput()
    WindowsInput().close()


def test_nothing_is_held_after_a_kill(screen: WindowsScreen, tmp_path: Path) -> None:
    code = (
        "import time\n"
        "from clonestrike.core.actions import Action\n"
        "from clonestrike.games.desktop.windows import WindowsInput\n"
        "WindowsInput().hold(Action(frozenset('wd'), left=True)); time.sleep(60)"
    )
    player = subprocess.Popen([sys.executable, "-c", code], env={**os.environ})
    eventually(lambda: held() == {"w", "d", "left"}, 20)
    player.kill()  # TerminateProcess: nothing of it runs any more
    player.wait()
    eventually(lambda: held() == set())


def test_a_human_is_heard(screen: WindowsScreen) -> None:
    with WindowsInputRecorder() as recorder:
        send_key(CODES["w"], down=True)
        send_key(CODES["space"], down=True)
        send_key(CODES["space"], down=False)
        send_mouse(0, 0, 0x0002)
        for x, y in ((40, 3), (-15, -30)):
            send_mouse(x, y, 0x0001)
        heard = Action()

        def complete() -> bool:
            nonlocal heard
            now = recorder.take()
            heard = Action(
                heard.keys | now.keys, heard.left or now.left, heard.right or now.right,
                heard.mouse_x + now.mouse_x, heard.mouse_y + now.mouse_y,
            )  # fmt: skip
            return heard == Action(frozenset({"w", "space"}), True, False, 25.0, -27.0)

        eventually(complete)
        assert recorder.take() == Action(frozenset({"w"}), left=True)
        send_key(CODES["w"], down=False)
        send_mouse(0, 0, 0x0004)
        eventually(lambda: recorder.take() == Action())
        assert not recorder.stopped
        tap("F12")
        eventually(lambda: recorder.stopped)
