"""Run as a script by ``WindowsInput``: waits until the process that started it has ended, however it ended, lets go of
all that it may have held, and gives the pointer its settings back.

It must be there from the first key on, so it loads nothing but ctypes. The first line of stdin names virtual keys,
buttons and settings; its end is the end of that process.
"""

from __future__ import annotations

import ctypes
import json
import sys

KEY_UP = 0x0002
SET_MOUSE, SET_SPEED = 0x0004, 0x0071


def main() -> None:
    """Wait, and let go."""
    told = json.loads(sys.stdin.buffer.readline() or "{}")
    sys.stdin.buffer.read()
    if not told:
        return
    # typeshed declares it on Windows only, and types are checked on all systems.
    user = ctypes.WinDLL("user32")  # type: ignore[attr-defined, unused-ignore]
    for code in told["keys"]:
        if user.GetAsyncKeyState(code) & 0x8000:
            user.keybd_event(code, user.MapVirtualKeyW(code, 0), KEY_UP, 0)
    for code, let_go in told["buttons"]:
        if user.GetAsyncKeyState(code) & 0x8000:
            user.mouse_event(let_go, 0, 0, 0, 0)
    first, second, level, speed = told["pointer"]
    user.SystemParametersInfoW(SET_MOUSE, 0, (ctypes.c_int * 3)(first, second, level), 0)
    if speed:
        user.SystemParametersInfoW(SET_SPEED, 0, ctypes.c_void_p(speed), 0)


if __name__ == "__main__":
    main()
