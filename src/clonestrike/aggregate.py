"""Dataset aggregation: the agent plays, the expert says what it would have done, the policy learns from both.

Cloning alone shows a policy the places that the demonstrator visits. Where its own small faults lead, it has seen
nothing; here it is taught there, round after round (DAgger, Ross et al. 2011).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clonestrike import games
from clonestrike.actors import check_actor
from clonestrike.console import messages
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.checkpoint import CARD, RESUME
from clonestrike.record import RecordConfig, record
from clonestrike.recording import Recording, find_recordings
from clonestrike.shipped import checkpoint
from clonestrike.train import TrainConfig, train
from clonestrike.view_cache import ViewCache

SEEDS_A_ROUND = 10_000
"""Rounds play matches with seeds of their own, so that no two runs have one name."""


@dataclass(frozen=True)
class AggregateConfig:
    """Which policy to correct, what it has learned from, and how much of everything."""

    checkpoint: Path
    data: tuple[Path, ...]
    """Demonstrations that every round learns from, too."""
    out: Path
    game: str = "doom"
    rounds: int = 3
    steps: int = 20_000
    """That the agent plays in a round."""
    minutes: float = 3.0
    """Of training in a round."""
    updates: int | None = None
    """Instead of minutes."""
    lr: float = 1e-3
    workers: int = 2
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    seed: int = 0
    cache: ViewCache = field(default_factory=ViewCache)


def aggregate(config: AggregateConfig) -> dict[str, Any]:
    """Correct a policy; returns a row for every round: its steps, checkpoint and held-out scores.

    ``out/data/round-N`` holds the corrected play, ``out/round-N`` the checkpoint that has learned from it and all
    before. Rounds that are complete are not done again: the same command goes on where it was stopped.

    Raises ClonestrikeError for what ``record`` and ``train`` raise, and for less than one round.
    """
    if config.rounds < 1:
        raise ClonestrikeError(f"--rounds must be 1 or more, not {config.rounds}")
    check_actor(str(config.checkpoint))
    if not (checkpoint(config.checkpoint) / CARD).is_file():
        raise ClonestrikeError(f"{config.checkpoint} is no checkpoint folder: an ONNX file alone cannot learn")
    games.prepare_expert(config.game)
    best, rows = config.checkpoint, []
    corrected: list[Path] = []
    for number in range(1, config.rounds + 1):
        data, learned = config.out / "data" / f"round-{number}", config.out / f"round-{number}"
        steps = _play(config, best, data, number)
        corrected.append(data)
        training = _learn(config, best, (*config.data, *corrected), learned)
        messages.print(f"round {number} of {config.rounds}: {steps} steps corrected, {training['updates']} updates")
        rows.append(
            {
                "round": number,
                "steps": steps,
                "checkpoint": str(learned),
                **{name: training[name] for name in ("updates", "seconds", "held_out")},
            }
        )
        best = learned
    return {"checkpoint": str(best), "rounds": rows}


def _play(config: AggregateConfig, policy: Path, out: Path, number: int) -> int:
    """Record what is missing of a round's corrected play."""
    there = sum(Recording.open(path).steps for path in find_recordings([out])) if out.exists() else 0
    if there < config.steps:
        record(
            RecordConfig(
                config.game,
                out,
                play=str(policy),
                corrected=True,
                steps=config.steps - there,
                workers=config.workers,
                seed=config.seed + number * SEEDS_A_ROUND + there,
            )
        )
    return max(there, config.steps)


def _learn(config: AggregateConfig, policy: Path, data: tuple[Path, ...], out: Path) -> dict[str, Any]:
    """Train on all of it, starting from the policy that played."""
    begun = (out / RESUME).exists()
    training = _training(out) if begun else {}
    if not begun or training["updates"] < training["config"]["updates"]:
        train(
            TrainConfig(
                data=data,
                out=out,
                init=policy,
                resume=begun,
                labels="true",
                lr=config.lr,
                minutes=config.minutes,
                updates=config.updates,
                seed=config.seed,
                cache=config.cache,
                threads=config.threads,
            )
        )
        training = _training(out)
    return training


def _training(checkpoint: Path) -> dict[str, Any]:
    return PolicyCard.from_text((checkpoint / CARD).read_text(encoding="utf-8"), checkpoint).training
