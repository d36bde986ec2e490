"""Who plays, with and without a recorder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from clonestrike.cli.command import Group, Result, command


@dataclass(frozen=True, kw_only=True)
class PlayOptions:
    """Of ``clonestrike play``."""

    actor: Positional[str]
    """A checkpoint, expert or random; pretrained:doom comes with the package."""
    game: str = "doom"
    """The game and its options: doom:map=cig/MAP01,bots=7,loadout=classic, openarena, or window:TITLE. F12 stops."""
    minutes: float = 3.0
    """Length of the match in game time."""
    video: Path | None = None
    """Write a video with keys, mouse and shots drawn over it."""
    real_time: bool = False
    """Play at the game's own pace and report missed deadlines; a game in its own window is always played so."""
    whole_mouse: bool = False
    """Move the mouse at once, instead of in two halves half a step apart."""
    show: bool = False
    """Show the match in a window."""
    decoding: str | None = None
    """How an action is chosen from what the policy predicts: cloned, corrected, argmax, sampled or paper; by default
    as the checkpoint says."""
    seed: int = 0
    """Seed of the match and of chance."""


@command("play", Group.STAGES, "clonestrike play runs/base --minutes 3 --video match.mp4")
def play(options: PlayOptions) -> Result:
    """Let an agent, the scripted expert or a random actor play one match."""
    from clonestrike.playing.config import PlayConfig
    from clonestrike.playing.play import play

    return play(PlayConfig(**vars(options)))


@dataclass(frozen=True, kw_only=True)
class RecordOptions:
    """Of ``clonestrike record``."""

    out: Path
    """Folder that the recordings are added to."""
    game: str = "doom"
    """The game and its options: doom:map=cig/MAP01,bots=7,loadout=classic, openarena, or window:TITLE."""
    watch: Literal["bots", "experts"] | None = None
    """Watch the bots in first person, or scripted experts of many strengths, a new one in every match (doom)."""
    play: str | None = None
    """Let somebody play instead: expert, human (F12 ends it in a game's own window), random, or a checkpoint."""
    minutes: float | None = None
    """Stop after this much recorded play."""
    steps: int | None = None
    """Stop after this many recorded steps."""
    workers: int = 1
    """Matches that run at the same time."""
    noise: float = 0.0
    """Share of the steps on which another action is executed; the recording keeps the intended one."""
    corrected: bool = False
    """A checkpoint plays; its recording keeps what the expert would have done in its place (train --labels true)."""
    part_steps: int = 1000
    """Longest recording, in steps; longer runs go on in the next one."""
    seed: int = 0
    """Seed of the matches and of chance."""


@command("record", Group.STAGES, "clonestrike record --watch bots --minutes 60 --workers 2 --out data/bots")
def record(options: RecordOptions) -> Result:
    """Record play: watch bots or scripted experts, or let somebody play."""
    from clonestrike.playing.config import RecordConfig
    from clonestrike.playing.record import record

    return record(RecordConfig(**vars(options)))
