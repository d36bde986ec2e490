"""The Python API of labelling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clonestrike.core.api import as_result, options
from clonestrike.labelling.config import LabelConfig, Rules


@dataclass(frozen=True)
class LabelledPlay:
    """The result of labelling. Scores are None if they were not asked for, or if no true action is known."""

    rules: Rules
    recordings: int
    """Number of labelled recordings and files, without the dropped ones."""
    dropped: int
    """Number of suspect ones whose rows were all marked as not valid (``drop_suspect``)."""
    suspect: int
    """Number of suspect ones."""
    without_states: int
    """Number of files that keep the labels that they came with, because they have no states."""
    rows: int
    """Number of labelled rows."""
    valid: int
    """Number of rows whose label may be learned from."""
    seconds: float
    rows_per_second: float
    quality: dict[str, dict[str, Any]]
    """By path: the verdict (good or suspect), the reasons, and counts of rows (see ``labelling.quality.Quality``)."""
    scored_steps: int | None = None
    """Rows with a valid label and a known true action."""
    movement_f1: float | None = None
    """F1 of w, a, s and d together, from 0 to 1."""
    switches: dict[str, dict[str, float | None]] | None = None
    """By key and button: precision, recall, f1, onset_f1, support (true rows), inferred (labelled rows)."""
    mouse: dict[str, dict[str, float | None]] | None = None
    """By axis x and y: mean_absolute_error (counts), correlation, bin_accuracy, steps."""


@options(LabelConfig)
def label(config: LabelConfig) -> LabelledPlay:
    """Infer the actions in play from its states, and store them as labels.

    Play is recordings, and the original's files of play, whose labels are stored in a file beside each.

    Raises ClonestrikeError for paths without play that can be labelled, a game without a movement profile, or a full
    disk; with ``strict`` also for play that cannot be used.
    """
    from clonestrike.labelling.label import label as run

    return as_result(run(config), LabelledPlay)
