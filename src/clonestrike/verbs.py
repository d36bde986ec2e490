"""The verbs of the command line: the options of every stage, and what they mean to a user.

A verb imports its stage only when it runs: ``clonestrike record`` loads no torch, ``--help`` next to nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from tyro.conf import Positional

from clonestrike import console
from clonestrike.errors import ClonestrikeError


@dataclass(frozen=True, kw_only=True)
class Verb(ABC):
    """One command."""

    example: ClassVar[str]

    json: Path | None = None
    """Write the result to this file too, as JSON."""

    @property
    def options(self) -> dict[str, Any]:
        """The fields of the verb; its stage's configuration has them under the same names."""
        return {name: value for name, value in vars(self).items() if name != "json"}

    @abstractmethod
    def run(self) -> dict[str, Any]:
        """Do it; returns what ``--json`` writes. Raises ClonestrikeError for bad input."""

    def report(self, result: dict[str, Any]) -> None:
        """Print the result for a person."""
        console.show(result, type(self).__name__.lower())


@dataclass(frozen=True, kw_only=True)
class Record(Verb):
    """Record play: watch bots, or let somebody play."""

    example = "clonestrike record --watch bots --minutes 60 --workers 2 --out data/bots"

    out: Path
    """Folder that the recordings are added to."""
    game: str = "doom"
    """The game and its options, such as doom:map=cig/MAP01,bots=7,loadout=classic."""
    watch: Literal["bots"] | None = None
    """Watch the bots in first person."""
    play: str | None = None
    """Let somebody play instead: expert, human, random, or a checkpoint."""
    minutes: float | None = None
    """Stop after this much recorded play."""
    steps: int | None = None
    """Stop after this many recorded steps."""
    workers: int = 1
    """Matches that run at the same time."""
    noise: float = 0.0
    """Share of the steps on which another action is executed; the recording keeps the intended one."""
    part_steps: int = 1000
    """Longest recording, in steps; longer runs go on in the next one."""
    seed: int = 0
    """Seed of the matches and of chance."""

    def run(self) -> dict[str, Any]:
        from clonestrike.record import RecordConfig, record

        return record(RecordConfig(**self.options))


@dataclass(frozen=True, kw_only=True)
class Label(Verb):
    """Infer the actions in recordings from their states."""

    example = "clonestrike label data/bots --score --drop-suspect"

    paths: Positional[tuple[Path, ...]]
    """Recordings, or folders of them."""
    rules: Literal["default", "paper"] = "default"
    """The best rules that we have, or those of the original, quirks included."""
    score: bool = False
    """Compare the labels with the true inputs where a recording has them."""
    drop_suspect: bool = False
    """Mark every row of a suspect recording as not valid, so that training passes it over; nothing is deleted."""

    def run(self) -> dict[str, Any]:
        _given(self.paths)
        from clonestrike.inverse_dynamics.label import label

        return label(self.paths, rules=self.rules, score=self.score, drop_suspect=self.drop_suspect)

    def report(self, result: dict[str, Any]) -> None:
        suspect = [
            {"suspect recording": path, "why": quality["reasons"]}
            for path, quality in result["quality"].items()
            if quality["verdict"] != "good"
        ]
        super().report({**result, "quality": suspect} if suspect else {**result, "quality": "all good"})


@dataclass(frozen=True, kw_only=True)
class Train(Verb):
    """Train a policy on recordings with actions."""

    example = "clonestrike train data/expert --out runs/base --minutes 20"

    data: Positional[tuple[Path, ...]]
    """Recordings, or folders of them."""
    out: Path
    """Folder of the checkpoint."""
    model: Literal["pocket"] = "pocket"
    """Architecture of the policy; pocket is small enough for CPUs."""
    recipe: Literal["default", "paper"] = "default"
    """Sampling, loss and optimiser: ours, or those of Pearce & Zhu (2022)."""
    minutes: float = 5.0
    """How long to train; a measurement at the start turns it into updates."""
    updates: int | None = None
    """How many updates to train, instead of minutes."""
    labels: Literal["label", "true"] = "label"
    """Learn the inferred labels, or the true actions."""
    init: Path | None = None
    """Start with the weights of this checkpoint."""
    resume: bool = False
    """Go on where the training in OUT stopped, with its settings."""
    weapon: str | None = None
    """Sample only windows in which this weapon is held (recipe paper)."""
    lr: float | None = None
    """Learning rate, instead of the recipe's."""
    streams: int | None = None
    """Sequences side by side, instead of the recipe's."""
    chunk: int | None = None
    """Steps of a sequence between two updates, instead of the recipe's."""
    valid_fraction: float = 0.1
    """Share of the rows that is held out, in whole runs."""
    threads: int | None = None
    """Threads of torch; all cores by default. One makes a training repeat bit for bit."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Arithmetic of the network; auto takes what is faster here."""
    cache_gb: float = 20.0
    """Limit of the cache of decoded frames on disk."""
    seed: int = 0
    """Seed of the weights, the split and the sampling."""

    def run(self) -> dict[str, Any]:
        _given(self.data)
        from clonestrike.policy.card import PolicyCard
        from clonestrike.policy.checkpoint import CARD
        from clonestrike.train import TrainConfig, train
        from clonestrike.view_cache import ViewCache

        options = {**self.options, "cache": ViewCache(limit_bytes=int(self.cache_gb * 1e9))}
        del options["cache_gb"]
        if self.threads is None:
            del options["threads"]
        folder = train(TrainConfig(**options))
        training = PolicyCard.from_text((folder / CARD).read_text(encoding="utf-8"), folder).training
        return {"checkpoint": folder, **{name: training[name] for name in ("updates", "seconds", "held_out")}}


