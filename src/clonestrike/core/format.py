"""Data formats: what finds, opens and checks play of one kind, wherever it lies.

A format is a part that plugs in through the entry points ``clonestrike.formats``, our own recordings included. Every
stage that reads play goes through ``clonestrike.datasets``, which knows formats only as the records below.
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
    """What a source holds, and so who opens it."""

    PLAY = "frames with states or actions"
    """Opened by every stage."""
    STATES = "states or actions without frames"
    """Opened where positions and mouse motion are enough, if no source of PLAY has the same player and part."""
    UNFINISHED = "play that is still being written, or was cut off"
    """Opened when it is itself named; otherwise counted, and read by ``clonestrike check``."""


@dataclass(frozen=True)
class PlaySource:
    """What a format can open by itself: a file, a folder, a member of an archive; it gives one trajectory or several.

    A format that must keep more of a source than this derives from it. Sources travel to other processes (pickled by
    ``multiprocessing``), and equal ones are opened once.
    """

    path: Path
    """Where it lies: what messages name, and what a user names to open this source alone. Several sources may share
    a path (members of an archive), and it need not be on this machine (``hub:OWNER/NAME``)."""
    kind: str
    """The row of ``clonestrike check`` that counts it, such as HDF5."""
    content: Content = Content.PLAY
    player: str = ""
    """Whose play it is where the source's name says so, else empty."""


@dataclass(frozen=True)
class Contents:
    """What reading all of a source has shown."""

    frames: int
    faults: tuple[str, ...] = ()
    """What of it cannot be used, and why."""


@dataclass(frozen=True)
class Format:
    """A data format.

    All formats are loaded whenever play is opened, whatever format that play has. So the module that defines one
    imports its readers only inside these functions.
    """

    name: str
    """That of its entry point."""
    title: str
    """What a user calls such play, in the plural: ``recordings``."""
    find: Callable[[Path], Sequence[PlaySource]]
    """The sources at a path or anywhere under it, sorted; none where there is none, or where nothing is.

    Looks at names and the beginnings of files only. A path may also be what only this format knows how to reach.
    """
    open: Callable[[Sequence[PlaySource], bool], list[Trajectory]]
    """Opens sources that ``find`` gave, in the order that this format's play has.

    Reports on ``console.messages`` what cannot be used, or not as a whole, and passes it over; raises ClonestrikeError
    when nothing can be used, or when the second argument (strict) is True and anything cannot.
    """
    check: Callable[[PlaySource], Contents]
    """Reads all of a source; raises ClonestrikeError or OSError when nothing of it can be used."""
    check_beside: Callable[[Path], None] | None = None
    """Reads what this format keeps beside play of other formats, given the path of that play.

    Does nothing where there is no such file; raises ClonestrikeError when it is damaged.
    """
    priority: int = 0
    """Formats of a higher priority come first, those of the same one by name: their play is opened first, and a path
    that two formats find belongs to the first of them."""


FORMATS = Registry("clonestrike.formats", Format, "data format")


def formats() -> list[Format]:
    """All data formats, in the order in which they are asked; raises ClonestrikeError when one cannot be loaded."""
    return sorted(FORMATS, key=lambda each: (-each.priority, each.name))
