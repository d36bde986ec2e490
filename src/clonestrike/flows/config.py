"""The options of ``clonestrike demo`` and ``clonestrike aggregate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import Positional

from clonestrike.core.ranges import COUNT, GIGABYTES, LEARNING_RATE, MATCHES, MINUTES, SEED, SHARE, THREADS, WORKERS
from clonestrike.core.registry import Installed


@dataclass(frozen=True)
class DemoConfig:
    """Options of ``demo``: its folder and its size."""

    out: Path
    """Folder of everything that the demo makes; it must be new or empty."""
    small: bool = False
    """Run every stage for about two minutes in all, as a test: the agent hardly learns."""
    workers: Annotated[int, WORKERS] = 2
    """Number of matches that run at the same time."""
    seed: Annotated[int, SEED] = 0
    """Seed of everything."""


@dataclass(frozen=True)
class AggregateConfig:
    """Options of ``aggregate``: the policy to correct, its data, and the rounds."""

    checkpoint: Positional[Path]
    """Folder of the policy to begin with."""
    data: Positional[tuple[Path, ...]]
    """Recordings with true actions that every round learns from, too, such as those that the policy has learned."""
    out: Path
    """Folder of the rounds: their play and their checkpoints. The same command continues where it was stopped."""
    game: Annotated[str | None, Installed("games")] = None
    """The game and its options; it must have a scripted expert. By default the game that the checkpoint has learned."""
    rounds: Annotated[int, MATCHES] = 3
    """Number of rounds of playing and learning."""
    steps: Annotated[int, COUNT] = 20_000
    """Steps that the agent plays in a round."""
    minutes: Annotated[float, MINUTES] = 3.0
    """Length of the training in a round, in minutes."""
    updates: Annotated[int | None, COUNT] = None
    """Length of the training in a round in updates, instead of minutes."""
    lr: Annotated[float, LEARNING_RATE] = 1e-3
    """Learning rate."""
    light: Annotated[float, SHARE] = 0.0
    """Probability that a sequence gets another brightness, and another contrast."""
    mirror: Annotated[float, SHARE] = 0.0
    """Share of the sequences in which left and right are swapped, actions included."""
    workers: Annotated[int, WORKERS] = 2
    """Number of matches that run at the same time."""
    threads: Annotated[int | None, THREADS] = None
    """CPU threads of the training; all cores that this process may use by default."""
    cache: Path | None = None
    """Folder of decoded frames; by default below $CLONESTRIKE_CACHE, or the user's cache folder."""
    cache_gb: Annotated[float, GIGABYTES] = 20.0
    """Largest size of that folder, in gigabytes."""
    seed: Annotated[int, SEED] = 0
    """Seed of the matches, the split and the sampling."""
