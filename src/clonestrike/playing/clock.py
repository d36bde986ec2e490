"""Clocks, which pace the control loop: lockstep and real time."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod

from clonestrike.games.base import Game, Halfway, Lockstep


class Clock(ABC):
    """Paces the control loop."""

    late_ns: int = 0
    """How late the current step began, ns (always 0 in lockstep)."""
    missed: int = 0
    """Number of steps that were skipped so far (always 0 in lockstep)."""

    @abstractmethod
    def tick(self) -> bool:
        """Wait for the next step; False when the match is over. The first call returns at once."""


class LockstepClock(Clock):
    """Advances the game by one step at every tick but the first."""

    def __init__(self, game: Game) -> None:
        if not isinstance(game, Lockstep):
            raise TypeError(f"{type(game).__name__} cannot be played in lockstep")
        self._game: Game = game
        self._advance = game.advance
        self._started = False

    def tick(self) -> bool:
        if self._started and not self._game.finished:
            self._advance()
        self._started = True
        return not self._game.finished


def _sleep_until(deadline_ns: int) -> None:
    remaining = deadline_ns - time.perf_counter_ns()
    if remaining > 0:
        time.sleep(remaining / 1e9)


class RealTimeClock(Clock):
    """A fixed rate without drift: late steps do not delay others, and steps that are missed are skipped."""

    def __init__(self, game: Game, steps_per_second: float) -> None:
        self._game = game
        self._period = round(1e9 / steps_per_second)
        self._advance = game.advance if isinstance(game, Lockstep) else None
        self._halfway = game.halfway if isinstance(game, Halfway) else None
        self._next: int | None = None
        self.lateness_ns: list[int] = []
        """Lateness of every step so far, ns."""

    def tick(self) -> bool:
        if self._next is None:
            self._next = time.perf_counter_ns()
        else:
            if self._advance and not self._game.finished:
                self._advance()
            if self._halfway:
                _sleep_until(self._next + self._period // 2)
                self._halfway()
            self._next += self._period
            _sleep_until(self._next)
        self.late_ns = max(0, time.perf_counter_ns() - self._next)
        self.lateness_ns.append(self.late_ns)
        whole = self.late_ns // self._period
        self._next += whole * self._period
        self.missed += whole
        return not self._game.finished


def clock_of(game: Game) -> Clock:
    """A lockstep clock for a game with the capability Lockstep, otherwise a real-time clock."""
    return LockstepClock(game) if isinstance(game, Lockstep) else RealTimeClock(game, game.info.steps_per_second)
