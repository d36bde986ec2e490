"""The command that trains policies."""

from __future__ import annotations

from clonestrike.cli.command import Group, Result, command, given
from clonestrike.training.config import TrainConfig


@command("train", Group.STAGES, "clonestrike train data/expert --labels true --out runs/base --minutes 20")
def train(config: TrainConfig) -> Result:
    """Train a policy on recordings whose actions are known or labelled."""
    given(config.data)
    from clonestrike.training.api import train

    made = train(config)
    return {"checkpoint": made.path, "updates": made.updates, "seconds": made.seconds, "held_out": made.held_out}
