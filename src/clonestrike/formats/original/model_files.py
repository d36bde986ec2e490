"""The files in which the original saves a network, and the same on the Hugging Face Hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ARCHITECTURE, WEIGHTS, HYPERS, OPTIMISER = ".json", ".h5", ".p", "_opt.pkl"
"""What the names of a network's files end in; the beginning is the same."""
STATEFUL = "_stateful"
"""End of the names of networks that are unrolled for playing; their optimisers have learned nothing."""


@dataclass(frozen=True)
class ModelFiles:
    """The files of one network; hyperparameters and the optimiser's state may be missing."""

    architecture: Path
    weights: Path
    hypers: Path | None = None
    optimiser: Path | None = None

    @classmethod
    def beside(
        cls, architecture: Path, weights: Path | None = None, hypers: Path | None = None, optimiser: Path | None = None
    ) -> ModelFiles:
        """The files that are given, and for the others those with the same name in the folder of the architecture."""
        stem = architecture.name.removesuffix(ARCHITECTURE)
        others = {end: architecture.with_name(stem + end) for end in (WEIGHTS, HYPERS, OPTIMISER)}
        there = {end: path for end, path in others.items() if path.is_file()}
        if stem.endswith(STATEFUL):
            there.pop(OPTIMISER, None)
        return cls(
            architecture,
            weights or others[WEIGHTS],
            hypers or there.get(HYPERS),
            optimiser or there.get(OPTIMISER),
        )
