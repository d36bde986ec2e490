"""Where a map of OpenArena can be walked: bots are watched through the server's memory for minutes of game time.

A cell is known when somebody stood in it. An edge leads to where a player's feet came next, also after a fall or a
flight from a jump pad, but not after a jump: whoever follows the graph need not jump.
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
"""Units from one look to the next beyond which a player was put elsewhere."""


@dataclasses.dataclass
class _Trail:
    """Where one player was at the last look, and the cell that the feet were in last; None: nobody knows."""

    at: Point | None = None
    cell: Cell | None = None
    jumped: bool = False


def learn(spec: OpenArenaSpec, minutes: float = LOOK_MINUTES) -> MapGraph:
    """Watch many bots for so many minutes of game time, without drawing, and draw the map's graph."""
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
    """Where the graph of a map is cached."""
    return cache_folder() / "graphs" / f"{spec.map}-{offsets()['package'].split(' (')[0].replace(' ', '-')}.npz"


def map_graph(spec: OpenArenaSpec) -> MapGraph:
    """The graph of a map: from the cache, or learned now (some minutes) and kept."""
    return MapGraph.cached(graph_path(spec), lambda: learn(spec))
