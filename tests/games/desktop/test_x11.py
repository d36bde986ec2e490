"""Real key presses, real events, a real window, on a virtual X server."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.desktops import program, room, until

from clonestrike.core.actions import KEYS, Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.backend import Bindings
from clonestrike.games.desktop.x11 import X11Input, X11InputRecorder, X11Screen, open_display

pytestmark = pytest.mark.usefixtures("x_server")

WINDOW = """
import pygame, sys
pygame.display.init()
screen = pygame.display.set_mode((640, 400))
pygame.display.set_caption("A window of ours")
while True:
    for event in pygame.event.get():
        pass
    screen.fill((200, 30, 90))
    screen.fill((10, 220, 40), (100, 50, 30, 20))
    pygame.display.flip()
    pygame.time.wait(20)
"""


@pytest.fixture
def window(x_server: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", WINDOW], stdout=subprocess.DEVNULL) as process:
        yield process
        process.kill()


def received(recorder: X11InputRecorder, injector: X11Input) -> Action:
    """All input so far: the server has answered the injector, and then, behind all events, the recorder."""
    injector._display.sync()
    recorder._events.display.sync()
    return recorder.take()


def keys_down() -> list[int]:
    connection = open_display()
    down = [byte for byte in connection.query_keymap() if byte]
    buttons = connection.screen().root.query_pointer().mask >> 8 & 0b11111
    connection.close()
    return [*down, buttons] if buttons else down


def open_screen(title: str) -> X11Screen:
    found: list[X11Screen] = []

    def there() -> bool:
        try:
            found.append(X11Screen(title))
        except ClonestrikeError:
            return False
        return True

    until(there)
    return found[0]


def test_what_is_pressed_is_heard_exactly() -> None:
    with X11InputRecorder() as recorder, X11Input() as injector:
        for key in KEYS:
            injector.hold(Action(frozenset({key})))
            assert received(recorder, injector).keys >= {key}
            assert recorder.take() == Action(frozenset({key}))
        injector.hold(Action(frozenset("wa"), left=True))
        injector.move(37, -250)
        injector.move(1000, 3)
        action = received(recorder, injector)
        assert action.keys >= {"w", "a"}
        assert (action.left, action.right) == (True, False)
        assert (action.mouse_x, action.mouse_y) == (1037, -247)
        injector.release()
        received(recorder, injector)
        assert recorder.take() == Action()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(-1000, 1000), st.integers(-200, 200)), min_size=1, max_size=5))
def test_no_count_is_lost_at_the_edge_of_the_screen(moves: list[tuple[int, int]]) -> None:
    with X11InputRecorder() as recorder, X11Input() as injector:
        for x, y in moves:
            injector.move(x, y)
        action = received(recorder, injector)
        assert (action.mouse_x, action.mouse_y) == (sum(x for x, _ in moves), sum(y for _, y in moves))


def test_a_tap_between_two_looks_is_heard() -> None:
    with X11InputRecorder() as recorder, X11Input() as injector:
        injector.hold(Action(frozenset({"r"}), right=True))
        injector.release()
        assert received(recorder, injector) == Action(frozenset({"r"}), right=True)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGINT])
def test_everything_is_let_go_of_however_we_end(end: signal.Signals, tmp_path: Path) -> None:
    program = (
        "from clonestrike.games.desktop.x11 import X11Input; from clonestrike.core.actions import Action; import time\n"
        "injector = X11Input(); injector.hold(Action(frozenset({'w', 'shift'}), left=True)); print(flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as player:
        assert player.stdout is not None
        player.stdout.readline()
        until(keys_down)
        os.kill(player.pid, end)
        player.wait(10)
    until(lambda: not keys_down())


@pytest.mark.parametrize("attempt", range(3))
def test_ctrl_c_while_the_server_is_asked_ends_it(attempt: int) -> None:
    program = (
        "from clonestrike.games.desktop.x11 import X11Input; from clonestrike.core.actions import Action\n"
        "with X11Input() as injector:\n"
        "    injector.hold(Action(frozenset('w'))); print(flush=True)\n"
        "    while True: injector._display.sync()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as player:
        assert player.stdout is not None
        player.stdout.readline()
        time.sleep(0.1)
        player.send_signal(signal.SIGINT)
        try:
            _, errors = player.communicate(timeout=30)
        finally:
            player.kill()
    assert errors.decode().rstrip().endswith("KeyboardInterrupt")
    assert keys_down() == []


def test_the_kill_switch() -> None:
    with X11Input() as injector:
        injector.hold(Action(frozenset("w"), left=True))
        until(lambda: len(keys_down()) == 2)
        assert not injector.stopped
        subprocess.run(["xdotool", "key", "F12"], check=True)  # without a call meanwhile
        until(lambda: not keys_down())
        assert injector.stopped
        injector.hold(Action(frozenset("a")))
        injector.move(100, 0)
        time.sleep(0.1)
        assert keys_down() == []
    with X11Input() as injector:
        assert not injector.stopped


def test_another_key_can_be_the_kill_switch_and_others_can_be_pressed() -> None:
    bindings = Bindings({"w": "Up", "ctrl": "Control_R"}, kill_switch="Pause")
    with X11Input(bindings) as injector, X11InputRecorder(bindings) as recorder, X11InputRecorder() as others:
        injector.hold(Action(frozenset({"w", "ctrl", "d"})))
        assert received(recorder, injector).keys == {"w", "ctrl", "d"}
        assert received(others, injector).keys == {"d"}
        subprocess.run(["xdotool", "key", "F12"], check=True)
        assert received(recorder, injector).keys == {"w", "ctrl", "d"}
        assert (injector.stopped, recorder.stopped) == (False, False)
        subprocess.run(["xdotool", "key", "Pause"], check=True)
        until(lambda: received(recorder, injector) == Action())
        assert (injector.stopped, recorder.stopped) == (True, True)
    with pytest.raises(ClonestrikeError, match="no key 'Nothing'"):
        X11Input(Bindings({"w": "Nothing"}))
    with pytest.raises(ClonestrikeError, match="no key 'q' to bind"):
        Bindings({"q": "Up"})


def test_only_one_presses_at_a_time() -> None:
    with X11Input(), pytest.raises(ClonestrikeError, match="another Clonestrike plays"):
        X11Input()
    X11Input().close()


def test_what_is_down_when_we_begin_to_listen_is_known() -> None:
    with X11Input() as injector:
        injector.hold(Action(frozenset("s"), right=True))
        until(lambda: len(keys_down()) == 2)
        with X11InputRecorder() as recorder:
            assert recorder.take() == Action(frozenset("s"), right=True)


@pytest.mark.usefixtures("window")
def test_a_window_is_found_by_its_title_and_seen_as_it_is() -> None:
    with open_screen("A window of ours") as screen:
        until(lambda: screen.grab()[60, 110].tolist() == [10, 220, 40])
        picture = screen.grab()
        assert picture.shape == (400, 640, 3)
        assert picture[0, 0].tolist() == [200, 30, 90]
        assert picture[60, 110].tolist() == [10, 220, 40]
        assert np.all(picture[50:70, 100:130] == (10, 220, 40))
        screen.focus()
        until(lambda: screen.focused)
    with open_screen("window of OURS") as screen:
        assert screen.grab().shape == (400, 640, 3)


def test_a_window_that_goes_is_told(window: "subprocess.Popen[bytes]") -> None:
    with open_screen("A window of ours") as screen:
        screen.grab()
        window.kill()
        window.wait()
        with pytest.raises(ClonestrikeError, match="is gone"):
            until(lambda: screen.grab() is None)


def press_until_it_is_noticed(injector: X11Input) -> None:
    for _ in range(10):
        injector.hold(Action(frozenset("w")))
        injector.release()


def test_an_x_server_that_goes_is_told(x_server: "subprocess.Popen[bytes]") -> None:
    injector = X11Input()
    injector.hold(Action(frozenset("w")))
    x_server.kill()
    x_server.wait()
    with pytest.raises(ClonestrikeError, match="X server is gone"):
        press_until_it_is_noticed(injector)
    injector.close()


# python-xlib leaves its socket open when a connection fails.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_missing_things_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClonestrikeError, match="no window is called 'nothing'"):
        X11Screen("nothing")
    monkeypatch.setenv("DISPLAY", ":987")
    for edge in (X11Input, X11InputRecorder, lambda: X11Screen("nothing")):
        with pytest.raises(ClonestrikeError, match="no X server answers"):
            edge()


def test_of_two_windows_of_one_title_none_is_guessed() -> None:
    with room("Twin"), room("Twin again"):
        open_screen("Twin").close()  # it is the one that is called exactly so
        with pytest.raises(ClonestrikeError, match="2 windows are called 'twin'"):
            X11Screen("twin")
    with room("Same") as first, room("Same"):
        until(lambda: _raises("2 windows are called 'Same'", "Same"))
        with X11Screen("Same", process=first.pid) as screen:
            assert screen.obstacle is not None  # the second one lies over it


def _raises(words: str, title: str) -> bool:
    try:
        X11Screen(title).close()
    except ClonestrikeError as error:
        return words in str(error)
    return False


def test_what_hides_a_window_is_told() -> None:
    with room("Below"), open_screen("Below") as screen:
        assert screen.obstacle is None
        with room("Above"):
            until(lambda: screen.obstacle == "Above lies over it")
            screen.focus()
            assert screen.obstacle is None
        screen._window.configure(x=900)
        screen._display.sync()
        until(lambda: screen.obstacle == "it lies partly off the screen")
        with pytest.raises(ClonestrikeError, match="partly off the screen: move all of it"):
            screen.grab()
        screen._window.unmap()
        screen._display.sync()
        until(lambda: screen.obstacle == "it is minimised or on another workspace")


def test_a_window_above_that_closes_is_not_taken_for_the_game() -> None:
    flicker = """
import Xlib.display
screen = Xlib.display.Display()
root = screen.screen().root
while True:
    window = root.create_window(0, 0, 900, 700, 0, screen.screen().root_depth, override_redirect=True)
    window.map()
    screen.sync()
    window.destroy()
    screen.sync()
"""
    with room("Below"), open_screen("Below") as screen, program(sys.executable, "-c", flicker):
        until(lambda: screen.obstacle is not None)
        assert {screen.obstacle for _ in range(3000)} == {None, "another window lies over it"}
