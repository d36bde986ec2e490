"""Reads the state of Keras' Adam that the original saves beside a network (``_opt.pkl``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.keras import Array, KerasNetwork
from clonestrike.formats.original.pickles import read_pickle

REMEDY = "move it away to import the network without Adam's moments"


@dataclass(frozen=True)
class KerasMoments:
    """Adam's moments after ``steps`` updates, by the names of the network's trained weights, in Keras' layouts."""

    steps: int
    first: dict[str, Array]
    second: dict[str, Array]


def read_moments(path: Path, network: KerasNetwork) -> KerasMoments:
    """Read the moments of a network: a list of the number of updates, all first moments, all second moments.

    Raises ClonestrikeError when the file is missing, is not plain data, or does not fit the network.
    """
    content = read_pickle(path)
    names = network.trained
    shapes = [network.weights[name].shape for name in names]
    arrays = content[1:] if isinstance(content, list) else []
    if [np.shape(array) for array in arrays] != [*shapes, *shapes] or not all(map(_usable, arrays)):
        what = f"it holds {len(arrays)} arrays for {len(names)} trained weights"
        raise ClonestrikeError(f"{path} does not hold the moments of the network ({what})", REMEDY)
    try:
        steps = int(content[0])
    except (TypeError, ValueError):
        steps = -1
    second = arrays[len(names) :]
    if steps < 0 or not all((array >= 0).all() for array in second):
        raise ClonestrikeError(f"{path} is damaged (a number in it cannot be)", REMEDY)
    return KerasMoments(
        steps, dict(zip(names, arrays[: len(names)], strict=True)), dict(zip(names, second, strict=True))
    )


def _usable(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.dtype == np.float32 and bool(np.isfinite(array).all())
