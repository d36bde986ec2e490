"""Sets of play: what is counted, compared and drawn as one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from clonestrike.core.opening import find, iter_known
from clonestrike.core.trajectory import Trajectory


@dataclass(frozen=True, order=True)
class PlaySet:
    """All play of one player (or kind of player) on one map."""

    name: str
    map: str


def iter_sets(paths: Sequence[Path], strict: bool = False) -> Iterator[tuple[PlaySet, Trajectory]]:
    """Yields all play under the paths as iter_known does, each with the set that it belongs to.

    Files of the original tell the player by the stub of their names: ``dm_july2021_1.npy`` and
    ``currvarsv2_dm_july2021_1_to_100.npy`` are of the set ``dm_july2021``. Other play, such as recordings, is of the
    set named after the path that it was found at. Reports and raises as iter_known does.
    """
    told = {found.source.player for path in paths for found in find(path)} - {""}
    for play in iter_known(paths, strict):
        yield PlaySet(play.player if play.player in told else _place(play, paths), play.info.map), play


def titles(sets: Collection[PlaySet]) -> dict[PlaySet, str]:
    """What each set is called: its name, and its map where several sets have the same name."""
    names = Counter(one.name for one in sets)
    return {one: one.name if names[one.name] == 1 else f"{one.name} on {one.map}" for one in sets}


def file_names(titles: Iterable[str]) -> dict[str, str]:
    """What each set is called -> a name for its files, of letters, digits, ``.`` and ``-``.

    No two are equal, also where capitals do not count, and none leads out of its folder: what a set is called may come
    from the names of strangers' files.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for title in titles:
        base = re.sub(r"[^\w.-]+", "-", title).strip(".-") or "set"
        name = next(name for n in count(1) if (name := f"{base}-{n}" if n > 1 else base).casefold() not in taken)
        taken.add(name.casefold())
        names[title] = name
    return names


def _place(play: Trajectory, paths: Sequence[Path]) -> str:
    found = next((path for path in paths if play.path.is_relative_to(path)), play.path)
    return found.resolve().name
