"""Processes that play several matches at once."""

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
        "a worker process was killed (out of memory?)", "what it recorded until then is kept; use fewer --workers"
    )


def in_workers(play: Callable[[Task], Result], plan: Sequence[Task], workers: int) -> list[Result]:
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
