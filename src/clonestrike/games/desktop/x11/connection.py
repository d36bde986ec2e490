"""The connection to the X server, its names of keys, and raw events of all keyboards and mice."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from Xlib import XK, display
from Xlib.error import ConnectionClosedError, DisplayError, XError
from Xlib.ext import ge, xinput

from clonestrike.core.actions import KEYS
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.backend import Bindings

KEYSYMS = {"ctrl": "Control_L", "shift": "Shift_L"}
"""Keysyms of keys that have another name in X11."""
BUTTONS = {"left": 1, "right": 3}
XINPUT_VERSION = (2, 2)
"""Before 2.1 a server sends no raw motion while a game holds the pointer."""
KEY_PRESS, KEY_RELEASE, BUTTON_PRESS, BUTTON_RELEASE, MOTION = 13, 14, 15, 16, 17


def open_display() -> Any:
    """A connection to the X server, which survives Ctrl-C; raises ClonestrikeError when there is no server."""
    try:
        connection = display.Display()
    except (DisplayError, OSError) as error:
        shown = os.environ.get("DISPLAY") or "not set"
        raise ClonestrikeError(f"no X server answers (DISPLAY is {shown})", f"start one ({error})") from None
    connection.display.send_and_recv = _uninterrupted(connection.display.send_and_recv)
    return connection


def _uninterrupted(exchange: Callable[..., Any]) -> Callable[..., Any]:
    """Defer Ctrl-C until an exchange with the server is complete; a second Ctrl-C interrupts it at once.

    An interrupted exchange leaves python-xlib in a state in which every later call, including close, waits for ever.
    """

    @functools.wraps(exchange)
    def whole(*arguments: Any, **options: Any) -> Any:
        heed = signal.getsignal(signal.SIGINT)
        if not callable(heed) or threading.current_thread() is not threading.main_thread():
            return exchange(*arguments, **options)  # only the main thread is interrupted
        interrupted = False

        def keep(number: int, frame: FrameType | None) -> None:
            nonlocal interrupted
            if interrupted:
                heed(number, frame)
            interrupted = True

        signal.signal(signal.SIGINT, keep)
        try:
            return exchange(*arguments, **options)
        finally:
            signal.signal(signal.SIGINT, heed)
            if interrupted:
                signal.raise_signal(signal.SIGINT)

    return whole


@contextlib.contextmanager
def server_errors() -> Iterator[None]:
    """Turn the loss of the X server into a ClonestrikeError."""
    try:
        yield
    except (ConnectionClosedError, OSError):
        raise ClonestrikeError("the X server is gone", "start it and the game again") from None


def keycode(connection: Any, name: str) -> int:
    """Keycode of a keysym; raises ClonestrikeError when the keyboard has no such key."""
    code = int(connection.keysym_to_keycode(XK.string_to_keysym(name)))
    if not code:
        raise ClonestrikeError(
            f"the keyboard has no key {name!r}", "bind an X11 keysym, such as Up, Control_R, F12, comma"
        )
    return code


def keycodes(connection: Any, bindings: Bindings) -> dict[str, int]:
    """Keycode of every key of the action space."""
    return {key: keycode(connection, bindings.keys.get(key, KEYSYMS.get(key, key))) for key in KEYS}


def is_down(keymap: Any, code: int) -> bool:
    """Whether a key is down in the server's map of all keys (256 bits)."""
    return bool(keymap[code // 8] >> (code % 8) & 1)


@dataclass(frozen=True)
class RawEvent:
    """A key or button (``detail`` is its number), or mouse motion in raw counts of the device."""

    kind: int
    detail: int
    x: float = 0.0
    y: float = 0.0


class RawEvents:
    """Raw events of all keyboards and mice, also while a game holds the pointer. For use by one thread."""

    def __init__(self) -> None:
        self.display = open_display()
        extension = self.display.query_extension(xinput.extname)
        if not extension:
            raise ClonestrikeError("the X server has no XInput extension", "keys and mouse cannot be recorded")
        xinput.XIQueryVersion(
            display=self.display.display,
            opcode=extension.major_opcode,
            major_version=XINPUT_VERSION[0],
            minor_version=XINPUT_VERSION[1],
        )
        mask = sum(1 << kind for kind in range(KEY_PRESS, MOTION + 1))
        self.display.screen().root.xinput_select_events([(xinput.AllMasterDevices, mask)])
        self.display.sync()

    def pending(self) -> Iterator[RawEvent]:
        """Events since the last call, in order; raises ClonestrikeError when the server is gone."""
        with server_errors():
            while self.display.pending_events():
                event = self.display.next_event()
                if event.type == ge.GenericEventCode and KEY_PRESS <= event.evtype <= MOTION:
                    yield _raw_event(event.evtype, bytes(event.data))

    def close(self) -> None:
        """Stop receiving events."""
        with contextlib.suppress(ConnectionClosedError, OSError, XError):
            self.display.close()


def _raw_event(kind: int, data: bytes) -> RawEvent:
    _, _, detail, _, words, _ = struct.unpack_from("<HIIHHI", data)
    if kind != MOTION:
        return RawEvent(kind, detail)
    counts = _raw_valuators(data, words)
    return RawEvent(kind, detail, counts.get(0, 0.0), counts.get(1, 0.0))


def _raw_valuators(data: bytes, words: int) -> dict[int, float]:
    """Axis -> value before the server's mouse acceleration.

    A mask of ``words`` 32-bit words says which axes follow: first all accelerated values, then all raw ones, as 32.32
    fixed point numbers.
    """
    start = 22
    mask = int.from_bytes(data[start : start + 4 * words], "little")
    axes = [axis for axis in range(32 * words) if mask >> axis & 1]
    start += 4 * words + 8 * len(axes)
    values = {}
    for place, axis in enumerate(axes):
        whole, fraction = struct.unpack_from("<iI", data, start + 8 * place)
        values[axis] = whole + fraction / 2**32
    return values
