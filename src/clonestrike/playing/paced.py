"""A game with its clock, as one object for the Python API."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

from clonestrike.core.actions import Action
from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game, Match, Score
from clonestrike.playing.clock import clock_of


class PacedGame:
    """A match to play step by step: observe, apply, advance. As a context manager it ends the game.

    ::

        with clonestrike.game("doom", seed=1) as game:
            for observation in game:
                game.apply(agent.act(observation).action)

    A game in lockstep goes on when ``advance`` is called. One in real time does not wait; ``advance`` returns when the
    next step is due.
    """

    def __init__(self, game: Game) -> None:
        self._game = game
        self._clock = clock_of(game)
        self._clock.tick()

    @property
    def info(self) -> GameInfo:
        """Properties of the game: map, steps per second, frame size, calibration."""
        return self._game.info

    @property
    def finished(self) -> bool:
        """Whether the match is over."""
        return self._game.finished

    @property
    def minutes(self) -> float:
        """Game time so far; raises ClonestrikeError for a game that keeps no score."""
        return self._scored().minutes

    @property
    def scores(self) -> list[Score]:
        """Kills and deaths of the own player, then of all others; also when the match is over.

        Raises ClonestrikeError for a game that keeps no score that can be read.
        """
        return self._scored().scores

    def observe(self) -> Observation:
        """The observation now: ``frame`` uint8 (H, W, 3) RGB, and ``state`` if the game tells it.

        Raises ClonestrikeError when the game is gone.
        """
        return self._game.observe()

    def apply(self, action: Action) -> None:
        """Hold this action until another one is applied.

        Apply one at every step: if an action is held for longer, its mouse motion is repeated in some games only.
        """
        self._game.apply(action)

    def advance(self) -> bool:
        """Play one step with the action that is held; False when the match is over."""
        return self._clock.tick()

    def __iter__(self) -> Iterator[Observation]:
        """The observations of all steps until the match is over; the game advances between them."""
        while not self.finished:
            yield self.observe()
            self.advance()

    def close(self) -> None:
        """End the game; may be called twice."""
        self._game.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _scored(self) -> Match:
        if not isinstance(self._game, Match):
            raise ClonestrikeError(f"{self.info.game} keeps no score that can be read", "play without scores")
        return self._game
