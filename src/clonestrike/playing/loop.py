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
from typing import Protocol, Self, TypeVar

import numpy as np

from clonestrike import console
from clonestrike.core.actions import Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Actor, Clock, Game, Observation

Match = TypeVar("Match")
Outcome = TypeVar("Outcome")


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
        step = Step(observation, action, time.perf_counter_ns(), clock.late_ns, clock.missed)
        for listener in listeners:
            listener.step(step)
    return played


LATE_SHARE = 0.02
"""With more late steps than this an agent sees and acts at another rate than it learned."""


class Deadlines:
    """A listener that measures how a loop at real time keeps its deadlines.

    A step is late when it began a tenth of a step or more after its time, or did not begin at all. One listener can
    go through several matches.
    """

    def __init__(self, steps_per_second: float) -> None:
        self._period_ms = 1000 / steps_per_second
        self._late: list[float] = []
        self._whole: list[float] = []
        self._missed = self._unchanged = 0
        self._last: Step | None = None

    def step(self, step: Step) -> None:
        """Note when it began, how long it took from the capture to the injection, and whether the picture is new."""
        seen = step.observation
        self._late.append(step.late_ns / 1e6)
        self._whole.append((step.action_time_ns - seen.frame_time_ns) / 1e6)
        before = self._last
        self._unchanged += before is not None and np.array_equal(before.observation.frame, seen.frame)
        self._missed += step.missed - (before.missed if before and before.missed <= step.missed else 0)
        self._last = step

    @property
    def steps(self) -> int:
        """Steps so far."""
        return len(self._late)

    @property
    def late_share(self) -> float:
        """Share of the steps that were late."""
        late = sum(late >= self._period_ms / 10 for late in self._late)
        return (late + self._missed) / max(len(self._late) + self._missed, 1)

    def warn(self) -> None:
        """Tell the user when too many steps were late."""
        if self.late_share > LATE_SHARE:
            console.warning(
                f"{self.late_share:.0%} of the steps were late: play and pictures are not at the rate that they claim; "
                "close other programs, lower the game's resolution or frame rate, or take a smaller model"
            )

    def summary(self) -> dict[str, float]:
        """Percentiles in ms of the whole step (capture to injection) and of the lateness, and what went wrong."""
        figures: dict[str, float] = {"steps": len(self._late)}
        for name, values in (("step_ms", self._whole), ("late_ms", self._late)):
            for percent in (50, 95, 99):
                figures[f"{name}_p{percent}"] = float(np.percentile(values, percent)) if values else 0.0
        return figures | {
            "late_share": self.late_share,
            "missed_steps": self._missed,
            "unchanged_frames": self._unchanged,
        }


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


def in_workers(play: Callable[[Match], Outcome], plan: Sequence[Match], workers: int) -> list[Outcome]:
    """What ``play`` returns for every match of a plan, in its order, several at once in processes of their own.

    Raises what ``play`` raises, and ClonestrikeError when a process was killed; what has not begun is dropped then.
    """
    with console.progress() as bar, worker_pool(min(workers, len(plan))) as pool:
        task = bar.add_task("matches", total=len(plan))
        futures = [pool.submit(play, match) for match in plan]
        try:
            for future in futures:
                future.result()
                bar.advance(task)
            return [future.result() for future in futures]
        except WORKER_LOST:
            raise worker_lost() from None
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
