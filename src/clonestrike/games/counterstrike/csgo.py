"""CS:GO as a game of ours: see the package."""

from __future__ import annotations

from clonestrike.games import counterstrike
from clonestrike.games.base import Game, GameInfo


def info(options: str) -> GameInfo:
    """What is known before the game is looked for; ClonestrikeError if the options are wrong."""
    return counterstrike.info("csgo", options)


def open_match(options: str, *, seed: int, minutes: float, privileged: bool, human: bool) -> Game:  # noqa: ARG001
    """The match that runs, to be played by us or by a human."""
    return counterstrike.open_match("csgo", options, minutes=minutes, privileged=privileged, human=human)


def open_spectator(options: str, *, seed: int, minutes: float) -> Game:  # noqa: ARG001
    """The match that runs, to be watched."""
    return counterstrike.open_spectator("csgo", options, minutes=minutes)
