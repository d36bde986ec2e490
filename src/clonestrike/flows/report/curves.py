"""Learning curves as SVG in the page's colours, light and dark, and the scores on held-out runs."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clonestrike.training.curves import TITLES, Inks, Output, draw_line, draw_losses

Rows = Sequence[Mapping[str, Any]]
"""Lines of metrics.jsonl."""

_INKS = {"#010101": "var(--ink)", "#020202": "var(--muted)", "#030303": "var(--agent)", "#040404": "var(--fire)"}
"""Colour in matplotlib's SVG -> variable of the page that replaces it."""
_INK, _MUTED, _AGENT, _FIRE = _INKS


def drawings(runs: Mapping[str, Rows]) -> list[Markup]:
    """Learning curves as SVG; trainings that continue each other follow each other in the same axes."""
    return [*(_losses(runs, output) for output in TITLES), _skill(runs)]


def last_held_out(runs: Mapping[str, Rows]) -> Mapping[str, Any] | None:
    """The last scores on held-out runs, of the policy and the baselines; None if nothing was held out."""
    scored = [row["held_out"] for rows in runs.values() for row in rows if "held_out" in row]
    return scored[-1] if scored else None


def _losses(runs: Mapping[str, Rows], output: Output) -> Markup:
    figure, axes = _axes(TITLES[output], "cross-entropy, nats")
    for before, rows in _in_a_row(runs):
        draw_losses(axes, rows, output, before=before, inks=Inks(training=_MUTED, held_out=_AGENT, baseline=_FIRE))
    return _svg(figure, axes, TITLES[output])


def _skill(runs: Mapping[str, Rows]) -> Markup:
    figure, axes = _axes("held-out aim and fire", "share, F1")
    for before, rows in _in_a_row(runs):
        scored = [(before + row["frames"], row["held_out"]["policy"]) for row in rows if "held_out" in row]
        for output, score, label, ink in (
            ("mouse_x", "within_one_bin", "mouse x within a bin", _AGENT),
            ("left", "f1", "F1 of fire", _FIRE),
        ):
            points = [(x, scores[output][score]) for x, scores in scored if scores[output][score] is not None]
            draw_line(axes, points, label, color=ink, marker="o", markersize=4)
    axes.set_ylim(0, 1)
    return _svg(figure, axes, "skill")


def _in_a_row(runs: Mapping[str, Rows]) -> Iterable[tuple[int, Rows]]:
    """Yields each training's rows with the number of frames that were seen before it."""
    before = 0
    for rows in runs.values():
        yield before, rows
        before += max((row["frames"] for row in rows), default=0)


def _axes(title: str, label: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(3, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, color=_INK, fontsize=11, loc="left")
    axes.set_xlabel("frames seen, thousands", color=_MUTED, fontsize=9)
    axes.set_ylabel(label, color=_MUTED, fontsize=9)
    axes.tick_params(colors=_MUTED, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_MUTED)
    return figure, axes


def _svg(figure: Figure, axes: Axes, salt: str) -> Markup:
    """The figure as SVG within the page, in its colours and type."""
    axes.legend(fontsize=8, frameon=False, labelcolor=_MUTED)
    drawing = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    # The salt makes identifiers of one drawing differ from those of the others on the page.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "font.family": "sans-serif"}):
        figure.savefig(drawing, format="svg", transparent=True, metadata=nothing)
    svg = drawing.getvalue()
    svg = svg[svg.index("<svg") :]
    for drawn, shown in _INKS.items():
        svg = svg.replace(drawn, shown)
    return Markup(svg)  # matplotlib has escaped its texts
