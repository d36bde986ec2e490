"""Script that ``WindowsInput`` starts as a process: when its parent ends or is killed, it releases all keys and buttons
that the parent may hold, and restores the pointer settings.

It must be ready before the first key, so it imports nothing but ctypes. The first line of stdin (JSON) names virtual
keys, buttons and settings; stdin ends when the parent ends.
"""

from __future__ import annotations

import ctypes
import json
import sys

KEY_UP = 0x0002
SET_MOUSE, SET_SPEED = 0x0004, 0x0071


def main() -> None:
    """Wait for the end of the parent, then release and restore."""
    task = json.loads(sys.stdin.buffer.readline() or "{}")
    sys.stdin.buffer.read()
    if not task:
        return
    # typeshed declares it on Windows only, and types are checked on all systems.
    user = ctypes.WinDLL("user32")  # type: ignore[attr-defined, unused-ignore]
    for code in task["keys"]:
        if user.GetAsyncKeyState(code) & 0x8000:
            user.keybd_event(code, user.MapVirtualKeyW(code, 0), KEY_UP, 0)
    for code, release in task["buttons"]:
        if user.GetAsyncKeyState(code) & 0x8000:
            user.mouse_event(release, 0, 0, 0, 0)
    first, second, level, speed = task["pointer"]
    user.SystemParametersInfoW(SET_MOUSE, 0, (ctypes.c_int * 3)(first, second, level), 0)
    if speed:
        user.SystemParametersInfoW(SET_SPEED, 0, ctypes.c_void_p(speed), 0)


if __name__ == "__main__":
    main()
