"""Learning curves: losses against frames, of training and of held-out runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clonestrike.core.actions import SWITCHES
from clonestrike.core.figures import BLUE, GREY, ORANGE, save

Line = Mapping[str, Any]
"""One line of metrics.jsonl."""
Output = Literal["switches", "mouse_x", "mouse_y"]
TITLES: dict[Output, str] = {"switches": "keys and buttons", "mouse_x": "mouse x", "mouse_y": "mouse y"}


@dataclass(frozen=True)
class Inks:
    """Colours of the curves, as matplotlib knows them."""

    training: str = GREY
    held_out: str = BLUE
    baseline: str = ORANGE


def draw_losses(axes: Axes, lines: Sequence[Line], output: Output, *, before: int = 0, inks: Inks = Inks()) -> None:
    """Cross-entropy (nats) against thousands of frames: in training, on held-out runs, and of the baseline.

    The baseline predicts the frequencies of the training data. ``before`` frames are added to x, where one training
    continues another in the same axes.
    """
    outputs = SWITCHES if output == "switches" else (output,)
    training = [(before + line["frames"], line["losses"][output]) for line in lines if "losses" in line]
    draw_line(axes, training, "training", color=inks.training, linewidth=1)
    scored = [(before + line["frames"], line["held_out"]) for line in lines if "held_out" in line]
    for who, label, style in (
        ("most_frequent", "most frequent", {"color": inks.baseline, "linestyle": "--", "marker": "."}),
        ("policy", "held out", {"color": inks.held_out, "marker": "o", "markersize": 4}),
    ):
        points = [(x, sum(scores[who][name]["loss"] or 0.0 for name in outputs)) for x, scores in scored]
        draw_line(axes, points, label, **style)


def draw_line(axes: Axes, points: Sequence[tuple[float, float]], label: str, **style: Any) -> None:
    """Draw points (frames, value) as a line over thousands of frames, with one entry in the legend per label."""
    known = {line.get_label() for line in axes.get_lines()}
    x, y = [x / 1000 for x, _ in points], [y for _, y in points]
    axes.plot(x, y, label=f"_{label}" if label in known else label, **style)


def describe(axes: Axes, output: Output) -> None:
    """Set title, axis labels and legend."""
    axes.set(title=TITLES[output], xlabel="frames seen, thousands", ylabel="cross-entropy, nats")
    axes.legend(frameon=False)


def write_curves(lines: Iterable[Line], path: Path) -> None:
    """Write a PNG file with the losses of every output side by side."""
    lines = list(lines)
    figure = Figure(figsize=(12, 3.4), layout="constrained")
    for axes, output in zip(figure.subplots(1, len(TITLES)), TITLES, strict=True):
        draw_losses(axes, lines, output)
        describe(axes, output)
    save(figure, path, 110)
