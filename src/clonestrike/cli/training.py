"""The stages from play to an agent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tyro.conf import Positional

from clonestrike.cli.verb import Verb, given


@dataclass(frozen=True, kw_only=True)
class Train(Verb):
    """Train a policy on recordings with actions."""

    example = "clonestrike train data/expert --labels true --out runs/base --minutes 20"

    data: Positional[tuple[Path, ...]]
    """Recordings, the original's files, or folders of them."""
    out: Path
    """Folder of the checkpoint."""
    model: str = "pocket"
    """Architecture: pocket, small enough for CPUs, or its variants (big, nomemory, nocrop), as pocket:big; paper, of
    Pearce & Zhu (2022), or its variants (big, extra, LSTM, lowres, drop, randinit), as paper:big,drop; lite, the
    paper's with the trunk EfficientNet-Lite0."""
    trunk: str | None = None
    """Start the trunk of model paper or lite with these weights: a .safetensors or .pth file of torchvision or timm, or
    imagenet (model lite, extra clonestrike[lite])."""
    recipe: Literal["default", "paper", "paper-expert"] = "default"
    """Sampling, loss and optimiser: ours, or those of Pearce & Zhu (2022): paper selects windows, as for their large
    set; paper-expert takes all, as for their expert sets."""
    minutes: float = 5.0
    """How long to train; a measurement at the start turns it into updates."""
    updates: int | None = None
    """How many updates to train, instead of minutes."""
    epochs: int | None = None
    """How many times to go through the data, instead of minutes."""
    labels: Literal["label", "true"] = "label"
    """Learn the inferred labels, or the true actions."""
    init: Path | None = None
    """Start with the architecture and the weights of this checkpoint; the paper's recipe also with Adam's state."""
    resume: bool = False
    """Go on where the training in OUT stopped, with its settings."""
    strict: bool = False
    """Refuse original files of which not all can be used, instead of using the rest."""
    weapon: str | None = None
    """Sample only windows in which this weapon is held (recipe paper); akm4 is ak47 or m4a1."""
    far: bool = False
    """Sample every window in the corners of dust2 that are seldom visited (recipe paper)."""
    lr: float | None = None
    """Learning rate, instead of the recipe's."""
    streams: int | None = None
    """Sequences side by side, instead of the recipe's."""
    chunk: int | None = None
    """Steps of a sequence between two updates, instead of the recipe's."""
    light: float | None = None
    """Chance of a sequence to get another brightness, and again another contrast, instead of the recipe's."""
    mirror: float | None = None
    """Share of the sequences in which left and right are swapped, actions included, instead of the recipe's."""
    valid_fraction: float = 0.1
    """Share of the rows that is held out, in whole runs."""
    threads: int | None = None
    """Threads of torch; all cores by default. One makes a training repeat bit for bit."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Arithmetic of the network; auto takes what is faster here."""
    device: str = "auto"
    """Where to train, such as cpu or cuda:1; auto is the first graphics card, or the processor where there is none."""
    cache_gb: float = 20.0
    """Limit of the cache of decoded frames on disk."""
    seed: int = 0
    """Seed of the weights, the split and the sampling."""

    def run(self) -> dict[str, Any]:
        given(self.data)
        from clonestrike.policy.card import PolicyCard
        from clonestrike.policy.checkpoint import CARD
        from clonestrike.training.config import TrainConfig
        from clonestrike.training.train import train
        from clonestrike.training.view_cache import ViewCache

        options = {**self.options, "cache": ViewCache(limit_bytes=int(self.cache_gb * 1e9))}
        del options["cache_gb"]
        if self.threads is None:
            del options["threads"]
        folder = train(TrainConfig(**options))
        training = PolicyCard.from_text((folder / CARD).read_text(encoding="utf-8"), folder).training
        return {"checkpoint": folder, **{name: training[name] for name in ("updates", "seconds", "held_out")}}
