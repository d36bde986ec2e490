"""Choosing which player a spectator watches."""

from __future__ import annotations

from clonestrike.core.actor import Decision
from clonestrike.core.observation import Observation
from clonestrike.games.base import Game, Spectatable

RESELECT_STEPS = 200
"""Steps after which the best-scoring player is chosen again, as in the original."""


class Watcher:
    """An actor that presses nothing, and watches the best-scoring player in first person.

    Raises TypeError for a game without the capability Spectatable.
    """

    def __init__(self, game: Game) -> None:
        if not isinstance(game, Spectatable):
            raise TypeError(f"{type(game).__name__} cannot be watched")
        self._game = game
        self._steps = 0

    def reset(self) -> None:
        """Restart the count of steps: another run begins."""
        self._steps = 0

    def act(self, observation: Observation) -> Decision:
        self._steps += 1
        return Decision(observed=True)

    def follow(self, observation: Observation) -> None:
        """Choose a player every 200 steps, and at every step out of play."""
        if self._steps >= RESELECT_STEPS or not observation.playing:
            self._select(observation.player)

    def _select(self, current: str) -> None:
        """Watch the player with most kills. Repeats a choice every 8 steps, so that the view has time to change."""
        self._steps += 1
        players = self._game.players()
        if not players:  # the match has not begun
            return
        best = max(players, key=lambda name: (players[name], name == current))
        if best != current or self._steps % 8 == 0:
            self._game.watch(best)
            self._steps = 0 if best == current else 1
