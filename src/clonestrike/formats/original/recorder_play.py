"""The .npy files of the original's recorder as trajectories: 2 columns, 3 with labels, 6 when pre-processed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
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
from clonestrike.formats.original.arrays import OriginalArrays
from clonestrike.formats.original.layout import SHAPES, OriginalFile
from clonestrike.formats.original.pickles import npy_shape, read_npy
from clonestrike.formats.original.play import metadata_bytes, to_states
from clonestrike.formats.original.play_file import PlayFile

RECORDED, INFERRED, PREPROCESSED = 2, 3, 6
"""Number of columns by state of processing. Columns: picture, curr_vars; infer_a; y, xaux, helperarr."""
_METADATA = {RECORDED: [1], INFERRED: [1, 2], PREPROCESSED: [1, 2, 5]}
"""Number of columns -> the columns of metadata: curr_vars, infer_a, helperarr."""


@lru_cache(maxsize=1)
def _read(path: Path, _changed_ns: int) -> NDArray[Any]:
    array: NDArray[Any] = read_npy(path)  # 126 MB of pictures: one file at a time
    return array


def is_recorder(file: OriginalFile) -> bool:
    """Whether this is a recorder file, judged by its name and header, and not some other array.

    So is one whose header cannot be read: it is damaged, and to be reported as such.
    """
    try:
        return _is_table(*npy_shape(file.path))
    except ClonestrikeError:
        return True


def _is_table(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    return dtype.hasobject and len(shape) == 2 and shape[1] in _METADATA and bool(shape[0])


@dataclass(frozen=True, eq=False)
class RecorderPlay(PlayFile):
    """One ``<stub><n>.npy``; its frames may have been stripped."""

    shape: tuple[int, int]

    @classmethod
    def open(cls, file: OriginalFile, run: str) -> RecorderPlay:
        """Open a file as part of this run, by its header and its last byte.

        Raises ClonestrikeError when it is not a recorder file, or truncated.
        """
        shape, dtype = npy_shape(file.path)
        if not _is_table(shape, dtype):
            raise ClonestrikeError(f"{file.path} is not a recorder file", f"it holds {dtype} {shape}")
        with file.path.open("rb") as content:
            content.seek(-1, SEEK_END)
            if content.read() != b".":
                raise ClonestrikeError(f"{file.path} is truncated", "download it again")
        return cls(file, run, (shape[0], shape[1]))

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
    def rows(self) -> list[metadata.Row]:
        """The metadata of every row: [curr_vars], [curr_vars, infer_a] or [curr_vars, infer_a, helper_arr]."""
        rows: list[metadata.Row] = self.table[:, _METADATA[self.shape[1]]].tolist()
        return rows

    @property
    def arrays(self) -> OriginalArrays:
        """The file's columns; raises ClonestrikeError when y, xaux or helperarr is of another shape."""
        y = xaux = helperarr = None
        if self.shape[1] == PREPROCESSED:
            y, xaux, helperarr = self._column(3, "y"), self._column(4, "xaux"), self._column(5, "helperarr")
        return OriginalArrays(self.file.number, np.arange(self.steps), y, xaux, helperarr, self.rows)

    def _column(self, column: int, kind: str) -> NDArray[Any]:
        try:
            return np.array(self.table[:, column].tolist(), np.float64).reshape(self.steps, *SHAPES[kind])
        except (TypeError, ValueError) as error:
            raise ClonestrikeError(f"{self.path} has an unreadable {kind} ({error})", "download it again") from None

    @property
    def has_frames(self) -> bool:
        """False where the frames were stripped: the first row has none."""
        return bool(np.size(self.table[0, 0]))

    @cached_property
    def states(self) -> States:
        """T + 1 states, the first one unknown."""
        return to_states(self.path, self.rows)

    @cached_property
    def own_labels(self) -> Actions | None:
        """The T labels in infer_a, with unbinned mouse counts; None for a file without that column."""
        if self.shape[1] == RECORDED:
            return None
        try:
            return metadata.to_actions(self.table[:, 2].tolist())
        except (TypeError, ValueError) as error:
            raise ClonestrikeError(
                f"{self.path} has an unreadable inferred action ({error})", "download it again"
            ) from None

    @property
    def own_exact_labels(self) -> Actions | None:
        """The same labels: their mouse counts are not binned."""
        return self.own_labels

    @cached_property
    def events(self) -> Bools:
        """Kill and death, bool (T, 2), from helperarr, or by its rule: one count rose by 1, the other stayed."""
        if self.shape[1] == PREPROCESSED:
            return self._column(5, "helperarr") > 0.5
        kills, deaths = np.diff(self.states.kills), np.diff(self.states.deaths)
        return np.stack([(kills == 1) & (deaths == 0), (deaths == 1) & (kills == 0)], 1)

    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Frames start .. stop - 1, uint8 (n, 150, 280, 3) RGB; raises ClonestrikeError if they were stripped."""
        return self._rgb(self.table[start:stop, 0])

    def iter_frames(self, start: int = 0, stop: int | None = None, chunk: int = 64) -> Iterator[NDArray[np.uint8]]:
        """The same frames in arrays of ``chunk`` frames (the last one may be shorter), in order."""
        pictures = self.table[start:stop, 0]  # kept: the file is read once, whatever else is read meanwhile
        for begin in range(0, len(pictures), chunk):
            yield self._rgb(pictures[begin : begin + chunk])

    def _rgb(self, pictures: NDArray[Any]) -> NDArray[np.uint8]:
        out = np.empty((len(pictures), *SHAPES["x"]), np.uint8)
        for row, picture in zip(out, pictures, strict=True):
            if not np.size(picture):
                raise ClonestrikeError(f"{self.path} has no frames (any more)", "only its metadata can be used")
            if np.shape(picture) != SHAPES["x"] or np.asarray(picture).dtype != np.uint8:
                raise ClonestrikeError(
                    f"{self.path} has a frame of {np.shape(picture)}", f"the original's are uint8 {SHAPES['x']}"
                )
            cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_BGR2RGB, row)
        return out

    def fingerprint(self) -> str:
        """A hash of all states and of the beginnings of 16 frames, 16 hexadecimal digits."""
        digest = hashlib.blake2b(metadata_bytes(self.rows, self.states), digest_size=8)
        for picture in self.table[:: max(1, self.steps // 16), 0]:
            digest.update(np.asarray(picture).tobytes()[:4096])
        return digest.hexdigest()
