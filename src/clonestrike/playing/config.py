"""The options of ``clonestrike record`` and ``clonestrike play``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional

from clonestrike.core.ranges import COUNT, MINUTES, SEED, WORKERS, Range
from clonestrike.core.registry import Installed
from clonestrike.policy.config import DecodingName


@dataclass(frozen=True)
class RecordConfig:
    """What to record; one of ``watch`` and ``play``, one of ``minutes`` and ``steps``."""

    out: Path
    """Folder that the recordings are added to."""
    game: Annotated[str | None, Installed("games")] = None
    """The game and its options, such as doom:map=cig/MAP01,bots=7,loadout=classic, or window:TITLE for any game in a
    window of its own; by default the game that the checkpoint has learned, or doom."""
    watch: Literal["bots", "experts"] | None = None
    """Whom to watch in first person: the game's bots, or (only doom) scripted experts, with a random strength in every
    match."""
    play: Annotated[str | None, Installed("actors")] = None
    """Instead of watching, the actor that plays: its name, a checkpoint, or package.module:factory. Key F12 ends the
    play of a human in a game's own window."""
    minutes: Annotated[float | None, MINUTES] = None
    """How much play to record, in minutes of game time."""
    steps: Annotated[int | None, COUNT] = None
    """How much play to record, in steps, instead of minutes."""
    workers: Annotated[int, WORKERS] = 1
    """Number of matches that run at the same time."""
    noise: Annotated[float, Range(0, 0.89)] = 0.0
    """Share of the steps at which another action is executed than the one that is recorded."""
    controls: str | None = None
    """What a checkpoint may use, such as mouse,move,jump,fire,reload (also crouch, walk, weapons, scope); by default
    all that it has learned."""
    corrected: bool = False
    """Record the expert's actions in the place of those of the checkpoint that plays (for train --labels true)."""
    part_steps: Annotated[int, COUNT] = 1000
    """Largest length of a recording, in steps; a longer run is continued in the next recording."""
    seed: Annotated[int, SEED] = 0
    """Seed of the first match, and of all random choices."""


@dataclass(frozen=True)
class PlayConfig:
    """Who plays what, for how long, and what to show of it."""

    actor: Positional[Annotated[str, Installed("actors")]]
    """A checkpoint, pretrained:doom (comes with the package), package.module:factory, or an actor by name."""
    game: Annotated[str | None, Installed("games")] = None
    """The game and its options, such as doom:map=cig/MAP01,bots=7,loadout=classic, or window:TITLE for any game in a
    window of its own, where key F12 stops the play; by default the game that the checkpoint has learned, or doom."""
    minutes: Annotated[float, MINUTES] = 3.0
    """Length of the match, in minutes of game time."""
    video: Path | None = None
    """Write a video of the match to this file, with keys, mouse and shots drawn over it."""
    real_time: bool = False
    """Play at the game's own pace and report late steps; a game in a window of its own is always played so."""
    whole_mouse: bool = False
    """Apply the mouse motion of a step at once, instead of in two halves half a step apart."""
    show: bool = False
    """Show the match in a window, with keys, mouse, probabilities, kills and deaths below it, in real time."""
    decoding: DecodingName | None = None
    """How an action is chosen from the policy's probabilities; by default as the checkpoint says."""
    controls: str | None = None
    """What the policy may use, such as mouse,move,jump,fire,reload (also crouch, walk, weapons, scope); by default
    all that it has learned."""
    seed: Annotated[int, SEED] = 0
    """Seed of the match, and of all random choices."""
