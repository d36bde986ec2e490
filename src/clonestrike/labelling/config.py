"""What to label, and by which rules: the options of ``clonestrike label``."""

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
    """Recordings, or folders with recordings anywhere in them."""
    rules: Rules = "default"
    """How actions are inferred: by the most accurate rules that there are, or by those of Pearce & Zhu (2022), quirks
    included (paper)."""
    score: bool = False
    """Compare the labels with the true actions of the recordings that have them."""
    drop_suspect: bool = False
    """Mark all rows of a suspect recording as not valid, so that training ignores them; nothing is deleted."""
