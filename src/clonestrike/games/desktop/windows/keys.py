"""Names of keys, and virtual keys of Windows."""

from __future__ import annotations

import string

from clonestrike.core.actions import KEYS
from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.backend import Bindings
from clonestrike.games.desktop.windows.win32 import library

NAMES = (
    {character: ord(character.upper()) for character in string.ascii_lowercase + string.digits}
    | {f"F{n}": 0x6F + n for n in range(1, 25)}
    | {"space": 0x20, "Tab": 0x09, "Return": 0x0D, "Left": 0x25, "Up": 0x26, "Right": 0x27, "Down": 0x28}
    | {"shift": 0xA0, "Shift_L": 0xA0, "Shift_R": 0xA1, "ctrl": 0xA2, "Control_L": 0xA2, "Control_R": 0xA3}
    | {"Alt_L": 0xA4, "Alt_R": 0xA5}
)
"""Virtual key by name; ``shift`` and ``ctrl`` are the left keys."""
BUTTONS = {"left": 0x01, "right": 0x02}


def virtual_key(name: str) -> int:
    """The virtual key of a name; raises ClonestrikeError for an unknown one."""
    try:
        return NAMES[name]
    except KeyError:
        raise ClonestrikeError(f"there is no key {name!r}", f"use one of {', '.join(NAMES)}") from None


def virtual_keys(bindings: Bindings) -> dict[str, int]:
    """Virtual keys by key of the action space."""
    return {key: virtual_key(bindings.keys.get(key, key)) for key in KEYS}


def is_down(code: int) -> bool:
    """Whether a key or button is down now."""
    return bool(library("user32").GetAsyncKeyState(code) & 0x8000)


def was_pressed(code: int) -> bool:
    """Whether a key is down now, or was pressed since the last call in this process."""
    return bool(library("user32").GetAsyncKeyState(code))
