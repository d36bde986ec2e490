"""Gives the original's files numbers without holes, in the order that they have, and their metadata with them.

A plan is made first and can be looked at. While it is carried out it lies in the folder, so that a renumbering that
was cut off is finished by the next one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from clonestrike.errors import ClonestrikeError
from clonestrike.files import write_json
from clonestrike.formats.original import metadata
from clonestrike.formats.original.layout import OriginalFile, metadata_span
from clonestrike.formats.original.metadata import Metadata, find_metadata
from clonestrike.formats.original.sidecar import FILES_OF_METADATA

JOURNAL = "renumbering.json"
NEW = ".renumbered"
OLD = ".old"


@dataclass(frozen=True)
class Journal:
    """What is left of a plan in the folder while it is carried out: names as in the plan, and paths of metadata."""

    names: list[tuple[str, str]]
    old: list[str]
    new: list[str]


@dataclass(frozen=True)
class Renumbering:
    """A planned renumbering: the new names of files, and the metadata whose keys change with them."""

    folder: Path
    stub: str
    numbers: dict[int, int]
    """Old to new, of all files of the stub, rising."""
    names: list[tuple[str, str]]
    """Old and new names of files that change, in an order in which none gets a name that is still taken."""
    metadata: list[Path]
    """The files whose keys change."""
    known: dict[int, int]
    """Old to new, of the files that the metadata knows."""
    lost: list[int]
    """Numbers that the metadata knows but no file has: these rows are only in what is kept as ``.old``."""

    @classmethod
    def of(cls, folder: Path, first: int, stub: str | None = None) -> Renumbering:
        """For the files of a folder, HDF5 and recorder files alike; nothing is changed.

        Raises ClonestrikeError when it holds none, or several sets and no stub that chooses one.
        """
        if not folder.is_dir():
            raise ClonestrikeError(f"{folder} is no folder", "name the one that the files lie in")
        if first < 1:
            raise ClonestrikeError(f"--from {first}", "the original counts its files from 1")
        files = [file for file in map(OriginalFile.of, sorted(folder.iterdir())) if file and file.path.is_file()]
        stubs = sorted({file.data_set for file in files})
        chosen = stub.removeprefix("hdf5_") if stub else None
        if not stubs or (chosen and chosen not in stubs):
            raise ClonestrikeError(f"{folder} holds no numbered files{f' of {stub}' if stub else ''}", "name another")
        if len(stubs) > 1 and chosen is None:
            raise ClonestrikeError(f"{folder} holds {', '.join(stubs)}", "choose one with --stub")
        mine = [file for file in files if file.data_set == (chosen or stubs[0])]
        old = sorted({file.number for file in mine})
        numbers = dict(zip(old, range(first, first + len(old)), strict=True))
        # Numbers keep their order: those that fall go first from the front, those that rise from the back.
        order = [n for n in old if numbers[n] < n] + [n for n in reversed(old) if numbers[n] > n]
        names = [
            (file.path.name, OriginalFile(folder, file.stub, numbers[number], file.kind).path.name)
            for number in order for file in mine if file.number == number
        ]  # fmt: skip
        found = sorted({path for path in map(find_metadata, mine) if path}) if names else []
        known = {number for path in found for number in metadata.read(path).files}
        kept = {number: numbers[number] for number in old if number in known}
        return cls(folder, mine[0].data_set, numbers, names, found, kept, sorted(known - set(numbers)))

    def apply(self) -> None:
        """Carry it out; raises ClonestrikeError when what an earlier one has kept is in the way."""
        for path in self.metadata:
            kept = path.with_name(path.name + OLD)
            if kept.exists():
                raise ClonestrikeError(f"{kept} is of an earlier renumbering", "move it away first")
        written = [self._write_group(group) for group in sorted({_group(n) for n in self.known.values()})]
        journal = Journal(self.names, list(map(str, self.metadata)), list(map(str, written)))
        write_json(asdict(journal), self.folder / JOURNAL)
        finish(self.folder)

    def _write_group(self, group: int) -> Path:
        """One new metadata file, under a name that nobody reads yet; returns the name that it will have."""
        found = {path: metadata_span(path) for path in self.metadata}
        files = {}
        for old, new in self.known.items():
            if _group(new) == group:
                # In the order of the numbers, so that the last file read is nearly always the one needed.
                path = next(path for path, span in found.items() if span and span[1] <= old <= span[2])
                files[new] = metadata.read(path).files[old]
        first = group * FILES_OF_METADATA + 1
        path = self.metadata[0].with_name(f"currvarsv2_{self.stub}{first}_to_{first + FILES_OF_METADATA - 1}.npy")
        Metadata(files).write(path.with_name(path.name + NEW))
        return path

    def table(self) -> list[dict[str, str]]:
        """Old and new names, as rows of a table to show."""
        rows = [{"now": old, "then": new} for old, new in sorted(self.names, key=lambda names: _number(names[0]))]
        return rows + [{"now": path.name, "then": "keys renumbered, this kept as .old"} for path in self.metadata]


def finish(folder: Path) -> bool:
    """Carry out what a plan in the folder says, as far as it is not done; False when there is none.

    Every step can be repeated: in the plan's order, a new name is free until its file has got it.
    """
    journal = folder / JOURNAL
    if not journal.exists():
        return False
    try:
        plan = msgspec.json.decode(journal.read_bytes(), type=Journal)
    except (OSError, msgspec.MsgspecError):
        raise ClonestrikeError(f"{journal} cannot be read", "remove it when the names of the files are right") from None
    for before, after in plan.names:
        if not (folder / after).exists() and (folder / before).exists():
            (folder / before).rename(folder / after)
    old, new = [Path(path) for path in plan.old], [Path(path) for path in plan.new]
    ready = [path.with_name(path.name + NEW) for path in new]
    if all(path.exists() for path in ready):
        for path in old:
            if path.exists():
                path.replace(path.with_name(path.name + OLD))
    for path, made in zip(new, ready, strict=True):
        if made.exists():
            made.replace(path)
    journal.unlink()
    return True


def _number(name: str) -> int:
    file = OriginalFile.of(Path(name))
    return file.number if file else -1


def _group(number: int) -> int:
    return (number - 1) // FILES_OF_METADATA
