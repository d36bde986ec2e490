"""A game and what paces it, as one object."""

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
    """A match that is played step by step: observe, apply, advance. A context manager, which ends the game.

    ::

        with clonestrike.game("doom", seed=1) as game:
            for observation in game:
                game.apply(agent.act(observation).action)

    A game that waits for its player goes on when ``advance`` is called; one in a window of its own does not wait, and
    ``advance`` returns when its next step is due.
    """

    def __init__(self, game: Game) -> None:
        self._game = game
        self._clock = clock_of(game)
        self._clock.tick()

    @property
    def info(self) -> GameInfo:
        """What is known of the game: map, steps per second, size of the frames, calibration of the mouse."""
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
        """Kills and deaths: the own player's, then everybody else's; they stay when the match is over.

        Raises ClonestrikeError for a game that keeps no score that we can read.
        """
        return self._scored().scores

    def observe(self) -> Observation:
        """What is seen now: ``frame`` uint8 (H, W, 3) RGB, and ``state`` where the game tells it.

        Raises ClonestrikeError when the game is gone.
        """
        return self._game.observe()

    def apply(self, action: Action) -> None:
        """Hold this action from now until another one is applied; counts of the mouse are moved once a step."""
        self._game.apply(action)

    def advance(self) -> bool:
        """Play one step, with what is held; False when the match is over."""
        return self._clock.tick()

    def __iter__(self) -> Iterator[Observation]:
        """What is seen at every step until the match is over; the game advances between them."""
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
            raise ClonestrikeError(f"{self.info.game} keeps no score that we can read", "play without one")
        return self._game
