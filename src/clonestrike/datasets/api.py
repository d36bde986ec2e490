"""Python API of data sets: play of every format as trajectories, and plots of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from matplotlib.axes import Axes

from clonestrike.core.api import PathLike, paths_of
from clonestrike.core.figures import axes_of
from clonestrike.core.opening import open_trajectories
from clonestrike.core.trajectory import Trajectory
from clonestrike.datasets import figures
from clonestrike.datasets.stats import MOUSE_EDGES, counted
from clonestrike.errors import ClonestrikeError

Play = Trajectory | Iterable[Trajectory]


def open(paths: PathLike | Iterable[PathLike], *, strict: bool = False) -> list[Trajectory]:  # noqa: A001 - clonestrike.open
    """All play at or under one path or several: recordings, and whatever other installed data formats find.

    Frames are decoded when they are asked for, so opening is quick however much there is.

    Args:
        paths: recordings, files of the original, and folders with such anywhere in them.
        strict: refuse what can be used in part only, instead of using that part.

    Raises ClonestrikeError for a path without finished play, and when nothing there can be used.
    """
    return open_trajectories(paths_of(paths), strict)


def plot_weapons(play: Play, ax: Axes | None = None) -> Axes:
    """Plot how long each weapon was held, in % of the frames with a known weapon; returns the axes.

    Raises ClonestrikeError where no weapon is known.
    """
    steps = counted(_several(play)).weapon_steps
    if not steps:
        raise ClonestrikeError("no weapon is known in this play", "choose play with states")
    ax = axes_of(ax, 7, figures.weapons_height(steps))
    figures.draw_weapons(ax, steps)
    return ax


def plot_visits(play: Play, ax: Axes | None = None) -> Axes:
    """Plot where players were: frames in each cell of the map, seen from above, x and y in game units.

    Returns the axes.

    Raises ClonestrikeError where no position is known, and for play on several maps.
    """
    places = counted(_several(play)).known_positions
    if len(places) != 1:
        where = f"play on several maps ({', '.join(sorted(places))})" if places else "no position is known in this play"
        raise ClonestrikeError(where, "draw one map at a time" if places else "choose play with states")
    ((place, xy),) = places.items()
    ax = axes_of(ax, 6.4, 6)
    figures.draw_visits(ax, place, xy)
    return ax


def plot_mouse(play: Play, ax: Axes | None = None, *, axis: Literal["x", "y"] = "x") -> Axes:
    """Plot a histogram of mouse motion in a step, in counts, with the action space's bins marked; returns the axes.

    Counts true actions where they are known, otherwise valid labels. Raises ClonestrikeError where there are neither.
    """
    moved = counted(_several(play)).mouse["xy".index(axis)]
    if not np.any(moved):
        raise ClonestrikeError("no mouse motion is known in this play", "label it first")
    ax = axes_of(ax, 9, 3)
    figures.draw_mouse(ax, moved, MOUSE_EDGES, axis)
    ax.set_xlabel("counts in a step")
    ax.legend(fontsize=8, frameon=False)
    return ax


def _several(play: Play) -> Iterable[Trajectory]:
    return play if isinstance(play, Iterable) else [play]
