"""The layout of the original's files: names, shapes, order of columns, units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clonestrike.core.game_info import GameInfo

STEPS_PER_SECOND = 16.0
HEIGHT, WIDTH = 150, 280
PREVIOUS, AUX = 3, 18
"""xaux holds the 3 previous steps, newest first, 18 values each."""
SHAPES = {"x": (HEIGHT, WIDTH, 3), "xaux": (PREVIOUS * AUX,), "y": (51,), "helperarr": (2,)}
"""The four datasets of a frame: frame_i_x and so on."""
KINDS = tuple(SHAPES)
MOUSE_X_SCALE, MOUSE_Y_SCALE, HEALTH_SCALE, AMMO_SCALE = 1000, 200, 100, 30
OWN_PLAY, FIRST_PERSON, THIRD_PERSON = 0, 4, 5
"""Values of obs_mode: the recorder plays himself, watches through another player's eyes, or from behind him."""

FILES_OF_METADATA = 100
"""Number of files of play that one metadata file covers."""
LARGEST_BLOCK = 10
HDF5_PREFIX = "hdf5_"
_HDF5 = re.compile(r"(?P<stub>hdf5_.*?)(?P<number>[0-9]+)\.hdf5")
_RECORDER = re.compile(r"(?P<stub>(?!currvarsv2_).*?)(?P<number>[0-9]+)\.npy")
_SPANS = (
    re.compile(r"currvarsv2_(?P<stub>.*?)(?P<first>\d*01|1)_to_(?P<last>\d*00)\.npy"),
    re.compile(r"currvarsv2_(?P<stub>.*?)(?P<first>\d+)_to_(?P<last>\d+)\.npy"),
)
"""Hundreds of files first: a stub may end in digits of its own, without anything between them and the numbers."""
_RUN = re.compile(r"(?:hdf5_)?(?P<data_set>.*?)\d+-\d+")
_MAPS = ("mirage", "nuke", "inferno", "aim")


@dataclass(frozen=True, order=True)
class OriginalFile:
    """One file of play: ``hdf5_dm_july2021_12.hdf5`` has the stub ``hdf5_dm_july2021_`` and the number 12."""

    folder: Path
    stub: str
    number: int
    kind: str
    """Suffix: .hdf5, or .npy for the recorder's."""
    digits: int = 1
    """Number of digits that the name has at least: others fill numbers up with zeros, the original does not."""

    @classmethod
    def of(cls, path: Path) -> OriginalFile | None:
        """The file of play at a path, judged by its name; None for any other name."""
        match = _HDF5.fullmatch(path.name) or _RECORDER.fullmatch(path.name)
        if match is None:
            return None
        written = match["number"]
        digits = len(written) if written.startswith("0") else 1
        return cls(path.parent, match["stub"], int(written), path.suffix, digits)

    @property
    def path(self) -> Path:
        """The file's path."""
        return self.folder / f"{self.stub}{self.number:0{self.digits}}{self.kind}"

    @property
    def data_set(self) -> str:
        """The stub without ``hdf5_``, as in the names of metadata files."""
        return self.stub.removeprefix(HDF5_PREFIX)

    @property
    def player(self) -> str:
        """The stub without ``hdf5_`` stands for the player, whom file names do not tell."""
        return self.data_set.rstrip("_")


def metadata_span(path: Path) -> tuple[str, int, int] | None:
    """Stub, first and last number of a metadata file, from its name; None for any other name."""
    match = next(filter(None, (span.fullmatch(path.name) for span in _SPANS)), None)
    return (match["stub"], int(match["first"]), int(match["last"])) if match else None


def blocks(files: Sequence[OriginalFile]) -> dict[OriginalFile, str]:
    """File -> its run: a block of consecutive numbers, so that no split separates neighbours within it.

    The original cuts play into files of one minute, so neighbours show the same match. A block has ten numbers, or
    fewer in small sets, but at least two.
    """
    found = {}
    for key in {(file.folder, file.stub) for file in files}:
        members = [file for file in files if (file.folder, file.stub) == key]
        size = min(LARGEST_BLOCK, max(2, len(members) // 5))
        for file in members:
            first = (file.number - 1) // size * size + 1
            found[file] = f"{file.stub}{first}-{first + size - 1}"
    return found


def run_data_set(run: str) -> str:
    """The data set in the name of a run (see blocks); any other name is that of a data set itself."""
    match = _RUN.fullmatch(run)
    return match["data_set"] if match else f"{run}_"


def game_info(stub: str) -> GameInfo:
    """GameInfo of files with this stub: CS:GO at 16 steps a second; the stub names the map, dust2 by default."""
    words = stub.split("_")
    game_map = next((name for name in _MAPS if name in words), "dust2")
    return GameInfo(
        game="csgo",
        map=game_map,
        mode="aim" if game_map == "aim" else "deathmatch",
        steps_per_second=STEPS_PER_SECOND,
        frame_height=HEIGHT,
        frame_width=WIDTH,
        field_of_view=90.0,
        movement="csgo",
    )
