"""CS2 as a game of ours: see the package."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from clonestrike.core.game_info import GameInfo
from clonestrike.games import counterstrike
from clonestrike.games.base import Game


def info(options: str) -> GameInfo:
    """What is known before the game is looked for; ClonestrikeError if the options are wrong."""
    return counterstrike.info("cs2", options)


def open_match(options: str, *, seed: int, minutes: float, privileged: bool, human: bool) -> Game:
    """The match that runs, to be played by us or by a human."""
    return counterstrike.open_match("cs2", options, minutes=minutes, privileged=privileged, human=human)


def open_spectator(options: str, *, seed: int, minutes: float) -> Game:
    """The match that runs, to be watched."""
    return counterstrike.open_spectator("cs2", options, minutes=minutes)


def open_alone(options: str) -> Game:
    """The match that runs: who else is in it is up to the user."""
    return counterstrike.open_match("cs2", options, minutes=math.inf, privileged=False, human=False)


def preconditions() -> Iterator[tuple[str, Callable[[], str]]]:
    """Checks before it is opened: see ``checks``."""
    from clonestrike.games.counterstrike.checks import preconditions
    from clonestrike.games.counterstrike.edition import edition

    return preconditions(edition("cs2"))
