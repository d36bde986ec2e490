"""Whole flows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from clonestrike.cli.verb import Verb, given


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
        from clonestrike.flows.demo import DemoConfig, demo

        return {"report": demo(DemoConfig(**self.options))}


@dataclass(frozen=True, kw_only=True)
class Aggregate(Verb):
    """Let an agent play, learn what the expert would have done in its place, and again (dataset aggregation)."""

    example = "clonestrike aggregate runs/base data/expert --rounds 3 --out runs/corrected"

    checkpoint: Positional[Path]
    """The policy to begin with."""
    data: Positional[tuple[Path, ...]]
    """Recordings with true actions that every round learns from, too, such as those that the policy has learned."""
    out: Path
    """Folder of the rounds: their play and their checkpoints. The same command goes on where it was stopped."""
    game: str = "doom"
    """The game and its options; it must have a scripted expert."""
    rounds: int = 3
    """How many times to play and learn."""
    steps: int = 20_000
    """Steps that the agent plays in a round."""
    minutes: float = 3.0
    """Length of training in a round."""
    updates: int | None = None
    """How many updates to train in a round, instead of minutes."""
    lr: float = 1e-3
    """Learning rate."""
    light: float = 0.0
    """Chance of a sequence to get another brightness, and again another contrast."""
    mirror: float = 0.0
    """Share of the sequences in which left and right are swapped, actions included."""
    workers: int = 2
    """Matches that run at the same time."""
    threads: int | None = None
    """Threads of torch; all cores by default."""
    cache_gb: float = 20.0
    """Limit of the cache of decoded frames on disk."""
    seed: int = 0
    """Seed of the matches, the split and the sampling."""

    def run(self) -> dict[str, Any]:
        given(self.data)
        from clonestrike.flows.aggregate import AggregateConfig, aggregate
        from clonestrike.training.view_cache import ViewCache

        options = {**self.options, "cache": ViewCache(limit_bytes=int(self.cache_gb * 1e9))}
        del options["cache_gb"]
        if self.threads is None:
            del options["threads"]
        return aggregate(AggregateConfig(**options))
