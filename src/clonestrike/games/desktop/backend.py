"""Interfaces of a desktop backend: screen capture, input injection and input recording.

Every system has one implementation of each; ``clonestrike.games.desktop.system`` chooses.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, TracebackType
from typing import Self

from clonestrike.core.actions import KEYS, Action
from clonestrike.core.observation import Frame
from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True)
class Bindings:
    """Keys of the keyboard for keys of the action space, where the game uses others.

    ``keys`` maps names of the action space to the system's names (X11: keysyms such as ``Up`` and ``Control_R``); a
    key that is not listed has the same name in both. ``kill_switch`` is the key that ends play at once.
    """

    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    kill_switch: str = "F12"

    def __post_init__(self) -> None:
        unknown = set(self.keys) - set(KEYS)
        if unknown:
            raise ClonestrikeError(
                f"there is no key {min(unknown)!r} to bind", f"the action space has {', '.join(KEYS)}"
            )


class Closable(ABC):
    """A resource that must be closed; a context manager."""

    @abstractmethod
    def close(self) -> None:
        """Release the resource; may be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Screen(Closable):
    """The client area of one window, found by its title."""

    title: str

    @abstractmethod
    def grab(self) -> Frame:
        """Capture the picture now, uint8 (H, W, 3) RGB; raises ClonestrikeError when the window is gone."""

    @property
    @abstractmethod
    def focused(self) -> bool:
        """Whether the window has the keyboard focus; raises ClonestrikeError when it is gone."""

    @abstractmethod
    def focus(self) -> None:
        """Ask for the keyboard focus and raise the window to the top."""

    @property
    @abstractmethod
    def obstacle(self) -> str | None:
        """Why ``grab`` cannot capture the whole window, such as ``it is minimised``; None if it can."""


class Input(Closable):
    """Input injection: presses keys and buttons and moves the mouse. All is released when this process ends or is
    killed.

    The kill switch acts at once, also between two calls: everything is released, and nothing more is pressed.
    Only one can be open on a desktop, since two would press into each other's games.
    """

    bindings: Bindings

    @abstractmethod
    def hold(self, action: Action) -> None:
        """Hold exactly the keys and buttons of the action from now on. Its mouse motion is ignored: see ``move``."""

    @abstractmethod
    def move(self, x: int, y: int) -> None:
        """Move the mouse by ``x`` counts to the right and ``y`` counts down."""

    @property
    @abstractmethod
    def stopped(self) -> bool:
        """Whether the kill switch was pressed since this was opened."""

    def release(self) -> None:
        """Release all keys and buttons."""
        self.hold(Action())


class InputRecorder(Closable):
    """Input recording: what a human presses, in whatever window."""

    @abstractmethod
    def take(self) -> Action:
        """Keys and buttons that were down at any time since the last call, and the raw mouse counts since then."""

    @property
    @abstractmethod
    def stopped(self) -> bool:
        """Whether the kill switch was pressed between opening and the last ``take``."""
