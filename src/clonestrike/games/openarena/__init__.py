"""OpenArena in its own window, on the loopback interface: a desktop game that knows nothing of us (Linux, X11)."""

from __future__ import annotations

from clonestrike.games.base import Game, GameInfo, Match
from clonestrike.games.openarena.match import OpenArenaMatch, OpenArenaSpectator
from clonestrike.games.openarena.spec import OpenArenaSpec

__all__ = ["OpenArenaMatch", "OpenArenaSpec", "OpenArenaSpectator"]


def info(options: str) -> GameInfo:
    """What is known before the game starts; ClonestrikeError if the options are wrong."""
    return OpenArenaSpec.parse(options).info


def open_match(options: str, *, seed: int, minutes: float, privileged: bool, human: bool) -> Match:  # noqa: ARG001 - real time does not repeat
    """A match for the own player."""
    return OpenArenaMatch(OpenArenaSpec.parse(options), minutes=minutes, human=human)


def open_spectator(options: str, *, seed: int, minutes: float) -> Game:  # noqa: ARG001 - real time does not repeat
    """A match to watch."""
    return OpenArenaSpectator(OpenArenaSpec.parse(options), minutes=minutes)
