"""The original's files to recordings, wherever they lie: in folders, or on the Hugging Face Hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clonestrike.errors import ClonestrikeError
from clonestrike.formats.convert import import_files, imported
from clonestrike.formats.hub import PREFIX, Hub
from clonestrike.formats.original.layout import OriginalFile, blocks
from clonestrike.formats.original.opening import find_originals, open_original, open_originals
from clonestrike.formats.original.play import Hdf5Play
from clonestrike.formats.ranges import RemoteFile


@dataclass
class Import:
    """HDF5 files of the original with numbers from ``first`` to ``last``, on their way into the folder ``out``."""

    places: Sequence[str]
    """HDF5 files, folders of them, hub:OWNER/NAME."""
    out: Path
    first: int
    last: int
    lossless: bool
    strict: bool
    unusable: int = field(default=0, init=False)

    def run(self) -> dict[str, Any]:
        """Import what is not there yet; returns figures. Raises ClonestrikeError for places without such files."""
        local = self._local([Path(place) for place in self.places if not place.startswith(PREFIX)])
        remote = {hub: self._remote(hub) for hub in map(Hub, filter(_is_hub, self.places))}
        found = [*local, *(file for files in remote.values() for file in files)]
        there = imported(self.out)
        todo = {file for file in found if (file.player, file.number) not in there}
        runs = blocks(found)
        # Local files are all looked at first: a strict import of one that is damaged leaves nothing behind.
        mine = open_originals([file for file in local if file in todo], self.strict) if todo & set(local) else []
        self.unusable += len(todo & set(local)) - len(mine)

        def plays() -> Iterator[Hdf5Play]:
            yield from (play for play in mine if isinstance(play, Hdf5Play))
            for hub, files in remote.items():
                for file in hub.fetched({file: part for file, part in files.items() if file in todo}):
                    play = open_original(file, runs[file], self.strict)
                    if isinstance(play, Hdf5Play):
                        yield play
                    else:
                        self.unusable += 1

        result = import_files(plays(), len(todo) - self.unusable, self.out, self.lossless)
        return {**result, "already_there": len(found) - len(todo), "unusable": self.unusable}

    def _local(self, paths: Sequence[Path]) -> list[OriginalFile]:
        found = sorted({file for path in paths for file in find_originals(path) if file.kind == ".hdf5"})
        if paths and not found:
            raise ClonestrikeError(f"{paths[0]} holds no hdf5_*.hdf5 file", "name the original's files or a folder")
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
