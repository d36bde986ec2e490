"""The desktop edge on Windows: SendInput presses, raw input listens, and the picture is copied from the screen.

Desktop Duplication is used instead of a copy where ``dxcam`` is installed and the window is on the first screen.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from ctypes import wintypes
from typing import Any

import numpy as np

from clonestrike.actions import KEYS, Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Frame
from clonestrike.games.desktop import win32
from clonestrike.games.desktop.edge import Input, InputRecorder, Screen
from clonestrike.games.desktop.win32 import last_error, library

VIRTUAL_KEYS = {key: ord(key.upper()) for key in KEYS} | {"space": 0x20, "ctrl": 0xA2, "shift": 0xA0}
"""Of every key of the action space: where a game tells left from right, the left one."""
FUNCTION_KEYS = {f"F{n}": 0x6F + n for n in range(1, 13)}
KILL_SWITCH = FUNCTION_KEYS["F12"]
BUTTONS = {"left": (0x01, 0x0002, 0x0004), "right": (0x02, 0x0008, 0x0010)}
"""Virtual key, and the flags of MOUSEINPUT that press and let go."""
MOVED, KEY_UP = 0x0001, 0x0002
GET_MOUSE, SET_MOUSE, GET_SPEED, SET_SPEED = 0x0003, 0x0004, 0x0070, 0x0071
PLAIN_SPEED = 10
"""The place of the pointer speed's slider at which a count is a count."""
COPY = 0x00CC0020


def find_window(fits: Callable[[int, str], bool]) -> int | None:
    """The first visible window (from the top) for whose handle and title ``fits`` is true."""
    user = library("user32")
    found: list[int] = []

    def visit(window: int, _: int) -> bool:
        if not user.IsWindowVisible(window):
            return True
        title = ctypes.create_unicode_buffer(512)
        user.GetWindowTextW(window, title, 512)
        if fits(window, title.value):
            found.append(window)
        return not found

    user.EnumWindows(win32.WINDOW_VISITOR(visit), 0)
    return found[0] if found else None


def process_of(window: int) -> int:
    """The process that a window belongs to."""
    pid = wintypes.DWORD()
    library("user32").GetWindowThreadProcessId(window, ctypes.byref(pid))
    return pid.value


