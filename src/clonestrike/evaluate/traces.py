"""Lives in matches, step by step: what a measure of style needs of somebody's play.

Who is in sight, and how far away, is known to the measurement alone, never to the actor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clonestrike import games
from clonestrike.actions import Action
from clonestrike.actors import open_actor
from clonestrike.control import Step, control_loop
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game, Sighted, Spectatable, TrueInputs, clock_of
from clonestrike.record import Watcher

COLUMNS = ("x", "y", "yaw", "pitch", "kills", "mouse_x", "mouse_y", "left", "moving", "enemy")
"""Of a trace: game units, radians, counts, switches as 0 and 1; ``enemy`` is the distance of the nearest one in sight,
infinite where there is none, NaN where that is not known."""
BOTS = "bots"
"""Instead of an actor: watch them."""

Trace = NDArray[np.float32]


class Tracer:
    """A listener that keeps lives: a trace, float32 (N, len(COLUMNS)), from birth to death of one player."""

    def __init__(self, game: Game, *, watching: bool) -> None:
        self._game, self._watching = game, watching
        self._rows: list[list[float]] = []
        self._player: str | None = None
        self.lives: list[Trace] = []

    def step(self, step: Step) -> None:
        """Take down this step; whoever is not in play, or another, ends the life."""
        seen = step.observation
        if not seen.playing or seen.player != self._player:
            self.end()
        state = seen.state
        if not seen.playing or state is None:
            return
        self._player = seen.player
        action = step.action or Action()
        if self._watching and isinstance(self._game, TrueInputs):  # what led here, one row late
            action = self._game.true_action() or Action()
        enemy = float("nan")
        if isinstance(self._game, Sighted):
            enemy = min(self._game.in_sight(), default=float("inf"))
        known = (state.x, state.y, state.yaw, state.pitch, state.kills)
        self._rows.append(
            [
                *(float("nan") if value is None else float(value) for value in known),
                action.mouse_x,
                action.mouse_y,
                float(action.left),
                float(bool(action.keys & {"w", "a", "s", "d"})),
                enemy,
            ]
        )

    def end(self) -> None:
        """Of a life, or of the match."""
        if len(self._rows) > 1:
            self.lives.append(np.array(self._rows, np.float32))
        self._rows, self._player = [], None


@dataclass(frozen=True)
class TracedMatch:
    """Whose play to take down, and of which match."""

    actor: str
    game: str
    seed: int
    minutes: float
    decoding: str


def trace(match: TracedMatch) -> list[Trace]:
    """Play or watch a match; returns the lives in it."""
    if match.actor == BOTS:
        return _watched(match)
    with games.open_match(match.game, seed=match.seed, minutes=match.minutes, privileged=True) as game:
        actor = open_actor(match.actor, match.game, game, seed=match.seed, decoding=match.decoding)
        tracer = Tracer(game, watching=False)
        control_loop(game, actor, clock_of(game), [tracer])
        tracer.end()
        return tracer.lives


def _watched(match: TracedMatch) -> list[Trace]:
    with games.open_spectator(match.game, seed=match.seed, minutes=match.minutes) as game:
        if not isinstance(game, Spectatable):
            raise ClonestrikeError(f"nobody can be watched in {match.game}: name a checkpoint")
        watcher, tracer = Watcher(game), Tracer(game, watching=True)
        control_loop(game, watcher, clock_of(game), [watcher, tracer])
        tracer.end()
        return tracer.lives
