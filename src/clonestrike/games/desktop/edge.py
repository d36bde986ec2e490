"""What a desktop must offer: a window's picture, keys and mouse motion in, and what a human presses out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from clonestrike.actions import Action
from clonestrike.games.base import Frame


class Held(ABC):
    """Something that must be let go of."""

    @abstractmethod
    def close(self) -> None:
        """Let go; may be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Screen(Held):
    """The client area of one window."""

    @abstractmethod
    def grab(self) -> Frame:
        """What it shows now, uint8 (H, W, 3) RGB; raises ClonestrikeError when the window is gone."""

    @property
    @abstractmethod
    def focused(self) -> bool:
        """Whether keys go to this window."""

    @abstractmethod
    def focus(self) -> None:
        """Ask for the keys."""


class Input(Held):
    """Presses keys and buttons and moves the mouse. Everything is let go of when this process ends, however it ends."""

    @abstractmethod
    def hold(self, action: Action) -> None:
        """Hold exactly the keys and buttons of the action from now on; its mouse motion is left to ``move``."""

    @abstractmethod
    def move(self, x: int, y: int) -> None:
        """Move the mouse by so many counts, to the right and down."""

    @property
    @abstractmethod
    def stopped(self) -> bool:
        """Whether the kill switch (F12) is or was pressed."""

    def release(self) -> None:
        """Hold nothing."""
        self.hold(Action())


class InputRecorder(Held):
    """Hears what a human presses, whichever window has the pointer."""

    @abstractmethod
    def take(self) -> Action:
        """What was pressed at any time since the last call, and the counts that the mouse moved since then."""
