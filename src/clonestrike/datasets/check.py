"""Checks that every file of a data set can be used, and how good its states are.

Each format reads its files completely: it decodes every frame of a recording, and checks every row of the original's
files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clonestrike import console
from clonestrike.console import progress
from clonestrike.core.format import Content, PlaySource, formats
from clonestrike.core.opening import Found, find
from clonestrike.datasets import figures
from clonestrike.datasets.judged import Judged, judge, once, rows
from clonestrike.datasets.sets import file_names, titles
from clonestrike.errors import ClonestrikeError
from clonestrike.workers import WorkerPool

GOOD, PARTLY, UNFINISHED, DAMAGED = STATES = ("good", "in part", "unfinished", "damaged")


@dataclass(frozen=True)
class Verdict:
    """The result for one source of play; ``state`` is one of STATES."""

    path: Path
    kind: str
    state: str
    frames: int
    bytes: int
    faults: tuple[str, ...]
    judged: tuple[Judged, ...] = ()
    """The quality of the states in it, where they can be judged."""


def check(paths: Sequence[Path], workers: int, out: Path | None = None, pdf: bool = False) -> dict[str, Any]:
    """Check everything under the paths; returns a summary for each kind of file, the files with faults, and quality.

    With ``out``, writes a figure of the quality of every set into that folder, with ``pdf`` as PDF, too. Raises
    ClonestrikeError when there is nothing to check, and what WorkerPool raises.
    """
    jobs = _jobs(paths)
    found: list[Verdict] = []
    with progress() as bars, WorkerPool(workers, _hush) as pool:
        bar = bars.add_task("checking", total=len(jobs))
        try:
            futures = [pool.submit(verdict, job) for job in jobs]
            for future in as_completed(futures):
                found.append(future.result())
                bars.advance(bar)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    found.sort(key=lambda verdict: verdict.path)
    judged = once([one for verdict in found for one in verdict.judged])
    result = {
        "summary": _summary(found),
        "faults": [_row(verdict) for verdict in found if verdict.state != GOOD],
        "quality": rows(judged),
    }
    if out is not None:
        result["figures"] = [str(path) for path in _draw(judged, out, pdf)]
    return result


def _hush() -> None:
    """Print nothing in a worker: what it finds is in its verdict."""
    console.messages.quiet = True


def _draw(judged: Sequence[Judged], out: Path, pdf: bool) -> list[Path]:
    """Write a figure of the quality of every set; returns their files."""
    out.mkdir(parents=True, exist_ok=True)
    names = titles({one.set for one in judged})
    files = file_names(sorted(names.values()))
    return [
        path
        for which, name in sorted(names.items())
        for path in figures.quality(
            name, [one for one in judged if one.set == which], out / f"quality-{files[name]}.png", pdf
        )
    ]


def _jobs(paths: Sequence[Path]) -> list[Found]:
    jobs: dict[PlaySource, Found] = {}
    for path in paths:
        found = find(path)
        if not found and not path.exists():
            raise ClonestrikeError(f"{path} does not exist", f"name {', '.join(_titles())} or folders of them")
        jobs |= {job.source: job for job in found}
    if not jobs:
        raise ClonestrikeError(f"{paths[0]} holds neither {' nor '.join(_titles())}", "name another folder")
    return sorted(jobs.values(), key=lambda job: job.source.path)


def _titles() -> list[str]:
    return [each.title for each in formats()]


def verdict(found: Found) -> Verdict:
    """Check one source, and what other formats keep beside it; then judge its states."""
    size, source = 0, found.source
    try:
        size = _size(source.path)
        contents = found.format.check(source)
        for each in formats():
            if each.check_beside and each.name != found.format.name:
                each.check_beside(source.path)
        judged = () if source.content is Content.UNFINISHED else judge(found)
    except ClonestrikeError as error:
        return Verdict(source.path, source.kind, DAMAGED, 0, size, (str(error),))
    except OSError as error:
        why = f"{source.path} cannot be read: {error.strerror or error}"
        return Verdict(source.path, source.kind, DAMAGED, 0, size, (why,))
    state = UNFINISHED if source.content is Content.UNFINISHED else PARTLY if contents.faults else GOOD
    return Verdict(source.path, source.kind, state, contents.frames, size, contents.faults, judged)


def _size(path: Path) -> int:
    """Size of a file, or of the files in a folder, in bytes; 0 if there is none."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.iterdir())
    return path.stat().st_size if path.exists() else 0


def _summary(found: Sequence[Verdict]) -> dict[str, dict[str, Any]]:
    kinds: dict[str, dict[str, Any]] = {}
    for kind in dict.fromkeys(verdict.kind for verdict in found):
        mine = [verdict for verdict in found if verdict.kind == kind]
        states = Counter(verdict.state for verdict in mine)
        kinds[kind] = {
            "files": len(mine),
            **{state: states[state] for state in STATES},
            "frames": sum(verdict.frames for verdict in mine),
            "GB": sum(verdict.bytes for verdict in mine) / 1e9,
            "suspect": sum(one.quality.verdict == "suspect" for verdict in mine for one in verdict.judged),
        }
    return kinds


def _row(verdict: Verdict) -> dict[str, Any]:
    return {"path": verdict.path, "state": verdict.state, "why": "; ".join(verdict.faults)}