@dataclass(frozen=True, kw_only=True)
class Play(Verb):
    """Let an agent, the scripted expert or a random actor play one match."""

    example = "clonestrike play runs/base --minutes 3 --video match.mp4"

    actor: Positional[str]
    """A checkpoint, expert or random."""
    game: str = "doom"
    """The game and its options, such as doom:map=cig/MAP01,bots=7,loadout=classic."""
    minutes: float = 3.0
    """Length of the match in game time."""
    video: Path | None = None
    """Write a video with keys, mouse and shots drawn over it."""
    real_time: bool = False
    """Play at the game's own pace and report missed deadlines."""
    show: bool = False
    """Show the match in a window."""
    decoding: str = "default"
    """How an action is chosen from what the policy predicts."""
    seed: int = 0
    """Seed of the match and of chance."""

    def run(self) -> dict[str, Any]:
        from clonestrike.play import PlayConfig, play

        return play(PlayConfig(**self.options))


@dataclass(frozen=True, kw_only=True)
class Evaluate(Verb):
    """Measure an actor in seeded matches against bots."""

    example = "clonestrike evaluate runs/base --matches 20 --minutes 3 --expert --out results/base"

    actor: Positional[str]
    """A checkpoint, expert or random."""
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
    decoding: str = "default"
    """How an action is chosen from what the policy predicts."""
    seed: int = 1000
    """Seed of the first match."""

    def run(self) -> dict[str, Any]:
        from clonestrike.evaluate.matches import EvaluateConfig, evaluate

        return evaluate(EvaluateConfig(**self.options))

    def report(self, result: dict[str, Any]) -> None:
        from clonestrike.evaluate.statistics import table

        console.console.print(table(result))


@dataclass(frozen=True, kw_only=True)
class Coverage(Verb):
    """Compare where players went: visit maps and earth mover's distances."""

    example = "clonestrike coverage data/bots results/base --reference data/expert --out figures"

    paths: Positional[tuple[Path, ...]]
    """Folders of recordings or of match results, one per player."""
    out: Path
    """Folder of the maps and distances."""
    reference: Path | None = None
    """The one that sets the extent of the maps; the first path by default."""

    def run(self) -> dict[str, Any]:
        _given(self.paths)
        from clonestrike.evaluate.coverage import CoverageConfig, coverage

        return coverage(CoverageConfig(**self.options))


@dataclass(frozen=True, kw_only=True)
class Video(Verb):
    """Draw keys, mouse, shots and labels over a recording."""

    example = "clonestrike video data/bots/000017 match.mp4"

    recording: Positional[Path]
    """One recording."""
    out: Positional[Path]
    """The video to write."""

    def run(self) -> dict[str, Any]:
        from clonestrike.view.video import overlay_video

        overlay_video(self.recording, self.out)
        return {"video": self.out}


@dataclass(frozen=True, kw_only=True)
class Demo(Verb):
    """Run the whole flow on the embedded game, in minutes on a CPU, ending in OUT/report.html."""

    example = "clonestrike demo --out demo"

    out: Path
    """Folder of everything that the demo makes."""
    small: bool = False
    """Every stage in about two minutes, for tests: the agent hardly learns."""
    workers: int = 2
    """Matches that run at the same time."""
    seed: int = 0
    """Seed of everything."""

    def run(self) -> dict[str, Any]:
        from clonestrike.demo import DemoConfig, demo

        return {"report": demo(DemoConfig(**self.options))}


def _given(paths: tuple[Path, ...]) -> None:
    if not paths:
        raise ClonestrikeError("no path given: name a recording or a folder of recordings")


VERBS = Record | Label | Train | Play | Evaluate | Coverage | Video | Demo
