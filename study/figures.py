"""The figure of docs/study.md, drawn from the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clonestrike.evaluate.statistics import Interval, summarise
from study.tables import Outcome, learning

SIZES = {"10k": 10_000, "40k": 40_000, "100k": 100_000, "base": 340_000, "1m": 1_000_000}
MINUTES = (0.5, 1, 2, 4, 8, 16, 32)
AGENT, LONGER, BOTS = "#c0392b", "#2c3e50", "#7f8c8d"


def draw(out: Path) -> None:
    """Draw strength by training time, and by the number of recorded steps, into a PNG file."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    _learning(left)
    _sizes(right)
    figure.savefig(out, dpi=110)


def _learning(axes: Axes) -> None:
    for names, label, color in (
        (("short-300", "short-900", "true"), "pocket, 340k steps", AGENT),
        (("long-quarter", "long"), "pocket:big, 1,000k steps", LONGER),
    ):
        points = learning(names)
        minutes, times = [minute for minute, _ in points], [ratio for _, ratio in points]
        _with_intervals(axes, minutes, times, color, "o-", label)
    for multiple in (1, 2, 4):
        axes.axhline(multiple, color=BOTS, linewidth=0.8, linestyle="--")
    axes.set(xlabel="minutes of training on one core", ylabel="times the mean bot's kills")
    axes.set_title("How fast it learns (own inputs)")
    axes.set_ylim(bottom=0)
    axes.set_xscale("log")
    axes.set_xticks(MINUTES, [f"{minutes:g}" for minutes in MINUTES], minor=False)
    axes.set_xticks([], minor=True)
    axes.legend(frameon=False, loc="upper left")


def _with_intervals(
    axes: Axes, x: Sequence[float], y: Sequence[Interval], color: str, marks: str, label: str | None = None
) -> None:
    middle = [each.mean or 0.0 for each in y]
    below = [mean - (each.low or 0.0) for mean, each in zip(middle, y, strict=True)]
    above = [(each.high or mean) - mean for mean, each in zip(middle, y, strict=True)]
    axes.errorbar(x, middle, [below, above], fmt=marks, color=color, capsize=3, label=label)


def _sizes(axes: Axes) -> None:
    found = [(size, outcome) for name, size in SIZES.items() if (outcome := Outcome.of(name)) is not None]
    kills = [Interval(**summarise(outcome.matches)["agent"]["kills_per_minute"]) for _, outcome in found]
    _with_intervals(axes, [size for size, _ in found], kills, AGENT, "o")
    axes.set_xscale("log")
    axes.set_xticks(list(SIZES.values()), [f"{size // 1000:,}k" for size in SIZES.values()], minor=False)
    axes.set_xticks([], minor=True)
    axes.set(xlabel="steps of the expert's play", ylabel="kills a minute")
    axes.set_title("How much it needs to see (inferred labels)")
    axes.set_ylim(bottom=0)
