"""Whether every file of a data set can be used, and what is wrong with those that cannot.

Everything is read: every frame of a recording is decoded, every row of the original's files is looked at.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clonestrike.console import progress
from clonestrike.core.actions import ACTION_SPACE
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original import metadata
from clonestrike.formats.original.hdf5 import mapped
from clonestrike.formats.original.layout import SHAPES, OriginalFile
from clonestrike.formats.original.metadata import find_metadata
from clonestrike.formats.original.metadata_play import MetadataPlay
from clonestrike.formats.original.opening import find_metadata_files, find_originals
from clonestrike.formats.original.play import Hdf5Play
from clonestrike.formats.original.recorder_play import RecorderPlay
from clonestrike.formats.original.sidecar import SIDECAR, Original
from clonestrike.recordings.files import HEADER, UNFINISHED
from clonestrike.recordings.recording import Recording

GOOD, PARTLY, UNFINISHED_PLAY, DAMAGED = "good", "in part", "unfinished", "damaged"
RECORDING, HDF5, RECORDER, METADATA = "recordings", "HDF5", "recorder", "metadata"


@dataclass(frozen=True)
class Verdict:
    """What was found in one file or recording; recordings count as one file."""

    path: Path
    kind: str
    state: str = GOOD
    frames: int = 0
    bytes: int = 0
    faults: list[str] = field(default_factory=list)


def check(paths: Sequence[Path], workers: int) -> dict[str, Any]:
    """Read everything under the paths; returns a row a kind, and what is wrong with which file.

    Raises ClonestrikeError when there is nothing to check.
    """
    jobs = _jobs(paths)
    found: list[Verdict] = []
    # Fresh processes: a fork would copy the threads' locks of the libraries.
    with progress() as bars, ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        bar = bars.add_task("checking", total=len(jobs))
        futures = [pool.submit(verdict, path, kind) for path, kind in jobs]
        try:
            for future in as_completed(futures):
                found.append(future.result())
                bars.advance(bar)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    found.sort(key=lambda verdict: verdict.path)
    return {"summary": _summary(found), "faults": [_row(verdict) for verdict in found if verdict.state != GOOD]}


def _jobs(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    jobs: dict[Path, str] = {}
    for path in paths:
        if not path.exists():
            raise ClonestrikeError(f"{path} does not exist", "name recordings, original files or folders of them")
        jobs |= {header.parent: RECORDING for header in path.rglob(HEADER)}
        jobs |= {file.path: HDF5 if file.kind == ".hdf5" else RECORDER for file in find_originals(path)}
        jobs |= dict.fromkeys(find_metadata_files(path), METADATA)
    if not jobs:
        raise ClonestrikeError(f"{paths[0]} holds neither recordings nor original files", "name another folder")
    return sorted(jobs.items())


def verdict(path: Path, kind: str) -> Verdict:
    """Read all of one file."""
    size = sum(file.stat().st_size for file in path.iterdir()) if path.is_dir() else path.stat().st_size
    try:
        frames, faults, state = _READ[kind](path)
    except ClonestrikeError as error:
        return Verdict(path, kind, DAMAGED, 0, size, [str(error)])
    except OSError as error:
        return Verdict(path, kind, DAMAGED, 0, size, [f"{path} cannot be read: {error.strerror or error}"])
    return Verdict(path, kind, state or (PARTLY if faults else GOOD), frames, size, faults)


Read = tuple[int, list[str], str | None]
"""Frames, faults, and what it is if that is not told by its faults."""


def _recording(path: Path) -> Read:
    recording = Recording.open(path)
    steps = sum(len(frames) for frames in recording.iter_frames())
    if steps != recording.steps:
        raise ClonestrikeError(
            f"{path} has {steps} frames for {recording.steps} steps", "the recording is damaged, remove it"
        )
    _ = (recording.states, recording.actions, recording.labels, recording.kills)
    if (path / SIDECAR).exists():
        Original.of(recording)
    if path.suffix == UNFINISHED:
        return steps, ["still being written, or cut off: `clonestrike record` finishes it"], UNFINISHED_PLAY
    return steps, [], None


def _hdf5(path: Path) -> Read:
    play = Hdf5Play.open(_file(path), "")
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
    with mapped(path) as data:  # a bad sector shows itself only when it is read
        size = int(np.prod(SHAPES["x"]))
        lit = [any(data[offset : offset + size]) for offset in play.index.offsets["x"].tolist()]
    faults += _rows_without("a picture that is not black", np.array(lit), play)
    return play.steps, faults + _without_metadata(play), None


def _without_metadata(play: Hdf5Play) -> list[str]:
    path = find_metadata(play.file)
    try:
        known = metadata.read(path).files.get(play.file.number, {}) if path else None
    except ClonestrikeError:
        return []  # it has a verdict of its own
    missing = 0 if known is None else sum(frame not in known for frame in play.index.frames.tolist())
    return [f"{missing} of {play.steps} frames without metadata, though there is some"] if missing else []


def _rows_without(what: str, good: Any, play: Hdf5Play) -> list[str]:
    bad = play.index.frames[~good]
    return [f"{len(bad)} of {play.steps} frames without {what}, the first one is {bad[0]}"] if len(bad) else []


def _recorder(path: Path) -> Read:
    play = RecorderPlay.open(_file(path), "")
    _ = (play.states, play.labels, play.events)
    if np.size(play.table[0, 0]):
        for _ in play.iter_frames():
            pass
    return play.steps, [], None


def _metadata(path: Path) -> Read:
    frames = 0
    for play in MetadataPlay.open_all(path):
        _ = (play.states, play.labels, play.events)
        frames += play.steps
    return frames, [], None


_READ = {RECORDING: _recording, HDF5: _hdf5, RECORDER: _recorder, METADATA: _metadata}


def _file(path: Path) -> OriginalFile:
    file = OriginalFile.of(path)
    assert file is not None
    return file


def _summary(found: Sequence[Verdict]) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for kind in dict.fromkeys(verdict.kind for verdict in found):
        mine = [verdict for verdict in found if verdict.kind == kind]
        states = Counter(verdict.state for verdict in mine)
        rows[kind] = {
            "files": len(mine),
            **{state: states[state] for state in (GOOD, PARTLY, UNFINISHED_PLAY, DAMAGED)},
            "frames": sum(verdict.frames for verdict in mine),
            "GB": sum(verdict.bytes for verdict in mine) / 1e9,
        }
    return rows


def _row(verdict: Verdict) -> dict[str, Any]:
    row = asdict(verdict)
    return {name: row[name] for name in ("path", "state")} | {"why": "; ".join(verdict.faults)}
