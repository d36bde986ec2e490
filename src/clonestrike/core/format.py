"""Data formats: how play of one kind is found, opened and checked.

Formats, that of recordings included, are declared by entry points of the group ``clonestrike.formats``. Every
stage reads play through ``clonestrike.datasets``, which knows formats only as the dataclasses below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from clonestrike.core.registry import Registry

if TYPE_CHECKING:
    from clonestrike.core.trajectory import Trajectory


class Content(Enum):
    """What a source holds. It decides which stages open the source."""

    PLAY = "frames with states or actions"
    """Opened by every stage."""
    STATES = "states or actions without frames"
    """Opened where positions and mouse motion are enough, if no source of PLAY has the same player and part."""
    UNFINISHED = "play that is still being written, or was cut off"
    """Opened only when its own path is given; otherwise counted, and read by ``clonestrike check``."""


@dataclass(frozen=True)
class PlaySource:
    """A file, a folder or a member of an archive that a format opens on its own. It holds one trajectory or more.

    A format that needs more fields derives from this class. Sources are sent to other processes (pickled by
    ``multiprocessing``), and equal ones are opened once.
    """

    path: Path
    """Named in messages, and given by a user to open this source alone. Several sources may share a path (members of
    an archive), and it may be remote (``hub:OWNER/NAME``)."""
    kind: str
    """The row of ``clonestrike check`` that counts it, such as HDF5."""
    content: Content = Content.PLAY
    player: str = ""
    """The player, if the source's name tells; else empty."""


@dataclass(frozen=True)
class Contents:
    """The result of reading a whole source."""

    frames: int
    faults: tuple[str, ...] = ()
    """Parts that cannot be used, and why."""


@dataclass(frozen=True)
class Format:
    """A data format.

    All formats are loaded whenever play of any format is opened. So the module that defines one imports its readers
    only inside these functions.
    """

    name: str
    """Name of the entry point."""
    title: str
    """Plural noun for such play in messages, such as ``recordings``."""
    find: Callable[[Path], Sequence[PlaySource]]
    """Returns the sources at a path or anywhere below it, sorted; none if the path does not exist.

    Reads only names and the beginnings of files. The path may also be an address that only this format understands.
    """
    open: Callable[[Sequence[PlaySource], bool], list[Trajectory]]
    """Opens sources that ``find`` returned, in the format's own order.

    Skips and reports what cannot be used; raises ClonestrikeError when nothing can be used, or when the second argument
    (strict) is True and something cannot. ``clonestrike.core.usable`` does that.
    """
    check: Callable[[PlaySource], Contents]
    """Reads a whole source; raises ClonestrikeError or OSError when none of it can be used."""
    check_beside: Callable[[Path], None] | None = None
    """Reads the file that this format keeps beside play of other formats, given the path of that play.

    Does nothing if there is no such file; raises ClonestrikeError if it is damaged.
    """
    priority: int = 0
    """Formats search and open paths in order of descending priority, then name. A path that two formats find belongs
    to the first of them."""


FORMATS = Registry("clonestrike.formats", Format, "data format")


def formats() -> list[Format]:
    """All data formats by descending priority, then name; raises ClonestrikeError when one cannot be loaded."""
    return sorted(FORMATS, key=lambda each: (-each.priority, each.name))
