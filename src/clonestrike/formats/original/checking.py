"""Checks the original's files row by row: how many frames can be used, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from clonestrike.core.actions import ACTION_SPACE, Bools
from clonestrike.core.format import Contents, PlaySource
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original import metadata
from clonestrike.formats.original.hdf5 import mapped
from clonestrike.formats.original.hdf5_play import Hdf5Play
from clonestrike.formats.original.layout import SHAPES, OriginalFile
from clonestrike.formats.original.metadata_play import MetadataPlay
from clonestrike.formats.original.opening import HDF5, METADATA, RECORDER
from clonestrike.formats.original.recorder_play import RecorderPlay
from clonestrike.formats.original.sidecar import SIDECAR, arrays_of
from clonestrike.recordings.recording import Recording


def check(source: PlaySource) -> Contents:
    """Read a whole file; returns its usable frames and its faults. Raises ClonestrikeError if nothing can be used."""
    return _READ[source.kind](source.path)


def check_sidecar(path: Path) -> None:
    """Check the arrays that an import kept beside a recording, if any; raises ClonestrikeError if they are damaged."""
    if (path / SIDECAR).exists():
        arrays_of(Recording.open(path))


def _hdf5(path: Path) -> Contents:
    play = Hdf5Play.open(_file(path), "")
    _ = play.labels  # those beside the file may not fit it
    faults = list(play.faults)
    y = play.index.rows(path, "y")
    faults += _rows_without("a finite label", np.isfinite(y).all(1), play)
    for name in ("mouse_x", "mouse_y"):
        part = y[:, ACTION_SPACE.sections[name]]
        faults += _rows_without(f"one bin of {name}", ((part == 0) | (part == 1)).all(1) & (part.sum(1) == 1), play)
    switches = y[:, ACTION_SPACE.sections["switches"]]
    faults += _rows_without("keys that are 0 or 1", ((switches == 0) | (switches == 1)).all(1), play)
    for kind in ("xaux", "helperarr"):
        faults += _rows_without(f"finite {kind}", np.isfinite(play.index.rows(path, kind)).all(1), play)
    with mapped(path) as data:  # a bad sector is only found by reading it
        size = int(np.prod(SHAPES["x"]))
        lit = [any(data[offset : offset + size]) for offset in play.index.offsets["x"].tolist()]
    faults += _rows_without("a picture that is not black", np.array(lit), play)
    return Contents(play.steps, (*faults, *_without_metadata(play)))


def _without_metadata(play: Hdf5Play) -> list[str]:
    path = metadata.find_metadata(play.file)
    try:
        known = metadata.read(path).files.get(play.file.number, {}) if path else None
    except ClonestrikeError:
        return []  # the metadata file is checked by itself
    missing = 0 if known is None else sum(frame not in known for frame in play.index.frames.tolist())
    return [f"{missing} of {play.steps} frames without metadata, though there is some"] if missing else []


def _rows_without(what: str, good: Bools, play: Hdf5Play) -> list[str]:
    bad = play.index.frames[~good]
    return [f"{len(bad)} of {play.steps} frames without {what}, the first one is {bad[0]}"] if len(bad) else []


def _recorder(path: Path) -> Contents:
    play = RecorderPlay.open(_file(path), "")
    _ = (play.states, play.labels, play.events, play.true_switches, play.arrays)
    if play.has_frames:
        for _ in play.iter_frames():
            pass
    return Contents(play.steps)


def _metadata(path: Path) -> Contents:
    frames = 0
    for play in MetadataPlay.open_all(path):
        _ = (play.states, play.labels, play.events)
        frames += play.steps
    return Contents(frames)


_READ: dict[str, Callable[[Path], Contents]] = {HDF5: _hdf5, RECORDER: _recorder, METADATA: _metadata}


def _file(path: Path) -> OriginalFile:
    file = OriginalFile.of(path)
    assert file is not None
    return file
