"""Recordings become policies."""

from __future__ import annotations

from clonestrike.cli.command import Group, Result, command, given
from clonestrike.training.config import TrainConfig


@command("train", Group.STAGES, "clonestrike train data/expert --labels true --out runs/base --minutes 20")
def train(config: TrainConfig) -> Result:
    """Train a policy on recordings whose actions are known or labelled."""
    given(config.data)
    from clonestrike.policy.card import PolicyCard
    from clonestrike.policy.checkpoint import CARD
    from clonestrike.training.train import train

    folder = train(config)
    training = PolicyCard.from_text((folder / CARD).read_text(encoding="utf-8"), folder).training
    return {"checkpoint": folder, **{name: training[name] for name in ("updates", "seconds", "held_out")}}
