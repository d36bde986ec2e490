"""Where a map of OpenArena can be walked: bots are watched through the server's memory for minutes of game time.

A cell is known when somebody stood in it. An edge leads to where a player's feet came next, also after a fall or a
flight from a jump pad, but not after a jump: whoever follows the graph need not jump.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import zipfile
from pathlib import Path

from clonestrike.errors import ClonestrikeError
from clonestrike.files import cache_folder
from clonestrike.games.graph import Cell, MapGraph, Point, cell_of
from clonestrike.games.openarena.memory import Player, offsets
from clonestrike.games.openarena.process import OpenArena, screen
from clonestrike.games.openarena.spec import BOTS, FRAME_MS, OpenArenaSpec

CELL = 48.0
LOOK_MINUTES = 6.0
LEAP = 60.0
"""Units from one look to the next beyond which a player was put elsewhere."""


def position(player: Player) -> Point:
    """Where a player is, (x, y, z)."""
    state = player.state
    return (state.x or 0.0, state.y or 0.0, state.z or 0.0)


@dataclasses.dataclass
class _Trail:
    """Where one player was at the last look, and the cell that the feet were in last; None: nobody knows."""

    at: Point | None = None
    cell: Cell | None = None
    jumped: bool = False


def learn(spec: OpenArenaSpec, minutes: float = LOOK_MINUTES) -> MapGraph:
    """Watch many bots for so many minutes of game time, without drawing, and draw the map's graph."""
    seen: dict[Cell, list[Point]] = {}
    steps: dict[Cell, set[Cell]] = {}
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
                _look(player, trail, seen, steps)
    if len(steps) < 20:
        raise ClonestrikeError(f"the bots hardly move on {spec.map}", "the expert cannot learn this map")
    return MapGraph.of(CELL, seen, steps)


def _look(player: Player, trail: _Trail, seen: dict[Cell, list[Point]], steps: dict[Cell, set[Cell]]) -> None:
    here = position(player)
    if not player.state.alive or player.state.team != "free" or (trail.at and math.dist(trail.at, here) > LEAP):
        trail.at = trail.cell = None
        return
    trail.at = here
    if not player.grounded:
        trail.jumped |= player.jumps
        return
    cell = cell_of(here, CELL)
    points = seen.setdefault(cell, [])
    if len(points) < 50:
        points.append(here)
    if trail.cell not in (None, cell) and not trail.jumped:
        steps.setdefault(trail.cell, set()).add(cell)
    trail.cell, trail.jumped = cell, player.jumps


def graph_path(spec: OpenArenaSpec) -> Path:
    """Where the graph of a map is cached."""
    return cache_folder() / "graphs" / f"{spec.map}-{offsets()['package'].split(' (')[0].replace(' ', '-')}.npz"


def map_graph(spec: OpenArenaSpec) -> MapGraph:
    """The graph of a map: from the cache, or learned now (some minutes) and kept."""
    path = graph_path(spec)
    if path.exists():
        try:
            return MapGraph.load(path)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            path.unlink()  # damaged: learn it again
    graph = learn(spec)
    graph.save(path)
    return graph
