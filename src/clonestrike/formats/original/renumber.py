"""Renumbers the original's files without gaps, in their present order, together with their labels and metadata.

The plan is made first and can be shown. While it is carried out, a journal lies in the folder, so that an interrupted
renumbering can be finished later.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import msgspec

from clonestrike.errors import ClonestrikeError
from clonestrike.files import plain_name, regular, write_json
from clonestrike.formats.original import metadata
from clonestrike.formats.original.layout import FILES_OF_METADATA, OriginalFile, metadata_span
from clonestrike.formats.original.metadata import Metadata, find_metadata, metadata_folders
from clonestrike.formats.original.play_file import labels_path

JOURNAL = "renumbering.json"
NEW = ".renumbered"
OLD = ".old"
_REMEDY = "remove it when the names of the files are right"


@dataclass(frozen=True)
class Journal:
    """The file in the folder while a plan is carried out: old and new names, and old and new paths of metadata."""

    names: list[tuple[str, str]]
    old: list[str]
    new: list[str]


@dataclass(frozen=True)
class Renumbering:
    """A planned renumbering: new names of files, and the metadata whose keys change with them."""

    folder: Path
    stub: str
    numbers: dict[int, int]
    """Old number -> new number of all files of the stub, ascending."""
    names: list[tuple[str, str]]
    """Old and new names of the files to rename, in an order in which no new name is still taken."""
    metadata: list[Path]
    """The metadata files whose keys change."""
    known: dict[int, int]
    """Old number -> new number of the files that the metadata covers."""
    lost: list[int]
    """Numbers in the metadata without a file: their rows are only kept in the ``.old`` files."""

    @classmethod
    def of(cls, folder: Path, first: int, stub: str | None = None) -> Renumbering:
        """Plan the renumbering of a folder's HDF5 and recorder files from ``first`` on; changes nothing.

        Raises ClonestrikeError when there are no such files, or several data sets and no ``stub`` to choose one, or
        labels of a file that is gone are in the way.
        """
        if not folder.is_dir():
            raise ClonestrikeError(f"{folder} is not a folder", "name the folder of the files")
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
        # Their order stays: first rename those with lower new numbers, from the front, then the others from the back.
        order = [n for n in old if numbers[n] < n] + [n for n in reversed(old) if numbers[n] > n]
        names = []
        owned = {labels_path(file.path) for file in mine}
        for file in (file for number in order for file in mine if file.number == number):
            new = OriginalFile(folder, file.stub, numbers[file.number], file.kind).path
            if labels_path(new).exists() and labels_path(new) not in owned:
                raise ClonestrikeError(f"{labels_path(new)} is of a file that is gone", "remove it first")
            names.append((file.path.name, new.name))
            if labels_path(file.path).exists():
                names.append((labels_path(file.path).name, labels_path(new).name))
        found = sorted({path for path in map(find_metadata, mine) if path}) if names else []
        known = {number for path in found for number in metadata.read(path).files}
        kept = {number: numbers[number] for number in old if number in known}
        return cls(folder, mine[0].data_set, numbers, names, found, kept, sorted(known - set(numbers)))

    def apply(self) -> None:
        """Rename files and rewrite metadata; raises ClonestrikeError when an earlier ``.old`` file is in the way."""
        for path in self.metadata:
            kept = path.with_name(path.name + OLD)
            if kept.exists():
                raise ClonestrikeError(f"{kept} is of an earlier renumbering", "move it away first")
        written = [self._write_group(group) for group in sorted({_group(n) for n in self.known.values()})]
        journal = Journal(self.names, list(map(str, self.metadata)), list(map(str, written)))
        write_json(asdict(journal), self.folder / JOURNAL)
        finish(self.folder)

    def _write_group(self, group: int) -> Path:
        """Write one new metadata file under a temporary name; returns its final path."""
        found = {path: metadata_span(path) for path in self.metadata}
        files = {}
        for old, new in self.known.items():
            if _group(new) == group:
                # In the order of the numbers, so that the cached metadata file is nearly always the one needed.
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
    """Finish an interrupted renumbering from its journal; returns False when there is none.

    Every step can be repeated: in the plan's order, a new name is free until its file has been renamed. Raises
    ClonestrikeError, and renames nothing, when the journal names a file that no renumbering of this folder would.
    """
    journal = folder / JOURNAL
    if not journal.exists():
        return False
    try:
        plan = msgspec.json.decode(regular(journal).read_bytes(), type=Journal)
    except (OSError, msgspec.MsgspecError):
        raise ClonestrikeError(f"{journal} cannot be read", _REMEDY) from None
    for name in chain.from_iterable(plan.names):
        plain_name(name, journal, _REMEDY)
    old, new = ([_metadata_path(journal, path) for path in paths] for paths in (plan.old, plan.new))
    for before, after in plan.names:
        if not (folder / after).exists() and (folder / before).exists():
            (folder / before).rename(folder / after)
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


def _metadata_path(journal: Path, text: str) -> Path:
    """The path of a metadata file in the journal; raises ClonestrikeError for any other path."""
    name = plain_name(Path(text).name, journal, _REMEDY)
    places = [place.resolve() for place in metadata_folders(journal.parent)]
    folder = Path(text).parent.resolve()
    if folder not in places or metadata_span(Path(name)) is None:
        raise ClonestrikeError(f"{journal} names another file than metadata of this folder ({text!r})", _REMEDY)
    return folder / name


def _number(name: str) -> int:
    digits = re.search(r"(\d+)\.", name)  # before the suffix, .npy or .labels.parquet
    return int(digits[1]) if digits else -1


def _group(number: int) -> int:
    return (number - 1) // FILES_OF_METADATA
