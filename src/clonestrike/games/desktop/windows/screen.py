"""Capture of a window's client area on Windows.

By Desktop Duplication if ``dxcam`` is installed and the window is on the first screen, else by a copy of the screen.
"""

from __future__ import annotations

import ctypes
import importlib.util
import struct
from collections.abc import Callable
from ctypes import wintypes
from typing import Any

import numpy as np

from clonestrike.core.observation import Frame
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.backend import Screen
from clonestrike.games.desktop.windows import win32
from clonestrike.games.desktop.windows.input import send_key
from clonestrike.games.desktop.windows.win32 import last_error, library

COPY = 0x00CC0020
ALT = 0x12
WHOLE_SCREEN = (76, 77, 78, 79)
"""GetSystemMetrics: left, top, width and height of all monitors together."""


def find_window(fits: Callable[[int, str], bool]) -> int | None:
    """The first visible window (from the top) for whose handle and title ``fits`` is true."""
    user = library("user32")
    found: list[int] = []

    def visit(window: int, _: int) -> bool:
        if not user.IsWindowVisible(window):
            return True
        if fits(window, title_of(window)):
            found.append(window)
        return not found

    user.EnumWindows(win32.WINDOW_VISITOR(visit), 0)
    return found[0] if found else None


def title_of(window: int) -> str:
    """Title of a window; empty if it has none."""
    title = ctypes.create_unicode_buffer(512)
    library("user32").GetWindowTextW(window, title, 512)
    return title.value


def process_of(window: int) -> int:
    """Number of the process that a window belongs to."""
    pid = wintypes.DWORD()
    library("user32").GetWindowThreadProcessId(window, ctypes.byref(pid))
    return pid.value


class WindowsScreen(Screen):
    """The client area of the window whose title is ``title``, or else contains it; with ``process``, of its window."""

    def __init__(self, title: str, *, process: int | None = None) -> None:
        self.title = title
        if process is not None:
            found = find_window(lambda window, name: bool(name) and process_of(window) == process)
        else:
            found = find_window(lambda _, name: name == title) or find_window(
                lambda _, name: title.lower() in name.lower()
            )
        if found is None:
            raise ClonestrikeError(f"no window is called {title!r}", "start the game, or check the title")
        self._user = library("user32")
        self._user.SetProcessDPIAware()  # otherwise Windows reports scaled sizes
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
            raise ClonestrikeError(f"the window {self.title!r} is gone", "the game was closed or died")
        if self._user.IsIconic(self._window):
            raise ClonestrikeError(f"the window {self.title!r} is minimised", "bring it to the front")
        shape, corner = wintypes.RECT(), wintypes.POINT()
        self._user.GetClientRect(self._window, ctypes.byref(shape))
        self._user.ClientToScreen(self._window, ctypes.byref(corner))
        return corner.x, corner.y, shape.right, shape.bottom

    @property
    def focused(self) -> bool:
        return bool(self._user.GetForegroundWindow() == self._window)

    def focus(self) -> None:
        self._user.SetForegroundWindow(self._window)
        if not self.focused:  # Windows lets a process take the focus only after input of its own
            send_key(ALT, down=True)
            self._user.SetForegroundWindow(self._window)
            send_key(ALT, down=False)

    @property
    def obstacle(self) -> str | None:
        if self._user.IsIconic(self._window):
            return "it is minimised"
        left, top, width, height = self._area()
        x, y, all_width, all_height = (self._user.GetSystemMetrics(index) for index in WHOLE_SCREEN)
        if left < x or top < y or left + width > x + all_width or top + height > y + all_height:
            return "it lies partly off the screen"
        covering = find_window(lambda window, _: window == self._window or _overlap(window, left, top, width, height))
        if covering in (None, self._window):
            return None
        return f"{title_of(covering) or 'another window'} lies over it"

    def close(self) -> None:
        if self._copy is not None:
            self._copy.close()
            self._copy = None
        if self._camera is not None:
            self._camera.close()
            self._camera = None


def _overlap(window: int, left: int, top: int, width: int, height: int) -> bool:
    """Whether a window overlaps a part of the screen. Windows without a title belong to the system and do not count."""
    shape = wintypes.RECT()
    library("user32").GetWindowRect(window, ctypes.byref(shape))
    apart = shape.right <= left or shape.bottom <= top or shape.left >= left + width or shape.top >= top + height
    return not apart and not library("user32").IsIconic(window) and bool(title_of(window))


class _Copy:
    """A bitmap of fixed size in memory, to copy a part of the screen to."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self._user, self._gdi = library("user32"), library("gdi32")
        self._screen = self._user.GetDC(None)
        self._memory = self._gdi.CreateCompatibleDC(self._screen)
        header = struct.pack("<IiiHHIIiiII", 40, width, -height, 1, 32, 0, 0, 0, 0, 0, 0)  # top row first, BGRX
        bits = ctypes.c_void_p()
        self._bitmap = self._gdi.CreateDIBSection(self._screen, header, 0, ctypes.byref(bits), None, 0)
        if not self._bitmap or not bits.value:
            raise ClonestrikeError(f"the window is {width} x {height}", f"it cannot be copied ({last_error()})")
        self._before = self._gdi.SelectObject(self._memory, self._bitmap)
        pixels = (ctypes.c_uint8 * (width * height * 4)).from_address(bits.value)
        self._pixels = np.ctypeslib.as_array(pixels).reshape(height, width, 4)

    def grab(self, left: int, top: int) -> Frame:
        width, height = self.size
        if not self._gdi.BitBlt(self._memory, 0, 0, width, height, self._screen, left, top, COPY):
            raise ClonestrikeError(f"the screen cannot be copied ({last_error()})", "is it locked?")
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
