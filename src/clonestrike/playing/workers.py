"""Worker processes, which play several matches at once."""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.managers import SyncManager
from typing import Self, TypeVar

from clonestrike import console
from clonestrike.errors import ClonestrikeError

Task = TypeVar("Task")
Result = TypeVar("Result")


def _follow_parent() -> None:
    """In a worker: leave Ctrl-C to the parent, and end when the parent ends (Linux)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def worker_pool(workers: int) -> ProcessPoolExecutor:
    """A pool of spawned processes that end when this process ends or is killed."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_follow_parent)


class _Manager(SyncManager):
    """A manager that ``with`` does not start a second time."""

    def __enter__(self) -> Self:
        return self


def worker_manager() -> SyncManager:
    """Queues and events to share with workers, for use in ``with``; ends when this process ends or is killed."""
    manager = _Manager(ctx=multiprocessing.get_context("spawn"))
    manager.start(_follow_parent)
    return manager


WORKER_LOST = (BrokenProcessPool,)


def worker_lost() -> ClonestrikeError:
    """The error to raise when a worker process was killed."""
    return ClonestrikeError(
        "a worker process was killed (out of memory?)", "what it recorded until then is kept; use fewer --workers"
    )


def in_workers(play: Callable[[Task], Result], plan: Sequence[Task], workers: int) -> list[Result]:
    """Call ``play`` for every match of a plan in worker processes; returns its results in the order of the plan.

    Raises what ``play`` raises, and ClonestrikeError when a worker was killed; matches that have not begun are dropped.
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
