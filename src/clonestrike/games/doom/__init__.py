"""Doom deathmatch, the embedded default game, through ViZDoom.

Importing this package registers the Gymnasium environment ``clonestrike/DoomDeathmatch-v0``, without loading the
engine.
"""

from __future__ import annotations

import gymnasium

from clonestrike.core.actor import Actor
from clonestrike.core.game_info import GameInfo
from clonestrike.games.base import Game, Match
from clonestrike.games.doom.movement import MOVEMENT
from clonestrike.games.entry import GameEntry

gymnasium.register(id="clonestrike/DoomDeathmatch-v0", entry_point="clonestrike.games.doom.environment:DoomDeathmatch")


def info(options: str) -> GameInfo:
    """GameInfo without starting the engine; raises ClonestrikeError if the options are wrong."""
    from clonestrike.games.doom.engine import DoomSpec

    return DoomSpec.parse(options).info


def open_match(options: str, *, seed: int, minutes: float, privileged: bool, human: bool) -> Match:
    """A match for the own player; a human plays in a window of Clonestrike."""
    from clonestrike.games.doom.engine import DoomSpec
    from clonestrike.games.doom.match import DoomMatch

    return DoomMatch(DoomSpec.parse(options).match(seed), seed=seed, minutes=minutes, privileged=privileged)


def open_spectator(options: str, *, seed: int, minutes: float) -> Game:
    """A match in which bots are watched."""
    from clonestrike.games.doom.engine import DoomSpec
    from clonestrike.games.doom.spectator import DoomSpectator

    return DoomSpectator(DoomSpec.parse(options).match(seed), seed=seed, minutes=minutes)


def open_expert_spectator(options: str, *, seed: int, minutes: float) -> Game:
    """A match in which a scripted expert is watched."""
    from clonestrike.games.doom.engine import DoomSpec
    from clonestrike.games.doom.experts import DoomExpertSpectator

    return DoomExpertSpectator(DoomSpec.parse(options).match(seed), seed=seed, minutes=minutes)


def open_expert(game: Game, *, seed: int) -> Actor:
    """The scripted expert, for a privileged match."""
    from clonestrike.games.doom.expert import Expert
    from clonestrike.games.doom.graph import map_graph
    from clonestrike.games.doom.match import DoomMatch

    if not isinstance(game, DoomMatch):
        raise TypeError(f"the Doom expert cannot play {type(game).__name__}")
    return Expert(game, map_graph(game.spec), seed=seed)


def prepare_expert(options: str) -> None:
    """Learn the graph of the map, unless it is cached. For several maps it is learned when a match begins."""
    from clonestrike.games.doom.engine import DoomSpec
    from clonestrike.games.doom.graph import map_graph
    from clonestrike.games.doom.maps import maps_of

    spec = DoomSpec.parse(options)
    if len(maps_of(spec.map)) == 1:
        map_graph(spec)


GAME = GameEntry(
    name="doom",
    title="Doom deathmatch",
    help="map=cig/MAP01 (several with +, or training, or unseen), bots=7, loadout=classic or rifle",
    info=info,
    open_match=open_match,
    open_spectator=open_spectator,
    open_expert_spectator=open_expert_spectator,
    open_expert=open_expert,
    prepare_expert=prepare_expert,
    movement=MOVEMENT,
)
