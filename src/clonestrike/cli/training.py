"""The command that trains policies."""

from __future__ import annotations

from clonestrike import console
from clonestrike.cli.command import Group, Result, command, given
from clonestrike.training.config import TrainConfig


def _report_train(result: Result) -> None:
    """Show of the held-out scores only the policy's; the others, to compare them with, are in the JSON."""
    scores = result["held_out"]
    if scores is None:
        console.show({**result, "held_out": "none"}, "train")
        return
    policy = scores["policy"]
    shown = {
        "held_out_keys": {name: row for name, row in policy.items() if "precision" in row},
        "held_out_mouse": {name: row for name, row in policy.items() if "precision" not in row},
    }
    console.show({**result, "held_out": f"{scores['rows']:,} rows"} | shown, "train")


@command(
    "train",
    Group.STAGES,
    "clonestrike train data/expert --labels true --out runs/base --minutes 20",
    report=_report_train,
)
def train(config: TrainConfig) -> Result:
    """Train a policy on recordings whose actions are known or labelled."""
    given(config.data)
    from clonestrike.training.api import train

    made = train(config)
    selected = {} if made.selection is None else {"selection": made.selection}
    figures = {"checkpoint": made.path, "updates": made.updates, "seconds": made.seconds}
    return {**figures, **selected, "held_out": made.held_out}
