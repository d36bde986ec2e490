"""Input injection by XTEST. A kill switch, and a guard process for the end of this process, release everything."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from typing import Any

from Xlib import X
from Xlib.error import ConnectionClosedError, XError
from Xlib.ext import xtest

from clonestrike.core.actions import Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.backend import Bindings, Input
from clonestrike.games.desktop.x11.connection import (
    BUTTONS,
    KEY_PRESS,
    RawEvents,
    is_down,
    keycode,
    keycodes,
    open_display,
    server_errors,
)

OWNER = "_CLONESTRIKE_INPUT"
"""X selection of the process that injects input; the server frees it when that process ends."""


class X11Input(Input):
    """Input injection by XTEST. A guard process (``release_at_end``) releases everything if this one is killed."""

    def __init__(self, bindings: Bindings | None = None) -> None:
        self.bindings = bindings = bindings or Bindings()
        self._display = open_display()
        try:
            if not self._display.query_extension("XTEST"):
                raise ClonestrikeError("the X server has no XTEST extension", "keys and mouse cannot be sent")
            self._codes = keycodes(self._display, bindings)
            kill_switch = keycode(self._display, bindings.kill_switch)
            _become_owner(self._display)
        except ClonestrikeError:
            self._display.close()
            raise
        self._held: set[str] = set()
        self._lock = threading.RLock()
        self._stopped = False
        self._open = True
        self._watch = _KillSwitch(kill_switch, self._stop)
        self._guard = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import release_at_end; release_at_end()"],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C must not end the guard
        )
        assert self._guard.stdin is not None
        self._guard.stdin.write(json.dumps(sorted(self._codes.values())).encode() + b"\n")
        self._guard.stdin.flush()

    def hold(self, action: Action) -> None:
        wanted = set(action.keys) | {name for name in BUTTONS if getattr(action, name)}
        with self._lock, server_errors():
            if self._stopped:
                return
            self._press(wanted)

    def _press(self, wanted: set[str]) -> None:
        for name in self._held - wanted:
            _press(self._display, self._codes, name, down=False)
        for name in wanted - self._held:
            _press(self._display, self._codes, name, down=True)
        self._display.flush()
        self._held = wanted

    def move(self, x: int, y: int) -> None:
        with self._lock, server_errors():
            if not self._stopped and (x or y):
                xtest.fake_input(self._display, X.MotionNotify, detail=1, x=x, y=y)
                self._display.flush()

    @property
    def stopped(self) -> bool:
        return self._stopped

    def _stop(self) -> None:
        """Release everything for good; called by the thread of the kill switch."""
        with self._lock:
            self._stopped = True
            with contextlib.suppress(ConnectionClosedError, OSError):
                self._press(set())

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        try:
            self._watch.close()
            with contextlib.suppress(ConnectionClosedError, OSError):  # a server that is gone holds nothing
                self._press(set())
                self._display.sync()
                self._display.close()
        finally:
            assert self._guard.stdin is not None
            self._guard.stdin.close()
            self._guard.wait()


class _KillSwitch:
    """A thread that watches one key, in whatever window."""

    def __init__(self, code: int, pressed: Any) -> None:
        self._code, self._pressed = code, pressed
        self._events = RawEvents()
        self._end, self._ended = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="kill switch", daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        ready = [self._events.display.fileno(), self._end]
        with contextlib.suppress(ClonestrikeError):  # the X server is gone: the next injection reports it
            while self._end not in select.select(ready, [], [])[0]:
                for event in self._events.pending():
                    if event.kind == KEY_PRESS and event.detail == self._code:
                        self._pressed()

    def close(self) -> None:
        os.close(self._ended)
        self._thread.join()
        os.close(self._end)
        self._events.close()


def _become_owner(connection: Any) -> None:
    """Take the selection; raises ClonestrikeError if another process injects input on this server."""
    atom = connection.intern_atom(OWNER)
    window = connection.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
    connection.grab_server()
    try:
        taken = connection.get_selection_owner(atom) != X.NONE
        if not taken:
            window.set_selection_owner(atom, X.CurrentTime)
    finally:
        connection.ungrab_server()
        connection.sync()
    if taken:
        raise ClonestrikeError("another Clonestrike plays on this desktop", "end it first (its kill switch is F12)")


def _press(connection: Any, codes: dict[str, int], name: str, *, down: bool) -> None:
    if name in BUTTONS:
        xtest.fake_input(connection, X.ButtonPress if down else X.ButtonRelease, BUTTONS[name])
    else:
        xtest.fake_input(connection, X.KeyPress if down else X.KeyRelease, codes[name])


def release_at_end() -> None:
    """Wait until the parent process has ended, then release all keys and buttons that it may hold.

    The first line of stdin is a JSON list of keycodes; stdin ends when the parent ends.
    """
    codes = json.loads(sys.stdin.buffer.readline() or b"[]")
    sys.stdin.buffer.read()
    with contextlib.suppress(ClonestrikeError, ConnectionClosedError, XError, OSError):
        connection = open_display()
        held = connection.query_keymap()
        for code in codes:
            if is_down(held, code):
                xtest.fake_input(connection, X.KeyRelease, code)
        for number in BUTTONS.values():
            xtest.fake_input(connection, X.ButtonRelease, number)
        connection.sync()
