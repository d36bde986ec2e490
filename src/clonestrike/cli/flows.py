"""Whole flows."""

from __future__ import annotations

from clonestrike.cli.command import Group, Result, command, given
from clonestrike.flows.config import AggregateConfig, DemoConfig


@command("demo", Group.FLOWS, "clonestrike demo --out demo")
def demo(config: DemoConfig) -> Result:
    """Run the whole flow on the embedded game, in minutes on a CPU, ending in OUT/report.html."""
    from clonestrike.flows.demo import demo

    return {"report": demo(config)}


@command("aggregate", Group.FLOWS, "clonestrike aggregate runs/base data/expert --rounds 3 --out runs/corrected")
def aggregate(config: AggregateConfig) -> Result:
    """Let an agent play, learn what the expert would have done in its place, and again (dataset aggregation)."""
    given(config.data)
    from clonestrike.flows.aggregate import aggregate

    return aggregate(config)
