"""Recordings, opened for reading; the files are described in docs/files.md."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clonestrike.core.actions import Actions, Bools, Ints
from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Frame
from clonestrike.core.states import States
from clonestrike.errors import ClonestrikeError
from clonestrike.recordings import rows, video
from clonestrike.recordings.files import (
    HEADER,
    UNFINISHED,
    VIDEO,
    Header,
    Source,
    finished_rows,
    unfinished_rows,
    write_rows,
)

__all__ = ["Recording", "Source", "find_recordings"]

_ENDS = 65536
"""Bytes that a fingerprint reads at the beginning and at the end of a video."""


@dataclass(frozen=True, eq=False)
class Recording:
    """A part of a run: T frames, T actions where they are known, T + 1 states. Frames are decoded when asked for."""

    path: Path
    info: GameInfo
    player: str
    source: Source
    run: str
    part: int
    """Place in the run: 0, 1, ..."""
    seed: int | None
    """Seed of the match, None if it has none."""
    finished: bool
    """False for a NNNNNN.part, which may still be growing."""
    steps: int
    """Number of steps, T."""
    row_state: int
    """State t + row_state is the one that belongs to the events of row t."""
    table: pa.Table = field(repr=False)
    """The T + 1 rows as they are on disk (columns: see clonestrike.recordings.rows)."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a finished recording, or the complete steps of an unfinished one (NNNNNN.part).

        Raises ClonestrikeError when it is missing, damaged, of another format version, or has no complete step yet.
        """
        path = Path(path)
        if not path.is_dir():
            what = "a file, not a recording" if path.exists() else "not there"
            raise ClonestrikeError(f"{path} is {what}", "give the folder of a recording")
        header = Header.read(path)
        finished = path.suffix != UNFINISHED
        if finished:
            table = finished_rows(path, header)
        else:
            try:
                table = unfinished_rows(path)
            except OSError as error:
                raise ClonestrikeError(
                    f"{path} cannot be read ({error.strerror or error})", "name another recording"
                ) from None
            if table.num_rows < 2:
                raise ClonestrikeError(
                    f"{path} has no complete step yet", "wait, or remove it if no process is writing it"
                )
        return cls(
            path, header.info, header.player, header.source, header.run, header.part, header.seed, finished,
            table.num_rows - 1, header.row_state, table,
        )  # fmt: skip

    @cached_property
    def states(self) -> States:
        """T + 1 states; the last one, after the last action, may be unknown."""
        return rows.to_states(self.table)

    @property
    def row_states(self) -> States:
        """T states: state t for row t, or state t + 1 in imports of the original's files."""
        return self.states[self.row_state : self.row_state + self.steps]

    @cached_property
    def actions(self) -> Actions | None:
        """The T true actions, or None if none is known; see ``action_known``."""
        return rows.to_actions(self._answered, "action")

    @cached_property
    def action_known(self) -> Bools:
        """Bool (T,): rows whose true action is known."""
        return rows.known_actions(self._answered, "action")

    @cached_property
    def labels(self) -> Actions | None:
        """The T inferred actions, or None before labelling."""
        return rows.to_actions(self._answered, "label")

    @property
    def exact_labels(self) -> Actions | None:
        """The same as ``labels``, whose mouse counts are not rounded to bins."""
        return self.labels

    @cached_property
    def label_valid(self) -> Bools:
        """Bool (T,): rows whose label may be learned from; all False before labelling."""
        if "label.valid" not in self.table.column_names:
            return np.zeros(self.steps, np.bool_)
        return self._flags("label.valid")

    @property
    def state_gaps(self) -> Bools:
        """Bool (T,): state t + 1 does not follow state t by one step.

        The same as ``gaps``, or a row later in imports of the original's files, whose first state is unknown.
        """
        return np.append(np.full(self.row_state, True), self.gaps)[: self.steps]

    @property
    def true_switches(self) -> Actions | None:
        """T actions with the true keys and left button of an import whose other actions are unknown, else None."""
        return rows.to_actions(self._answered, "true")

    @cached_property
    def kills(self) -> Bools:
        """Bool (T,): the player's kills rose from t to t + 1."""
        return self._flags("kill")

    @cached_property
    def deaths(self) -> Bools:
        """Bool (T,): the player's deaths rose from t to t + 1."""
        return self._flags("death")

    @cached_property
    def gaps(self) -> Bools:
        """Bool (T,): row t + 1 does not follow row t by one step."""
        return self._flags("gap")

    @cached_property
    def disturbed(self) -> Bools:
        """Bool (T,): another action was executed than the intended one, which is stored."""
        return self._flags("disturbed")

    @cached_property
    def late_ns(self) -> Ints:
        """Int64 (T,): how late each step began, ns."""
        late: Ints = self.column("late_ns").fill_null(0).to_numpy().astype(np.int64)
        return late

    def column(self, name: str) -> pa.ChunkedArray:
        """One of rows.COLUMNS for the T steps; all null if the recording is older than the column."""
        if name in self.table.column_names:
            return self._answered.column(name)
        return pa.chunked_array([pa.nulls(self.steps, rows.COLUMNS[name])])

    @property
    def _answered(self) -> pa.Table:
        return self.table.slice(0, self.steps)

    def _flags(self, name: str) -> Bools:
        flags: Bools = self.column(name).fill_null(False).to_numpy().astype(np.bool_)
        return flags

    @property
    def has_frames(self) -> bool:
        """False for a recording that was imported without a video: states and actions only."""
        return self.info.frame_height > 0

    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Frames start .. stop - 1, uint8 (n, H, W, 3) RGB; bounds as in slicing."""
        first, last, _ = slice(start, stop).indices(self.steps)
        frames = np.empty((max(0, last - first), self.info.frame_height, self.info.frame_width, 3), np.uint8)
        for i, frame in enumerate(self._read(first, last)):
            frames[i] = frame
        return frames

    def iter_frames(self, start: int = 0, stop: int | None = None, chunk: int = 64) -> Iterator[NDArray[np.uint8]]:
        """The same frames in arrays of ``chunk`` frames (the last one may be shorter), decoded once, in order."""
        first, last, _ = slice(start, stop).indices(self.steps)
        kept: list[Frame] = []
        for frame in self._read(first, last):
            kept.append(frame)
            if len(kept) == chunk:
                yield np.stack(kept)
                kept = []
        if kept:
            yield np.stack(kept)

    def _read(self, first: int, last: int) -> Iterator[Frame]:
        if first >= last:
            return
        path, size = self.path / VIDEO, (self.info.frame_height, self.info.frame_width)
        if not self.has_frames:
            raise ClonestrikeError(
                f"{self.path} has no frames", "it was imported without them: only states and actions can be used"
            )
        for frame in video.read_frames(path, first, last, self.info.steps_per_second):
            if frame.shape[:2] != size:
                raise ClonestrikeError(f"{path} has frames of another size than {HEADER}", "it is of another recording")
            yield frame

    def write_labels(self, actions: Actions, valid: Bools) -> None:
        """Store T labels, and which of them may be learned from (bool (T,)); opened again, the recording has them.

        They replace earlier labels. Raises ClonestrikeError for an unfinished recording, and when the disk is full; the
        recording is unchanged then.
        """
        if not self.finished:
            raise ClonestrikeError(f"{self.path} is still being written", "finish it before labelling")
        if len(actions) != self.steps or valid.shape != (self.steps,):
            raise ValueError(f"{len(actions)} labels, valid {valid.shape} for {self.steps} steps")
        table = rows.with_labels(self.table, actions, valid)
        try:
            write_rows(table, self.path)
        except OSError as error:
            raise ClonestrikeError(
                f"labels of {self.path} cannot be written ({error.strerror or error})", "make room there"
            ) from None

    def fingerprint(self) -> str:
        """A hash of frames and rows without the labels: 16 hexadecimal digits.

        Of the video only its size, beginning and end are read. The end holds the index of all keyframes.
        """
        digest = hashlib.blake2b(digest_size=8)
        for name in rows.SCHEMA.names:
            if name not in self.table.column_names:
                continue  # the column is newer than the recording
            column = self.table.column(name)
            digest.update(name.encode())
            if pa.types.is_string(column.type):
                digest.update(repr(column.to_pylist()).encode())
            else:
                digest.update(column.cast(pa.float64(), safe=False).to_numpy().tobytes())
        if not self.has_frames:
            return digest.hexdigest()
        with (self.path / VIDEO).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            digest.update(str(size).encode() + file.read(_ENDS))
            file.seek(max(0, size - _ENDS))
            digest.update(file.read())
        return digest.hexdigest()


def find_recordings(paths: Sequence[Path]) -> list[Path]:
    """Finished recordings under the paths (recordings, or folders that contain some at any depth), sorted, each once.

    Raises ClonestrikeError when no path is given, or when one does not exist or contains no finished recording.
    """
    if not paths:
        raise ClonestrikeError("no path is given", "name a recording or a folder of recordings")
    found: set[Path] = set()
    for path in map(Path, paths):
        if not path.exists():
            raise ClonestrikeError(f"{path} does not exist", "name a recording or a folder of recordings")
        folders = {header.parent for header in path.rglob(HEADER)}
        finished = {folder for folder in folders if folder.suffix != UNFINISHED}
        if not finished:
            left = f" ({len(folders)} unfinished)" if folders else ""
            raise ClonestrikeError(f"{path} holds no finished recording{left}", "record some first")
        found |= finished
    return sorted(found)
