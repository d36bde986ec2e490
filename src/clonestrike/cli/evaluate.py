"""What an agent does, and the whole flow."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from clonestrike import console
from clonestrike.cli.command import Group, Result, command, given


@dataclass(frozen=True, kw_only=True)
class EvaluateOptions:
    """Of ``clonestrike evaluate``."""

    actor: Positional[str]
    """A checkpoint, expert or random; pretrained:doom comes with the package."""
    out: Path
    """Folder of the results."""
    game: str = "doom"
    """The game and its options, such as doom:map=cig/MAP01,bots=7,loadout=classic."""
    matches: int = 20
    """How many matches, each with a seed of its own."""
    minutes: float = 3.0
    """Length of a match in game time."""
    workers: int = 2
    """Matches that run at the same time."""
    expert: bool = False
    """Play the same seeds with the scripted expert: gives the share between bots and expert."""
    random: bool = False
    """Play the same seeds with a random actor."""
    decoding: str | None = None
    """How an action is chosen from what the policy predicts: cloned, corrected, argmax, sampled or paper; by default
    as the checkpoint says."""
    seed: int = 1000
    """Seed of the first match."""


def _report_evaluate(result: Result) -> None:
    from clonestrike.evaluate.statistics import table

    console.console.print(table(result))


@command(
    "evaluate",
    Group.STAGES,
    "clonestrike evaluate runs/base --matches 20 --minutes 3 --expert --out results/base",
    report=_report_evaluate,
)
def evaluate(options: EvaluateOptions) -> Result:
    """Measure an actor in seeded matches against bots."""
    from clonestrike.evaluate.matches import EvaluateConfig, evaluate

    return evaluate(EvaluateConfig(**vars(options)))


@dataclass(frozen=True, kw_only=True)
class StyleOptions:
    """Of ``clonestrike style``."""

    actors: Positional[tuple[str, ...]]
    """Checkpoints, expert, random, or bots."""
    out: Path
    """Folder of style.json and style.png."""
    game: str = "doom"
    """The game and its options; it must tell who is in sight."""
    matches: int = 6
    """How many matches of everybody."""
    minutes: float = 3.0
    """Length of a match in game time."""
    seed: int = 1000
    """Seed of the first match."""
    workers: int = 2
    """Matches that run at the same time."""
    decoding: str | None = None
    """How an action is chosen from what the policy predicts: cloned, corrected, argmax, sampled or paper; by default
    as the checkpoint says."""
    clips: bool = False
    """Film the clearest example of everything that goes wrong with an agent, 6 s each, into OUT/clips."""


def _report_style(result: Result) -> None:
    from clonestrike.evaluate.style.figure import table

    console.console.print(table(result["players"]))
    if result.get("clips"):
        console.show({"clips": result["clips"]}, "clips")


@command("style", Group.DATA, "clonestrike style runs/base expert bots --out figures", report=_report_style)
def style(options: StyleOptions) -> Result:
    """Measure how somebody plays: aim, lives, distances of kills, walls, and what goes wrong."""
    given(options.actors)
    from clonestrike.evaluate.style.style import StyleConfig, style

    return style(StyleConfig(**vars(options)))


@dataclass(frozen=True, kw_only=True)
class CoverageOptions:
    """Of ``clonestrike coverage``."""

    paths: Positional[tuple[Path, ...]]
    """Folders of recordings, original files or metadata, or of match results, one per player."""
    out: Path
    """Folder of the maps and distances."""
    reference: Path | None = None
    """The one that sets the extent of the maps; the first path by default."""


@command("coverage", Group.DATA, "clonestrike coverage data/bots results/base --reference data/expert --out figures")
def coverage(options: CoverageOptions) -> Result:
    """Compare where players went: visit maps and earth mover's distances."""
    given(options.paths)
    from clonestrike.evaluate.coverage import CoverageConfig, coverage

    return coverage(CoverageConfig(**vars(options)))
