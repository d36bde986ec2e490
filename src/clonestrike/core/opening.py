"""Opens play of every installed format."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from clonestrike.core.format import Content, Format, PlaySource, formats
from clonestrike.core.trajectory import Trajectory
from clonestrike.core.usable import usable
from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True)
class Found:
    """A source, and the format that found it."""

    format: Format
    source: PlaySource


def find(path: Path) -> list[Found]:
    """All sources of play at or under a path, format by format; what two formats find goes to the first."""
    found: list[Found] = []
    taken: set[Path] = set()
    for each in formats():
        mine = [Found(each, source) for source in each.find(path) if source.path not in taken]
        taken |= {one.source.path for one in mine}
        found += mine
    return found


def open_trajectories(paths: Sequence[Path], strict: bool = False) -> list[Trajectory]:
    """Open all play under the paths, each source once: recordings by path, then other formats in their own order.

    Sources that cannot be used, or only in part, are reported. Raises ClonestrikeError for a path without finished
    play, when nothing can be used, or with ``strict`` when anything cannot.
    """
    if not paths:
        raise ClonestrikeError("no path is given", "name a recording or a folder of recordings")
    chosen: list[Found] = []
    for path in map(Path, paths):
        found = find(path)
        play = [one for one in found if one.source.content is Content.PLAY]
        if not play:
            raise _nothing_to_open(path, found)
        chosen += play
    return _opened(chosen, strict)


def open_trajectory(path: Path) -> Trajectory:
    """The one trajectory at a path; raises ClonestrikeError when there is none, or more than one.

    A recording that is still being written is opened as far as it goes.
    """
    found = [one for one in find(path) if one.source.content is not Content.STATES]
    if not found and not path.is_dir():
        what = "a file, not a recording" if path.exists() else "not there"
        raise ClonestrikeError(f"{path} is {what}", "give the folder of a recording")
    itself = [one for one in found if one.source.path == path]
    opened = _opened(itself, strict=False) if itself else open_trajectories([path])
    if len(opened) > 1:
        raise ClonestrikeError(f"{path} holds {len(opened)} recordings", f"name one, such as {opened[0].path}")
    return opened[0]


def iter_known(paths: Sequence[Path], strict: bool = False) -> Iterator[Trajectory]:
    """Yields all play under the paths as open_trajectories does, then play that only sources without frames hold.

    The latter are read one by one. Reports and raises as open_trajectories does.
    """
    frameless: dict[Found, None] = {}
    rest = []
    for path in map(Path, paths):
        found = find(path)
        mine = [one for one in found if one.source.content is Content.STATES]
        frameless |= dict.fromkeys(mine)
        if not mine or len(mine) < len(found):
            rest.append(path)
    seen: set[tuple[str, int]] = set()
    if rest or not frameless:
        opened = deque(open_trajectories(rest, strict))
        while opened:  # what was counted must not keep its states: those of a large set do not fit into memory
            seen.add((opened[0].player, opened[0].part))
            yield opened.popleft()
    states = sorted(frameless, key=lambda one: one.source.path)
    for plays in usable(states, lambda one: one.format.open([one.source], True), strict, "files of states"):
        yield from (play for play in plays if (play.player, play.part) not in seen)


def _opened(found: Iterable[Found], strict: bool) -> list[Trajectory]:
    """Open each source once, format by format in the order of their priority.

    A format of whose sources none can be used is skipped like a source.
    """
    sources: dict[str, dict[PlaySource, None]] = {}
    for one in found:
        sources.setdefault(one.format.name, {})[one.source] = None
    chosen = [each for each in formats() if each.name in sources]
    opened = usable(chosen, lambda each: each.open(list(sources[each.name]), strict), strict, "data formats")
    return [play for plays in opened for play in plays]


def _nothing_to_open(path: Path, found: Sequence[Found]) -> ClonestrikeError:
    if not found and not path.exists():
        return ClonestrikeError(f"{path} does not exist", "name a recording or a folder of recordings")
    if any(one.source.content is Content.STATES for one in found):
        return ClonestrikeError(
            f"{path} holds states without frames", "name the files that have the frames, or use stats, view or coverage"
        )
    unfinished = sum(one.source.content is Content.UNFINISHED for one in found)
    left = f" ({unfinished} unfinished)" if unfinished else ""
    return ClonestrikeError(f"{path} holds no finished recording{left}", "record some first")
