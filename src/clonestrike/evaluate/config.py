"""The options of ``clonestrike evaluate``, ``style`` and ``coverage``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from clonestrike.core.ranges import MATCHES, MINUTES, SEED, WORKERS
from clonestrike.core.registry import Installed
from clonestrike.policy.config import DecodingName


@dataclass(frozen=True)
class EvaluateConfig:
    """Options of ``evaluate``: the actor, the game and the matches."""

    actor: Positional[Annotated[str, Installed("actors")]]
    """A checkpoint, pretrained:doom (comes with the package), package.module:factory, or an actor by name."""
    out: Path
    """Folder of the results."""
    game: Annotated[str | None, Installed("games")] = None
    """The game and its options, such as doom:map=cig/MAP01,bots=7,loadout=classic; by default the game that the
    checkpoint has learned, or doom."""
    matches: Annotated[int, MATCHES] = 20
    """Number of matches, with the seeds SEED, SEED + 1, and so on."""
    minutes: Annotated[float, MINUTES] = 3.0
    """Length of a match, in minutes of game time."""
    workers: Annotated[int, WORKERS] = 2
    """Number of matches that run at the same time; always 1 of a game that runs already, such as csgo."""
    expert: bool = False
    """Let the scripted expert play the same matches, too: gives the share of the way from bots to expert."""
    random: bool = False
    """Let a random actor play the same matches, too."""
    decoding: DecodingName | None = None
    """How an action is chosen from the policy's probabilities; by default as the checkpoint says."""
    controls: str | None = None
    """What the policy may use, such as mouse,move,jump,fire,reload (also crouch, walk, weapons, scope); by default
    all that it has learned."""
    seed: Annotated[int, SEED] = 1000
    """Seed of the first match."""


@dataclass(frozen=True)
class StyleConfig:
    """Options of ``style``: the actors, the game, the matches and the output."""

    actors: Positional[Annotated[tuple[str, ...], Installed("actors")]]
    """Checkpoints, actors by name, package.module:factory, or bots for the bots of the matches."""
    out: Path
    """Folder of style.json and style.png."""
    game: Annotated[str | None, Installed("games")] = None
    """The game and its options; it must tell who is in sight. By default the game that the checkpoints have learned, or
    doom."""
    matches: Annotated[int, MATCHES] = 6
    """Number of matches of each actor, with the seeds SEED, SEED + 1, and so on."""
    minutes: Annotated[float, MINUTES] = 3.0
    """Length of a match, in minutes of game time."""
    seed: Annotated[int, SEED] = 1000
    """Seed of the first match."""
    workers: Annotated[int, WORKERS] = 2
    """Number of matches that run at the same time; always 1 of a game that runs already, such as csgo."""
    decoding: DecodingName | None = None
    """How an action is chosen from the policy's probabilities; by default as the checkpoint says."""
    controls: str | None = None
    """What the policy may use, such as mouse,move,jump,fire,reload (also crouch, walk, weapons, scope); by default
    all that it has learned."""
    clips: bool = False
    """Write a video of 6 seconds of the clearest example of each fault of an agent into OUT/clips."""


@dataclass(frozen=True)
class CoverageConfig:
    """Options of ``coverage``: the players to compare, and the output."""

    paths: Positional[tuple[Path, ...]]
    """Folders of recordings (a player each), of files of the original (a player for each stub and map), or of match
    results."""
    reference: Path | None = None
    """Player around whom the maps are laid: a path, or the name of a player at one of the paths; by default the first
    path. Of several players there, the one with the most steps on the others' map."""
    out: Path | None = None
    """Folder of coverage.json and coverage.png; without it the distances are only shown."""
    pdf: bool = False
    """Write coverage.pdf, too."""
    seed: Annotated[int, SEED] = 0
    """Seed of the random halves from which the noise floor of the distances is measured."""
