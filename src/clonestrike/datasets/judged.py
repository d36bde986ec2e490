"""How good the states of play are, file by file: the original's counts of suspect rows, as ``label`` reports them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clonestrike.core.format import Content
from clonestrike.core.opening import Found
from clonestrike.datasets.sets import PlaySet, titles
from clonestrike.errors import ClonestrikeError
from clonestrike.labelling.quality import Quality
from clonestrike.labelling.rules import located


@dataclass(frozen=True)
class Judged:
    """The quality of one trajectory's states."""

    path: Path
    part: int
    """Its number in the set (or the run)."""
    set: PlaySet
    content: Content
    """What its source holds."""
    quality: Quality

    @property
    def name(self) -> str:
        """The path, with the number of the file of play where a source holds many."""
        return f"{self.path} file {self.part}" if self.content is Content.STATES else str(self.path)


def judge(found: Found) -> tuple[Judged, ...]:
    """Judge the play in a source; only play whose states tell position, velocity and view can be judged.

    Raises ClonestrikeError when the source cannot be read.
    """
    source = found.source
    judged = []
    for play in found.format.open([source], False):
        if not located(play.states).any():
            continue
        try:
            quality = Quality.of(play.states, play.info)
        except ClonestrikeError:
            continue  # of a game whose package is not installed
        place = PlaySet(source.player or source.path.parent.name, play.info.map)
        judged.append(Judged(play.path, play.part, place, source.content, quality))
    return tuple(judged)


def once(judged: Sequence[Judged]) -> list[Judged]:
    """The same by set and file, without files of play in metadata that were also judged by themselves."""
    filmed = {(one.set, one.part) for one in judged if one.content is Content.PLAY}
    kept = [one for one in judged if one.content is Content.PLAY or (one.set, one.part) not in filmed]
    # Shorter names first: the original's numbers have no leading zeros.
    return sorted(kept, key=lambda one: (one.set, len(str(one.path)), one.path, one.part))


def rows(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Set, number, counts, verdict and reasons of each, by name; suspect ones first."""
    order = sorted(judged, key=lambda one: one.quality.verdict == "good")
    names = titles({one.set for one in judged})
    return {one.name: {"set": names[one.set], "file": one.part, **one.quality.to_json()} for one in order}
