"""Dataset aggregation (DAgger, Ross et al. 2011): the agent plays, and learns what the expert would have done.

Cloning alone shows a policy only situations that the expert gets into. Its own small errors lead it into others; here
it learns what to do in these, round after round.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from clonestrike import games
from clonestrike.console import messages
from clonestrike.core.opening import open_trajectories
from clonestrike.errors import ClonestrikeError
from clonestrike.flows.config import AggregateConfig
from clonestrike.playing.config import RecordConfig
from clonestrike.playing.named_actor import find_actor
from clonestrike.playing.record import record, recover_all
from clonestrike.playing.suited import suited
from clonestrike.policy.card import CARD, PolicyCard
from clonestrike.policy.checkpoint import RESUME
from clonestrike.policy.shipped import checkpoint
from clonestrike.recordings.files import HEADER
from clonestrike.recordings.recording import Recording
from clonestrike.training.alike import check_alike
from clonestrike.training.augmentation import Augmentation
from clonestrike.training.config import TrainConfig
from clonestrike.training.segments import check_learnable
from clonestrike.training.train import train

SEEDS_A_ROUND = 1_000_009
"""Distance between the first seeds of rounds: seeds, and so names of runs, differ, and maps are not the same again."""


def aggregate(config: AggregateConfig) -> dict[str, Any]:
    """Correct a policy; returns a row for every round: its steps, checkpoint and held-out scores.

    ``out/data/round-N`` holds the corrected play, ``out/round-N`` the checkpoint trained on it and all data before.
    Complete parts are kept: the same command continues where it was stopped.

    Raises ClonestrikeError as ``record`` and ``train`` do, and KeyboardInterrupt when the user stops it.
    """
    config = _checked(config)
    best, rows = config.checkpoint, []
    corrected: list[Path] = []
    for number in range(1, config.rounds + 1):
        data, learned = config.out / "data" / f"round-{number}", config.out / f"round-{number}"
        corrected.append(data)
        if not (learned / RESUME).exists():  # from then on a round's play stays as it is
            _play(config, best, data, number)
        training = _learn(config, best, (*config.data, *corrected), learned)
        steps = sum(recording.steps for recording in _recorded(data))
        messages.print(f"round {number} of {config.rounds}: {steps} steps corrected, {training['updates']} updates")
        kept = {name: training[name] for name in ("updates", "seconds", "held_out")}
        rows.append({"round": number, "steps": steps, "checkpoint": str(learned), **kept})
        best = learned
    return {"checkpoint": str(best), "rounds": rows}


def _checked(config: AggregateConfig) -> AggregateConfig:
    """The same options, with a game; raises ClonestrikeError for all that can be known to be wrong before the first
    round.
    """
    player = find_actor(str(config.checkpoint))
    if not (checkpoint(config.checkpoint) / CARD).is_file():
        raise ClonestrikeError(f"{config.checkpoint} is no checkpoint folder", "an ONNX file alone cannot learn")
    Augmentation(config.light, config.mirror)
    data = open_trajectories(config.data)
    check_learnable(data, "true")
    game = suited(config.game, [player])
    check_alike([*((play.path, play.info) for play in data), (game, games.game_info(game))])
    games.prepare_expert(game)
    return replace(config, game=game)


def _play(config: AggregateConfig, policy: Path, out: Path, number: int) -> None:
    """Record what is missing of a round's play; raises KeyboardInterrupt when the user stops it."""
    recover_all(out)
    there = _recorded(out)
    missing = config.steps - sum(recording.steps for recording in there)
    if missing <= 0:
        return
    first = max((1 + (recording.seed or 0) for recording in there), default=config.seed + number * SEEDS_A_ROUND)
    result = record(
        RecordConfig(
            out,
            config.game,
            play=str(policy),
            corrected=True,
            steps=missing,
            workers=config.workers,
            seed=first,
        )
    )
    if result["interrupted"]:
        raise KeyboardInterrupt


def _recorded(folder: Path) -> list[Recording]:
    return [Recording.open(path.parent) for path in sorted(folder.glob(f"*/{HEADER}"))]


def _learn(config: AggregateConfig, policy: Path, data: tuple[Path, ...], out: Path) -> dict[str, Any]:
    """Train on all data, starting from the policy that played; returns the ``training`` of the checkpoint's card."""
    train(
        TrainConfig(
            data=data,
            out=out,
            init=policy,
            resume=(out / RESUME).exists(),  # which only writes the checkpoint again when it is complete
            labels="true",
            decoding="corrected",
            lr=config.lr,
            light=config.light,
            mirror=config.mirror,
            minutes=config.minutes if config.updates is None else None,
            updates=config.updates,
            threads=config.threads,
            seed=config.seed,
            cache=config.cache,
            cache_gb=config.cache_gb,
        )
    )
    return PolicyCard.from_text((out / CARD).read_text(encoding="utf-8"), out).training
