"""The original's arrays, kept unchanged beside an imported recording, and given back by an export."""

from __future__ import annotations

from pathlib import Path

from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.arrays import OriginalArrays
from clonestrike.formats.original.pickles import read_npy, write_npy
from clonestrike.formats.original.play import OriginalPlay

SIDECAR = "original.npy"


def is_original(play: Trajectory) -> bool:
    """Whether this is a file of the original, or a recording that was imported from one; its part is its number."""
    return isinstance(play, OriginalPlay) or (play.path / SIDECAR).exists()


def arrays_of(play: Trajectory) -> OriginalArrays | None:
    """The arrays of a file of the original, or those kept beside an imported recording; None for other play.

    Raises ClonestrikeError when they are damaged.
    """
    if isinstance(play, OriginalPlay):
        return play.arrays
    path = play.path / SIDECAR
    if not path.exists():
        return None
    try:
        kept = OriginalArrays(**read_npy(path))
    except TypeError:
        raise ClonestrikeError(f"{path} is of another version", "import the original's file again") from None
    if type(kept.number) is not int:
        raise ClonestrikeError(f"{path} has the number {kept.number!r}", "import the original's file again")
    if len(kept.frames) != play.steps:
        raise ClonestrikeError(f"{path} has {len(kept.frames)} frames, the recording {play.steps}", "it is damaged")
    return kept


def keep(arrays: OriginalArrays, folder: Path) -> None:
    """Write the arrays beside a recording; raises OSError."""
    write_npy(folder / SIDECAR, vars(arrays))
