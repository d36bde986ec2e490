"""The original's metadata files as trajectories without frames, for statistics and visit maps."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import Actions, Bools
from clonestrike.core.states import States
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original import metadata
from clonestrike.formats.original.arrays import OriginalArrays
from clonestrike.formats.original.layout import OriginalFile, blocks, metadata_span
from clonestrike.formats.original.play import OriginalPlay, metadata_bytes, to_states

_NAME = re.compile(r"currvarsv2_(?P<stub>.+?_?)(?:(?<=_)\d+)?\.npy")


def is_metadata(path: Path) -> bool:
    """Whether the file's name is that of a metadata file."""
    return _NAME.fullmatch(path.name) is not None


def metadata_stub(path: Path) -> str:
    """The stub of the files of play that a metadata file covers, from its name.

    ``currvarsv2_bot_capture_1_to_100.npy`` covers ``bot_capture_1`` and so on, and so does
    ``currvarsv2_agentj22_capture1_to_100.npy`` with ``agentj22_capture1``.
    """
    span, match = metadata_span(path), _NAME.fullmatch(path.name)
    return span[0] if span else match["stub"] if match else path.stem


def metadata_player(path: Path) -> str:
    """The player, whom the stub stands for, as in the names of files of play."""
    return metadata_stub(path).rstrip("_")


@dataclass(frozen=True, eq=False)
class MetadataPlay(OriginalPlay):
    """The rows of one file of play in a metadata file, without frames."""

    source: Path
    numbers: tuple[int, ...]
    """Numbers of its frames, ascending."""

    @classmethod
    def open_all(cls, path: Path) -> list[MetadataPlay]:
        """Every file of play in a metadata file; raises ClonestrikeError when it cannot be read.

        Rows are read again when they are asked for: a data set has millions of them.
        """
        files = metadata.read(path).files
        stub = metadata_stub(path)
        originals = [OriginalFile(path.parent, stub, number, path.suffix) for number in sorted(files)]
        # A metadata file of a single capture, such as an agent's, is one run; otherwise files of play form blocks.
        runs = blocks(originals) if len(files) > 1 else dict.fromkeys(originals, path.stem)
        return [cls(file, runs[file], path, tuple(sorted(files[file.number]))) for file in originals]

    @property
    def path(self) -> Path:
        """The metadata file that the rows are in."""
        return self.source

    @property
    def steps(self) -> int:
        """T, the number of rows."""
        return len(self.numbers)

    @property
    def faults(self) -> Sequence[str]:
        """Empty: a metadata file is used as a whole or not at all."""
        return ()

    @property
    def rows(self) -> list[metadata.Row]:
        """The metadata [curr_vars, infer_a, helper_arr] of every row."""
        rows = metadata.read(self.source).files[self.file.number]
        return [rows[number] for number in self.numbers]

    @property
    def arrays(self) -> OriginalArrays:
        """The metadata alone."""
        return OriginalArrays(self.file.number, np.array(self.numbers), None, None, None, self.rows)

    @cached_property
    def states(self) -> States:
        """T + 1 states, the first one unknown."""
        return to_states(self.path, self.rows)

    @cached_property
    def labels(self) -> Actions | None:
        """The T labels in infer_a, with unbinned mouse counts; None where a row has none."""
        rows = self.rows
        if any(len(row) < 2 for row in rows):
            return None
        try:
            return metadata.to_actions([row[1] for row in rows])
        except (TypeError, ValueError) as error:
            raise ClonestrikeError(
                f"{self.path} has an unreadable inferred action ({error})", "download it again"
            ) from None

    @cached_property
    def events(self) -> Bools:
        """Bool (T, 2): kill, death; from helper_arr, False where there is none."""
        try:
            return np.array([row[2] if len(row) > 2 else (0, 0) for row in self.rows], float).reshape(-1, 2) > 0.5
        except (TypeError, ValueError) as error:
            raise ClonestrikeError(f"{self.path} has an unreadable event ({error})", "download it again") from None

    @cached_property
    def gaps(self) -> Bools:
        """Bool (T,): True where the next frame is missing, and at the end."""
        gaps: Bools = np.diff(self.numbers, append=-1) != 1
        return gaps

    def frames(self, start: int = 0, stop: int | None = None) -> NDArray[np.uint8]:
        """Always raises ClonestrikeError: frames are in the HDF5 files only."""
        raise ClonestrikeError(f"{self.path} is metadata without frames", "name the HDF5 files too")

    def fingerprint(self) -> str:
        """A hash of all states and events, 16 hexadecimal digits."""
        content = metadata_bytes(self.rows, self.states) + self.events.tobytes()
        return hashlib.blake2b(content, digest_size=8).hexdigest()
