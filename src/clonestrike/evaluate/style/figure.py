"""The result of ``style`` as a table and as a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich import box
from rich.markup import escape
from rich.table import Table

from clonestrike.core.actions import ACTION_SPACE
from clonestrike.evaluate.style.faults import FAULTS
from clonestrike.evaluate.style.measures import NEAR_WALL, Style

Rows = Mapping[str, Mapping[str, float | None]]
"""Player -> name of a measure -> value."""


def table(rows: Rows) -> Table:
    """A table with a row for each measure and a column for each player."""
    view = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("", *rows):
        view.add_column(escape(heading), justify="right" if heading else "left")
    for figure in next(iter(rows.values())):
        values = [row[figure] for row in rows.values()]
        view.add_row(figure, *("-" if value is None else f"{value:.3g}" for value in values))
    return view


def plot(styles: Mapping[str, Style], rows: Rows) -> Figure:
    """A figure with the distributions and shares of all players."""
    figure = Figure(figsize=(12, 10), layout="constrained")
    axes = figure.subplot_mosaic([["mouse", "mouse", "life"], ["kill", "reaction", "wall"], ["does", "wrong", "apart"]])
    bins = ACTION_SPACE.mouse_x_bins
    for name, of in styles.items():
        axes["mouse"].plot(range(len(bins)), of.mouse_x, marker=".", label=name)
    axes["mouse"].set(title="mouse x, counts a step", yscale="log", ylabel="share of the steps", ylim=(1e-4, 1))
    axes["mouse"].set_xticks(range(0, len(bins), 2), [f"{b:g}" for b in bins[::2]])
    axes["mouse"].legend(frameon=False)
    for panel, title, unit, values in (
        ("life", "length of a life", "s", [of.lifetime for of in styles.values()]),
        ("kill", "distance of a kill", "game units", [of.kill_distance for of in styles.values()]),
        ("reaction", "first sight to first shot", "s", [of.reaction for of in styles.values()]),
        ("wall", "distance to the nearest wall", "game units", [of.wall_distance for of in styles.values()]),
    ):
        _cumulative(axes[panel], values)
        axes[panel].set(title=title, xlabel=unit, ylabel="share not more", ylim=(0, 1))
    axes["wall"].axvline(NEAR_WALL, color="grey", linewidth=0.8, linestyle=":")
    _bars(axes["does"], rows, tuple(next(iter(styles.values())).shares), "share of the steps")
    _bars(axes["wrong"], rows, tuple(FAULTS), "what goes wrong, share")
    apart = tuple(name for name in next(iter(rows.values())) if name.startswith("coverage"))
    _bars(axes["apart"], rows, apart, "game units apart")
    return figure


def _cumulative(axes: Axes, players: Sequence[Sequence[float]]) -> None:
    """Draw a cumulative distribution for each player that has values; each player keeps its colour."""
    for i, values in enumerate(players):
        if values:
            ordered = np.sort(values)
            axes.step(ordered, np.arange(1, len(ordered) + 1) / len(ordered), where="post", color=f"C{i}")


def _bars(axes: Axes, rows: Rows, names: Sequence[str], title: str) -> None:
    """Draw a group of bars for each measure, with a bar for each player."""
    width = 0.8 / len(rows)
    for i, row in enumerate(rows.values()):
        axes.barh(np.arange(len(names)) + i * width, [row[name] or 0.0 for name in names], width, color=f"C{i}")
    axes.set_yticks(
        np.arange(len(names)) + 0.4 - width / 2, [name.replace("coverage ", "coverage\n") for name in names]
    )
    axes.invert_yaxis()
    axes.set(title=title)
