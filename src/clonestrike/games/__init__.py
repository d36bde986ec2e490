"""Games by name: ``doom``, ``doom:map=cig/MAP01,bots=7,loadout=classic``, ``window:TITLE``.

Every game is a package here with the functions ``info``, ``open_match`` and ``open_spectator``, and where there is a
scripted expert ``open_expert`` and ``prepare_expert``, and ``open_expert_spectator`` where that can be watched.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from types import ModuleType

from clonestrike.core.actor import Actor
from clonestrike.core.game_info import GameInfo
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game, Match

GAMES = {
    "doom": "doom",
    "openarena": "openarena",
    "csgo": "counterstrike.csgo",
    "cs2": "counterstrike.cs2",
    "window": "desktop",
}
"""Name -> package."""


def _package(name: str) -> tuple[ModuleType, str]:
    kind, _, options = name.partition(":")
    if kind not in GAMES:
        raise ClonestrikeError(f"there is no game {kind!r}", f"use one of {', '.join(GAMES)}")
    return importlib.import_module(f"clonestrike.games.{GAMES[kind]}"), options


def game_info(name: str) -> GameInfo:
    """What is known of a game before it starts; ClonestrikeError if the name or one of its options is wrong."""
    package, options = _package(name)
    info: GameInfo = package.info(options)
    return info


def open_game(name: str, *, seed: int, minutes: float, privileged: bool = False, human: bool = False) -> Game:
    """Start a game for the own player: ``privileged`` where the scripted expert shall play, ``human`` where a human."""
    package, options = _package(name)
    game: Game = package.open_match(options, seed=seed, minutes=minutes, privileged=privileged, human=human)
    return game


def open_match(name: str, *, seed: int, minutes: float, privileged: bool = False) -> Match:
    """Start a match for the own player; raises ClonestrikeError for a game without scores."""
    game = open_game(name, seed=seed, minutes=minutes, privileged=privileged)
    if not isinstance(game, Match):
        game.close()
        raise ClonestrikeError(f"{name} keeps no score that we can read", "use clonestrike play")
    return game


def check_window(name: str) -> None:
    """Raise ClonestrikeError for a game without a window of its own."""
    package, _ = _package(name)
    if not hasattr(package, "open_alone"):
        raise ClonestrikeError(f"{name} has no window of its own", "use openarena, csgo, cs2 or window:TITLE")


def preconditions(name: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """Checks before a game is opened: names, and functions that say what they found or raise ClonestrikeError."""
    package, _ = _package(name)
    return package.preconditions() if hasattr(package, "preconditions") else iter(())


def open_alone(name: str) -> Game:
    """Start a game for the own player without anybody else in it where it can be asked for that: to measure on."""
    check_window(name)
    package, options = _package(name)
    game: Game = package.open_alone(options)
    return game


def open_spectator(name: str, *, seed: int, minutes: float, whom: str = "bots") -> Game:
    """Start a match to watch bots or experts: the game has the capabilities Spectatable and TrueInputs."""
    check_watch(name, whom)
    package, options = _package(name)
    start = package.open_expert_spectator if whom == "experts" else package.open_spectator
    game: Game = start(options, seed=seed, minutes=minutes)
    return game


def check_watch(name: str, whom: str) -> None:
    """Raise ClonestrikeError for whom one cannot watch in this game."""
    if whom not in ("bots", "experts"):
        raise ClonestrikeError(f"nobody called {whom!r} can be watched", "use --watch bots or --watch experts")
    package, _ = _package(name)
    if whom == "experts" and not hasattr(package, "open_expert_spectator"):
        raise ClonestrikeError(f"{name.partition(':')[0]} has no experts to watch", "use --watch bots")


def open_expert(name: str, game: Game, *, seed: int) -> Actor:
    """The scripted expert of a game, for a privileged match."""
    package, _ = _with_expert(name)
    expert: Actor = package.open_expert(game, seed=seed)
    return expert


def prepare_expert(name: str) -> None:
    """Have ready what the expert needs (the map's graph), before several processes ask for it."""
    package, options = _with_expert(name)
    package.prepare_expert(options)


def _with_expert(name: str) -> tuple[ModuleType, str]:
    package, options = _package(name)
    if not hasattr(package, "open_expert"):
        raise ClonestrikeError(f"{name} has no scripted expert", "let a checkpoint, human or random play")
    return package, options
