"""Commands for data sets: check, stats, renumber."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional, arg

from clonestrike import console
from clonestrike.cli.command import Group, Result, command, given
from clonestrike.core.ranges import COUNT, WORKERS
from clonestrike.datasets.config import StatsConfig
from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """Options of ``clonestrike check``."""

    paths: Positional[tuple[Path, ...]]
    """Recordings, files of the original, or folders of them."""
    workers: Annotated[int, WORKERS] = 2
    """Number of files that are read at the same time."""
    out: Path | None = None
    """Folder of quality-SET.png, the counts of each set file by file; without it they are only shown."""
    pdf: bool = False
    """Write these figures as PDF files, too."""


def _report_check(result: Result) -> None:
    """Print the summary, a table of counts for each set, and what makes files suspect; the narrower, the better."""
    judged = result["quality"]
    suspect = [{"suspect": name, "why": found["reasons"]} for name, found in judged.items() if found["reasons"]]
    counted = {name for found in judged.values() for name, value in found.items() if value}
    columns = counted - {"set", "rows", "leaps", "verdict", "reasons"}
    sets: dict[str, list[Result]] = {}
    for found in judged.values():
        rows = sets.setdefault(f"rows of {found['set']}", [])
        rows.append({name: value for name, value in found.items() if name in columns})
    summary = result["summary"]
    seen = {name for kind in summary.values() for name, value in kind.items() if value} | {"files", "good", "frames"}
    kinds = {kind: {name: value for name, value in row.items() if name in seen} for kind, row in summary.items()}
    overview = {name: value for name, value in result.items() if name != "quality"}
    shown = {"summary": kinds, "faults": result["faults"] or "none", **sets, "suspect": suspect or "none"}
    console.show({**overview, **shown}, "check")


@command(
    "check",
    Group.DATA,
    "clonestrike check data/bots dataset_dm_expert_dust2",
    report=_report_check,
    failed=lambda result: bool(result["faults"]),
)
def check(options: CheckOptions) -> Result:
    """Read every file of a data set, and report what is damaged, and whose states are suspect.

    Suspect are files by the original's counts: dead, or memory and the game's posts disagree, and so on; label
    --drop-suspect leaves them out. The exit code is 1 when a file is damaged or can be used in part only, else 0.
    """
    given(options.paths)
    from clonestrike.datasets.check import check

    return check(options.paths, options.workers, options.out, options.pdf)


def _report_stats(result: Result) -> None:
    sets = result["sets"]
    if len(sets) > 1:
        for name, section in sets.items():
            console.show(section, name)
    figures = [Path(path) for path in result["figures"]]
    everything = {name: value for name, value in result.items() if name != "sets"}
    everything["figures"] = f"{len(figures)} in {figures[0].parent}" if figures else "none"
    console.show(everything, "in all" if len(sets) > 1 else next(iter(sets)))


@command("stats", Group.DATA, "clonestrike stats dataset_metadata --out figures --pdf", report=_report_stats)
def stats(config: StatsConfig) -> Result:
    """Count frames, kills, deaths and weapons by set and in all, and plot weapons, paths and mouse motion.

    Files of the original with the same stub and map are a set; so is other play at a path.
    """
    given(config.paths)
    from clonestrike.datasets.stats import stats

    return stats(config)


@dataclass(frozen=True, kw_only=True)
class RenumberOptions:
    """Options of ``clonestrike renumber``."""

    folder: Positional[Path]
    """Folder of the HDF5 files and their metadata."""
    first: Annotated[int, arg(name="from"), COUNT] = 1
    """First new number."""
    stub: str | None = None
    """Beginning of the files' names, if the folder holds several data sets."""
    apply: bool = False
    """Rename the files instead of only showing the new names."""


@command("renumber", Group.DATA, "clonestrike renumber dataset_dm_expert_dust2 --from 1 --apply")
def renumber(options: RenumberOptions) -> Result:
    """Close the gaps in the numbers of the original's files, and in their metadata.

    Shows the new names; --apply renames the files. The metadata before is kept under .old names.
    """
    from clonestrike.formats.original.renumber import JOURNAL, Renumbering, finish

    if (options.folder / JOURNAL).exists():
        if not options.apply:
            raise ClonestrikeError(f"a renumbering of {options.folder} was interrupted", "finish it with --apply")
        return {"finished": finish(options.folder)}
    plan = Renumbering.of(options.folder, options.first, options.stub)
    if options.apply and plan.names:
        plan.apply()
    lost = {"left_out_of_the_metadata": plan.lost} if plan.lost else {}
    return {"files": len(plan.numbers), "applied": options.apply, **lost, "renamed": plan.table()}
