"""The figures of a data set, as PNG files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from clonestrike.core.actions import MOUSE_X_BINS, MOUSE_Y_BINS
from clonestrike.files import Whole

TOP = 24
"""Weapons with a bar of their own; the others share one."""
VIEW = 350
"""Counts of mouse motion that are shown either way."""
CELLS = 240
"""Of a map, along its longer side."""
BLUE, ORANGE, GREY = "#2f6db3", "#d9772b", "#9aa3b2"


def weapons(steps: Mapping[str, int], path: Path) -> Path:
    """How long each weapon was held: a bar for each of the most held, and one for all others."""
    order = sorted(steps, key=lambda name: (-steps[name], name))
    shares = {name: steps[name] for name in order[:TOP]}
    if order[TOP:]:
        shares[f"{len(order) - TOP} others"] = sum(steps[name] for name in order[TOP:])
    total = sum(shares.values())
    percent = [100 * count / total for count in shares.values()]
    figure = Figure(figsize=(7, 1 + 0.24 * len(shares)), layout="constrained")
    axis = figure.subplots()
    colours = [GREY if name not in steps else BLUE for name in shares]
    bars = axis.barh(range(len(shares)), percent, color=colours, height=0.72)
    axis.bar_label(bars, [f"{share:.1f} %" if share >= 0.1 else "< 0.1 %" for share in percent], padding=3, fontsize=8)
    axis.set_yticks(range(len(shares)), list(shares), fontsize=9)
    axis.set_ylim(len(shares) - 0.5, -0.5)
    axis.set_xlim(0, max(percent) * 1.12)
    axis.set_xlabel("share of the frames, %")
    axis.spines[["top", "right"]].set_visible(False)
    return _saved(figure, path)


def trajectories(positions: Mapping[str, NDArray[np.float32]], path: Path) -> Path:
    """Where players were, a map each: (n, 2) positions as frames in a cell, on a logarithmic scale."""
    figure = Figure(figsize=(6.4 * len(positions), 6), layout="constrained")
    for axis, (place, xy) in zip(figure.subplots(1, len(positions), squeeze=False)[0], positions.items(), strict=True):
        low, high = xy.min(0).astype(float), xy.max(0).astype(float)
        middle, reach = (low + high) / 2, max(*(high - low), 1.0) / 2 * 1.04
        edges = [np.linspace(m - reach, m + reach, CELLS + 1) for m in middle]
        counts = np.histogram2d(xy[:, 0], xy[:, 1], edges)[0]
        image = axis.pcolormesh(
            *edges,
            np.ma.masked_equal(counts, 0).T,
            norm=LogNorm(1, max(2, counts.max())),
            cmap="plasma",
            rasterized=True,
        )
        axis.set_aspect("equal")
        axis.set_title(f"{place}: {len(xy):,} frames", fontsize=10)
        axis.set_xlabel("x, game units")
        axis.set_ylabel("y, game units")
        figure.colorbar(image, ax=axis, label="frames in a cell", shrink=0.8)
    return _saved(figure, path)


def mouse(counts: NDArray[np.int64], edges: NDArray[np.float64], path: Path) -> Path:
    """How far the mouse moved in a step, x above y, with the bins of the action space marked: counts (2, n)."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    for axis, row, name, bins in zip(
        figure.subplots(2, 1, sharex=True), counts, ("x: right is positive", "y: down is positive"),
        (MOUSE_X_BINS, MOUSE_Y_BINS), strict=True,
    ):  # fmt: skip
        for place in bins:
            axis.axvline(place, color=ORANGE, linewidth=0.7, alpha=0.75, zorder=3, label="bins" if place == 0 else None)
        axis.stairs(row, edges, fill=True, color=BLUE, zorder=2, label="frames")
        axis.set_yscale("log")
        axis.set_ylim(bottom=0.7)
        axis.set_xlim(-VIEW, VIEW)
        axis.set_title(f"mouse {name}", fontsize=10)
        axis.set_ylabel("frames")
        axis.spines[["top", "right"]].set_visible(False)
    axis.set_xlabel("counts in a step")
    figure.legend(*axis.get_legend_handles_labels(), loc="outside upper right", fontsize=8, ncols=2, frameon=False)
    return _saved(figure, path)


def _saved(figure: Figure, path: Path) -> Path:
    with Whole(path) as partial:
        figure.savefig(partial, format="png", dpi=130)
    return path
