"""Finds and opens the original's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clonestrike import console
from clonestrike.core.format import Content, PlaySource
from clonestrike.core.trajectory import Trajectory
from clonestrike.core.usable import usable
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.hdf5_play import Hdf5Play
from clonestrike.formats.original.layout import OriginalFile, blocks, metadata_span
from clonestrike.formats.original.metadata import find_metadata, read
from clonestrike.formats.original.metadata_play import MetadataPlay, is_metadata, metadata_player
from clonestrike.formats.original.play_file import PlayFile
from clonestrike.formats.original.recorder_play import RecorderPlay, is_recorder

HDF5, RECORDER, METADATA = "HDF5", "recorder", "metadata"
"""Kinds of files; METADATA has no frames."""


def find(path: Path) -> list[PlaySource]:
    """The original's files at a path or anywhere under it: files of play, then metadata.

    A recorder's .npy file is left out if the HDF5 file made from it lies beside it.
    """
    files = find_originals(path)
    play = [
        PlaySource(file.path, HDF5 if file.kind == ".hdf5" else RECORDER, player=file.player)
        for file in files
        if file.path == path or not _twin(file).exists()
    ]
    metadata = [PlaySource(file, METADATA, Content.STATES, metadata_player(file)) for file in find_metadata_files(path)]
    return play + metadata


def open_sources(sources: Sequence[PlaySource], strict: bool = False) -> list[Trajectory]:
    """Open files of play, sorted by folder, stub and number, then the play in metadata files, file by file.

    A file that cannot be used is reported and skipped; one that can be used in part is reported. Raises
    ClonestrikeError when no file can be used, or with ``strict`` for any of these files.
    """
    files = sorted(file for source in sources if source.kind != METADATA if (file := OriginalFile.of(source.path)))
    metadata = sorted(source.path for source in sources if source.kind == METADATA)
    states = usable(metadata, MetadataPlay.open_all, strict, "metadata files")
    return [*open_originals(files, strict), *(play for plays in states for play in plays)]


def find_metadata_files(path: Path) -> list[Path]:
    """The original's metadata files at a path or anywhere under it, sorted by folder, stub and numbers."""
    found = path.rglob("currvarsv2_*.npy") if path.is_dir() else [path]
    files = [file for file in found if is_metadata(file) and file.is_file()]
    return sorted(files, key=lambda file: (file.parent, metadata_span(file) or (file.name, 0, 0)))


def find_originals(path: Path) -> list[OriginalFile]:
    """The original's files of play at a path or anywhere under it, sorted."""
    if not path.is_dir():
        file = OriginalFile.of(path)
        return [file] if file and path.is_file() else []
    candidates = filter(Path.is_file, [*path.rglob("hdf5_*.hdf5"), *path.rglob("*.npy")])  # a pipe would never open
    files = {file for file in map(OriginalFile.of, candidates) if file}
    return sorted(file for file in files if file.kind == ".hdf5" or is_recorder(file))


def open_originals(files: Sequence[OriginalFile], strict: bool = False) -> list[PlayFile]:
    """Open files of play, with blocks of them as runs; reports and raises as open_sources does."""
    runs = blocks(files)
    return list(usable(files, lambda file: open_original(file, runs[file], strict), strict, "original files"))


def open_original(file: OriginalFile, run: str, strict: bool = False) -> PlayFile:
    """Open one file of play; reports it when it can be used in part only.

    Raises ClonestrikeError when it cannot be used, or with ``strict`` in part only.
    """
    if strict and file.kind == ".hdf5" and (metadata := find_metadata(file)):  # recorder files hold their own
        read(metadata)
    play: PlayFile = Hdf5Play.open(file, run) if file.kind == ".hdf5" else RecorderPlay.open(file, run)
    if play.faults:
        more = f" (and {len(play.faults) - 1} more)" if len(play.faults) > 1 else ""
        fault = ClonestrikeError(f"{play.path} is used in part", f"{play.faults[-1]}{more}")
        if strict:
            raise fault
        console.messages.print(str(fault), markup=False, soft_wrap=True)
    return play


def _twin(file: OriginalFile) -> Path:
    """The HDF5 file made from a recorder file."""
    return file.folder / f"hdf5_{file.stub}{file.number}.hdf5"
