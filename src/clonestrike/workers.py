"""Worker processes, which do several tasks at once."""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.managers import SyncManager
from multiprocessing.synchronize import Event
from types import TracebackType
from typing import Self, TypeVar

from clonestrike import console
from clonestrike.errors import ClonestrikeError

Task = TypeVar("Task")
Result = TypeVar("Result")
FEWER = "use fewer --workers"


def _follow_parent() -> None:
    """In a worker: leave Ctrl-C to the parent, and end when the parent ends (Linux)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _begin(begun: Event, prepare: Callable[[], None] | None) -> None:
    _follow_parent()
    begun.set()
    if prepare is not None:
        prepare()


class WorkerPool(ProcessPoolExecutor):
    """A pool of spawned processes that end when this process ends or is killed, for use in ``with``.

    Each calls ``prepare`` first. Where a worker was killed or none could start, the end of ``with`` raises
    ClonestrikeError, for the former with ``remedy``.
    """

    def __init__(self, workers: int, prepare: Callable[[], None] | None = None, remedy: str = FEWER) -> None:
        # Spawned processes: a fork would copy locks that threads of libraries hold.
        spawn = multiprocessing.get_context("spawn")
        self._begun, self._remedy = spawn.Event(), remedy
        super().__init__(workers, mp_context=spawn, initializer=_begin, initargs=(self._begun, prepare))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if isinstance(error, BrokenProcessPool):
            lost = ClonestrikeError("a worker process was killed (out of memory?)", self._remedy)
            raise (lost if self._begun.is_set() else _not_started()) from None


def _not_started() -> ClonestrikeError:
    """The error for workers that end before they begin: a spawned process first runs the script that spawned it."""
    return ClonestrikeError(
        "no worker process could start", 'a script calls this below `if __name__ == "__main__":`, and lies in a file'
    )


class _Manager(SyncManager):
    """A manager that ``with`` does not start a second time."""

    def __enter__(self) -> Self:
        return self


def worker_manager() -> SyncManager:
    """Queues and events to share with workers, for use in ``with``; ends when this process ends or is killed.

    Raises ClonestrikeError when its process cannot start.
    """
    manager = _Manager(ctx=multiprocessing.get_context("spawn"))
    try:
        manager.start(_follow_parent)
    except EOFError:
        raise _not_started() from None
    return manager


def in_workers(play: Callable[[Task], Result], plan: Sequence[Task], workers: int) -> list[Result]:
    """Call ``play`` for every match of a plan in worker processes; returns its results in the order of the plan.

    Raises what ``play`` and WorkerPool raise; matches that have not begun are dropped.
    """
    with console.progress() as bar, WorkerPool(min(workers, len(plan))) as pool:
        task = bar.add_task("matches", total=len(plan))
        try:
            futures = [pool.submit(play, match) for match in plan]
            for future in futures:
                future.result()
                bar.advance(task)
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
