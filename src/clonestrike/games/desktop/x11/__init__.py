"""The desktop backend on X11: injection by XTEST, recording by XInput 2, capture by mss (shared memory)."""

from __future__ import annotations

from clonestrike.games.desktop.backend import Bindings
from clonestrike.games.desktop.x11.connection import open_display
from clonestrike.games.desktop.x11.input import X11Input
from clonestrike.games.desktop.x11.recorder import X11InputRecorder
from clonestrike.games.desktop.x11.screen import X11Screen

__all__ = ["X11Input", "X11InputRecorder", "X11Screen", "open_display", "open_input", "open_recorder", "open_screen"]


def open_screen(title: str) -> X11Screen:
    """See ``system.open_screen``."""
    return X11Screen(title)


def open_input(bindings: Bindings) -> X11Input:
    """See ``system.open_input``."""
    return X11Input(bindings)


def open_recorder(bindings: Bindings) -> X11InputRecorder:
    """See ``system.open_recorder``."""
    return X11InputRecorder(bindings)
