"""OpenArena, unmodified, in its own window, on the loopback interface (Linux, X11)."""

from __future__ import annotations

import dataclasses
import math
import os

from clonestrike.core.actor import Actor
from clonestrike.core.game_info import GameInfo
from clonestrike.games.base import Game, Match
from clonestrike.games.entry import GameEntry
from clonestrike.games.openarena.movement import MOVEMENT


def info(options: str) -> GameInfo:
    """GameInfo without starting the game; raises ClonestrikeError if the options are wrong."""
    from clonestrike.games.openarena.spec import OpenArenaSpec

    return OpenArenaSpec.parse(options).info


def open_match(options: str, *, seed: int, minutes: float, privileged: bool, human: bool) -> Match:
    """A match for the own player; a human plays in the game's own window, in real time."""
    from clonestrike.games.openarena.match import OpenArenaMatch, SteppedMatch
    from clonestrike.games.openarena.spec import OpenArenaSpec

    spec = OpenArenaSpec.parse(options)
    return (SteppedMatch if spec.lockstep and not human else OpenArenaMatch)(spec, minutes=minutes, human=human)


def open_alone(options: str) -> Match:
    """The own player alone on the map, for the doctor."""
    from clonestrike.games.openarena.match import OpenArenaMatch
    from clonestrike.games.openarena.spec import OpenArenaSpec

    return OpenArenaMatch(dataclasses.replace(OpenArenaSpec.parse(options), bots=0), minutes=math.inf)


def open_spectator(options: str, *, seed: int, minutes: float) -> Game:
    """A match in which bots are watched."""
    from clonestrike.games.openarena.match import OpenArenaSpectator, SteppedSpectator
    from clonestrike.games.openarena.spec import OpenArenaSpec

    spec = OpenArenaSpec.parse(options)
    return (SteppedSpectator if spec.lockstep else OpenArenaSpectator)(spec, minutes=minutes)


def open_expert(game: Game, *, seed: int) -> Actor:
    """The scripted expert, for a match of the own player."""
    from clonestrike.games.openarena.expert import Expert
    from clonestrike.games.openarena.graph import map_graph
    from clonestrike.games.openarena.match import OpenArenaMatch
    from clonestrike.games.openarena.world import world_of

    if not isinstance(game, OpenArenaMatch):
        raise TypeError(f"the OpenArena expert cannot play {type(game).__name__}")
    return Expert(game, map_graph(game.spec), world_of(game.spec.map), seed=seed)


def prepare_expert(options: str) -> None:
    """Learn the graph of the map, unless it is cached."""
    from clonestrike.games.openarena.graph import map_graph
    from clonestrike.games.openarena.spec import OpenArenaSpec

    map_graph(OpenArenaSpec.parse(options))


GAME = GameEntry(
    name="openarena",
    title="OpenArena",
    help="map=oa_dm1, bots=7, skill=3 (1 to 5), width=640, height=480, fps=60, lockstep=0 or 1",
    info=info,
    open_match=open_match,
    open_spectator=open_spectator,
    open_alone=open_alone,
    open_expert=open_expert,
    prepare_expert=prepare_expert,
    movement=MOVEMENT,
    one_at_a_time=lambda: bool(os.environ.get("DISPLAY")),  # without, every match gets a screen of its own
)
