"""Creating and saving figures, without pyplot, which would keep every figure open."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clonestrike.files import AtomicFile

BLUE, ORANGE, GREY = "#2f6db3", "#d9772b", "#9aa3b2"


def axes_of(ax: Axes | None, width: float, height: float) -> Axes:
    """The given axes, or those of a new figure of this size (inches)."""
    if ax is not None:
        return ax
    return Figure(figsize=(width, height), layout="constrained").subplots()


def save(figure: Figure, path: Path, dpi: int) -> Path:
    """Write a PNG file atomically; returns its path. Raises OSError."""
    with AtomicFile(path) as partial:
        figure.savefig(partial, format="png", dpi=dpi)
    return path
