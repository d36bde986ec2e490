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
from clonestrike.formats.original.layout import FILES_OF_METADATA, HEIGHT, WIDTH, OriginalFile
from clonestrike.formats.original.pickles import table, write_npy
from clonestrike.formats.original.sidecar import arrays_of, is_original
from clonestrike.formats.original.targets import Targets, WhichLabels


def export_hdf5(plays: Sequence[Trajectory], out: Path, stub: str, labels: WhichLabels = "label") -> dict[str, Any]:
    """Write an HDF5 file of the original's layout for each trajectory; returns figures.

    Play of the original keeps its number, other play gets free numbers. Frames of another size (Doom's 180 x 320) are
    area-resized to 150 x 280; on disk they are BGR. Raises ClonestrikeError when a file exists already, or play lacks
    such labels.
    """

    def write(play: Trajectory, path: Path, targets: Targets) -> None:
        with Hdf5Writer(path) as writer:
            columns = zip(
                targets.frames.tolist(), _pictures(play), targets.xaux, targets.y, targets.helperarr, strict=True
            )
            for number, picture, *values in columns:
                writer.append(number, picture, *values)

    return _export(plays, out, stub, ".hdf5", labels, write)


def export_recorder(
    plays: Sequence[Trajectory], out: Path, stub: str, labels: WhichLabels = "label", *, strip: bool = False
) -> dict[str, Any]:
    """Write a recorder file of 6 columns, as the original pre-processes it, for each trajectory; returns figures.

    Numbers, frames and errors are those of export_hdf5; with ``strip`` empty lists take the place of the frames.
    """

    def write(play: Trajectory, path: Path, targets: Targets) -> None:
        stripped: list[Any] = [[] for _ in range(play.steps)]
        pictures = stripped if strip else [np.ascontiguousarray(rgb[..., ::-1]) for rgb in _pictures(play)]
        columns = zip(pictures, targets.rows, targets.y, targets.xaux, targets.helperarr, strict=True)
        write_npy(path, table([[picture, *row[:2], *values] for picture, row, *values in columns]))

    return _export(plays, out, stub, ".npy", labels, write)


def export_metadata(plays: Sequence[Trajectory], out: Path, stub: str, labels: WhichLabels = "label") -> dict[str, Any]:
    """Write the metadata of play, one file per 100 files of play; returns figures.

    Unknown values become 0, and an unknown weapon is left out: the original has no other way to say unknown. Raises
    ClonestrikeError when a file exists already, or play lacks such labels.
    """
    data_set = plain_stub(stub).removeprefix("hdf5_")
    taken: Counter[WhichLabels] = Counter()
    written = []
    for group, members in groupby(_numbered(plays), lambda found: (found[0] - 1) // FILES_OF_METADATA):
        first = group * FILES_OF_METADATA + 1
        path = _free(out / f"currvarsv2_{data_set}{first}_to_{first + FILES_OF_METADATA - 1}.npy")
        files: dict[int, dict[int, metadata.Row]] = {}
        for number, play in members:
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
    plays: Sequence[Trajectory], out: Path, stub: str, kind: str, labels: WhichLabels,
    write: Callable[[Trajectory, Path, Targets], None],
) -> dict[str, Any]:  # fmt: skip
    """Write a file of this stub and kind for each trajectory."""
    plain_stub(stub)
    began, size, steps = time.perf_counter(), 0, 0
    taken: Counter[WhichLabels] = Counter()
    with progress() as bars:
        bar = bars.add_task("exporting", total=sum(play.steps for play in plays))
        for number, play in _numbered(plays):
            path = _free(OriginalFile(out, stub, number, kind).path)
            targets = Targets.of(play, arrays_of(play), labels)
            write(play, path, targets)
            taken[targets.labels] += 1
            size += path.stat().st_size
            steps += play.steps
            bars.advance(bar, play.steps)
    seconds = time.perf_counter() - began
    return {
        "files": len(plays),
        "frames": steps,
        "labels": dict(taken),
        "bytes_per_file": size // len(plays),
        "frames_per_second": steps / seconds,
    }


def plain_stub(stub: str) -> str:
    """The stub; raises ClonestrikeError if files with it would lie in another folder."""
    plain_name(f"{stub}1", "--stub", "give the beginning of the files' names, and their folder with --out")
    return stub


def _free(path: Path) -> Path:
    if path.exists():
        raise ClonestrikeError(f"{path} exists already", "export to another folder or with another --stub")
    return path


def _pictures(play: Trajectory) -> Iterator[NDArray[np.uint8]]:
    return (resized(frame) for frames in play.iter_frames() for frame in frames)


def _numbered(plays: Sequence[Trajectory]) -> Iterator[tuple[int, Trajectory]]:
    """Every trajectory with its number, ascending: play of the original keeps it, other play gets free ones from 1.

    Raises ClonestrikeError when two files of the original have the same number.
    """
    taken: dict[int, Path] = {}
    others = []
    found = []
    for play in plays:
        if not is_original(play):
            others.append(play)
            continue
        if play.part in taken:
            raise ClonestrikeError(
                f"{play.path} and {taken[play.part]} are both number {play.part}", "export them one after the other"
            )
        taken[play.part] = play.path
        found.append((play.part, play))
    free = (number for number in count(1) if number not in taken)
    chosen = [*found, *zip(free, others, strict=False)]
    # Copies, made one by one: what they keep of a file once it is read goes with them.
    return ((number, copy(play)) for number, play in sorted(chosen, key=itemgetter(0)))
