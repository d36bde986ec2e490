"""Input recording by raw input: exact counts, keys and buttons, in whatever window."""

from __future__ import annotations

import contextlib
import ctypes
import threading
from ctypes import wintypes

from clonestrike.core.actions import KEYS, Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.backend import Bindings, InputRecorder
from clonestrike.games.desktop.windows import win32
from clonestrike.games.desktop.windows.keys import BUTTONS, is_down, virtual_key, virtual_keys
from clonestrike.games.desktop.windows.win32 import last_error, library

GENERIC_DESKTOP, MOUSE, KEYBOARD = 1, 2, 6
EVEN_IN_BACKGROUND = 0x0100
RAW_MOUSE, RAW_KEYBOARD = 0, 1
RAW_DATA = 0x10000003
WM_CLOSE, WM_INPUT = 0x0010, 0x00FF
MESSAGE_ONLY = -3
KEY_BREAK, KEY_E0 = 1, 2
RAW_ABSOLUTE = 1
EXTENDED = frozenset((0x25, 0x26, 0x27, 0x28, 0xA3, 0xA5))
"""Virtual keys whose scan code has the prefix E0: arrows, right ctrl and right alt."""
RAW_BUTTONS = {"left": (0x0001, 0x0002), "right": (0x0004, 0x0008)}
"""Flags of RAWMOUSE when a button goes down and up."""


def _place(code: int) -> tuple[int, bool]:
    """Scan code of a virtual key, and whether it has the prefix E0."""
    return library("user32").MapVirtualKeyW(code, 0) & 0xFF, code in EXTENDED


class WindowsInputRecorder(InputRecorder):
    """Input recording by raw input, in a thread of its own."""

    def __init__(self, bindings: Bindings | None = None) -> None:
        bindings = bindings or Bindings()
        codes = virtual_keys(bindings)
        self._names = {_place(code): key for key, code in codes.items()}
        self._kill = _place(virtual_key(bindings.kill_switch))
        self._stopped = False
        self._down = {name for name, code in {**codes, **BUTTONS}.items() if is_down(code)}
        self._tapped: set[str] = set()
        self._x = self._y = 0
        self._lock = threading.Lock()
        self._window: int | None = None
        self._error: str | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="raw input", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._error:
            raise ClonestrikeError(
                f"keys and mouse cannot be recorded ({self._error})",
                "run on a desktop that lets programs read raw input",
            )

    def take(self) -> Action:
        with self._lock:
            pressed = self._down | self._tapped
            action = Action(
                frozenset(pressed & set(KEYS)),
                left="left" in pressed,
                right="right" in pressed,
                mouse_x=float(self._x),
                mouse_y=float(self._y),
            )
            self._tapped.clear()
            self._x = self._y = 0
            return action

    def _listen(self) -> None:
        user = library("user32")
        instance = library("kernel32").GetModuleHandleW(None)
        procedure = win32.WINDOW_PROCEDURE(self._message)
        name = f"clonestrike raw input {id(self)}"
        kind = win32.WindowClass(procedure=procedure, instance=instance, name=name)
        user.RegisterClassW(ctypes.byref(kind))
        self._window = user.CreateWindowExW(0, name, name, 0, 0, 0, 0, 0, MESSAGE_ONLY, None, instance, None)
        devices = (win32.RawDevice * 2)(
            win32.RawDevice(GENERIC_DESKTOP, MOUSE, EVEN_IN_BACKGROUND, self._window),
            win32.RawDevice(GENERIC_DESKTOP, KEYBOARD, EVEN_IN_BACKGROUND, self._window),
        )
        if not self._window or not user.RegisterRawInputDevices(devices, 2, ctypes.sizeof(win32.RawDevice)):
            self._error = last_error()
        self._ready.set()
        message = wintypes.MSG()
        while not self._error and user.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
            user.DispatchMessageW(ctypes.byref(message))
        user.UnregisterClassW(name, instance)

    def _message(self, window: int, message: int, first: int, second: int) -> int:
        user = library("user32")
        if message == WM_INPUT:
            raw, size = win32.RawInput(), ctypes.c_uint(ctypes.sizeof(win32.RawInput))
            header = ctypes.sizeof(win32.RawHeader)
            if user.GetRawInputData(second, RAW_DATA, ctypes.byref(raw), ctypes.byref(size), header) != 0xFFFFFFFF:
                self._take_in(raw)
        elif message == WM_CLOSE:
            user.DestroyWindow(window)
            user.PostQuitMessage(0)
            return 0
        return int(user.DefWindowProcW(window, message, first, second))

    def _take_in(self, raw: win32.RawInput) -> None:
        with self._lock:
            if raw.header.type == RAW_MOUSE:
                mouse = raw.data.mouse
                if not mouse.flags & RAW_ABSOLUTE:
                    self._x += mouse.x
                    self._y += mouse.y
                for name, (down, up) in RAW_BUTTONS.items():
                    self._turn(name, down=bool(mouse.buttons & down), up=bool(mouse.buttons & up))
            elif raw.header.type == RAW_KEYBOARD:
                key = raw.data.keyboard
                place, up = (key.scan, bool(key.flags & KEY_E0)), bool(key.flags & KEY_BREAK)
                self._stopped |= place == self._kill and not up
                if place in self._names:
                    self._turn(self._names[place], down=not up, up=up)

    def _turn(self, name: str, *, down: bool, up: bool) -> None:
        if down:
            self._down.add(name)
            self._tapped.add(name)
        if up:
            self._down.discard(name)

    @property
    def stopped(self) -> bool:
        return self._stopped

    def close(self) -> None:
        if self._window is not None:
            with contextlib.suppress(ClonestrikeError):
                library("user32").PostMessageW(self._window, WM_CLOSE, 0, 0)
            self._thread.join(timeout=2)
            self._window = None
