"""What a file of the original holds besides frames: numbers, labels, auxiliary input, events, metadata; unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import ACTION_SPACE, Actions
from clonestrike.formats.original import metadata


@dataclass(frozen=True)
class OriginalArrays:
    """The arrays of one of the original's files of play; None where the file has none.

    ``frames`` int64 (T,): numbers of the frames; ``y`` (T, 51), ``xaux`` (T, 54) and ``helperarr`` (T, 2) in the dtype
    of the file; ``rows``: the metadata of every frame, [curr_vars], [curr_vars, infer_a] or
    [curr_vars, infer_a, helper_arr].
    """

    number: int
    frames: NDArray[Any]
    y: NDArray[Any] | None
    xaux: NDArray[Any] | None
    helperarr: NDArray[Any] | None
    rows: list[metadata.Row] | None

    @property
    def infer_a(self) -> list[metadata.Row] | None:
        """infer_a of every row: [keys, mouse_x, mouse_y, left, right]."""
        return [row[1] for row in self.rows] if self.rows and len(self.rows[0]) > 1 else None


def decoded(y: NDArray[Any]) -> Actions:
    """Targets (T, 51) -> T actions; mouse counts are those of the bins, NaN where no bin is set."""
    y = y.astype(np.float32)
    actions = ACTION_SPACE.decode(y)
    for column, name in enumerate(("mouse_x", "mouse_y")):
        one_hot = y[:, ACTION_SPACE.sections[name]]
        actions.mouse[~(np.isfinite(one_hot).all(1) & (one_hot.max(1) > 0.5)), column] = np.nan
    return actions
