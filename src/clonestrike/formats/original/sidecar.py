"""The original's arrays (labels, xaux, metadata), kept unchanged beside an imported recording.

An export takes them from here, so that import and export together change nothing.
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
"""Number of files of play that one metadata file covers."""


@dataclass(frozen=True)
class OriginalArrays:
    """The arrays of one of the original's files of play.

    ``frames`` int64 (T,): numbers of the frames; ``y`` (T, 51), ``xaux`` (T, 54) and ``helperarr`` (T, 2) in the dtype
    of the file; ``rows``: the metadata of every frame, or None.
    """

    number: int
    frames: NDArray[Any]
    y: NDArray[Any]
    xaux: NDArray[Any]
    helperarr: NDArray[Any]
    rows: list[Any] | None

    @classmethod
    def of(cls, play: Trajectory) -> OriginalArrays | None:
        """The arrays of an HDF5 file, or those kept beside an imported recording; None for other play.

        Raises ClonestrikeError when they are damaged.
        """
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
    def from_play(cls, play: Trajectory, number: int) -> OriginalArrays:
        """Arrays made from other play: its labels, or without labels its true actions, and its states.

        Row i gets the metadata of state i + 1, as in the original. Raises ClonestrikeError without labels, unless every
        true action is known.
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
    """The original's auxiliary input, float64 (T, 54): the 3 previous steps, newest first, zeros where there are none.

    ``tails`` (T, 3) are scaled health, ammo and team of every row.
    """
    mouse = ACTION_SPACE.decode(ACTION_SPACE.encode(actions)).mouse / [MOUSE_X_SCALE, MOUSE_Y_SCALE]
    steps = np.concatenate([actions.switches, mouse, tails], 1)
    padded = np.concatenate([np.zeros((PREVIOUS, AUX)), steps])
    return np.concatenate([padded[PREVIOUS - back : len(padded) - back] for back in range(1, PREVIOUS + 1)], 1)


def numbered(plays: Sequence[Trajectory]) -> Iterator[tuple[Trajectory, OriginalArrays]]:
    """Every trajectory with its arrays: imported ones keep their numbers, the others get free numbers from 1.

    Raises ClonestrikeError when two imported ones have the same number.
    """
    taken: dict[int, Path] = {}
    others = []
    for play in plays:
        kept = OriginalArrays.of(play)
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
        yield play, OriginalArrays.from_play(play, number)
