"""The edge that every game implements, and the loop's clock.

The loop is the same everywhere::

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
        """Hold this action until the next one."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether the match is over (or the game is gone)."""

    @property
    def stopped(self) -> bool:
        """Whether the user has ended play for good, by the kill switch: no other match is started then."""
        return False

    @abstractmethod
    def close(self) -> None:
        """Release everything that is held and end the game; may be called twice."""

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
    """A game that the own player plays for a score."""

    @property
    @abstractmethod
    def minutes(self) -> float:
        """Game time so far."""

    @property
    @abstractmethod
    def scores(self) -> list[Score]:
        """The own player's score, then everybody else's; still there when the match is over."""


class Lockstep(ABC):
    """Capability: the game waits for us; its clock advances it."""

    @abstractmethod
    def advance(self) -> None:
        """Play one step with the action that is held."""


class Halfway(ABC):
    """Capability: something happens in the middle of a step of real time."""

    halves: bool = True
    """Whether half of the mouse motion waits for it."""

    @abstractmethod
    def halfway(self) -> None:
        """Called half a step after the step began."""


class Spectatable(ABC):
    """Capability: other players can be watched in first person."""

    @abstractmethod
    def players(self) -> dict[str, int]:
        """Names of the players that can be watched, with their kills."""

    @abstractmethod
    def watch(self, player: str) -> None:
        """Watch this player from now on; raises ClonestrikeError if there is no such player."""


class TrueInputs(ABC):  # noqa: B024 - what it promises is a field of the observations
    """Capability: observations tell what the watched player, or the human who plays in its window, has pressed."""


class Sighted(ABC):
    """Capability: who can be seen is known, to measure play by; never told to an actor that learned."""

    @abstractmethod
    def in_sight(self) -> list[float]:
        """Distances in game units of the living enemies on the screen now."""


class Walled(ABC):
    """Capability: where walls stand is known, to measure play by; never told to an actor that learned."""

    @abstractmethod
    def walls(self) -> NDArray[np.float64]:
        """What nobody passes, (W, 4) in game units: x and y of one end, then of the other."""
