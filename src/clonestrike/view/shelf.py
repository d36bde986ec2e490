"""The play at several paths in order, each file opened when it is reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from clonestrike.core.format import Content
from clonestrike.core.opening import Found, find
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True)
class Place:
    """A trajectory on the shelf: the number of its source, and its own number in that source."""

    source: int
    play: int


@dataclass(frozen=True)
class Shelf:
    """Sources of play, in order; most hold one trajectory, a metadata file of the original holds a hundred."""

    sources: tuple[Found, ...]

    @classmethod
    def of(cls, paths: Sequence[Path]) -> Self:
        """All play at the paths. States without frames are left out where files of the same player lie beside them.

        Raises ClonestrikeError for a path without play.
        """
        chosen: dict[Found, None] = {}
        for path in paths:
            found = find(path)
            filmed = {one.source.player for one in found if one.source.content is Content.PLAY}
            mine = [
                one for one in found
                if one.source.path == path
                or one.source.content is Content.PLAY
                or (one.source.content is Content.STATES and one.source.player not in filmed)
            ]  # fmt: skip
            if not mine:
                what = "holds no finished recording" if path.exists() else "does not exist"
                raise ClonestrikeError(f"{path} {what}", "name a recording, or a folder of recordings")
            chosen |= dict.fromkeys(mine)
        return cls(tuple(chosen))

    def first(self, part: int | None = None) -> tuple[Place, Trajectory]:
        """The first trajectory that can be opened, or the first that is part ``part`` of its run.

        Raises ClonestrikeError when there is none.
        """
        failures: list[ClonestrikeError] = []
        for source in range(len(self.sources)):
            try:
                plays = self.plays(source)
            except ClonestrikeError as error:
                failures.append(error)
                continue
            for number, play in enumerate(plays):
                if part is None or play.part == part:
                    return Place(source, number), play
        if failures and len(failures) == len(self.sources):
            raise failures[0]
        raise ClonestrikeError("no such file of play is there", "choose another with --file")

    def beside(self, place: Place, way: Literal[1, -1]) -> tuple[Place, Trajectory] | None:
        """The nearest trajectory after (1) or before (-1) a place that can be opened; None at the end."""
        return next(self._walk(place, way), None)

    def _walk(self, place: Place, way: Literal[1, -1]) -> Iterator[tuple[Place, Trajectory]]:
        here = self.plays(place.source)
        for number in range(place.play + way, len(here) if way > 0 else -1, way):
            yield Place(place.source, number), here[number]
        for source in range(place.source + way, len(self.sources) if way > 0 else -1, way):
            try:
                plays = self.plays(source)
            except ClonestrikeError:
                continue  # `clonestrike check` says why
            yield from [(Place(source, number), play) for number, play in enumerate(plays)][::way]

    def plays(self, source: int) -> tuple[Trajectory, ...]:
        """The trajectories in a source; raises ClonestrikeError when none can be used."""
        return _opened(self.sources[source])


@lru_cache(maxsize=3)
def _opened(found: Found) -> tuple[Trajectory, ...]:
    return tuple(found.format.open([found.source], False))
