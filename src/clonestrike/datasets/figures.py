"""Figures of a data set: functions that draw into axes, and functions that write files of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from clonestrike.core.actions import MOUSE_X_BINS, MOUSE_Y_BINS
from clonestrike.core.figures import BLUE, GREY, ORANGE, save
from clonestrike.datasets.judged import Judged
from clonestrike.labelling.quality import REASONS

TOP = 24
"""Number of weapons with a bar of their own; the others share one."""
VIEW = 350
"""Largest mouse motion shown either way, in counts."""
CELLS = 240
"""Number of cells along each side of a map."""
MOUSE = {"x": (MOUSE_X_BINS, "right"), "y": (MOUSE_Y_BINS, "down")}
"""Axis -> the action space's bins, and the positive direction."""
DPI = 130


def draw_weapons(axes: Axes, steps: Mapping[str, int]) -> None:
    """Draw how long each weapon was held: a bar for each of the TOP weapons, and one for all others."""
    order = sorted(steps, key=lambda name: (-steps[name], name))
    shares = {name: steps[name] for name in order[:TOP]}
    if order[TOP:]:
        shares[f"{len(order) - TOP} others"] = sum(steps[name] for name in order[TOP:])
    total = sum(shares.values())
    percent = [100 * count / total for count in shares.values()]
    colours = [GREY if name not in steps else BLUE for name in shares]
    bars = axes.barh(range(len(shares)), percent, color=colours, height=0.72)
    axes.bar_label(bars, [f"{share:.1f} %" if share >= 0.1 else "< 0.1 %" for share in percent], padding=3, fontsize=8)
    axes.set_yticks(range(len(shares)), list(shares), fontsize=9)
    axes.set_ylim(len(shares) - 0.5, -0.5)
    axes.set_xlim(0, max(percent) * 1.12)
    axes.set_xlabel("share of the frames, %")
    axes.spines[["top", "right"]].set_visible(False)


def weapons_height(steps: Mapping[str, int]) -> float:
    """Height of a figure with the bars of these weapons, in inches."""
    return 1 + 0.24 * min(len(steps), TOP + 1)


def draw_visits(axes: Axes, place: str, xy: NDArray[np.float32]) -> None:
    """Draw positions (n, 2) on a map as the number of frames in each cell, on a logarithmic scale."""
    low, high = xy.min(0).astype(float), xy.max(0).astype(float)
    middle, reach = (low + high) / 2, max(*(high - low), 1.0) / 2 * 1.04
    edges = [np.linspace(m - reach, m + reach, CELLS + 1) for m in middle]
    counts = np.histogram2d(xy[:, 0], xy[:, 1], edges)[0]
    image = draw_map(axes, edges[0], edges[1], counts, LogNorm(1, max(2, counts.max())))
    axes.set_title(f"{place}: {len(xy):,} frames", fontsize=10)
    axes.set_xlabel("x, game units")
    axes.set_ylabel("y, game units")
    axes.figure.colorbar(image, ax=axes, label="frames in a cell", shrink=0.8)


def draw_map(
    axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], values: NDArray[Any], norm: LogNorm
) -> ScalarMappable:
    """Draw values (n, m) of cells with edges x (n + 1,) and y (m + 1,) in game units; cells with 0 stay empty."""
    image = axes.pcolormesh(x, y, np.ma.masked_equal(values, 0).T, norm=norm, cmap="plasma", rasterized=True)
    axes.set_aspect("equal")
    return image


def draw_mouse(axes: Axes, counts: NDArray[np.int64], edges: NDArray[np.float64], axis: Literal["x", "y"]) -> None:
    """Draw a histogram (n,) of mouse motion in a step along an axis, with the bins of the action space marked."""
    bins, positive = MOUSE[axis]
    for place in bins:
        axes.axvline(place, color=ORANGE, linewidth=0.7, alpha=0.75, zorder=3, label="bins" if place == 0 else None)
    axes.stairs(counts, edges, fill=True, color=BLUE, zorder=2, label="frames")
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.7)
    axes.set_xlim(-VIEW, VIEW)
    axes.set_title(f"mouse {axis}: {positive} is positive", fontsize=10)
    axes.set_ylabel("frames")
    axes.spines[["top", "right"]].set_visible(False)


def weapons(steps: Mapping[str, int], path: Path, pdf: bool) -> list[Path]:
    """Write a figure of how long each weapon was held; returns its files (see core.figures.save)."""
    figure = Figure(figsize=(7, weapons_height(steps)), layout="constrained")
    draw_weapons(figure.subplots(), steps)
    return save(figure, path, DPI, pdf)


def trajectories(positions: Mapping[str, NDArray[np.float32]], path: Path, pdf: bool) -> list[Path]:
    """Write a figure of where players were, with axes for each map; returns its files."""
    figure = Figure(figsize=(6.4 * len(positions), 6), layout="constrained")
    for axes, (place, xy) in zip(figure.subplots(1, len(positions), squeeze=False)[0], positions.items(), strict=True):
        draw_visits(axes, place, xy)
    return save(figure, path, DPI, pdf)


def mouse(counts: NDArray[np.int64], edges: NDArray[np.float64], path: Path, pdf: bool) -> list[Path]:
    """Write a figure of the histograms of mouse motion (2, n), x above y; returns its files."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    draw_mouse(above, counts[0], edges, "x")
    draw_mouse(below, counts[1], edges, "y")
    below.set_xlabel("counts in a step")
    figure.legend(*below.get_legend_handles_labels(), loc="outside upper right", fontsize=8, ncols=2, frameon=False)
    return save(figure, path, DPI, pdf)


def quality(name: str, judged: Sequence[Judged], path: Path, pdf: bool) -> list[Path]:
    """Write a figure of the share of the rows of each file of a set that has a fault, with the limit of good files.

    There are axes for every count that has a limit; files with reasons to be suspect are marked. Returns its files.
    """
    found = [one.quality for one in judged]
    counts = list(dict.fromkeys(count for one in found for count in one.limits))
    figure = Figure(figsize=(10, 1.2 + 1.6 * -(-len(counts) // 2)), layout="constrained")
    grid = figure.subplots(-(-len(counts) // 2), 2, squeeze=False, sharex=True)
    parts = [one.part for one in judged]
    # Files of the original are numbered; parts of recorded runs begin at 0 in each, and are counted here.
    numbers = np.array(parts if len(set(parts)) == len(parts) else range(len(parts)))
    for axes, count in zip(grid.flat, counts, strict=False):
        shares = np.array([100 * one.shares.get(count, np.nan) for one in found])
        limits = np.array([100 * one.limits.get(count, np.nan) for one in found])
        axes.plot(numbers, shares, ".-", color=BLUE, linewidth=0.6, markersize=3)
        axes.plot(numbers, limits, "--", color=GREY, linewidth=1)
        over = np.array([count in one.exceeded for one in found])
        axes.plot(numbers[over], shares[over], "o", color=ORANGE, markersize=4)
        axes.set_title(f"{REASONS[count]}: {over.sum()} of {len(found)} files", fontsize=9, loc="left")
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
    for axes in grid.flat[len(counts) :]:
        axes.set_axis_off()
    suspect = sum(one.verdict == "suspect" for one in found)
    figure.suptitle(f"{name}: {suspect} of {len(found)} files are suspect", fontsize=11)
    figure.supxlabel("file", fontsize=9)
    figure.supylabel("share of its rows, %; dashed: the limit", fontsize=9)
    return save(figure, path, DPI, pdf)
