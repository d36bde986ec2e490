"""How to train: what is sampled, how labels are cleaned up, what is minimised, and the optimiser's settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from clonestrike.errors import ClonestrikeError
from clonestrike.training.augmentation import Augmentation
from clonestrike.training.config import RecipeName, TrainConfig
from clonestrike.training.loss import PAPER_LOSS, Loss
from clonestrike.training.plans import Plan, paper_windows, whole_runs
from clonestrike.training.sequences import Segment


@dataclass(frozen=True)
class Recipe:
    """A preset of training."""

    loss: Loss
    streams: int
    """Sequences side by side (B)."""
    chunk: int
    """Steps of a sequence between two updates (T)."""
    lr: float
    weight_decay: float
    warm_up: int
    """Updates until the learning rate is reached."""
    schedule: Literal["cosine", "constant"]
    epsilon: float
    """Of Adam."""
    restore_moments: bool
    """A training that starts from a checkpoint goes on with its moments of the gradients, too."""
    clip: float | None
    """Norm to which gradients are clipped."""
    sampling: Literal["runs", "windows", "kill-aware"]
    """Whole runs with memory carried along, or the original's windows, all of them or with its sub-selection."""
    augmentation: Augmentation
    clean_up: bool
    """Fold the outermost mouse bins and fill the gaps of automatic fire, as the original does."""

    def plan(self, segments: Sequence[Segment], seed: int, weapon: str | None, far: bool = False) -> Plan:
        """Which rows are walked along in which epoch; ``weapon`` and ``far`` are for kill-aware sampling."""
        if self.sampling == "runs":
            return whole_runs(segments, seed)
        return paper_windows(segments, seed, weapon, select=self.sampling == "kill-aware", far=far)


DEFAULT = Recipe(
    loss=Loss(),
    streams=16,
    chunk=16,
    lr=2e-3,
    weight_decay=1e-2,
    warm_up=100,
    schedule="cosine",
    epsilon=1e-6,
    restore_moments=False,
    clip=2.0,
    sampling="runs",
    augmentation=Augmentation(),
    clean_up=False,
)
PAPER = Recipe(
    loss=PAPER_LOSS,
    streams=1,
    chunk=96,
    lr=1e-4,
    weight_decay=0.0,
    warm_up=0,
    schedule="constant",
    epsilon=1e-7,
    restore_moments=True,
    clip=None,
    sampling="kill-aware",
    augmentation=Augmentation(light=0.5),
    clean_up=True,
)
RECIPES: dict[RecipeName, Recipe] = {
    "default": DEFAULT,
    "paper": PAPER,
    "paper-expert": replace(PAPER, sampling="windows"),
}
"""The original samples all windows of its expert sets, which it fine-tunes on, and selects from the large one."""


def recipe(config: TrainConfig) -> Recipe:
    """The preset that a training names, with its own changes; raises ClonestrikeError when there is none."""
    try:
        preset = RECIPES[config.recipe]
    except KeyError:
        raise ClonestrikeError(f"unknown recipe {config.recipe!r}", f"there are {', '.join(RECIPES)}") from None
    augmentation = replace(preset.augmentation, **_given(light=config.light, mirror=config.mirror))
    changes = _given(lr=config.lr, streams=config.streams, chunk=config.chunk)
    return replace(preset, augmentation=augmentation, **changes)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