class WindowsScreen(Screen):
    """The client area of a window: the one whose title is, or else contains, ``title``; or the one of a process."""

    def __init__(self, title: str, *, process: int | None = None) -> None:
        self.title = title
        if process is not None:
            found = find_window(lambda window, name: bool(name) and process_of(window) == process)
        else:
            found = find_window(lambda _, name: name == title) or find_window(
                lambda _, name: title.lower() in name.lower()
            )
        if found is None:
            raise ClonestrikeError(f"no window is called {title!r}: start the game, or check the title")
        self._user = library("user32")
        self._user.SetProcessDPIAware()  # or sizes are those of a smaller screen
        self._window = found
        self._copy: _Copy | None = None
        self._camera = _camera()

    def grab(self) -> Frame:
        left, top, width, height = self._area()
        if self._camera is not None and self._camera.holds(left, top, width, height):
            return self._camera.grab(left, top, width, height)
        if self._copy is None or self._copy.size != (width, height):
            if self._copy is not None:
                self._copy.close()
            self._copy = _Copy(width, height)
        return self._copy.grab(left, top)

    def _area(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the client area on the screen."""
        if not self._user.IsWindow(self._window):
            raise ClonestrikeError(f"the window {self.title!r} is gone: the game was closed or died")
        if self._user.IsIconic(self._window):
            raise ClonestrikeError(f"the window {self.title!r} is minimised: bring it to the front")
        shape, corner = wintypes.RECT(), wintypes.POINT()
        self._user.GetClientRect(self._window, ctypes.byref(shape))
        self._user.ClientToScreen(self._window, ctypes.byref(corner))
        return corner.x, corner.y, shape.right, shape.bottom

    @property
    def focused(self) -> bool:
        return bool(self._user.GetForegroundWindow() == self._window)

    def focus(self) -> None:
        self._user.SetForegroundWindow(self._window)
        if not self.focused:  # Windows gives the front to whoever pressed something last
            _send_key(0x12, down=True)
            self._user.SetForegroundWindow(self._window)
            _send_key(0x12, down=False)

    def close(self) -> None:
        if self._copy is not None:
            self._copy.close()
            self._copy = None
        if self._camera is not None:
            self._camera.close()
            self._camera = None


class _Copy:
    """A bitmap in memory of one size, that a part of the screen is copied to."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self._user, self._gdi = library("user32"), library("gdi32")
        self._screen = self._user.GetDC(None)
        self._memory = self._gdi.CreateCompatibleDC(self._screen)
        header = struct.pack("<IiiHHIIiiII", 40, width, -height, 1, 32, 0, 0, 0, 0, 0, 0)  # top row first, BGRX
        bits = ctypes.c_void_p()
        self._bitmap = self._gdi.CreateDIBSection(self._screen, header, 0, ctypes.byref(bits), None, 0)
        if not self._bitmap or not bits.value:
            raise ClonestrikeError(f"the window is {width} x {height}: it cannot be copied ({last_error()})")
        self._before = self._gdi.SelectObject(self._memory, self._bitmap)
        pixels = (ctypes.c_uint8 * (width * height * 4)).from_address(bits.value)
        self._pixels = np.frombuffer(pixels, np.uint8).reshape(height, width, 4)

    def grab(self, left: int, top: int) -> Frame:
        width, height = self.size
        if not self._gdi.BitBlt(self._memory, 0, 0, width, height, self._screen, left, top, COPY):
            raise ClonestrikeError(f"the screen cannot be copied ({last_error()}): is it locked?")
        return np.ascontiguousarray(self._pixels[:, :, 2::-1])

    def close(self) -> None:
        self._gdi.SelectObject(self._memory, self._before)
        self._gdi.DeleteObject(self._bitmap)
        self._gdi.DeleteDC(self._memory)
        self._user.ReleaseDC(None, self._screen)


class _Duplication:
    """Desktop Duplication through dxcam: the first screen, in RGB."""

    def __init__(self, camera: Any) -> None:
        self._camera = camera
        self._last: tuple[tuple[int, int, int, int], Frame] | None = None

    def holds(self, left: int, top: int, width: int, height: int) -> bool:
        right, bottom = left + width, top + height
        return left >= 0 and top >= 0 and right <= self._camera.width and bottom <= self._camera.height

    def grab(self, left: int, top: int, width: int, height: int) -> Frame:
        region = (left, top, left + width, top + height)
        while (frame := self._camera.grab(region=region)) is None:  # nothing on the screen has changed
            if self._last is not None and self._last[0] == region:
                return self._last[1]
        self._last = (region, np.ascontiguousarray(frame))
        return self._last[1]

    def close(self) -> None:
        self._camera.release()


def _camera() -> _Duplication | None:
    if importlib.util.find_spec("dxcam") is None:
        return None
    import dxcam

    return _Duplication(dxcam.create(output_color="RGB"))


def _send(*inputs: win32.Input) -> None:
    array = (win32.Input * len(inputs))(*inputs)
    if library("user32").SendInput(len(inputs), array, ctypes.sizeof(win32.Input)) != len(inputs):
        raise ClonestrikeError(
            f"keys and mouse cannot be sent ({last_error()}): a window that runs as administrator is in front"
        )


def _send_key(virtual_key: int, *, down: bool) -> None:
    """Virtual key and scan code together: games read the one or the other."""
    scan = library("user32").MapVirtualKeyW(virtual_key, 0)
    sent = win32.Input(1)
    sent.either.key = win32.KeyInput(virtual_key, scan, 0 if down else KEY_UP, 0, 0)
    _send(sent)


def _send_mouse(x: int, y: int, flags: int) -> None:
    sent = win32.Input(0)
    sent.either.mouse = win32.MouseInput(x, y, 0, flags, 0, 0)
    _send(sent)


def _press(name: str, *, down: bool) -> None:
    if name in BUTTONS:
        _send_mouse(0, 0, BUTTONS[name][1 if down else 2])
    else:
        _send_key(VIRTUAL_KEYS.get(name) or FUNCTION_KEYS[name], down=down)


def _pressed(virtual_key: int) -> bool:
    """Whether a key is down, or was since the last time that we asked."""
    return bool(library("user32").GetAsyncKeyState(virtual_key))


class PointerSettings:
    """Acceleration (two thresholds and a level) and speed of the pointer, which falsify injected counts."""

    def __init__(self, *values: int) -> None:
        self.values = values

    @classmethod
    def now(cls) -> PointerSettings:
        """As the user has them."""
        user, mouse, speed = library("user32"), (ctypes.c_int * 3)(), ctypes.c_int()
        user.SystemParametersInfoW(GET_MOUSE, 0, mouse, 0)
        user.SystemParametersInfoW(GET_SPEED, 0, ctypes.byref(speed), 0)
        return cls(*mouse, speed.value)

    def apply(self) -> None:
        """Make them those of the system, until the user logs off."""
        user, (first, second, level, speed) = library("user32"), self.values
        user.SystemParametersInfoW(SET_MOUSE, 0, (ctypes.c_int * 3)(first, second, level), 0)
        user.SystemParametersInfoW(SET_SPEED, 0, speed, 0)


EXACT = PointerSettings(0, 0, 0, PLAIN_SPEED)


class WindowsInput(Input):
    """SendInput, with the pointer's acceleration off while it is open.

    A process of its own lets go of everything when ours ends, however it ends (see ``release_at_end``).
    """

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._stopped = False
        self._open = True
        before = PointerSettings.now()
        self._guard = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import release_at_end; release_at_end{before.values}"],
            stdin=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # a Ctrl-C is not meant for it
        )
        EXACT.apply()
        _pressed(KILL_SWITCH)  # what was pressed before is not meant for us

    def hold(self, action: Action) -> None:
        wanted = set(action.keys) | {name for name in BUTTONS if getattr(action, name)}
        for name in self._held - wanted:
            _press(name, down=False)
        for name in wanted - self._held:
            _press(name, down=True)
        self._held = wanted

    def move(self, x: int, y: int) -> None:
        if x or y:
            _send_mouse(x, y, MOVED)

    def press(self, key: str, *, down: bool) -> None:
        """Press or let go of a key of the action space or a function key, besides what is held."""
        _press(key, down=down)

    @property
    def stopped(self) -> bool:
        self._stopped |= _pressed(KILL_SWITCH)
        return self._stopped

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        try:
            self.release()
        finally:
            assert self._guard.stdin is not None
            self._guard.stdin.close()
            self._guard.wait()


