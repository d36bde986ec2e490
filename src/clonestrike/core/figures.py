"""Creating and saving figures, without pyplot, which would keep every figure open."""

from __future__ import annotations

from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clonestrike.files import AtomicFile

BLUE, ORANGE, GREY = "#2f6db3", "#d9772b", "#9aa3b2"


def axes_of(ax: Axes | None, width: float, height: float) -> Axes:
    """The given axes, or those of a new figure of this size (inches)."""
    if ax is not None:
        return ax
    return Figure(figsize=(width, height), layout="constrained").subplots()


def save(figure: Figure, path: Path, dpi: int, pdf: bool = False) -> list[Path]:
    """Write a PNG file, and with ``pdf`` a PDF file beside it, each whole or not at all; returns their paths.

    Text in a PDF file stays text, in TrueType fonts. Raises OSError.
    """
    files = [path, path.with_suffix(".pdf")] if pdf else [path]
    for file in files:
        with AtomicFile(file) as partial, rc_context({"pdf.fonttype": 42}):
            figure.savefig(partial, format=file.suffix[1:], dpi=dpi)
    return files
