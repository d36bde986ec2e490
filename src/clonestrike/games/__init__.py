"""Games by name: ``doom``, ``doom:map=cig/MAP01,bots=7,loadout=classic``, ``window:TITLE``.

Every game is a ``entry.GameEntry`` that an entry point declares, in this package or in another one.
"""

from __future__ import annotations

from collections.abc import Callable

from clonestrike.core.actor import Actor
from clonestrike.core.game_info import GameInfo
from clonestrike.core.registry import Registry
from clonestrike.errors import ClonestrikeError
from clonestrike.games.base import Game, Match
from clonestrike.games.entry import GameEntry, OpenExpert, OpenSpectator

GAMES = Registry("clonestrike.games", GameEntry, "game")
"""All installed games."""


def find(name: str) -> tuple[GameEntry, str]:
    """The entry and the options of a game such as ``doom:bots=7``; raises ClonestrikeError if there is no such game."""
    kind, _, options = name.partition(":")
    return GAMES.get(kind), options


def game_info(name: str) -> GameInfo:
    """The GameInfo of a game, without starting it; raises ClonestrikeError if the name or an option is wrong."""
    game, options = find(name)
    return game.info(options)


def game_like(info: GameInfo) -> str:
    """The name of a game like that of a recording or a checkpoint, crop left open.

    Raises ClonestrikeError if it is not installed.
    """
    game = GAMES.get(info.game)
    options = game.options_of(info)
    return f"{game.name}:{options}" if options else game.name


def with_crop(name: str, info: GameInfo) -> str:
    """The same game with frames cut as those of ``info``, where the game has a choice.

    Raises ClonestrikeError if ``name`` asks for another crop.
    """
    game, options = find(name)
    frame, now = (info.frame_height, info.frame_width), game.info(options)
    crop = next((crop for crop, size in game.crops().items() if size == frame), None)
    if crop is None or (now.frame_height, now.frame_width) == frame:
        return name
    if any(option.startswith("crop=") for option in options.split(",")):
        raise ClonestrikeError(
            f"{name} gives frames of {now.frame_height} x {now.frame_width}, not {frame[0]} x {frame[1]}",
            f"write crop={crop}, or leave the crop out",
        )
    return f"{game.name}:{options and f'{options},'}crop={crop}"


def matches_at_once(name: str, wanted: int) -> int:
    """``wanted``, or 1 where only one match of this game can run at a time."""
    game, _ = find(name)
    return 1 if game.one_at_a_time() else wanted


def open_game(name: str, *, seed: int, minutes: float, privileged: bool = False, human: bool = False) -> Game:
    """Start a game for the own player: ``privileged`` for the scripted expert, ``human`` for a human.

    Raises ClonestrikeError if the name, an option or the length is wrong, or the game does not start.
    """
    game, options = find(name)
    if not minutes > 0:  # engines take 0 for no limit
        raise ClonestrikeError(f"a match of {minutes:g} minutes is not possible", "give more than 0")
    if privileged:
        _expert_of(game)
    return game.open_match(options, seed=seed, minutes=minutes, privileged=privileged, human=human)


def open_match(name: str, *, seed: int, minutes: float, privileged: bool = False) -> Match:
    """Start a match for the own player; raises ClonestrikeError for a game without scores."""
    game = open_game(name, seed=seed, minutes=minutes, privileged=privileged)
    if not isinstance(game, Match):
        game.close()
        raise ClonestrikeError(f"{name} keeps no score that can be read", "use clonestrike play")
    return game


def check_window(name: str) -> None:
    """Raise ClonestrikeError for a game without a window of its own."""
    game, _ = find(name)
    _alone(game)


def open_alone(name: str) -> Game:
    """Start a game with a window for the doctor, without other players if the game allows that."""
    game, options = find(name)
    return _alone(game)(options)


def open_spectator(name: str, *, seed: int, minutes: float, whom: str = "bots") -> Game:
    """Start a match to watch ``bots`` or ``experts``; the game has the capability Spectatable."""
    game, options = find(name)
    return _spectator_of(game, whom)(options, seed=seed, minutes=minutes)


def check_watch(name: str, whom: str) -> None:
    """Raise ClonestrikeError if bots or experts (``whom``) cannot be watched in this game."""
    game, _ = find(name)
    _spectator_of(game, whom)


def open_expert(name: str, game: Game, *, seed: int) -> Actor:
    """The scripted expert of a game, for a privileged match."""
    entry, _ = find(name)
    return _expert_of(entry)(game, seed=seed)


def prepare_expert(name: str) -> None:
    """Prepare what the expert needs (the graph of the map), before several processes open it."""
    game, options = find(name)
    _expert_of(game)
    if game.prepare_expert is not None:
        game.prepare_expert(options)


def _alone(game: GameEntry) -> Callable[[str], Game]:
    if game.open_alone is None:
        raise ClonestrikeError(f"{game.name} has no window of its own", "use a game that has one, or window:TITLE")
    return game.open_alone


def _spectator_of(game: GameEntry, whom: str) -> OpenSpectator:
    openers = {"bots": game.open_spectator, "experts": game.open_expert_spectator}
    if whom not in openers:
        raise ClonestrikeError(f"{whom!r} cannot be watched", "use --watch bots or --watch experts")
    found = openers[whom]
    if found is None:
        others = [f"--watch {other}" for other, opener in openers.items() if opener is not None]
        remedy = f"use {' or '.join(others)}" if others else "use --play human, or a checkpoint"
        raise ClonestrikeError(f"{game.name} has no {whom} to watch", remedy)
    return found


def _expert_of(game: GameEntry) -> OpenExpert:
    if game.open_expert is None:
        raise ClonestrikeError(f"{game.name} has no scripted expert", "let a checkpoint, human or random play")
    return game.open_expert
