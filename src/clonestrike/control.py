"""The control loop, and processes that play several matches at once."""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.managers import SyncManager
from typing import Protocol, Self

from clonestrike.actions import Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Actor, Clock, Game, Observation


@dataclass(frozen=True)
class Step:
    """One step of the loop: what was seen, what was answered (None while not playing), and when."""

    observation: Observation
    action: Action | None
    action_time_ns: int
    late_ns: int
    missed: int


class Listener(Protocol):
    """Whoever wants to know of every step: a recorder, a video, a window."""

    def step(self, step: Step) -> None:
        """Called once a step, before the game goes on."""


def control_loop(
    game: Game,
    actor: Actor,
    clock: Clock,
    listeners: Sequence[Listener] = (),
    *,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Play until the match or somebody ends it; returns the steps that were played.

    Out of play (dead, another player, not first person) nothing is pressed and the actor is reset.
    """
    actor.reset()
    player: str | None = None
    played = 0
    while clock.tick() and not stop():
        observation = game.observe()
        if observation.playing:
            if player is not None and observation.player != player:
                actor.reset()
            player = observation.player
            action = actor.act(observation)
            played += 1
        else:
            if player is not None:
                actor.reset()
            player, action = None, None
        game.apply(action or Action())
        step = Step(observation, action, time.monotonic_ns(), clock.late_ns, clock.missed)
        for listener in listeners:
            listener.step(step)
    return played


def _leash() -> None:
    """In a worker: leave Ctrl-C to the parent, and die with it (Linux)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def worker_pool(workers: int) -> ProcessPoolExecutor:
    """Fresh processes (spawned) that end with ours, whatever ends it."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_leash)


class _Manager(SyncManager):
    """A manager that ``with`` does not start a second time."""

    def __enter__(self) -> Self:
        return self


def leashed_manager() -> SyncManager:
    """Queues and events to share with workers; its process ends with ours, whatever ends it. To be used in ``with``."""
    manager = _Manager(ctx=multiprocessing.get_context("spawn"))
    manager.start(_leash)
    return manager


WORKER_LOST = (BrokenProcessPool,)


def worker_lost() -> ClonestrikeError:
    """What to tell when a worker process was killed."""
    return ClonestrikeError(
        "a worker process was killed (out of memory?): what it recorded until then is kept; use fewer --workers"
    )
