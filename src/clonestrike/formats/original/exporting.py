"""Exports play as the original's HDF5 files and metadata.

Imported recordings are written exactly as the files they came from (see importing), other play from its states and
labels.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from clonestrike.console import progress
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original import metadata
from clonestrike.formats.original.hdf5 import Hdf5Writer
from clonestrike.formats.original.layout import HEIGHT, WIDTH
from clonestrike.formats.original.sidecar import FILES_OF_METADATA, OriginalArrays, numbered


def export_hdf5(plays: Sequence[Trajectory], out: Path, stub: str) -> dict[str, Any]:
    """Write an HDF5 file of the original's layout for each trajectory; returns figures.

    An imported recording keeps its number, labels, xaux and events exactly; other play gets free numbers. Frames of
    another size (Doom's 180 x 320) are area-resized to 150 x 280; on disk they are BGR. Raises ClonestrikeError when a
    file exists already.
    """
    began, size, steps = time.perf_counter(), 0, 0
    with progress() as bars:
        bar = bars.add_task("exporting", total=sum(play.steps for play in plays))
        for play, kept in numbered(plays):
            path = out / f"{stub}{kept.number}.hdf5"
            if path.exists():
                raise ClonestrikeError(f"{path} exists already", "export to another folder or with another --stub")
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
    """Write the metadata of play, one file per 100 files of play; imported rows exactly as they were.

    Unknown values become 0, and an unknown weapon is left out: the original has no other way to say unknown. Raises
    ClonestrikeError when a file exists already.
    """
    data_set = stub.removeprefix("hdf5_")
    groups: dict[int, dict[int, dict[int, metadata.Row]]] = {}
    for play, kept in numbered(plays):
        found = kept.rows or OriginalArrays.from_play(play, kept.number).rows
        assert found is not None
        files = groups.setdefault((kept.number - 1) // FILES_OF_METADATA, {})
        files[kept.number] = dict(zip(kept.frames.tolist(), found, strict=True))
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for group, files in sorted(groups.items()):
        first = group * FILES_OF_METADATA + 1
        path = out / f"currvarsv2_{data_set}{first}_to_{first + FILES_OF_METADATA - 1}.npy"
        if path.exists():
            raise ClonestrikeError(f"{path} exists already", "export to another folder or with another --stub")
        metadata.Metadata(files).write(path)
        written.append(path)
    return {"files": written, "frames": sum(play.steps for play in plays)}


def resized(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A frame of any size, area-resized to uint8 (150, 280, 3)."""
    if frame.shape == (HEIGHT, WIDTH, 3):
        return frame
    return cast(NDArray[np.uint8], cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))
