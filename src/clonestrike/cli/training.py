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
    selected = {} if made.selection is None else {"selection": made.selection}
    figures = {"checkpoint": made.path, "updates": made.updates, "seconds": made.seconds}
    return {**figures, **selected, "held_out": made.held_out}
