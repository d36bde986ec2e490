"""What windows are selected by, of rows of which nothing is known."""

from __future__ import annotations

import numpy as np

from clonestrike.training.segments import Facts


def no_facts(rows: int) -> Facts:
    """Nobody kills or dies, with no weapon at no place."""
    none = np.zeros(rows, bool)
    return Facts(none, none, np.full(rows, None, object), np.full((rows, 2), np.nan), none)
