"""Opens play of every kind: recordings, and the original's files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from clonestrike import console
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.layout import OriginalFile
from clonestrike.formats.original.metadata_play import MetadataPlay, is_metadata
from clonestrike.formats.original.opening import find_metadata_files, find_originals, open_originals
from clonestrike.recordings.files import HEADER
from clonestrike.recordings.recording import Recording, find_recordings


def open_trajectories(paths: Sequence[Path], strict: bool = False) -> list[Trajectory]:
    """All play under the paths, each once: recordings by path, then original files by folder, stub and number.

    Where a recorder's .npy lies beside the HDF5 file made from it, the HDF5 file is opened. An original file that
    cannot be used, or not as a whole, is told in a line and counted. Raises ClonestrikeError when nothing can be
    used, or with ``strict`` when anything cannot.
    """
    recordings, files = [], set()
    for path in map(Path, paths):
        found = find_originals(path)
        if not found or is_recording(path):
            recordings.append(path)  # where there is none either, this says so
        files |= set(found)
    opened: list[Trajectory] = []
    if recordings or not paths:
        opened += [Recording.open(path) for path in find_recordings(recordings)]
    if files:
        opened += open_originals(sorted(files), strict)
    return opened


def open_trajectory(path: Path) -> Trajectory:
    """The one recording or original file at a path; raises ClonestrikeError when there is none, or more than one."""
    if path.is_dir() and not (path / HEADER).exists():
        found = open_trajectories([path])
        if len(found) > 1:
            raise ClonestrikeError(f"{path} holds {len(found)} recordings", f"name one, such as {found[0].path}")
        return found[0]
    return open_trajectories([path])[0] if OriginalFile.of(path) and path.is_file() else Recording.open(path)


def iter_known(paths: Sequence[Path]) -> Iterator[Trajectory]:
    """All play under the paths as open_trajectories gives it, then what only metadata files tell of, file by file.

    The latter has no pictures. What cannot be used is told in a line; raises ClonestrikeError when nothing can be.
    """
    metadata = sorted({found for path in paths for found in find_metadata_files(path)})
    seen: set[tuple[str, int]] = set()
    rest = [path for path in paths if not (path.is_file() and is_metadata(path))]
    if not metadata or any(find_originals(path) or is_recording(path) for path in rest):
        for play in open_trajectories(rest):
            seen.add((play.player, play.part))
            yield play
    for path in metadata:
        try:
            plays = MetadataPlay.open_all(path)
        except ClonestrikeError as error:
            console.messages.print(f"skipped: {error}", markup=False, soft_wrap=True)
            continue
        yield from (play for play in plays if (play.player, play.part) not in seen)


def is_recording(path: Path) -> bool:
    """Whether a folder is a recording or holds one."""
    return path.is_dir() and any(True for _ in path.rglob(HEADER))
