"""What a data set holds, and how to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from clonestrike.cli.verb import Verb, given
from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True, kw_only=True)
class Check(Verb):
    """Read every file of a data set: recordings, HDF5 files, recorder files, metadata.

    Exits with 1 when a file is damaged or can be used in part only, with 0 when all are good.
    """

    example = "clonestrike check data/bots dataset_dm_expert_dust2"

    paths: Positional[tuple[Path, ...]]
    """Recordings or original files, or folders of them."""
    workers: int = 2
    """Files that are read at the same time."""

    def run(self) -> dict[str, Any]:
        given(self.paths)
        from clonestrike.datasets.check import check

        return check(self.paths, self.workers)

    def report(self, result: dict[str, Any]) -> None:
        super().report({**result, "faults": result["faults"] or "none"})

    def exit_code(self, result: dict[str, Any]) -> int:
        return int(bool(result["faults"]))


@dataclass(frozen=True, kw_only=True)
class Stats(Verb):
    """Count what a data set holds, and draw weapons, trajectories and mouse motion."""

    example = "clonestrike stats dataset_metadata --out figures"

    paths: Positional[tuple[Path, ...]]
    """Recordings or original files, or folders of them; metadata counts also without the files that it tells of."""
    out: Path
    """Folder of stats.json and the figures."""

    def run(self) -> dict[str, Any]:
        given(self.paths)
        from clonestrike.datasets.stats import StatsConfig, stats

        return stats(StatsConfig(**self.options))


@dataclass(frozen=True, kw_only=True)
class Renumber(Verb):
    """Number the original's files without holes, in their order, with the keys of their metadata.

    Shows what it would do; --apply does it. The metadata is kept as it was under .old names.
    """

    example = "clonestrike renumber dataset_dm_expert_dust2 --from 1 --apply"

    folder: Positional[Path]
    """Folder of the files."""
    first: Annotated[int, arg(name="from")] = 1
    """The first number."""
    stub: str | None = None
    """What the names of the files begin with, where the folder holds several sets."""
    apply: bool = False
    """Rename the files."""

    def run(self) -> dict[str, Any]:
        from clonestrike.formats.original.renumber import JOURNAL, Plan, finish

        if (self.folder / JOURNAL).exists():
            if not self.apply:
                raise ClonestrikeError(f"a renumbering of {self.folder} was cut off", "finish it with --apply")
            return {"finished": finish(self.folder)}
        plan = Plan.of(self.folder, self.first, self.stub)
        if self.apply and plan.names:
            plan.apply()
        lost = {"left_out_of_the_metadata": plan.lost} if plan.lost else {}
        return {"files": len(plan.numbers), "applied": self.apply, **lost, "renamed": plan.table()}
