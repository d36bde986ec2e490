"""Commands that measure play: evaluate, style, coverage."""

from __future__ import annotations

from dataclasses import dataclass

from clonestrike import console
from clonestrike.cli.command import Group, Result, command, given
from clonestrike.evaluate.config import CoverageConfig, EvaluateConfig, StyleConfig


@dataclass(frozen=True)
class EvaluateOptions(EvaluateConfig):
    """Options of ``clonestrike evaluate``."""

    all: bool = False
    """Evaluate every checkpoint that a training has kept (train --keep-every) and its last one, in the same matches,
    and name the best."""


def _report_evaluate(result: Result) -> None:
    from clonestrike.evaluate import checkpoints, table

    console.console.print(checkpoints.table(result) if "checkpoints" in result else table.table(result))


@command(
    "evaluate",
    Group.STAGES,
    "clonestrike evaluate runs/base --matches 20 --minutes 3 --expert --out results/base",
    report=_report_evaluate,
)
def evaluate(options: EvaluateOptions) -> Result:
    """Count an actor's kills and deaths per minute in seeded matches against bots, with confidence intervals."""
    from clonestrike.evaluate.checkpoints import evaluate_all
    from clonestrike.evaluate.matches import evaluate

    return evaluate_all(options) if options.all else evaluate(options)


def _report_style(result: Result) -> None:
    from clonestrike.evaluate.style.figure import table

    console.console.print(table(result["players"]))
    if result.get("clips"):
        console.show({"clips": result["clips"]}, "clips")


@command("style", Group.DATA, "clonestrike style runs/base expert bots --out figures", report=_report_style)
def style(config: StyleConfig) -> Result:
    """Measure how actors play: aim, length of lives, distances of kills, walls, and faults."""
    given(config.actors)
    from clonestrike.evaluate.style.style import style

    return style(config)


@command("coverage", Group.DATA, "clonestrike coverage data/bots results/base --reference data/expert --out figures")
def coverage(config: CoverageConfig) -> Result:
    """Compare where players went: maps of visits and earth mover's distances between them."""
    given(config.paths)
    from clonestrike.evaluate.coverage import coverage

    return coverage(config)
