"""Writing recordings, so that a killed process loses one second or 64 steps at most."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import pyarrow as pa

from clonestrike.core.game_info import GameInfo
from clonestrike.core.observation import Frame
from clonestrike.core.states import PlayerState
from clonestrike.errors import ClonestrikeError
from clonestrike.files import AtomicFile
from clonestrike.recordings.files import (
    HEADER,
    STREAM,
    UNFINISHED,
    VIDEO,
    Header,
    Source,
    allocate,
    lock,
    unfinished_rows,
    write_rows,
)
from clonestrike.recordings.rows import STREAM_SCHEMA, Row, complete, to_batch
from clonestrike.recordings.video import VideoWriter, trim

FLUSH_STEPS = 64
FLUSH_SECONDS = 1.0
ROOM = 8192
"""Bytes freed on a full disk beyond those that are needed: two blocks."""


def check_part_steps(part_steps: int) -> None:
    """Raises ClonestrikeError when recordings cannot have this largest length."""
    if part_steps < 1:
        raise ClonestrikeError(f"a recording of {part_steps} steps is not possible", "use 1 or more")


class RunWriter:
    """Writes one run as recordings of at most ``part_steps`` steps, numbered under ``root`` after existing ones.

    Several processes may write under one root. ``player`` is stored as given: hash the names of people. A run without
    steps writes nothing. As a context manager it closes the run, also after an error.
    Raises ClonestrikeError when the folder cannot be written to or the disk is full; what was flushed stays readable.
    """

    def __init__(
        self,
        root: Path,
        info: GameInfo,
        *,
        player: str,
        source: Source,
        run: str,
        seed: int | None = None,
        part_steps: int = 1000,
    ) -> None:
        check_part_steps(part_steps)
        self._root = Path(root)
        self._header = Header(run=run, part=0, player=player, source=source, seed=seed, info=info)
        self._part_steps = part_steps
        self._part: _Part | None = None
        self._recordings: list[Path] = []
        self._closed = False
        self.steps = 0
        """Steps appended so far."""

    def append(self, frame: Frame, row: Row) -> None:
        """Append one step: its frame, uint8 (H, W, 3) RGB, and its row.

        Raises ClonestrikeError for a frame of another size than the game's, and when the disk is full.
        """
        if self._closed:
            raise RuntimeError("the run is finished: nothing can be appended")
        info = self._header.info
        if frame.shape != (info.frame_height, info.frame_width, 3) or frame.dtype != "uint8":
            raise ClonestrikeError(
                f"a frame of {info.game} is {frame.dtype} {frame.shape}, not uint8 "
                f"{(info.frame_height, info.frame_width, 3)}",
                "was the window resized?",
            )
        try:
            if self._part and self._part.steps == self._part_steps:
                self._finish_part(row.state)
            if self._part is None:
                self._part = _Part(self._root, replace(self._header, part=len(self._recordings)))
            self._part.append(frame, row)
        except OSError as error:
            raise self._failed(error) from error
        self.steps += 1

    def finish(self, final_state: PlayerState | None) -> list[Path]:
        """End the run with the state after its last step (None: unknown); returns the recordings of this run."""
        if not self._closed:
            self._closed = True
            try:
                self._finish_part(final_state)
            except OSError as error:
                raise self._failed(error) from error
        return list(self._recordings)

    def close(self) -> None:
        """Finish the run with an unknown final state; does nothing if it is finished."""
        self.finish(None)

    def _finish_part(self, final_state: PlayerState | None) -> None:
        if self._part:
            self._recordings.append(self._part.finish(final_state))
            self._part = None

    def _failed(self, error: OSError) -> ClonestrikeError:
        self._closed = True
        kept = ""
        if self._part and self._part.abandon():
            kept = f" (what was recorded until then is in {self._part.folder})"
        self._part = None
        return ClonestrikeError(
            f"{self._root} cannot be written to", f"{error.strerror or error}; make room or record elsewhere{kept}"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Part:
    """A recording that is being written. Its rows are an Arrow stream: a schema, then record batches."""

    def __init__(self, root: Path, header: Header) -> None:
        self.folder = allocate(root)
        self.steps = 0
        self._rows: list[Row] = []
        self._flushed = time.monotonic()
        self._flushed_bytes = 0
        self._complete = False
        info = header.info
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, self.folder, ignore_errors=True)  # it has no step yet
            header.write(self.folder)
            self._video = VideoWriter(self.folder / VIDEO, info.frame_height, info.frame_width, info.steps_per_second)
            self._file = undo.enter_context((self.folder / STREAM).open("wb", buffering=0))
            lock(self._file)
            self._put(STREAM_SCHEMA.serialize())
            undo.pop_all()

    def append(self, frame: Frame, row: Row) -> None:
        self._video.write(frame)
        self._rows.append(row)
        self.steps += 1
        if len(self._rows) == FLUSH_STEPS or time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self._flush()

    def _flush(self) -> None:
        self._put(to_batch(self._rows).serialize())
        self._rows = []
        self._flushed = time.monotonic()

    def _put(self, message: pa.Buffer) -> None:
        self._file.truncate(self._flushed_bytes)  # removes a message that a full disk has cut short
        self._file.seek(self._flushed_bytes)
        rest = memoryview(message)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._flushed_bytes += len(message)

    def finish(self, final_state: PlayerState | None) -> Path:
        self._rows.append(Row(final_state))
        self._flush()
        self._video.close()
        self._complete = True
        return _seal(self.folder, self._file)

    def abandon(self) -> bool:
        """Close the files after a failure and keep the complete steps; returns whether there are any."""
        with self._file:
            if not self._complete:
                self._salvage()
        kept: bool = unfinished_rows(self.folder).num_rows > 1
        if not kept:
            shutil.rmtree(self.folder, ignore_errors=True)
        return kept

    def _salvage(self) -> None:
        """Flush the pending rows; if the disk is full, cut off the last frames of the video to make room."""
        with suppress(OSError):
            self._video.close()
        rows = to_batch(self._rows).serialize()
        try:
            self._put(rows)
        except OSError:
            video = self.folder / VIDEO
            with suppress(OSError):
                os.truncate(video, max(0, video.stat().st_size - len(rows) - ROOM))
                self._put(rows)


def recover(path: Path) -> Path | None:
    """Finish a recording NNNNNN.part that a killed process left; returns the path of the finished recording.

    One without a complete step is removed, and None is returned. Raises ClonestrikeError when it is not an unfinished
    recording, damaged, still being written, or when the disk is full; it is unchanged then.
    """
    folder = Path(path)
    if folder.suffix != UNFINISHED or not folder.is_dir():
        raise ClonestrikeError(f"{folder} is no unfinished recording", f"give a folder that ends in {UNFINISHED}")
    try:
        with (folder / STREAM).open("ab") as file:
            lock(file)
            if (folder / HEADER).exists():
                Header.read(folder)  # rows of another format version would count as no steps
            steps = unfinished_rows(folder).num_rows - 1
            if steps:
                with AtomicFile(folder / VIDEO) as partial:
                    trim(folder / VIDEO, partial, steps)
                return _seal(folder, file)
        shutil.rmtree(folder)
        return None
    except BlockingIOError:
        raise ClonestrikeError(f"{folder} is still being written", "wait until that process ends") from None
    except OSError as error:
        raise ClonestrikeError(f"{folder} cannot be finished ({error.strerror or error})", "make room there") from None


def _seal(folder: Path, stream: IO[bytes]) -> Path:
    """Finish a recording whose video and rows have the same number of steps."""
    table = unfinished_rows(folder)
    write_rows(table, folder)
    header = Header.read(folder)
    size = (folder / VIDEO).stat().st_size
    replace(header, steps=table.num_rows - 1, video_bytes=size).write(folder)
    finished = folder.with_suffix("")
    stream.close()  # Windows renames no folder with an open file in it
    folder.rename(finished)
    (finished / STREAM).unlink()
    return finished


def write_without_video(
    root: Path, info: GameInfo, rows: Sequence[Row], *, player: str, source: Source, run: str, part: int
) -> Path:
    """Write a recording without frames from T rows and a last one with the final state; returns its path.

    The frame size in ``info`` must be 0. Raises ClonestrikeError when the folder cannot be written to.
    """
    try:
        folder = allocate(root)
        try:
            table = complete(pa.Table.from_batches([to_batch(rows)]), len(rows) - 1)
            write_rows(table, folder)
            Header(run, part, player, source, None, info, steps=len(rows) - 1, video_bytes=0).write(folder)
            return folder.rename(folder.with_suffix(""))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    except OSError as error:
        raise ClonestrikeError(f"{root} cannot be written to", f"{error.strerror or error}; make room") from None
