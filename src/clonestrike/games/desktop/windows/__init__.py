"""The desktop backend on Windows: injection by SendInput, recording by raw input, capture by a copy of the screen."""

from __future__ import annotations

from clonestrike.games.desktop.backend import Bindings
from clonestrike.games.desktop.windows.input import WindowsInput
from clonestrike.games.desktop.windows.recorder import WindowsInputRecorder
from clonestrike.games.desktop.windows.screen import WindowsScreen

__all__ = ["WindowsInput", "WindowsInputRecorder", "WindowsScreen", "open_input", "open_recorder", "open_screen"]


def open_screen(title: str) -> WindowsScreen:
    """See ``system.open_screen``."""
    return WindowsScreen(title)


def open_input(bindings: Bindings) -> WindowsInput:
    """See ``system.open_input``."""
    return WindowsInput(bindings)


def open_recorder(bindings: Bindings) -> WindowsInputRecorder:
    """See ``system.open_recorder``."""
    return WindowsInputRecorder(bindings)
