"""The files of Pearce and Zhu: HDF5 files, recorder files, metadata, networks; FORMAT opens their play."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clonestrike.core.format import Contents, Format, PlaySource

if TYPE_CHECKING:
    from clonestrike.core.trajectory import Trajectory


def _find(path: Path) -> list[PlaySource]:
    from clonestrike.formats.original.opening import find

    return find(path)


def _open(sources: Sequence[PlaySource], strict: bool) -> list[Trajectory]:
    from clonestrike.formats.original.opening import open_sources

    return open_sources(sources, strict)


def _check(source: PlaySource) -> Contents:
    from clonestrike.formats.original.checking import check

    return check(source)


def _check_beside(path: Path) -> None:
    from clonestrike.formats.original.checking import check_sidecar

    check_sidecar(path)


FORMAT = Format("original", "original files", _find, _open, _check, _check_beside)
