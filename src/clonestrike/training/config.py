"""What to train on what, and for how long."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.checkpoint import (
    RESUME,
)
from clonestrike.training.learner import Precision
from clonestrike.training.recipes import Recipe, RecipeName, recipe
from clonestrike.training.sequences import LabelSource
from clonestrike.training.view_cache import ViewCache


@dataclass(frozen=True)
class TrainConfig:
    """What to train on what, and for how long."""

    data: tuple[Path, ...]
    """Recordings, the original's files, or folders of them."""
    out: Path
    model: str = "pocket"
    """See architectures.untrained."""
    trunk: str | None = None
    """Weights for the trunk of model paper or lite to start with, see pretrained.load_trunk."""
    recipe: RecipeName = "default"
    minutes: float = 5.0
    """Turned into a number of updates by a measurement at the start."""
    updates: int | None = None
    """Instead of minutes."""
    epochs: int | None = None
    """Instead of both."""
    labels: LabelSource = "label"
    """Learn the inferred labels, or the true actions."""
    init: Path | None = None
    """Start with the weights of this checkpoint, and its architecture; the paper's recipe also with its moments."""
    resume: bool = False
    """Go on where the training in ``out`` stopped; its own settings hold."""
    strict: bool = False
    """Refuse original files of which not all can be used."""
    weapon: str | None = None
    """For kill-aware sampling: only windows in which this weapon is held."""
    far: bool = False
    """For kill-aware sampling: always take windows in the corners of dust2 that are seldom visited."""
    lr: float | None = None
    """Instead of the recipe's, as are streams and chunk."""
    streams: int | None = None
    chunk: int | None = None
    light: float | None = None
    """Chance of a sequence to get another brightness, and again another contrast, instead of the recipe's."""
    mirror: float | None = None
    """Share of the sequences in which left and right are swapped, instead of the recipe's."""
    valid_fraction: float = 0.1
    """Share of the rows, in whole runs, that is held out."""
    seed: int = 0
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    precision: Precision = "auto"
    device: str = "auto"
    """Of torch, such as cpu or cuda:1; auto is the first graphics card, or the processor where there is none."""
    decoding: str | None = None
    """By which the policy will play best, as its card says; by default that of ``init``."""
    checkpoint_seconds: float = 30.0
    cache: ViewCache = field(default_factory=ViewCache)

    @property
    def settings(self) -> Recipe:
        """The recipe with this configuration's changes."""
        preset = recipe(self.recipe)
        augmentation = replace(preset.augmentation, **self._given("light", "mirror"))
        return replace(preset, augmentation=augmentation, **self._given("lr", "streams", "chunk"))

    def _given(self, *names: str) -> dict[str, Any]:
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def to_json(self) -> dict[str, Any]:
        """What decides the outcome, as it is kept in a checkpoint."""
        kept = asdict(self)
        for name in ("data", "out", "resume", "strict", "device", "cache", "checkpoint_seconds"):
            del kept[name]
        return {**kept, "init": None if self.init is None else str(self.init)}

    def resumed(self, kept: dict[str, Any]) -> TrainConfig:
        """The configuration of the training that goes on; data, out, device and cache are this one's."""
        try:
            return replace(self, **{**kept, "init": None if kept["init"] is None else Path(kept["init"])})
        except (KeyError, TypeError) as error:
            raise ClonestrikeError(f"{self.out / RESUME} is of another version ({error})", "start anew") from None
