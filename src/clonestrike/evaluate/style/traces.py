"""Traces of play, step by step and life by life, for the measures of style.

Which enemies are in sight, and how far away, is known to the measurement only, never to the actor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clonestrike import games
from clonestrike.core.actions import Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game, Sighted, Spectatable, Walled
from clonestrike.playing.clock import clock_of
from clonestrike.playing.loop import Step, control_loop, watch_loop
from clonestrike.playing.named_actor import NamedActor, Seat
from clonestrike.playing.watcher import Watcher

COLUMNS = ("x", "y", "yaw", "pitch", "kills", "mouse_x", "mouse_y", "left", "moving", "enemy", "wall")
"""Columns of a trace, in game units and radians. Mouse (counts) and switches (0 or 1) are those held from the previous
row to this one; ``enemy`` is the distance of the nearest enemy in sight, infinite if there is none; ``wall`` is the
distance of the nearest wall. Unknown is NaN."""
BOTS = "bots"
"""In place of an actor's name: the bots are watched."""

Trace = NDArray[np.float32]
"""N consecutive steps of one player, float32 (N, len(COLUMNS))."""


@dataclass(frozen=True)
class Life:
    """A life of a player as far as it was seen; ``whole`` if from birth to death."""

    trace: Trace
    whole: bool
    start: int = 0
    """Number of steps of the match before it."""
    map: str = ""


def wall_distance(x: float, y: float, walls: NDArray[np.float64]) -> float:
    """Distance of a point to the nearest of wall segments (W, 4: x, y, x, y); infinite without walls."""
    ends, along = walls[:, :2], walls[:, 2:] - walls[:, :2]
    there = np.array((x, y)) - ends
    lengths = np.maximum((along**2).sum(1), 1e-9)  # a segment may be a point
    share = np.clip((there * along).sum(1) / lengths, 0, 1)
    return float(np.hypot(*(there - share[:, None] * along).T).min(initial=np.inf))


class Tracer:
    """A listener that keeps a trace of every life."""

    def __init__(self, game: Game, *, watching: bool) -> None:
        self._game, self._watching, self._map = game, watching, game.info.map
        self._rows: list[list[float]] = []
        self._player: str | None = None
        self._held = Action()
        self._born = not watching  # our own match begins with a birth
        self._dead: str | None = None
        self._walls = game.walls() if isinstance(game, Walled) else None
        self._steps = self._start = 0
        self.lives: list[Life] = []

    def step(self, step: Step) -> None:
        """Add a step; a player who is not in play, or another player, ends the present life."""
        seen = step.observation
        state, held = seen.state, self._held
        self._steps += 1
        died = not seen.playing and state is not None and state.alive is False
        if not seen.playing or seen.player != self._player:
            self.end(died=died and seen.player == self._player)
            self._born = self._born or self._dead == seen.player
            self._dead = seen.player if died else None
        self._held = step.decision.action if step.decision else Action()
        if not seen.playing or state is None:
            return
        self._player = seen.player
        if not self._rows:
            self._start = self._steps - 1
        if self._watching:
            held = seen.pressed or Action()
        enemy = float("nan")
        if isinstance(self._game, Sighted):
            enemy = min(self._game.in_sight(), default=float("inf"))
        wall = float("nan")
        if self._walls is not None and state.x is not None and state.y is not None:
            wall = wall_distance(state.x, state.y, self._walls)
        known = (state.x, state.y, state.yaw, state.pitch, state.kills)
        self._rows.append(
            [
                *(float("nan") if value is None else float(value) for value in known),
                held.mouse_x,
                held.mouse_y,
                float(held.left),
                float(bool(held.keys & {"w", "a", "s", "d"})),
                enemy,
                wall,
            ]
        )

    def end(self, *, died: bool = False) -> None:
        """End the present life: by death, at the end of the match, or when another player is watched."""
        if self._rows:
            if len(self._rows) > 1:
                self.lives.append(Life(np.array(self._rows, np.float32), self._born and died, self._start, self._map))
            self._born = False
        self._rows, self._player, self._held = [], None, Action()


@dataclass(frozen=True)
class TracedMatch:
    """A match to trace, and its actor."""

    player: NamedActor | None
    """The actor's player; None if the bots are watched."""
    game: str
    seed: int
    minutes: float
    decoding: str | None = None
    controls: str | None = None

    @property
    def actor(self) -> str:
        """Name of the actor."""
        return BOTS if self.player is None else self.player.name

    def seat(self, game: Game) -> Seat:
        """What the actor is opened with."""
        return Seat(game, self.game, self.seed, self.decoding, self.controls)


def trace(match: TracedMatch) -> list[Life]:
    """Play or watch a match; returns the lives in it.

    Raises ClonestrikeError for a game that does not tell who is in sight, or in which nobody can be watched.
    """
    if match.player is None:
        return _watched(match)
    with games.open_match(match.game, seed=match.seed, minutes=match.minutes, privileged=True) as game:
        if not isinstance(game, Sighted):
            raise ClonestrikeError(f"{match.game} does not tell who is in sight", "measure play in doom")
        tracer = Tracer(game, watching=False)
        with match.player.open(match.seat(game)) as actor:
            control_loop(game, actor, clock_of(game), [tracer])
        tracer.end()
        return tracer.lives


def _watched(match: TracedMatch) -> list[Life]:
    with games.open_spectator(match.game, seed=match.seed, minutes=match.minutes) as game:
        if not isinstance(game, Spectatable):
            raise ClonestrikeError(f"nobody can be watched in {match.game}", "name a checkpoint")
        tracer = Tracer(game, watching=True)
        watch_loop(game, Watcher(game), clock_of(game), [tracer])
        tracer.end()
        return tracer.lives
