"""Game entries: what a game declares to be played, watched, labelled and examined.

A package adds a game with an entry point in its ``pyproject.toml`` and a module that holds the entry::

    [project.entry-points."clonestrike.games"]
    arena = "my_package.arena:GAME"

The entry is loaded often, so its functions import the game's engine only when they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from clonestrike.core.actor import Actor
from clonestrike.core.game_info import GameInfo
from clonestrike.core.movement import MovementProfile
from clonestrike.games.base import Game

Preconditions = Iterator[tuple[str, Callable[[], str]]]
"""Titles of checks, with functions that return what they found or raise ClonestrikeError."""


class OpenMatch(Protocol):
    """Starts a game for the own player; raises ClonestrikeError if the options are wrong or it does not start."""

    def __call__(self, options: str, *, seed: int, minutes: float, privileged: bool, human: bool) -> Game:
        """``minutes``: length in game time; ``privileged``: for the scripted expert; ``human``: for a human player."""


class OpenSpectator(Protocol):
    """Starts a match to watch; the game has the capability Spectatable, and TrueInputs if it can tell true actions."""

    def __call__(self, options: str, *, seed: int, minutes: float) -> Game:
        """``minutes``: game time; raises ClonestrikeError if the options are wrong or the game does not start."""


class OpenExpert(Protocol):
    """Creates the scripted expert for a privileged match."""

    def __call__(self, game: Game, *, seed: int) -> Actor:
        """``seed`` is that of its random choices; raises TypeError for a match of another game."""


def _no_crops() -> Mapping[str, tuple[int, int]]:
    return {}


def _no_options(_: GameInfo) -> str:
    return ""


def _several() -> bool:
    return False


def _no_preconditions() -> Preconditions:
    return iter(())


@dataclass(frozen=True, kw_only=True)
class GameEntry:
    """A game as an entry point declares it. None is what the game does not offer; asking for it is a ClonestrikeError.

    ``options`` is always the text behind the game's name: ``map=cig/MAP01,bots=7`` of ``doom:map=cig/MAP01,bots=7``.
    """

    name: str
    """Name of the entry point, and GameInfo.game."""
    title: str
    """Full name for messages."""
    help: str
    """Its options with examples, in one line."""
    info: Callable[[str], GameInfo]
    """options -> GameInfo, without starting the game; raises ClonestrikeError if they are wrong."""
    open_match: OpenMatch
    open_spectator: OpenSpectator | None = None
    """Watches the game's bots, or its other players."""
    open_expert_spectator: OpenSpectator | None = None
    """Watches scripted experts."""
    open_alone: Callable[[str], Game] | None = None
    """options -> a WindowGame for the doctor, without other players if the game allows that. None: the game has no
    window of its own."""
    open_expert: OpenExpert | None = None
    prepare_expert: Callable[[str], None] | None = None
    """Prepares what the expert needs for these options, before several processes open it. None: it needs nothing."""
    movement: MovementProfile | None = None
    """For labelling recordings whose GameInfo.movement is this game's name. None: they cannot be labelled."""
    preconditions: Callable[[], Preconditions] = _no_preconditions
    """Checks that the doctor makes before it opens the game."""
    crops: Callable[[], Mapping[str, tuple[int, int]]] = _no_crops
    """Values of the game's option ``crop``, with height and width of the frames that each gives. Empty: it has no such
    option."""
    options_of: Callable[[GameInfo], str] = _no_options
    """GameInfo -> the options that open such a game again, without the crop."""
    one_at_a_time: Callable[[], bool] = _several
    """Whether this computer can run one match only at a time: the game is running already, or needs the screen."""
    angle_option: str | None = None
    """Name of the option for the degrees of a mouse count. None: there is no such option."""
