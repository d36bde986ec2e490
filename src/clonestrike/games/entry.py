"""What a game must say of itself to be played, watched, labelled and examined: the record that its entry point names.

A package adds a game with a line in its ``pyproject.toml`` and a module that holds the record::

    [project.entry-points."clonestrike.games"]
    arena = "my_package.arena:GAME"

The record is loaded for little more than the game's name: its functions import engines when they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from clonestrike.core.actor import Actor
from clonestrike.core.game_info import GameInfo
from clonestrike.core.movement import MovementProfile
from clonestrike.games.base import Game

Preconditions = Iterator[tuple[str, Callable[[], str]]]
"""Titles of checks, and functions that say what they found or raise ClonestrikeError."""


class OpenMatch(Protocol):
    """Starts a game for the own player; raises ClonestrikeError if the options are wrong or it does not start."""

    def __call__(self, options: str, *, seed: int, minutes: float, privileged: bool, human: bool) -> Game:
        """``privileged``: with what only the scripted expert may know; ``human``: a human plays, and we watch."""


class OpenSpectator(Protocol):
    """Starts a match to watch: the game has the capabilities Spectatable and TrueInputs."""

    def __call__(self, options: str, *, seed: int, minutes: float) -> Game:
        """Of ``minutes`` game time; raises ClonestrikeError if the options are wrong or it does not start."""


class OpenExpert(Protocol):
    """Makes the scripted expert of a privileged match."""

    def __call__(self, game: Game, *, seed: int) -> Actor:
        """Seeded: raises TypeError for the match of another game."""


def _no_preconditions() -> Preconditions:
    return iter(())


@dataclass(frozen=True, kw_only=True)
class GameEntry:
    """A game as a part that plugs in; what it does not offer is None, and whoever asks for it gets a ClonestrikeError.

    ``options`` is always the text behind the game's name: ``map=cig/MAP01,bots=7`` of ``doom:map=cig/MAP01,bots=7``.
    """

    name: str
    """That of its entry point, and of GameInfo.game."""
    title: str
    """As its players call it."""
    help: str
    """Its options with an example, in a line."""
    info: Callable[[str], GameInfo]
    """options -> what is known before the game starts; raises ClonestrikeError if they are wrong."""
    open_match: OpenMatch
    open_spectator: OpenSpectator | None = None
    """Watches the game's own bots, or whoever plays."""
    open_expert_spectator: OpenSpectator | None = None
    """Watches scripted experts."""
    open_alone: Callable[[str], Game] | None = None
    """options -> a WindowGame for the own player, with nobody else in it where it can be asked for that: for the doctor
    to measure on. None: the game has no window of its own."""
    open_expert: OpenExpert | None = None
    prepare_expert: Callable[[str], None] | None = None
    """options -> has ready what the expert needs, before several processes ask for it. None: it needs nothing."""
    movement: MovementProfile | None = None
    """What labelling uses for recordings whose GameInfo.movement is this game's name. None: they cannot be labelled."""
    preconditions: Callable[[], Preconditions] = _no_preconditions
    """What the doctor checks before it opens the game."""
    angle_option: str | None = None
    """The option that says how many degrees a count of mouse motion turns. None: the game itself settles that."""
