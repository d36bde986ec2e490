"""The graph of an OpenArena map, learned from bots through the server's memory.

Cells are those in which a bot stood. An edge leads to the cell in which it stood next, also after a fall or a flight
from a jump pad, but not after a jump, so that a path on the graph needs no jumps.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from pathlib import Path

from clonestrike.files import cache_folder
from clonestrike.games.graph import Cell, MapGraph, Point, Walks
from clonestrike.games.openarena.memory import Player, offsets
from clonestrike.games.openarena.process import OpenArena, screen
from clonestrike.games.openarena.spec import BOTS, FRAME_MS, OpenArenaSpec

CELL = 48.0
LOOK_MINUTES = 6.0
LEAP = 60.0
"""Distance, units, between two looks from which a player was teleported."""


@dataclasses.dataclass
class _Trail:
    """Last known position of a player, the last cell it stood in, and whether it jumped since; None: unknown."""

    at: Point | None = None
    cell: Cell | None = None
    jumped: bool = False


def learn(spec: OpenArenaSpec, minutes: float = LOOK_MINUTES) -> MapGraph:
    """Learn the graph of the map from many bots in ``minutes`` of game time, without rendering."""
    walks = Walks(CELL)
    watched = dataclasses.replace(spec, bots=len(BOTS), skill=4, width=320, height=240, lockstep=1)
    with contextlib.ExitStack() as stack:
        screen(stack)
        arena = OpenArena(watched)
        stack.callback(arena.close)
        arena.must("team spectator")
        arena.must("set r_norefresh 1")
        trails = [_Trail() for _ in range(watched.bots + 1)]
        for _ in range(round(minutes * 60_000 / FRAME_MS)):
            arena.run(1)
            for player, trail in zip(arena.memory.players(watched.bots + 1), trails, strict=True):
                _look(player, trail, walks)
    return walks.graph(spec.map)


def _look(player: Player, trail: _Trail, walks: Walks) -> None:
    here = player.place
    if not player.state.alive or player.state.team != "free" or (trail.at and math.dist(trail.at, here) > LEAP):
        trail.at = trail.cell = None
        return
    trail.at = here
    if not player.grounded:
        trail.jumped |= player.jumps
        return
    cell = walks.stand(here)
    if trail.cell is not None and trail.cell != cell and not trail.jumped:
        walks.step(trail.cell, cell)
    trail.cell, trail.jumped = cell, player.jumps


def graph_path(spec: OpenArenaSpec) -> Path:
    """The file in which the graph of a map is cached."""
    return cache_folder() / "graphs" / f"{spec.map}-{offsets()['package'].split(' (')[0].replace(' ', '-')}.npz"


def map_graph(spec: OpenArenaSpec) -> MapGraph:
    """The graph of a map, from the cache, or learned now (some minutes) and cached."""
    return MapGraph.cached(graph_path(spec), lambda: learn(spec))
