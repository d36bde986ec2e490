"""The original's files to recordings and back.

What a recording has no place for is kept beside it in ``original.npy``, so that an export gives labels, xaux and
metadata back exactly as they were.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clonestrike.console import progress
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.files import staging_folder
from clonestrike.formats.original import metadata
from clonestrike.formats.original.hdf5 import Hdf5Writer
from clonestrike.formats.original.layout import (
    HEIGHT,
    WIDTH,
)
from clonestrike.formats.original.pickles import write_npy
from clonestrike.formats.original.play import Hdf5Play
from clonestrike.formats.original.sidecar import FILES_OF_METADATA, SIDECAR, Original, numbered
from clonestrike.recordings import rows, video
from clonestrike.recordings.files import HEADER, VIDEO, Header, allocate, write_rows
from clonestrike.recordings.rows import Row

SAMPLE = 64
"""Frames of every file that are read back to measure what the video lost."""


def imported(out: Path) -> set[tuple[str, int]]:
    """Player and part of the recordings in a folder: of the original's files, stub and number."""
    headers = [Header.read(path.parent) for path in sorted(out.glob(f"*/{HEADER}"))]
    return {(header.player, header.part) for header in headers}


def import_files(plays: Iterable[Hdf5Play], count: int, out: Path, lossless: bool) -> dict[str, Any]:
    """Write a recording under ``out`` for every file; about ``count`` of them are expected.

    A recording has the run of its block of files and the number of its file as part, so that splits stay honest.
    Returns what was written, bytes a file before and after, frames a second, and the PSNR of the pictures (None when
    they are bit for bit the same).
    """
    out.mkdir(parents=True, exist_ok=True)
    before = after = steps = files = 0
    errors: list[float] = []
    seconds = 0.0
    with progress() as bars:
        for play in bars.track(plays, total=count, description="importing files"):
            began = time.perf_counter()
            folder, error = _import(play, out, lossless)
            seconds += time.perf_counter() - began
            errors.append(error)
            before += play.path.stat().st_size
            after += sum(file.stat().st_size for file in folder.iterdir())
            steps += play.steps
            files += 1
    worst = float(np.mean(errors)) if errors else 0.0
    return {
        "recordings": files,
        "frames": steps,
        "bytes_per_file_before": before // max(1, files),
        "bytes_per_file_after": after // max(1, files),
        "frames_per_second": steps / seconds if steps else None,
        "psnr_db": float(10 * np.log10(255**2 / worst)) if worst else None,
    }


def _import(play: Hdf5Play, out: Path, lossless: bool) -> tuple[Path, float]:
    """The recording of a file, and the mean squared error of its pictures."""
    kept = Original.of(play)
    labels = play.labels
    info = play.info
    with staging_folder(out) as folder:
        writer = video.VideoWriter(
            folder / VIDEO, info.frame_height, info.frame_width, info.steps_per_second, lossless=lossless
        )
        for frames in play.iter_frames():
            for frame in frames:
                writer.write(frame)
        writer.close()
        write_rows(rows.with_labels(_table(play), labels, play.label_valid), folder)
        write_npy(folder / SIDECAR, vars(kept))
        size = (folder / VIDEO).stat().st_size
        Header(play.run, play.part, play.player, "imported", None, info, play.steps, size).write(folder)
        sample = min(SAMPLE, play.steps)
        again = np.stack(list(video.read_frames(folder / VIDEO, 0, sample, info.steps_per_second)))
        error = float(np.mean((again.astype(np.float32) - play.frames(0, sample)) ** 2))
        numbered = allocate(out)
        numbered.rmdir()
        return folder.rename(numbered.with_suffix("")), error


def _table(play: Hdf5Play) -> pa.Table:
    """T + 1 rows: states, gaps, and the original's own kills and deaths."""
    n, step = play.steps, 1e9 / play.info.steps_per_second
    times = [round(frame * step) for frame in play.index.frames.tolist()]
    steps = [Row(play.states.at(t), None, times[t], times[t], times[t], 0, bool(play.gaps[t]), False) for t in range(n)]
    table = rows.complete(pa.Table.from_batches([rows.to_batch([*steps, Row(play.states.at(n))])]), n)
    for name, events in (("kill", play.kills), ("death", play.deaths)):
        index = table.schema.get_field_index(name)
        table = table.set_column(index, table.schema.field(index), pa.array([*events.tolist(), None], pa.bool_()))
    return table


def export_hdf5(plays: Sequence[Trajectory], out: Path, stub: str) -> dict[str, Any]:
    """Write a file of the original's layout for each play.

    An imported recording keeps its number, its labels, xaux and events exactly; other play is numbered after that.
    Frames of another size (Doom's 180 x 320) are area-resized to 150 x 280; on disk they are BGR.
    """
    began, size, steps = time.perf_counter(), 0, 0
    with progress() as bars:
        bar = bars.add_task("exporting", total=sum(play.steps for play in plays))
        for play, kept in numbered(plays):
            path = out / f"{stub}{kept.number}.hdf5"
            if path.exists():
                raise ClonestrikeError(f"{path} is there already", "export to another folder or with another --stub")
            with Hdf5Writer(path) as writer:
                frames = (frame for chunk in play.iter_frames() for frame in chunk)
                columns = zip(kept.frames.tolist(), frames, kept.xaux, kept.y, kept.helperarr, strict=True)
                for number, frame, *values in columns:
                    writer.append(number, resized(frame), *values)
            size += path.stat().st_size
            steps += play.steps
            bars.advance(bar, play.steps)
    seconds = time.perf_counter() - began
    return {
        "files": len(plays),
        "frames": steps,
        "bytes_per_file": size // len(plays),
        "frames_per_second": steps / seconds,
    }


def export_metadata(plays: Sequence[Trajectory], out: Path, stub: str) -> dict[str, Any]:
    """Write the metadata of play, 100 files of play in each; imported rows exactly as they were.

    What a recording does not know becomes 0, and the weapon is left out: the original has no other word for unknown.
    """
    data_set = stub.removeprefix("hdf5_")
    groups: dict[int, dict[int, dict[int, metadata.Row]]] = {}
    for play, kept in numbered(plays):
        found = kept.rows or Original.made(play, kept.number).rows
        assert found is not None
        files = groups.setdefault((kept.number - 1) // FILES_OF_METADATA, {})
        files[kept.number] = dict(zip(kept.frames.tolist(), found, strict=True))
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for group, files in sorted(groups.items()):
        first = group * FILES_OF_METADATA + 1
        path = out / f"currvarsv2_{data_set}{first}_to_{first + FILES_OF_METADATA - 1}.npy"
        if path.exists():
            raise ClonestrikeError(f"{path} is there already", "export to another folder or with another --stub")
        metadata.Metadata(files).write(path)
        written.append(path)
    return {"files": written, "frames": sum(play.steps for play in plays)}


def resized(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A frame of any size -> uint8 (150, 280, 3)."""
    if frame.shape == (HEIGHT, WIDTH, 3):
        return frame
    return cast(NDArray[np.uint8], cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))
