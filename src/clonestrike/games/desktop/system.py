"""The desktop backend of the current system."""

from __future__ import annotations

import sys
from types import ModuleType

from clonestrike.errors import ClonestrikeError
from clonestrike.extras import naming_extras
from clonestrike.games.desktop.backend import Bindings, Input, InputRecorder, Screen


def open_screen(title: str) -> Screen:
    """The window of that title; raises ClonestrikeError when there is none, or more than one."""
    screen: Screen = _backend().open_screen(title)
    return screen


def open_input(bindings: Bindings | None = None) -> Input:
    """Open input injection; raises ClonestrikeError if it is not possible here, or open in another process."""
    injector: Input = _backend().open_input(bindings or Bindings())
    return injector


def open_recorder(bindings: Bindings | None = None) -> InputRecorder:
    """Open input recording; raises ClonestrikeError if it is not possible here."""
    recorder: InputRecorder = _backend().open_recorder(bindings or Bindings())
    return recorder


def _backend() -> ModuleType:
    """The package that implements the functions above on this system."""
    if sys.platform == "linux":
        with naming_extras():
            from clonestrike.games.desktop import x11

            return x11
    if sys.platform == "win32":
        from clonestrike.games.desktop import windows

        return windows
    raise ClonestrikeError(
        f"games in a window are played on Windows and on Linux with X11, not on {sys.platform}",
        "play there, or play doom",
    )
