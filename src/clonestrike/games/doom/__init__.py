"""Doom deathmatch, the embedded default game, through ViZDoom.

Importing it registers the Gymnasium environment ``clonestrike/DoomDeathmatch-v0``.
"""

from __future__ import annotations

import gymnasium

from clonestrike.core.actor import Actor
from clonestrike.core.game_info import GameInfo
from clonestrike.games.base import Game, Match
from clonestrike.games.doom.engine import DoomSpec
from clonestrike.games.doom.expert import Expert
from clonestrike.games.doom.experts import DoomExpertSpectator
from clonestrike.games.doom.graph import map_graph
from clonestrike.games.doom.maps import maps_of
from clonestrike.games.doom.match import DoomMatch
from clonestrike.games.doom.spectator import DoomSpectator

gymnasium.register(id="clonestrike/DoomDeathmatch-v0", entry_point="clonestrike.games.doom.environment:DoomDeathmatch")

__all__ = ["DoomExpertSpectator", "DoomMatch", "DoomSpec", "DoomSpectator", "Expert"]


def info(options: str) -> GameInfo:
    """What is known before the engine starts; ClonestrikeError if the options are wrong."""
    return DoomSpec.parse(options).info


def open_match(options: str, *, seed: int, minutes: float, privileged: bool, human: bool) -> Match:
    """A match for the own player; a human plays it in a window of ours."""
    return DoomMatch(DoomSpec.parse(options).match(seed), seed=seed, minutes=minutes, privileged=privileged)


def open_spectator(options: str, *, seed: int, minutes: float) -> Game:
    """A match to watch."""
    return DoomSpectator(DoomSpec.parse(options).match(seed), seed=seed, minutes=minutes)


def open_expert_spectator(options: str, *, seed: int, minutes: float) -> Game:
    """A match with a scripted expert to watch."""
    return DoomExpertSpectator(DoomSpec.parse(options).match(seed), seed=seed, minutes=minutes)


def open_expert(game: Game, *, seed: int) -> Actor:
    """The scripted expert, for a privileged match."""
    if not isinstance(game, DoomMatch):
        raise TypeError(f"the Doom expert cannot play {type(game).__name__}")
    return Expert(game, map_graph(game.spec), seed=seed)


def prepare_expert(options: str) -> None:
    """Learn the graph of the map, unless it is cached; those of several maps are left to whoever plays there."""
    spec = DoomSpec.parse(options)
    if len(maps_of(spec.map)) == 1:
        map_graph(spec)
