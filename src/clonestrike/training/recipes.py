"""Presets of training: sampling, label edits, loss, and the optimiser's settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.card import EXPERT_JUMPS
from clonestrike.policy.config import DecodingName
from clonestrike.training.augmentation import Augmentation
from clonestrike.training.config import RecipeName, TrainConfig
from clonestrike.training.loss import PAPER_LOSS, Loss
from clonestrike.training.plans import Plan, paper_windows, whole_runs
from clonestrike.training.segments import Segment
from clonestrike.training.selection import Selection


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
    """Adam's epsilon."""
    restore_moments: bool
    """Whether a training that starts from a checkpoint takes over Adam's moments, too."""
    clip: float | None
    """Largest norm of the gradients; None for no clipping."""
    sampling: Literal["runs", "windows", "kill-aware"]
    """Whole segments; or the original's windows, all of them or its kill-aware sub-selection."""
    augmentation: Augmentation
    edit_labels: bool
    """Whether to clip mouse labels and fill the gaps of automatic fire, as the original does."""
    skipped_rows: bool
    """Whether labels of rows without a living, armed player are learned, too, as in the original."""
    decoding: DecodingName | None = None
    """How its policies play best; None: as the policy did that the training starts from, or cloned."""
    jump_scale: float | None = None
    """Their factor on the probability of a jump (`PolicyCard.jump_scale`); None: likewise, or 1."""
    freeze: tuple[str, ...] = ()
    """Parts of the network that do not learn."""

    def selection(self, segments: Sequence[Segment], seed: int, weapon: str | None, far: bool) -> Selection | None:
        """The windows that kill-aware sampling selects (see Selection.of); None for other sampling."""
        return Selection.of(segments, seed, weapon, far) if self.sampling == "kill-aware" else None

    def plan(self, segments: Sequence[Segment], seed: int, selection: Selection | None) -> Plan:
        """The training sequences of each epoch."""
        return whole_runs(segments, seed) if self.sampling == "runs" else paper_windows(segments, seed, selection)


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
    edit_labels=False,
    skipped_rows=False,
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
    edit_labels=True,
    skipped_rows=True,
    decoding="paper",
    jump_scale=1.0,
)
RECIPES: dict[RecipeName, Recipe] = {
    "default": DEFAULT,
    "paper": PAPER,
    "paper-expert": replace(PAPER, sampling="windows", jump_scale=EXPERT_JUMPS),
}
"""The original selects from its large data set, and takes all windows of the expert sets for fine-tuning."""


def recipe(config: TrainConfig) -> Recipe:
    """The configuration's preset with the changes given there; raises ClonestrikeError for an unknown preset."""
    try:
        preset = RECIPES[config.recipe]
    except KeyError:
        raise ClonestrikeError(f"unknown recipe {config.recipe!r}", f"there are {', '.join(RECIPES)}") from None
    augmentation = replace(preset.augmentation, **_given(light=config.light, mirror=config.mirror))
    freeze = None if config.freeze is None else tuple(config.freeze.split(","))
    changes = _given(lr=config.lr, streams=config.streams, chunk=config.chunk, freeze=freeze)
    return replace(preset, augmentation=augmentation, **changes)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
