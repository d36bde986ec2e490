"""Labels, xaux and metadata of an original file exactly as they were, kept beside the recording made of it.

An export to the original's files takes them from here, so that import and export change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import ACTION_SPACE, Actions
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original import metadata
from clonestrike.formats.original.hdf5_play import Hdf5Play
from clonestrike.formats.original.layout import (
    AMMO_SCALE,
    AUX,
    HEALTH_SCALE,
    MOUSE_X_SCALE,
    MOUSE_Y_SCALE,
    PREVIOUS,
)
from clonestrike.formats.original.pickles import read_npy

SIDECAR = "original.npy"


FILES_OF_METADATA = 100
"""Files of play that one metadata file covers."""


@dataclass(frozen=True)
class Original:
    """The arrays of an original file.

    ``frames`` int64 (T,): numbers of the frames; ``y`` (T, 51), ``xaux`` (T, 54) and ``helperarr`` (T, 2) in the dtype
    of the file; ``rows``: the metadata of every frame, None where there is none.
    """

    number: int
    frames: NDArray[Any]
    y: NDArray[Any]
    xaux: NDArray[Any]
    helperarr: NDArray[Any]
    rows: list[Any] | None

    @classmethod
    def of(cls, play: Trajectory) -> Original | None:
        """Of an HDF5 file, or of a recording that was one; None for other play."""
        if isinstance(play, Hdf5Play):
            arrays = {kind: play.index.rows(play.path, kind) for kind in ("y", "xaux", "helperarr")}
            return cls(play.file.number, play.index.frames, rows=play.rows, **arrays)
        path = play.path / SIDECAR
        if not path.exists():
            return None
        try:
            kept = cls(**read_npy(path))
        except TypeError:
            raise ClonestrikeError(f"{path} is of another version", "import the original's file again") from None
        if len(kept.frames) != play.steps:
            raise ClonestrikeError(f"{path} has {len(kept.frames)} frames, the recording {play.steps}", "it is damaged")
        return kept

    @classmethod
    def made(cls, play: Trajectory, number: int) -> Original:
        """Of play that comes from elsewhere: labels, or true actions where there are none, in the original's terms.

        Row i gets metadata and xaux of its final state, state i + 1; raises ClonestrikeError without labels, unless
        every true action is known.
        """
        actions = play.labels or (play.actions if play.action_known.all() else None)
        if actions is None:
            raise ClonestrikeError(f"{play.path} has no labels yet", f"run `clonestrike label {play.path}` first")
        y = ACTION_SPACE.encode(actions).astype(np.float64)
        helper = np.stack([play.kills, play.deaths], 1).astype(np.float64)
        states = [play.states.at(t + 1) for t in range(play.steps)]
        infer_a = metadata.to_infer_a(actions)
        kept = [
            [metadata.to_curr_vars(state), act, flags.tolist()]
            for state, act, flags in zip(states, infer_a, helper, strict=True)
        ]
        tails = [
            [row["gsi_health"] / HEALTH_SCALE, row["ammo_active"] / AMMO_SCALE, row["gsi_team"] == "CT"]
            for row, _, _ in kept
        ]
        return cls(number, np.arange(play.steps), y, xaux(actions, np.array(tails, np.float64)), helper, kept)


def xaux(actions: Actions, tails: NDArray[np.float64]) -> NDArray[np.float64]:
    """Auxiliary input of T rows, float64 (T, 54): the 3 steps before, newest first, zeros where there are none.

    ``tails`` are health, ammo and team of every row, scaled, (T, 3).
    """
    mouse = ACTION_SPACE.decode(ACTION_SPACE.encode(actions)).mouse / [MOUSE_X_SCALE, MOUSE_Y_SCALE]
    steps = np.concatenate([actions.switches, mouse, tails], 1)
    padded = np.concatenate([np.zeros((PREVIOUS, AUX)), steps])
    return np.concatenate([padded[PREVIOUS - back : len(padded) - back] for back in range(1, PREVIOUS + 1)], 1)


def numbered(plays: Sequence[Trajectory]) -> Iterator[tuple[Trajectory, Original]]:
    """Every play as the original would have it: imported files keep their numbers, the others take those left free.

    Raises ClonestrikeError when two have the same number.
    """
    taken: dict[int, Path] = {}
    others = []
    for play in plays:
        kept = Original.of(play)
        if kept is None:
            others.append(play)
            continue
        if kept.number in taken:
            raise ClonestrikeError(
                f"{play.path} and {taken[kept.number]} are both number {kept.number}", "export them one after the other"
            )
        taken[kept.number] = play.path
        yield play, kept
    number = 0
    for play in others:
        number += 1
        while number in taken:
            number += 1
        yield play, Original.made(play, number)
