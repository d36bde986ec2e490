"""Shared by the benchmarks: frames to measure on, timing, a table."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from clonestrike import games
from clonestrike.games.base import Lockstep
from clonestrike.playing.named_actor import Seat, find_actor

GAME = "doom"
STEPS_PER_SECOND = 17.5


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def real_frames(count: int, seed: int = 77) -> NDArray[np.uint8]:
    """Frames of the expert's play, uint8 (count, H, W, 3), straight from the engine."""
    frames: list[NDArray[np.uint8]] = []
    with games.open_match(GAME, seed=seed, minutes=count / STEPS_PER_SECOND / 60 + 1, privileged=True) as game:
        assert isinstance(game, Lockstep)
        with find_actor("expert").open(Seat(game, GAME, seed)) as expert:
            while len(frames) < count:
                seen = game.observe()
                frames.append(seen.frame)
                game.apply(expert.act(seen).action)
                game.advance()
    return np.stack(frames)


def show(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Print a table."""
    table = Table(title=title, title_justify="left")
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left")
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)
