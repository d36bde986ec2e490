"""The options of ``clonestrike train``: model, data, length, recipe. Needs no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional

from clonestrike.core.ranges import BATCH, COUNT, GIGABYTES, LEARNING_RATE, MINUTES, SECONDS, SEED, SHARE, THREADS
from clonestrike.core.registry import Installed
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.config import DecodingName

RecipeName = Literal["default", "paper", "paper-expert"]
LabelSource = Literal["label", "true"]
Precision = Literal["auto", "float32", "bfloat16"]
LENGTHS = ("minutes", "updates", "epochs")
DEFAULT_MINUTES = 5.0
"""Length of a training for which none is given."""


@dataclass(frozen=True)
class TrainConfig:
    """Options of a training: model, data, length, recipe and its changes."""

    data: Positional[tuple[Path, ...]]
    """Recordings, files of the original, or folders of them."""
    out: Path
    """Folder of the checkpoint."""
    model: Annotated[str, Installed("networks")] = "pocket"
    """Network, perhaps with variants, as pocket:big,nomemory (clonestrike networks lists them): pocket is small enough
    for CPUs, paper is that of Pearce & Zhu (2022)."""
    trunk: str | None = None
    """Start the network's trunk, where it has one, with these weights: for paper and lite a .safetensors or .pth file
    of torchvision or timm, or imagenet (lite alone, needs the extra clonestrike[lite])."""
    recipe: RecipeName = "default"
    """Sampling, loss and optimiser: ours, or those of Pearce & Zhu (2022): paper selects windows, as for their large
    set; paper-expert takes all windows, as for their expert sets."""
    minutes: Annotated[float | None, MINUTES] = None
    """Length of the training in minutes, 5 if no length is given; a measurement at the start turns it into a number of
    updates."""
    updates: Annotated[int | None, COUNT] = None
    """Length of the training in updates, instead of minutes."""
    epochs: Annotated[int | None, COUNT] = None
    """Length of the training in passes through the data, instead of minutes."""
    keep_every: Annotated[int | None, COUNT] = None
    """Also keep the checkpoint after every so many epochs, as OUT/epochs/004 and so on; evaluate --all compares
    them."""
    labels: LabelSource = "label"
    """What is learned: the inferred actions (label), or the true ones (true)."""
    init: Path | None = None
    """Start with the network and the weights of this checkpoint; recipe paper also takes over Adam's state."""
    freeze: str | None = None
    """Parts of the network that do not learn, such as trunk or trunk,memories: their weights and the statistics of
    their batch norms stay."""
    resume: bool = False
    """Continue the training in OUT, with its settings. One that is finished goes on if another length is given: that
    of the whole training, in all."""
    strict: bool = False
    """Refuse play that cannot be used, or only in part, instead of skipping it with a line."""
    weapon: str | None = None
    """Sample only windows in which this weapon is held (recipe paper); akm4 is ak47 or m4a1."""
    far: bool = False
    """Sample every window in the corners of the map dust2 that are seldom visited (recipe paper)."""
    lr: Annotated[float | None, LEARNING_RATE] = None
    """Learning rate, instead of the recipe's."""
    streams: Annotated[int | None, BATCH] = None
    """Number of sequences side by side in a batch, instead of the recipe's."""
    chunk: Annotated[int | None, BATCH] = None
    """Steps of each sequence in an update, instead of the recipe's."""
    light: Annotated[float | None, SHARE] = None
    """Probability that a sequence gets another brightness, and another contrast, instead of the recipe's."""
    mirror: Annotated[float | None, SHARE] = None
    """Share of the sequences in which left and right are swapped, actions included, instead of the
    recipe's."""
    valid_fraction: Annotated[float, SHARE] = 0.1
    """Share of the rows that is held out, in whole runs."""
    threads: Annotated[int | None, THREADS] = None
    """CPU threads; all cores that this process may use by default. With one, a training repeats bit for bit."""
    precision: Precision = "auto"
    """Arithmetic of the network; auto measures which is faster here."""
    device: str = "auto"
    """Device of torch, such as cpu or cuda:1; auto is the first graphics card, or the CPU where there is none."""
    decoding: DecodingName | None = None
    """How the policy will play best, kept in the checkpoint; by default as the recipe or the checkpoint of --init
    says, or cloned."""
    checkpoint_seconds: Annotated[float, SECONDS] = 30.0
    """Time between two checkpoints, in seconds."""
    cache: Path | None = None
    """Folder of decoded frames, used again by later trainings; by default below $CLONESTRIKE_CACHE, or the user's
    cache folder."""
    cache_gb: Annotated[float, GIGABYTES] = 20.0
    """Largest size of that folder, in gigabytes."""
    seed: Annotated[int, SEED] = 0
    """Seed of the weights, the split and the sampling."""

    def to_json(self) -> dict[str, Any]:
        """The options that decide the outcome, as a checkpoint keeps them."""
        kept = asdict(self)
        for name in ("data", "out", "resume", "strict", "device", "cache", "cache_gb", "checkpoint_seconds"):
            del kept[name]
        return {**kept, "init": None if self.init is None else str(self.init)}

    @property
    def lengths(self) -> dict[str, float]:
        """The lengths that are given, of minutes, updates and epochs."""
        return {name: value for name in LENGTHS if (value := getattr(self, name)) is not None}

    def resumed(self, kept: dict[str, Any]) -> TrainConfig:
        """The configuration ``kept`` in a checkpoint, with this one's data, out, device and cache.

        What is given here of length and keep_every replaces what is kept there. Raises ClonestrikeError when another
        version wrote it.
        """
        try:
            found = replace(self, **{**kept, "init": None if kept["init"] is None else Path(kept["init"])})
        except (KeyError, TypeError) as error:
            raise ClonestrikeError(f"{self.out} holds a training of another version ({error})", "start anew") from None
        if self.keep_every is not None:
            found = replace(found, keep_every=self.keep_every)
        if self.lengths.items() <= found.lengths.items():
            return found
        return replace(found, **{name: getattr(self, name) for name in LENGTHS})
