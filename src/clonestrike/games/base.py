"""The interface of games, and their optional capabilities.

The control loop is the same for all games::

    while clock.tick():
        observation = game.observe()
        game.apply(actor.act(observation).action)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Action
from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Observation


class Game(ABC):
    """One match of a game, open from construction until close()."""

    info: GameInfo

    @abstractmethod
    def observe(self) -> Observation:
        """The frame and the state now."""

    @abstractmethod
    def apply(self, action: Action) -> None:
        """Hold this action until the next one is applied."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether the match is over (or the game is gone)."""

    @property
    def stopped(self) -> bool:
        """Whether the user has pressed the kill switch. No other match is started then."""
        return False

    @abstractmethod
    def close(self) -> None:
        """Release all keys and end the game; may be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True)
class Score:
    """Kills and deaths of one player since the match began."""

    kills: int
    deaths: int


class Match(Game):
    """A game that keeps a score for the own player."""

    @property
    @abstractmethod
    def minutes(self) -> float:
        """Game time so far."""

    @property
    @abstractmethod
    def scores(self) -> list[Score]:
        """Scores of the own player, then of all others; also when the match is over."""


class Lockstep(ABC):
    """Capability: the game waits for the actor, and is advanced by ``advance``."""

    @abstractmethod
    def advance(self) -> None:
        """Play one step with the action that is held."""


class Halfway(ABC):
    """Capability: in real time the game is called in the middle of a step."""

    halves: bool = True
    """Whether half of the mouse motion is applied then."""

    @abstractmethod
    def halfway(self) -> None:
        """Called half a step after the step began."""


class Windowed(ABC):
    """Capability: the game has a window of its own on the desktop, whose picture is captured."""

    @abstractmethod
    def focus(self) -> None:
        """Ask for the keyboard focus."""

    @property
    @abstractmethod
    def obstacle(self) -> str | None:
        """Why the window cannot be captured whole, such as ``it is minimised``; None if it can."""


class Spectatable(ABC):
    """Capability: other players can be watched in first person."""

    @abstractmethod
    def players(self) -> dict[str, int]:
        """Names of the players that can be watched, with their kills."""

    @abstractmethod
    def watch(self, player: str) -> None:
        """Watch this player from now on; raises ClonestrikeError if there is no such player."""


class TrueInputs(ABC):  # noqa: B024 - it adds no method, only a field of observations is set
    """Capability: observations tell the true action (``pressed``) of the watched player or of the human who plays."""


class Sighted(ABC):
    """Capability: which enemies are on the screen is known, to evaluate play. Never available to a policy."""

    @abstractmethod
    def in_sight(self) -> list[float]:
        """Distances in game units of the living enemies on the screen now."""


class Walled(ABC):
    """Capability: the walls of the map are known, to evaluate play. Never available to a policy."""

    @abstractmethod
    def walls(self) -> NDArray[np.float64]:
        """Walls as segments, float64 (W, 4) in game units: x and y of one end, then of the other."""
