"""The original's arrays, kept unchanged beside an imported recording, and given back by an export."""

from __future__ import annotations

from pathlib import Path

from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.files import plain_name
from clonestrike.formats.original.arrays import OriginalArrays
from clonestrike.formats.original.layout import run_data_set
from clonestrike.formats.original.pickles import read_npy, write_npy
from clonestrike.formats.original.play import OriginalPlay

SIDECAR = "original.npy"


def data_set_of(play: Trajectory) -> str | None:
    """The stub, without ``hdf5_``, of the file of the original that this is, or was imported from; its part is the
    file's number. None for other play.

    Raises ClonestrikeError when files of that name would lie in another folder.
    """
    if isinstance(play, OriginalPlay):
        return play.file.data_set
    if not (play.path / SIDECAR).is_file():
        return None
    data_set = run_data_set(play.run)
    plain_name(f"{data_set}1", f"the run of {play.path}", "import the original's file again")
    return data_set


def arrays_of(play: Trajectory) -> OriginalArrays | None:
    """The arrays of a file of the original, or those kept beside an imported recording; None for other play.

    Raises ClonestrikeError when they are damaged.
    """
    if isinstance(play, OriginalPlay):
        return play.arrays
    path = play.path / SIDECAR
    if not path.is_file():
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
