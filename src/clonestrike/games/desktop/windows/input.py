"""Input injection by SendInput. A kill switch, and a guard process for the end of this process, release everything."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import threading
import time
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self

from clonestrike.core.actions import Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.backend import Bindings, Input
from clonestrike.games.desktop.windows import win32
from clonestrike.games.desktop.windows.keys import BUTTONS, virtual_key, virtual_keys, was_pressed
from clonestrike.games.desktop.windows.win32 import last_error, library

MOVED, KEY_UP = 0x0001, 0x0002
BUTTON_FLAGS = {"left": (0x0002, 0x0004), "right": (0x0008, 0x0010)}
"""Flags of MOUSEINPUT that press and release a button."""
GET_MOUSE, SET_MOUSE, GET_SPEED, SET_SPEED = 0x0003, 0x0004, 0x0070, 0x0071
OWNER = "Local\\clonestrike input"
"""Name of the mutex of the process that injects input; Windows frees it when that process ends."""
ALREADY_EXISTS = 183
POLL_SECONDS = 0.01


def _send(sent: win32.Input) -> None:
    if library("user32").SendInput(1, ctypes.byref(sent), ctypes.sizeof(sent)) != 1:
        raise ClonestrikeError(
            f"keys and mouse cannot be sent ({last_error()})", "a window that runs as administrator is in front"
        )


def send_key(code: int, *, down: bool) -> None:
    """Send a key with both virtual key and scan code, since games read one or the other."""
    sent = win32.Input(1)
    scan = library("user32").MapVirtualKeyW(code, 0)
    sent.either.key = win32.KeyInput(code, scan, 0 if down else KEY_UP, 0, 0)
    _send(sent)


def send_mouse(x: int, y: int, flags: int) -> None:
    """Send mouse motion in counts, or a button."""
    sent = win32.Input(0)
    sent.either.mouse = win32.MouseInput(x, y, 0, flags, 0, 0)
    _send(sent)


def tap(name: str, seconds: float = 0.03) -> None:
    """Press a key and release it after some seconds, long enough for a game to see it."""
    code = virtual_key(name)
    send_key(code, down=True)
    try:
        time.sleep(seconds)
    finally:
        send_key(code, down=False)


@dataclass(frozen=True)
class PointerSettings:
    """Acceleration (two thresholds and a level) and speed of the pointer. Both change the counts that are sent."""

    first: int = 0
    second: int = 0
    level: int = 0
    speed: int = 10
    """At 10, counts arrive as they are sent."""

    @classmethod
    def now(cls) -> Self:
        """The user's current settings."""
        user, mouse, speed = library("user32"), (ctypes.c_int * 3)(), ctypes.c_int()
        user.SystemParametersInfoW(GET_MOUSE, 0, mouse, 0)
        user.SystemParametersInfoW(GET_SPEED, 0, ctypes.byref(speed), 0)
        return cls(mouse[0], mouse[1], mouse[2], speed.value)

    def apply(self) -> None:
        """Set them until they are changed or the user logs off."""
        user, mouse = library("user32"), (ctypes.c_int * 3)(self.first, self.second, self.level)
        user.SystemParametersInfoW(SET_MOUSE, 0, mouse, 0)
        if self.speed:  # 0 under Wine, which does not report it
            user.SystemParametersInfoW(SET_SPEED, 0, self.speed, 0)


class WindowsInput(Input):
    """Input injection by SendInput. Pointer acceleration is off while it is open.

    A guard process releases everything when this process ends, even if it is killed (see ``guard``).
    """

    def __init__(self, bindings: Bindings | None = None) -> None:
        self.bindings = bindings = bindings or Bindings()
        self._codes = virtual_keys(bindings)
        self._kill_switch = virtual_key(bindings.kill_switch)
        self._mutex = _become_owner()
        self._held: set[str] = set()
        self._lock = threading.RLock()
        self._stopped = False
        self._closed = threading.Event()
        self._guard = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("guard.py"))],
            stdin=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # Ctrl-C must not end the guard
        )
        assert self._guard.stdin is not None
        self._pointer = PointerSettings.now()
        task = {
            "keys": list(self._codes.values()),
            "buttons": [(code, BUTTON_FLAGS[name][1]) for name, code in BUTTONS.items()],
            "pointer": astuple(self._pointer),
        }
        self._guard.stdin.write(json.dumps(task).encode() + b"\n")
        self._guard.stdin.flush()
        PointerSettings().apply()
        was_pressed(self._kill_switch)  # forget presses from before
        self._watch = threading.Thread(target=self._listen, name="kill switch", daemon=True)
        self._watch.start()

    def _listen(self) -> None:
        while not self._closed.wait(POLL_SECONDS):
            if was_pressed(self._kill_switch):
                with self._lock:
                    self._stopped = True
                    self._press(set())
                return

    def hold(self, action: Action) -> None:
        wanted = set(action.keys) | {name for name in BUTTONS if getattr(action, name)}
        with self._lock:
            if not self._stopped:
                self._press(wanted)

    def _press(self, wanted: set[str]) -> None:
        for name in self._held - wanted:
            _press(self._codes, name, down=False)
        for name in wanted - self._held:
            _press(self._codes, name, down=True)
        self._held = wanted

    def move(self, x: int, y: int) -> None:
        with self._lock:
            if not self._stopped and (x or y):
                send_mouse(x, y, MOVED)

    @property
    def stopped(self) -> bool:
        return self._stopped

    def close(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        try:
            self._watch.join()
            self._press(set())
            self._pointer.apply()
        finally:
            assert self._guard.stdin is not None
            self._guard.stdin.close()
            self._guard.wait()
            library("kernel32").CloseHandle(self._mutex)


def _become_owner() -> int:
    """Create the mutex and return its handle; raises ClonestrikeError if another process injects input here."""
    kernel = library("kernel32")
    # typeshed declares it on Windows only, and types are checked on all systems.
    ctypes.set_last_error(0)  # type: ignore[attr-defined, unused-ignore]
    mutex: int = kernel.CreateMutexW(None, False, OWNER)
    # typeshed declares it on Windows only, and types are checked on all systems.
    if ctypes.get_last_error() == ALREADY_EXISTS:  # type: ignore[attr-defined, unused-ignore]
        kernel.CloseHandle(mutex)
        raise ClonestrikeError("another Clonestrike plays on this desktop", "end it first (its kill switch is F12)")
    return mutex


def _press(codes: dict[str, int], name: str, *, down: bool) -> None:
    if name in BUTTONS:
        send_mouse(0, 0, BUTTON_FLAGS[name][0 if down else 1])
    else:
        send_key(codes[name], down=down)
