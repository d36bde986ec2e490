"""The desktop edge on X11: XTEST presses, XInput 2 listens, and the picture comes by shared memory through mss."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import mss
import numpy as np
from Xlib import XK, X, display
from Xlib.error import BadDrawable, BadWindow, ConnectionClosedError, DisplayError, XError
from Xlib.ext import ge, xinput, xtest

from clonestrike.actions import KEYS, Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Frame
from clonestrike.games.desktop.edge import Input, InputRecorder, Screen

KEYSYMS = {"ctrl": "Control_L", "shift": "Shift_L"}
"""Of the keys that X11 calls otherwise."""
BUTTONS = {"left": 1, "right": 3}
KILL_SWITCH = "F12"
XINPUT_VERSION = (2, 2)
"""Before 2.1 a server keeps raw motion to itself while a game holds the pointer."""
RAW_KEY_PRESS, RAW_KEY_RELEASE, RAW_BUTTON_PRESS, RAW_BUTTON_RELEASE, RAW_MOTION = 13, 14, 15, 16, 17


def open_display() -> Any:
    """A connection to the X server; raises ClonestrikeError when there is none."""
    try:
        return display.Display()
    except (DisplayError, OSError) as error:
        shown = os.environ.get("DISPLAY") or "not set"
        raise ClonestrikeError(f"no X server answers (DISPLAY is {shown}): start one ({error})") from None


def keycodes(connection: Any) -> dict[str, int]:
    """Keycode of every key of the action space."""
    return {key: connection.keysym_to_keycode(XK.string_to_keysym(KEYSYMS.get(key, key))) for key in KEYS}


class X11Screen(Screen):
    """The client area of the window whose title is, or else contains, ``title``."""

    def __init__(self, title: str) -> None:
        self._display = open_display()
        self.title = title
        found = _named(self._display, title)
        if found is None:
            self._display.close()
            raise ClonestrikeError(f"no window is called {title!r}: start the game, or check the title")
        self._window = found
        self._camera: mss.MSS | None = mss.MSS()

    def grab(self) -> Frame:
        if self._camera is None:
            raise ValueError("the screen is closed")
        try:
            shape = self._window.get_geometry()
            corner = self._display.screen().root.translate_coords(self._window, 0, 0)
            area = {"left": corner.x, "top": corner.y, "width": shape.width, "height": shape.height}
            pixels = np.asarray(self._camera.grab(area))
        except (XError, BadWindow, BadDrawable, ConnectionClosedError, mss.ScreenShotError, AttributeError):
            raise ClonestrikeError(f"the window {self.title!r} is gone: the game was closed or died") from None
        return np.ascontiguousarray(pixels[:, :, 2::-1])

    @property
    def focused(self) -> bool:
        focus = self._display.get_input_focus().focus
        return any(getattr(window, "id", None) == getattr(focus, "id", focus) for window in _lineage(self._window))

    def focus(self) -> None:
        self._window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._window.configure(stack_mode=X.Above)
        self._display.sync()

    def close(self) -> None:
        if self._camera is not None:
            self._camera.close()
            self._camera = None
            self._display.close()


def _named(connection: Any, title: str) -> Any:
    """The window of that title; a title that only contains it is the second choice."""
    modern, old = connection.intern_atom("_NET_WM_NAME"), connection.intern_atom("WM_NAME")
    similar = None
    for window in _all(connection.screen().root):
        try:
            name = window.get_full_text_property(modern) or window.get_full_text_property(old) or ""
        except (BadWindow, XError):
            continue
        if name == title:
            return window
        if title.lower() in name.lower() and similar is None:
            similar = window
    return similar


def _all(window: Any) -> Iterator[Any]:
    try:
        children = window.query_tree().children
    except (BadWindow, XError):  # it closed while we looked
        return
    for child in children:
        yield child
        yield from _all(child)


def _lineage(window: Any) -> Iterator[Any]:
    """A window and those that it lies in, but for the root."""
    while window:
        yield window
        tree = window.query_tree()
        window = tree.parent if tree.parent != tree.root else None


class X11Input(Input):
    """XTEST. A process of its own lets go of everything when ours ends, even by SIGKILL (see ``release_at_end``)."""

    def __init__(self) -> None:
        self._display = open_display()
        if not self._display.query_extension("XTEST"):
            raise ClonestrikeError("the X server has no XTEST extension: keys and mouse cannot be sent")
        self._codes = keycodes(self._display)
        self._kill = self._display.keysym_to_keycode(XK.string_to_keysym(KILL_SWITCH))
        self._held: set[str] = set()
        self._stopped = False
        self._open = True
        self._guard = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import release_at_end; release_at_end()"],
            stdin=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C is not meant for it
        )

    @contextlib.contextmanager
    def _server(self) -> Iterator[Any]:
        try:
            yield self._display
        except (ConnectionClosedError, OSError):
            raise ClonestrikeError("the X server is gone: start it and the game again") from None

    def hold(self, action: Action) -> None:
        wanted = set(action.keys) | {name for name in BUTTONS if getattr(action, name)}
        with self._server() as server:
            for name in self._held - wanted:
                _press(server, self._codes, name, down=False)
            for name in wanted - self._held:
                _press(server, self._codes, name, down=True)
            server.flush()
        self._held = wanted

    def move(self, x: int, y: int) -> None:
        if x or y:
            with self._server() as server:
                xtest.fake_input(server, X.MotionNotify, detail=1, x=x, y=y)
                server.flush()

    @property
    def stopped(self) -> bool:
        with self._server() as server:
            keymap = server.query_keymap()
        self._stopped |= bool(keymap[self._kill // 8] >> (self._kill % 8) & 1)
        return self._stopped

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        try:
            with contextlib.suppress(ClonestrikeError):  # the server is gone, and what was held with it
                self.release()
                with self._server() as server:
                    server.sync()
                    server.close()
        finally:
            assert self._guard.stdin is not None
            self._guard.stdin.close()
            self._guard.wait()


def _press(connection: Any, codes: dict[str, int], name: str, *, down: bool) -> None:
    if name in BUTTONS:
        xtest.fake_input(connection, X.ButtonPress if down else X.ButtonRelease, BUTTONS[name])
    else:
        xtest.fake_input(connection, X.KeyPress if down else X.KeyRelease, codes[name])


def release_at_end() -> None:
    """Wait until the process that started this one has ended, and let go of all that it may have held."""
    connection = display.Display()
    sys.stdin.buffer.read()
    codes = keycodes(connection)
    held = connection.query_keymap()
    for name, code in codes.items():
        if held[code // 8] >> (code % 8) & 1:
            _press(connection, codes, name, down=False)
    for name in BUTTONS:
        _press(connection, codes, name, down=False)
    connection.sync()


class X11InputRecorder(InputRecorder):
    """XInput 2 raw events: exact counts, keys and buttons, also while the game holds the pointer."""

    def __init__(self) -> None:
        self._display = open_display()
        extension = self._display.query_extension(xinput.extname)
        if not extension:
            raise ClonestrikeError("the X server has no XInput extension: what a human presses cannot be heard")
        xinput.XIQueryVersion(
            display=self._display.display,
            opcode=extension.major_opcode,
            major_version=XINPUT_VERSION[0],
            minor_version=XINPUT_VERSION[1],
        )
        mask = sum(1 << kind for kind in range(RAW_KEY_PRESS, RAW_MOTION + 1))
        self._display.screen().root.xinput_select_events([(xinput.AllMasterDevices, mask)])
        self._display.sync()
        self._names = {code: key for key, code in keycodes(self._display).items()}
        self._buttons = {number: name for name, number in BUTTONS.items()}
        self._down: set[str] = set()
        self._tapped: set[str] = set()
        self._x = self._y = 0.0
        self._lock = threading.Lock()

    def take(self) -> Action:
        with self._lock:
            while self._display.pending_events():
                event = self._display.next_event()
                if event.type == ge.GenericEventCode:
                    self._hear(event.evtype, bytes(event.data))
            pressed = self._down | self._tapped
            action = Action(
                frozenset(pressed & set(KEYS)),
                left="left" in pressed,
                right="right" in pressed,
                mouse_x=self._x,
                mouse_y=self._y,
            )
            self._tapped.clear()
            self._x = self._y = 0.0
            return action

    def _hear(self, kind: int, data: bytes) -> None:
        _, _, detail, _, words, _ = struct.unpack_from("<HIIHHI", data)
        if kind == RAW_MOTION:
            moved = _valuators(data, words)
            self._x += moved.get(0, 0.0)
            self._y += moved.get(1, 0.0)
            return
        name = (self._names if kind in (RAW_KEY_PRESS, RAW_KEY_RELEASE) else self._buttons).get(detail)
        if name is None:
            return
        if kind in (RAW_KEY_PRESS, RAW_BUTTON_PRESS):
            self._down.add(name)
            self._tapped.add(name)
        else:
            self._down.discard(name)

    def close(self) -> None:
        self._display.close()


def _valuators(data: bytes, words: int) -> dict[int, float]:
    """Axis -> value, as 32.32 fixed point numbers behind a mask of ``words`` 32-bit words."""
    start = 22
    mask = int.from_bytes(data[start : start + 4 * words], "little")
    start += 4 * words
    values = {}
    for axis in range(32 * words):
        if mask >> axis & 1:
            whole, fraction = struct.unpack_from("<iI", data, start)
            values[axis] = whole + fraction / 2**32
            start += 8
    return values
