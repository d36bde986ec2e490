"""The .npy files of the original's recorder as trajectories: 2 columns, 3 with labels, 6 when pre-processed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from os import SEEK_END
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Actions, Bools
from clonestrike.core.states import States
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original import metadata
from clonestrike.formats.original.layout import SHAPES, OriginalFile
from clonestrike.formats.original.pickles import npy_shape, read_npy
from clonestrike.formats.original.play import OriginalPlay, states_bytes, to_states

COLUMNS = {2: "recorded", 3: "with inferred actions", 6: "pre-processed"}
"""Number of columns -> state of processing. Columns: picture, curr_vars; infer_a; y, xaux, helperarr."""


@lru_cache(maxsize=2)
def _read(path: Path, _changed_ns: int) -> NDArray[Any]:
    array: NDArray[Any] = read_npy(path)
    return array


def is_recorder(file: OriginalFile) -> bool:
    """Whether the header is that of a recorder file, and not of some other array."""
    try:
        _declared(file)
    except ClonestrikeError:
        return False
    return True


def _declared(file: OriginalFile) -> tuple[int, int]:
    shape, dtype = npy_shape(file.path)
    if not dtype.hasobject or len(shape) != 2 or shape[1] not in COLUMNS or not shape[0]:
        raise ClonestrikeError(f"{file.path} is not a recorder file", f"it holds {dtype} {shape}")
    return shape[0], shape[1]


@dataclass(frozen=True, eq=False)
class RecorderPlay(OriginalPlay):
    """One ``<stub><n>.npy``; its frames may have been stripped."""

    shape: tuple[int, int]

    @classmethod
    def open(cls, file: OriginalFile, run: str) -> RecorderPlay:
        """Open a file as part of this run, by its header and its last byte.

        Raises ClonestrikeError when it is not a recorder file, or truncated.
        """
        shape = _declared(file)
        with file.path.open("rb") as content:
            content.seek(-1, SEEK_END)
            if content.read() != b".":
                raise ClonestrikeError(f"{file.path} is truncated", "download it again")
        return cls(file, run, shape)

    @property
    def steps(self) -> int:
        """T, the number of rows."""
        return self.shape[0]

    @property
    def faults(self) -> Sequence[str]:
        """Empty: a recorder file is used as a whole or not at all."""
        return ()

    @property
    def table(self) -> NDArray[Any]:
        """The file's array, objects (T, number of columns)."""
        return _read(self.path, self.path.stat().st_mtime_ns)

    @property
    def rows(self) -> Sequence[Sequence[Any]]:
        """The columns after the picture, [curr_vars, infer_a, ...], of every row."""
        rows: list[list[Any]] = self.table[:, 1:].tolist()
        return rows

    @cached_property
    def states(self) -> States:
        """T + 1 states, the first one unknown."""
        return to_states(self.path, self.rows)

    @cached_property
    def actions(self) -> Actions | None:
        """None; the true keys of a self-recorded file are in its labels, and in tp_wasd and tp_lclick."""
        return None

    @cached_property
    def labels(self) -> Actions | None:
        """The T labels in infer_a, with unbinned mouse counts; None for a file without that column."""
        if self.shape[1] < 3:
            return None
        try:
            return metadata.to_actions(self.table[:, 2].tolist())
        except (TypeError, ValueError) as error:
            raise ClonestrikeError(
                f"{self.path} has an unreadable inferred action ({error})", "download it again"
            ) from None

    @cached_property
    def events(self) -> Bools:
        """Kill and death, bool (T, 2), from helperarr, or by its rule: one count rose by 1, the other stayed."""
        if self.shape[1] == 6:
            try:
                return np.array(self.table[:, 5].tolist(), np.float64).reshape(self.steps, 2) > 0.5
            except (TypeError, ValueError) as error:
                raise ClonestrikeError(f"{self.path} has an unreadable event ({error})", "download it again") from None
        kills, deaths = np.diff(self.states.kills), np.diff(self.states.deaths)
        return np.stack([(kills == 1) & (deaths == 0), (deaths == 1) & (kills == 0)], 1)

    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Frames start .. stop - 1, uint8 (n, 150, 280, 3) RGB; raises ClonestrikeError if they were stripped."""
        first, last, _ = slice(start, stop).indices(self.steps)
        out = np.empty((max(0, last - first), *SHAPES["x"]), np.uint8)
        for row, picture in zip(out, self.table[first:last, 0], strict=True):
            if np.shape(picture) != SHAPES["x"] or np.asarray(picture).dtype != np.uint8:
                raise ClonestrikeError(f"{self.path} has no frames (any more)", "only its metadata can be used")
            cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_BGR2RGB, row)
        return out

    def fingerprint(self) -> str:
        """A hash of all states and of the beginnings of 16 frames, 16 hexadecimal digits."""
        digest = hashlib.blake2b(states_bytes(self.states), digest_size=8)
        for picture in self.table[:: max(1, self.steps // 16), 0]:
            digest.update(np.asarray(picture).tobytes()[:4096])
        return digest.hexdigest()
