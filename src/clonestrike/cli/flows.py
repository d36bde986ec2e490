"""Commands that run several stages: demo, aggregate."""

from __future__ import annotations

from clonestrike.cli.command import Group, Result, command, given
from clonestrike.flows.config import AggregateConfig, DemoConfig


@command("demo", Group.FLOWS, "clonestrike demo --out demo")
def demo(config: DemoConfig) -> Result:
    """Record, label, train, play and evaluate in Doom, in 15 minutes on two CPU cores; ends in OUT/report.html."""
    from clonestrike.flows.demo import demo

    return {"report": demo(config)}


@command("aggregate", Group.FLOWS, "clonestrike aggregate runs/base data/expert --rounds 3 --out runs/corrected")
def aggregate(config: AggregateConfig) -> Result:
    """Correct an agent in rounds: it plays, then learns what the expert would have done in its place (DAgger)."""
    given(config.data)
    from clonestrike.flows.aggregate import aggregate

    return aggregate(config)
