"""Random changes of what is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.view import Bytes


@dataclass(frozen=True)
class Augmentation:
    """Random changes of what is seen, the same along a whole walk."""

    light: float = 0.0
    """Probability of a brightness factor in 0.7..1.3, and again of a contrast factor about 128 (the paper: 0.5)."""
    mirror: float = 0.0
    """Probability of swapping left and right, actions included."""

    def __post_init__(self) -> None:
        for name, share in vars(self).items():
            if not 0 <= share <= 1:
                raise ClonestrikeError(f"--{name} is a share from 0 to 1, not {share:g}", "give such a share")


def _light(random: np.random.Generator, probability: float) -> Bytes | None:
    """A table of 256 brightness values, clipped and truncated after either change as in the original; None for none."""
    table = np.arange(256, dtype=np.uint8)
    brightness, contrast = random.random(2) < probability
    factors = random.uniform(0.7, 1.3, 2)
    if brightness:
        table = (factors[0] * table).clip(0, 255).astype(np.uint8)
    if contrast:
        table = (128 + factors[1] * table - factors[1] * 128).clip(0, 255).astype(np.uint8)
    return table if brightness or contrast else None