def release_at_end(*pointer: int) -> None:
    """Wait until the process that started this one has ended, let go of all that it may have held, and give the
    pointer its settings back.
    """
    sys.stdin.buffer.read()
    for name, key in VIRTUAL_KEYS.items():
        if library("user32").GetAsyncKeyState(key) & 0x8000:
            _press(name, down=False)
    for name, (key, *_) in BUTTONS.items():
        if library("user32").GetAsyncKeyState(key) & 0x8000:
            _press(name, down=False)
    PointerSettings(*pointer).apply()


GENERIC_DESKTOP, MOUSE, KEYBOARD = 1, 2, 6
EVEN_IN_BACKGROUND = 0x0100
RAW_MOUSE, RAW_KEYBOARD = 0, 1
RAW_DATA = 0x10000003
WM_CLOSE, WM_INPUT = 0x0010, 0x00FF
MESSAGE_ONLY = -3
KEY_BREAK, KEY_E0 = 1, 2
RAW_ABSOLUTE = 1
RAW_BUTTONS = {"left": (0x0001, 0x0002), "right": (0x0004, 0x0008)}
"""Flags of RAWMOUSE when a button goes down and up."""


class WindowsInputRecorder(InputRecorder):
    """Raw input: exact counts, keys and buttons, whichever window has them. A thread of its own listens."""

    def __init__(self) -> None:
        user = library("user32")
        self._names = {user.MapVirtualKeyW(code, 0): key for key, code in VIRTUAL_KEYS.items()}
        self._down: set[str] = set()
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
            raise ClonestrikeError(f"what a human presses cannot be heard ({self._error})")

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
                self._hear(raw)
        elif message == WM_CLOSE:
            user.DestroyWindow(window)
            user.PostQuitMessage(0)
            return 0
        return int(user.DefWindowProcW(window, message, first, second))

    def _hear(self, raw: win32.RawInput) -> None:
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
                name = self._names.get(key.scan) if not key.flags & KEY_E0 else None
                if name is not None:
                    self._turn(name, down=not key.flags & KEY_BREAK, up=bool(key.flags & KEY_BREAK))

    def _turn(self, name: str, *, down: bool, up: bool) -> None:
        if down:
            self._down.add(name)
            self._tapped.add(name)
        if up:
            self._down.discard(name)

    def close(self) -> None:
        if self._window is not None:
            with contextlib.suppress(ClonestrikeError):
                library("user32").PostMessageW(self._window, WM_CLOSE, 0, 0)
            self._thread.join(timeout=2)
            self._window = None
