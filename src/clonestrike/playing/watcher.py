"""Who is followed while others are watched."""

from __future__ import annotations

from clonestrike.core.actor import Decision
from clonestrike.core.observation import Observation
from clonestrike.games.base import Game, Spectatable

RESELECT_STEPS = 200
"""A spectator looks for the best-scoring player again after so many steps, as in the original."""


class Watcher:
    """Follows the best-scoring player in first person; presses nothing.

    Raises TypeError for a game in which nobody can be watched.
    """

    def __init__(self, game: Game) -> None:
        if not isinstance(game, Spectatable):
            raise TypeError(f"{type(game).__name__} cannot be watched")
        self._game = game
        self._steps = 0

    def reset(self) -> None:
        """The watched player died or was switched: choose again."""
        self._steps = 0

    def act(self, observation: Observation) -> Decision:
        self._steps += 1
        return Decision(observed=True)

    def follow(self, observation: Observation) -> None:
        """Re-select every 200 steps, and while nobody is seen in first person."""
        if self._steps >= RESELECT_STEPS or not observation.playing:
            self._select(observation.player)

    def _select(self, current: str) -> None:
        """Watch whoever has the most kills; the dead and the just chosen get time for the view to change."""
        self._steps += 1
        players = self._game.players()
        if not players:  # the match has not begun
            return
        best = max(players, key=lambda name: (players[name], name == current))
        if best != current or self._steps % 8 == 0:
            self._game.watch(best)
            self._steps = 0 if best == current else 1
