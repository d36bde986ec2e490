"""Imports the original's files of play as recordings: HDF5 files, also from the Hugging Face Hub, and recorder files.

Labels, xaux and metadata are also kept unchanged in ``original.npy`` beside each recording, so that an export writes
them exactly as they were.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clonestrike.console import progress
from clonestrike.core.usable import report
from clonestrike.errors import ClonestrikeError
from clonestrike.files import staging_folder
from clonestrike.formats.original.hub import PREFIX, Hub
from clonestrike.formats.original.layout import OriginalFile, blocks
from clonestrike.formats.original.opening import find_originals, open_original, open_originals
from clonestrike.formats.original.play_file import PlayFile
from clonestrike.formats.original.sidecar import keep
from clonestrike.formats.ranges import RemoteFile
from clonestrike.recordings import rows, video
from clonestrike.recordings.files import HEADER, VIDEO, Header, allocate, write_rows
from clonestrike.recordings.rows import Row

SAMPLE = 64
"""Number of frames of every file that are read back to measure the loss of the video."""


@dataclass
class Import:
    """An import of the original's files with numbers ``first``..``last`` into the folder ``out``."""

    sources: Sequence[str]
    """Files, folders of them, hub:OWNER/NAME for HDF5 files."""
    out: Path
    first: int
    last: int
    lossless: bool
    strict: bool
    kind: str = ".hdf5"
    """Suffix of the files: .hdf5, or .npy for the recorder's."""
    unusable: int = field(default=0, init=False)

    def run(self) -> dict[str, Any]:
        """Import files that ``out`` does not hold yet; returns figures.

        Raises ClonestrikeError for a source without such files.
        """
        local = self._local([Path(place) for place in self.sources if not place.startswith(PREFIX)])
        remote = {hub: self._remote(hub) for hub in map(Hub, filter(_is_hub, self.sources))}
        found = [*local, *(file for files in remote.values() for file in files)]
        there = imported(self.out)
        todo = {file for file in found if (file.player, file.number) not in there}
        runs = blocks(found)
        # All local files are opened first: a strict import with a damaged one then writes nothing.
        mine = open_originals([file for file in local if file in todo], self.strict) if todo & set(local) else []
        self.unusable += len(todo & set(local)) - len(mine)

        def plays() -> Iterator[PlayFile]:
            yield from map(copy, mine)  # what a copy keeps of a file once it is read goes with it
            for hub, files in remote.items():
                for file in hub.fetched({file: part for file, part in files.items() if file in todo}):
                    try:
                        play = open_original(file, runs[file], self.strict)
                    except ClonestrikeError as error:
                        if self.strict:
                            raise
                        report(error)
                        self.unusable += 1
                    else:
                        yield play

        result = import_files(plays(), len(todo) - self.unusable, self.out, self.lossless)
        return {**result, "already_there": len(found) - len(todo), "unusable": self.unusable}

    def _local(self, paths: Sequence[Path]) -> list[OriginalFile]:
        found = sorted({file for path in paths for file in find_originals(path) if file.kind == self.kind})
        if paths and not found:
            names = {".hdf5": "hdf5_*.hdf5", ".npy": "recorder .npy"}[self.kind]
            raise ClonestrikeError(f"{paths[0]} holds no {names} file", "name the original's files or a folder")
        chosen = [file for file in found if self.first <= file.number <= self.last]
        if found and not chosen:
            raise ClonestrikeError(
                f"none of the {len(found)} files has a number from {self.first} to {self.last}",
                "give other numbers with --files",
            )
        return chosen

    def _remote(self, hub: Hub) -> dict[OriginalFile, RemoteFile]:
        files = hub.play(self.first, self.last)
        if not files:
            raise ClonestrikeError(
                f"{hub.place} has no hdf5_*.hdf5 file with such a number, in a tar or by itself",
                "give other numbers, or another folder",
            )
        return files


def _is_hub(place: str) -> bool:
    return place.startswith(PREFIX)


def imported(out: Path) -> set[tuple[str, int]]:
    """Player and part of every recording in a folder; for imported files these are stub and number."""
    headers = [Header.read(path.parent) for path in sorted(out.glob(f"*/{HEADER}"))]
    return {(header.player, header.part) for header in headers}


def import_files(plays: Iterable[PlayFile], count: int, out: Path, lossless: bool) -> dict[str, Any]:
    """Write a recording under ``out`` for every file; ``count`` is the number of files, for the progress bar.

    A recording's run is its block of files, and its part the file's number, so that splits separate blocks. Returns
    recordings and frames written, bytes per file before and after, frames per second, and the PSNR of the frames in dB
    (None when they are identical).
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
            errors += [] if error is None else [error]
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


def _import(play: PlayFile, out: Path, lossless: bool) -> tuple[Path, float | None]:
    """Write the recording of a file; returns its folder, and the mean squared error of its frames, if it has any."""
    info = play.info if play.has_frames else replace(play.info, frame_height=0, frame_width=0)
    with staging_folder(out) as folder:
        error = _write_video(play, folder / VIDEO, lossless) if play.has_frames else None
        table = _table(play)
        if play.labels:
            table = rows.with_labels(table, play.labels, play.label_valid)
        if play.true_switches:
            table = rows.with_true_switches(table, play.true_switches)
        write_rows(table, folder)
        keep(play.arrays, folder)
        size = (folder / VIDEO).stat().st_size if play.has_frames else 0
        Header(play.run, play.part, play.player, "imported", None, info, play.steps, size, 1).write(folder)
        numbered = allocate(out)
        numbered.rmdir()
        return folder.rename(numbered.with_suffix("")), error


def _write_video(play: PlayFile, path: Path, lossless: bool) -> float:
    """Encode the frames; returns the mean squared error of the first SAMPLE of them."""
    info = play.info
    writer = video.VideoWriter(path, info.frame_height, info.frame_width, info.steps_per_second, lossless=lossless)
    for frames in play.iter_frames():
        for frame in frames:
            writer.write(frame)
    writer.close()
    sample = min(SAMPLE, play.steps)
    again = np.stack(list(video.read_frames(path, 0, sample, info.steps_per_second)))
    return float(np.mean((again.astype(np.float32) - play.frames(0, sample)) ** 2))


def _table(play: PlayFile) -> pa.Table:
    """T + 1 rows: states, gaps, and the original's kills and deaths."""
    n, step = play.steps, 1e9 / play.info.steps_per_second
    times = [round(frame * step) for frame in play.arrays.frames.tolist()]
    steps = [Row(play.states.at(t), None, times[t], times[t], times[t], 0, bool(play.gaps[t]), False) for t in range(n)]
    table = rows.complete(pa.Table.from_batches([rows.to_batch([*steps, Row(play.states.at(n))])]), n)
    for name, events in (("kill", play.kills), ("death", play.deaths)):
        index = table.schema.get_field_index(name)
        table = table.set_column(index, table.schema.field(index), pa.array([*events.tolist(), None], pa.bool_()))
    return table
