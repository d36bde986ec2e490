"""The options of ``clonestrike label``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

Rules = Literal["default", "paper"]


@dataclass(frozen=True)
class LabelConfig:
    """What to label, and by which rules."""

    paths: Positional[tuple[Path, ...]]
    """Recordings, the original's files of play, or folders with any of them anywhere in them."""
    rules: Rules = "default"
    """How actions are inferred: by the most accurate rules (default), or by those of the paper, errors included."""
    score: bool = False
    """Compare the labels with the true actions of the recordings that have them."""
    drop_suspect: bool = False
    """Mark all rows of suspect play as not valid, so that training ignores them; nothing is deleted."""
    strict: bool = False
    """Refuse play that cannot be used, or only in part, instead of skipping it with a line."""
