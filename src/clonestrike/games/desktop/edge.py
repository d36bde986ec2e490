"""What a desktop must offer: a window's picture, keys and mouse motion in, and what a human presses out.

Each class has one implementation per system; ``clonestrike.games.desktop.system`` chooses.
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
    """Which key of the keyboard is meant by a key of the action space, where the game wants another one.

    ``keys`` maps names of the action space to the system's names (X11: keysyms such as ``Up`` and ``Control_R``);
    what it leaves out is found by its own name. ``kill_switch`` is the key that ends play at once.
    """

    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    kill_switch: str = "F12"

    def __post_init__(self) -> None:
        unknown = set(self.keys) - set(KEYS)
        if unknown:
            raise ClonestrikeError(
                f"there is no key {min(unknown)!r} to bind", f"the action space has {', '.join(KEYS)}"
            )


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
    """The client area of one window, found by its title."""

    title: str

    @abstractmethod
    def grab(self) -> Frame:
        """What it shows now, uint8 (H, W, 3) RGB; raises ClonestrikeError when the window is gone."""

    @property
    @abstractmethod
    def focused(self) -> bool:
        """Whether keys go to this window; raises ClonestrikeError when it is gone."""

    @abstractmethod
    def focus(self) -> None:
        """Ask for the keys, and lie on top."""

    @property
    @abstractmethod
    def obstacle(self) -> str | None:
        """Why ``grab`` does not give the whole window, such as ``it is minimised``; None if it does."""


class Input(Held):
    """Presses keys and buttons and moves the mouse. Everything is let go of when this process ends, however it ends.

    The kill switch is heard at once, also between two calls: what is held is let go of, and nothing more is pressed.
    Only one at a time can be open on a desktop: two would press into each other's games.
    """

    bindings: Bindings

    @abstractmethod
    def hold(self, action: Action) -> None:
        """Hold exactly the keys and buttons of the action from now on; its mouse motion is left to ``move``."""

    @abstractmethod
    def move(self, x: int, y: int) -> None:
        """Move the mouse by so many counts, to the right and down."""

    @property
    @abstractmethod
    def stopped(self) -> bool:
        """Whether the kill switch was pressed since this was opened."""

    def release(self) -> None:
        """Hold nothing."""
        self.hold(Action())


class InputRecorder(Held):
    """Hears what a human presses, whichever window has the pointer."""

    @abstractmethod
    def take(self) -> Action:
        """What was down at any time since the last call, and the raw counts that the mouse moved since then."""

    @property
    @abstractmethod
    def stopped(self) -> bool:
        """Whether the kill switch was pressed since this was opened, as far as ``take`` has heard."""
