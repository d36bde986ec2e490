"""Random changes of the training data: brightness, contrast, mirroring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.view import Bytes


@dataclass(frozen=True)
class Augmentation:
    """Probabilities of random changes; each is drawn once for a whole training sequence."""

    light: float = 0.0
    """Probability of a brightness factor in 0.7..1.3, and again of a contrast factor about 128 (the paper: 0.5)."""
    mirror: float = 0.0
    """Probability of swapping left and right, actions included."""

    def __post_init__(self) -> None:
        for name, share in vars(self).items():
            if not 0 <= share <= 1:
                raise ClonestrikeError(f"--{name} is a share from 0 to 1, not {share:g}", "give such a share")


def _light(random: np.random.Generator, probability: float) -> Bytes | None:
    """Lookup table of pixel values, uint8 (256,), clipped and truncated after each change as in the original.

    None if neither brightness nor contrast changes.
    """
    table = np.arange(256, dtype=np.uint8)
    brightness, contrast = random.random(2) < probability
    factors = random.uniform(0.7, 1.3, 2)
    if brightness:
        table = (factors[0] * table).clip(0, 255).astype(np.uint8)
    if contrast:
        table = (128 + factors[1] * table - factors[1] * 128).clip(0, 255).astype(np.uint8)
    return table if brightness or contrast else None
