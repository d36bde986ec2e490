"""Plug-ins: games, networks, formats and actors, found by name through entry points.

Clonestrike's own are declared in its ``pyproject.toml``, in the same way as those of any other package.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, Literal, TypeVar

from clonestrike.errors import ClonestrikeError
from clonestrike.extras import naming_extras

Part = TypeVar("Part")


@dataclass(frozen=True)
class Installed:
    """Annotates an option that takes names of parts: its help lists those that are installed."""

    parts: Literal["games", "networks", "formats", "actors"]

    @property
    def names(self) -> list[str]:
        """Names of the installed parts, sorted. No part is imported."""
        return sorted(entry_points(group=f"clonestrike.{self.parts}").names)


class Registry(Generic[Part]):
    """The parts of one kind that installed packages declare. A part is imported by ``get`` only.

    Args:
        group: entry point group, such as ``clonestrike.games``.
        kind: class of the objects that the entry points load.
        noun: word for such a part in messages.
    """

    def __init__(self, group: str, kind: type[Part], noun: str) -> None:
        self._group, self._kind, self._noun = group, kind, noun

    def names(self) -> list[str]:
        """Names of all parts, sorted."""
        return sorted(self._found())

    def get(self, name: str) -> Part:
        """The part of this name; raises ClonestrikeError when there is none, or its package cannot be used."""
        found = self._found()
        if name not in found:
            raise ClonestrikeError(f"there is no {self._noun} {name!r}", f"use one of {', '.join(sorted(found))}")
        point, *others = found[name]
        if others:
            packages = " and ".join(_package(each) for each in found[name])
            raise ClonestrikeError(
                f"there are {len(found[name])} {self._noun}s {name!r}, of {packages}", "uninstall all but one"
            )
        try:
            with naming_extras():
                part = point.load()
        except (ImportError, AttributeError) as error:
            raise ClonestrikeError(
                f"the {self._noun} {name!r} cannot be loaded from {point.value} ({error})", _remedy(point)
            ) from error
        if not isinstance(part, self._kind):
            raise ClonestrikeError(
                f"the {self._noun} {name!r} is a {type(part).__name__}, not a {self._kind.__name__}", _remedy(point)
            )
        return part

    def __iter__(self) -> Iterator[Part]:
        return map(self.get, self.names())

    def _found(self) -> dict[str, list[EntryPoint]]:
        """Entry points by name; a name that several packages declare has several."""
        found: dict[str, list[EntryPoint]] = {}
        for point in entry_points(group=self._group):
            found.setdefault(point.name, []).append(point)
        return found


def _remedy(point: EntryPoint) -> str:
    return f"reinstall {_package(point)}"


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "its package"
