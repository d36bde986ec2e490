"""Commands that play: record, play."""

from __future__ import annotations

from clonestrike.cli.command import Group, Result, command
from clonestrike.playing.config import PlayConfig, RecordConfig


@command("record", Group.STAGES, "clonestrike record --watch bots --minutes 60 --workers 2 --out data/bots")
def record(config: RecordConfig) -> Result:
    """Record play: watch bots or scripted experts, or let a human, an agent or the expert play."""
    from clonestrike.playing.record import record

    return record(config)


@command("play", Group.STAGES, "clonestrike play runs/base --minutes 3 --video match.mp4")
def play(config: PlayConfig) -> Result:
    """Let an agent, the scripted expert or a random actor play one match, and show or film it."""
    from clonestrike.playing.play import play

    return play(config)
