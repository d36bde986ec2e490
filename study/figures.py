"""The figures of docs/study.md, from the results alone."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clonestrike.evaluate.statistics import Interval, summarise
from study.tables import Outcome, learning

SIZES = {"10k": 10_000, "40k": 40_000, "100k": 100_000, "base": 340_000, "1m": 1_000_000}
AGENT, BOTS = "#c0392b", "#7f8c8d"
RATE = 2_750
"""Frames a second of one thread: `python -m benchmarks learning` on a processor that has bfloat16."""


def draw(out: Path) -> None:
    """Strength by time of training and by steps recorded, side by side."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    _learning(left)
    _sizes(right)
    figure.savefig(out, dpi=110)


def _learning(axes: Axes) -> None:
    points = learning()
    axes.plot([frames / RATE / 60 for frames, _ in points], [times for _, times in points], "o-", color=AGENT)
    for times in (1, 2, 4):
        axes.axhline(times, color=BOTS, linewidth=0.8, linestyle="--")
    axes.set(xlabel="minutes of training", ylabel="times the mean bot's kills", title="How fast it learns")
    axes.set_ylim(0, max([4.4, *(1.1 * times for _, times in points)]))
    axes.set_xlim(left=0)


def _sizes(axes: Axes) -> None:
    found = [(size, outcome) for name, size in SIZES.items() if (outcome := Outcome.of(name)) is not None]
    for size, outcome in found:
        kills = Interval(**summarise(outcome.matches)["agent"]["kills_per_minute"])
        assert kills.mean is not None
        low, high = kills.low or 0.0, kills.high or kills.mean
        axes.errorbar(size, kills.mean, [[kills.mean - low], [high - kills.mean]], fmt="o", color=AGENT, capsize=3)
    axes.set_xscale("log")
    axes.set_xticks(list(SIZES.values()), [f"{size // 1000:,}k" for size in SIZES.values()], minor=False)
    axes.set_xticks([], minor=True)
    axes.set(xlabel="steps of the expert's play", ylabel="kills a minute", title="How much it needs to see")
    axes.set_ylim(bottom=0)
