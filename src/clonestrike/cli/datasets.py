"""What a data set holds, and how to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from clonestrike import console
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
class View(Verb):
    """Step through pictures, actions and states, forwards and backwards, in the terminal or the rerun viewer."""

    example = "clonestrike view data/bots/000017 --step 200"

    path: Positional[Path]
    """One recording or original file."""
    step: int = 0
    """The step to begin with."""
    rerun: bool = False
    """Open the rerun viewer (pip install 'clonestrike[view]')."""
    rrd: Path | None = None
    """Write everything into this file instead, for the rerun viewer."""

    def run(self) -> dict[str, Any]:
        from clonestrike.datasets.opening import open_trajectory

        play = open_trajectory(self.path)
        if self.rerun or self.rrd:
            from clonestrike.view.rerun_log import rerun

            rerun(play, self.rrd)
            return {"path": play.path, "steps": play.steps, "rrd": self.rrd}
        from clonestrike.view.terminal import view

        return {"path": play.path, "steps": play.steps, "step": view(play, self.step, console.console).step}

    def report(self, result: dict[str, Any]) -> None:
        """What there was to see has been shown."""


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
                raise ClonestrikeError(f"a renumbering of {self.folder} was cut off: finish it with --apply")
            return {"finished": finish(self.folder)}
        plan = Plan.of(self.folder, self.first, self.stub)
        if self.apply and plan.names:
            plan.apply()
        lost = {"left_out_of_the_metadata": plan.lost} if plan.lost else {}
        return {"files": len(plan.numbers), "applied": self.apply, **lost, "renamed": plan.table()}


@dataclass(frozen=True, kw_only=True)
class ExportPng(Verb):
    """Write the pictures of a recording or an original file as PNG files."""

    example = "clonestrike export png data/bots/000017 --out pictures --rows 100-195 --overlay"

    path: Positional[Path]
    """One recording or original file."""
    out: Path
    """Folder of the pictures."""
    rows: str | None = None
    """Only these rows, such as 100-195 or 7."""
    overlay: bool = False
    """Draw keys, mouse and shots below every picture."""
    bright: bool = False
    """Brighten them as in the paper's figures: 1.2 times, plus 5."""

    def run(self) -> dict[str, Any]:
        from clonestrike.view.pictures import export_png

        return export_png(self.path, self.out, self.rows, self.overlay, self.bright)


@dataclass(frozen=True, kw_only=True)
class ExportLerobot(Verb):
    """Write play as a LeRobotDataset v3, for Hugging Face's lerobot."""

    example = "clonestrike export lerobot data/expert --out lerobot/doom"

    paths: Positional[tuple[Path, ...]]
    """Recordings or original files, or folders of them."""
    out: Path
    """Folder of the data set; must not be there yet."""

    def run(self) -> dict[str, Any]:
        given(self.paths)
        from clonestrike.datasets.opening import open_trajectories
        from clonestrike.formats.lerobot import export_lerobot

        return export_lerobot(open_trajectories(self.paths), self.out)
