"""The desktop edge of the system that we run on."""

from __future__ import annotations

import sys
from types import ModuleType

from clonestrike.errors import ClonestrikeError
from clonestrike.extras import naming_extras
from clonestrike.games.desktop.edge import Bindings, Input, InputRecorder, Screen


def open_screen(title: str) -> Screen:
    """The window of that title; raises ClonestrikeError when there is none, or more than one."""
    screen: Screen = _edge().open_screen(title)
    return screen


def open_input(bindings: Bindings | None = None) -> Input:
    """Hands; raises ClonestrikeError when nothing can be pressed here, or somebody else's hands are open."""
    hands: Input = _edge().open_input(bindings or Bindings())
    return hands


def open_recorder(bindings: Bindings | None = None) -> InputRecorder:
    """Ears; raises ClonestrikeError when nothing can be heard here."""
    ears: InputRecorder = _edge().open_recorder(bindings or Bindings())
    return ears


def _edge() -> ModuleType:
    """The package with the functions above for this system."""
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
