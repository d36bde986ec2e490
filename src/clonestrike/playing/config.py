"""What to record, and what to play."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RecordConfig:
    """What to record; one of ``watch`` and ``play``, one of ``minutes`` (of recorded play) and ``steps``."""

    game: str
    out: Path
    watch: str | None = None
    play: str | None = None
    minutes: float | None = None
    steps: int | None = None
    workers: int = 1
    seed: int = 0
    noise: float = 0.0
    corrected: bool = False
    """What is recorded as the action is what the expert would have done in the place of ``play``."""
    part_steps: int = 1000


@dataclass(frozen=True)
class PlayConfig:
    """Who plays (expert, random, human or a checkpoint), what, for how long, and what to show of it."""

    actor: str
    game: str
    minutes: float = 3.0
    video: Path | None = None
    real_time: bool = False
    whole_mouse: bool = False
    show: bool = False
    decoding: str | None = None
    seed: int = 0
