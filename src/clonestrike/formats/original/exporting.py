"""Exports play as the original's HDF5 files, recorder files and metadata.

Files of the original, and recordings imported from them, keep their numbers and give back what they hold (see targets);
other play is written from its states and labels.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from itertools import count, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from clonestrike.console import progress
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.files import plain_name
from clonestrike.formats.original import metadata
from clonestrike.formats.original.hdf5 import Hdf5Writer
from clonestrike.formats.original.layout import FILES_OF_METADATA, HDF5_PREFIX, HEIGHT, WIDTH, OriginalFile
from clonestrike.formats.original.pickles import table, write_npy
from clonestrike.formats.original.sidecar import arrays_of, data_set_of
from clonestrike.formats.original.targets import Targets, WhichLabels, check_labels

OTHER_PLAY = "dm_"
"""Data set of play that does not come from the original's files, where no stub is given."""

Named = tuple[str, int, Trajectory]
"""Stub and number of the file to write, and its play."""


def export_hdf5(
    plays: Sequence[Trajectory], out: Path, stub: str | None = None, labels: WhichLabels = "label"
) -> dict[str, Any]:
    """Write an HDF5 file of the original's layout for each trajectory; returns figures.

    Play of the original keeps its number, and its name unless there is a ``stub``; other play gets free numbers. Frames
    of another size (Doom's 180 x 320) are area-resized to 150 x 280; on disk they are BGR. Raises ClonestrikeError when
    a file exists already, or play lacks such labels.
    """

    def write(play: Trajectory, path: Path, targets: Targets) -> None:
        with Hdf5Writer(path) as writer:
            columns = zip(
                targets.frames.tolist(), _pictures(play), targets.xaux, targets.y, targets.helperarr, strict=True
            )
            for number, picture, *values in columns:
                writer.append(number, picture, *values)

    return _export(_named(plays, stub, HDF5_PREFIX), out, ".hdf5", labels, write)


def export_recorder(
    plays: Sequence[Trajectory],
    out: Path,
    stub: str | None = None,
    labels: WhichLabels = "label",
    *,
    strip: bool = False,
) -> dict[str, Any]:
    """Write a recorder file of 6 columns, as the original pre-processes it, for each trajectory; returns figures.

    Names, numbers, frames and errors are those of export_hdf5; with ``strip`` empty lists take the place of the frames.
    """

    def write(play: Trajectory, path: Path, targets: Targets) -> None:
        stripped: list[Any] = [[] for _ in range(play.steps)]
        pictures = stripped if strip else [np.ascontiguousarray(rgb[..., ::-1]) for rgb in _pictures(play)]
        columns = zip(pictures, targets.rows, targets.y, targets.xaux, targets.helperarr, strict=True)
        write_npy(path, table([[picture, *row[:2], *values] for picture, row, *values in columns]))

    return _export(_named(plays, stub, ""), out, ".npy", labels, write)


def export_metadata(
    plays: Sequence[Trajectory], out: Path, stub: str | None = None, labels: WhichLabels = "label"
) -> dict[str, Any]:
    """Write the metadata of play, one file per 100 files of play; returns figures.

    Names and numbers are those of export_hdf5. Unknown values become 0, and an unknown weapon is left out: the original
    has no other way to say unknown. Raises ClonestrikeError when a file exists already, or play lacks such labels.
    """
    data_set = None if stub is None else stub.removeprefix(HDF5_PREFIX)
    taken: Counter[WhichLabels] = Counter()

    def path_of(named: Named) -> Path:
        first = (named[1] - 1) // FILES_OF_METADATA * FILES_OF_METADATA + 1
        return out / f"currvarsv2_{named[0]}{first}_to_{first + FILES_OF_METADATA - 1}.npy"

    written = []
    for path, members in groupby(_checked(_named(plays, data_set, ""), path_of, labels), path_of):
        files: dict[int, dict[int, metadata.Row]] = {}
        for _, number, original in members:
            play = copy(original)  # what it keeps of a file once it is read goes with the copy
            targets = Targets.of(play, arrays_of(play), labels)
            files[number] = dict(zip(targets.frames.tolist(), targets.rows, strict=True))
            taken[targets.labels] += 1
        metadata.Metadata(files).write(path)
        written.append(path)
    return {"files": written, "frames": sum(play.steps for play in plays), "labels": dict(taken)}


def resized(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A frame of any size, area-resized to uint8 (150, 280, 3)."""
    if frame.shape == (HEIGHT, WIDTH, 3):
        return frame
    return cast(NDArray[np.uint8], cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))


def _export(
    names: list[Named],
    out: Path,
    suffix: str,
    labels: WhichLabels,
    write: Callable[[Trajectory, Path, Targets], None],
) -> dict[str, Any]:
    """Write a file for each trajectory."""

    def path_of(named: Named) -> Path:
        stub, number, _ = named
        return OriginalFile(out, stub, number, suffix).path

    began, size, steps = time.perf_counter(), 0, 0
    taken: Counter[WhichLabels] = Counter()
    _checked(names, path_of, labels)
    with progress() as bars:
        bar = bars.add_task("exporting", total=sum(play.steps for _, _, play in names))
        for named in names:
            play = copy(named[2])  # what it keeps of a file once it is read goes with the copy
            path = path_of(named)
            targets = Targets.of(play, arrays_of(play), labels)
            write(play, path, targets)
            taken[targets.labels] += 1
            size += path.stat().st_size
            steps += play.steps
            bars.advance(bar, play.steps)
    seconds = time.perf_counter() - began
    return {
        "files": len(names),
        "frames": steps,
        "labels": dict(taken),
        "bytes_per_file": size // len(names),
        "frames_per_second": steps / seconds,
    }


def _checked(names: list[Named], path_of: Callable[[Named], Path], labels: WhichLabels) -> list[Named]:
    """The same names; raises ClonestrikeError, before anything is written, for a taken path or missing labels."""
    for path in dict.fromkeys(map(path_of, names)):
        if path.exists():
            raise ClonestrikeError(f"{path} exists already", "export to another folder or with another --stub")
    for _, _, original in names:
        play = copy(original)
        check_labels(play, arrays_of(play) if labels == "original" else None, labels)
    return names


def _pictures(play: Trajectory) -> Iterator[NDArray[np.uint8]]:
    return (resized(frame) for frames in play.iter_frames() for frame in frames)


def _named(plays: Sequence[Trajectory], stub: str | None, prefix: str) -> list[Named]:
    """Names for all play, sorted. Without a ``stub`` they begin with ``prefix`` and the data set.

    Play of the original keeps its number, other play gets free ones from 1. Raises ClonestrikeError when two files
    would have the same name.
    """
    if stub is not None:
        plain_name(f"{stub}1", "--stub", "give the beginning of the files' names, and their folder with --out")
    taken: dict[tuple[str, int], Trajectory] = {}
    others = []
    for play in plays:
        data_set = data_set_of(play)
        if data_set is None:
            others.append(play)
            continue
        name = f"{prefix}{data_set}" if stub is None else stub, play.part
        if name in taken:
            raise ClonestrikeError(
                f"{play.path} and {taken[name].path} are both {name[0]}{name[1]}", "export them one after the other"
            )
        taken[name] = play
    other = f"{prefix}{OTHER_PLAY}" if stub is None else stub
    free = (number for number in count(1) if (other, number) not in taken)
    chosen = [(*name, play) for name, play in taken.items()]
    chosen += [(other, number, play) for number, play in zip(free, others, strict=False)]
    return sorted(chosen, key=itemgetter(0, 1))
