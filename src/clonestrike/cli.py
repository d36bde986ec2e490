"""The command line: one verb per stage.

A verb names its stage's options and imports the stage only when it runs: ``clonestrike record`` loads no torch and
``clonestrike --help`` next to nothing.
"""

from __future__ import annotations

import errno
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

import tyro
from tyro.conf import DisallowNone, FlagCreatePairsOff, Positional, PositionalMetavarFromFieldName

from clonestrike import console
from clonestrike.errors import ClonestrikeError

BAD_INPUT = 2
INTERRUPTED = 130
UNUSABLE = {
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "EISDIR", "ENOTDIR", "EEXIST")
}
"""What a path can be without anybody being wrong but the user: full, forbidden, of the other kind."""


@dataclass(frozen=True, kw_only=True)
class Verb(ABC):
    """One command."""

    example: ClassVar[str]

    json: Path | None = None
    """Write the result to this file too, as JSON."""

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

        return record(
            RecordConfig(
                game=self.game,
                out=self.out,
                watch=self.watch,
                play=self.play,
                minutes=self.minutes,
                steps=self.steps,
                workers=self.workers,
                seed=self.seed,
                noise=self.noise,
                part_steps=self.part_steps,
            )
        )


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
    """Give no labels to recordings of suspect quality."""

    def run(self) -> dict[str, Any]:
        from clonestrike.inverse_dynamics.label import label

        return label(_given(self.paths), rules=self.rules, score=self.score, drop_suspect=self.drop_suspect)


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

        return play(
            PlayConfig(
                actor=self.actor,
                game=self.game,
                minutes=self.minutes,
                video=self.video,
                real_time=self.real_time,
                show=self.show,
                decoding=self.decoding,
                seed=self.seed,
            )
        )


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
    seed: int = 0
    """Seed of the first match."""

    def run(self) -> dict[str, Any]:
        from clonestrike.evaluate.matches import EvaluateConfig, evaluate

        return evaluate(
            EvaluateConfig(
                actor=self.actor,
                game=self.game,
                matches=self.matches,
                minutes=self.minutes,
                seed=self.seed,
                workers=self.workers,
                out=self.out,
                expert=self.expert,
                random=self.random,
                decoding=self.decoding,
            )
        )

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
        from clonestrike.evaluate.coverage import CoverageConfig, coverage

        return coverage(CoverageConfig(paths=_given(self.paths), reference=self.reference, out=self.out))


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

    def run(self) -> dict[str, Any]:
        from clonestrike.demo import DemoConfig, demo

        return {"report": demo(DemoConfig(out=self.out, small=self.small))}


def _given(paths: tuple[Path, ...]) -> tuple[Path, ...]:
    if not paths:
        raise ClonestrikeError("no path given: name a recording or a folder of recordings")
    return paths


VERBS = Record | Label | Play | Evaluate | Coverage | Video | Demo
DESCRIPTION = "Behavioural cloning for first-person shooters, from pixels: record, label, train, play, evaluate."
STYLE = (DisallowNone, FlagCreatePairsOff, PositionalMetavarFromFieldName)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one verb; exits with 0, with 2 after an error line for bad input, or with 130 when interrupted."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        verb = tyro.cli(VERBS, prog="clonestrike", description=DESCRIPTION, args=arguments, config=STYLE)
    except SystemExit as stop:
        if not stop.code and {"-h", "--help"} & set(arguments):
            console.console.print(f"example: {_example(arguments)}", soft_wrap=True, markup=False)
        raise
    sys.exit(outcome(verb))


def _example(arguments: Sequence[str]) -> str:
    examples = {verb.__name__.lower(): verb.example for verb in get_args(VERBS)}
    return str(examples.get(arguments[0], Demo.example))


def outcome(verb: Verb) -> int:
    """The exit code of a verb's run."""
    try:
        result = verb.run()
        verb.report(result)
        if verb.json:
            console.write_json(result, verb.json)
    except ClonestrikeError as error:
        console.error(str(error))
        return BAD_INPUT
    except KeyboardInterrupt:
        console.error("interrupted: what was finished until then is kept")
        return INTERRUPTED
    except OSError as error:
        if error.errno not in UNUSABLE:
            raise
        place = error.filename2 or error.filename or "the disk"
        console.error(f"{place}: {error.strerror}: make room there or name another path")
        return BAD_INPUT
    return 0
