"""Where a Doom map can be walked: bots are watched for some minutes of game time, and a step of theirs from one cell to
a neighbouring one is an edge.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import vizdoom as vzd

from clonestrike.errors import ClonestrikeError
from clonestrike.files import cache_folder
from clonestrike.games.doom.engine import DoomSpec, Engine, engine_faults
from clonestrike.games.graph import Cell, MapGraph, Point, cell_of

CELL = 32.0
TICS_PER_LOOK = 3
LOOK_MINUTES = 5.0
SEEDS = (9001, 9002, 9003, 9004)


def learn(spec: DoomSpec, minutes: float = LOOK_MINUTES * len(SEEDS)) -> MapGraph:
    """Watch bots on the map for so many minutes of game time (half a second of ours each) and draw its graph."""
    seen: dict[Cell, list[Point]] = {}
    steps: dict[Cell, set[Cell]] = {}
    for seed in SEEDS:
        share = minutes / len(SEEDS)
        engine = Engine(
            DoomSpec(spec.map, max(spec.bots, 7), spec.loadout),
            seed=seed,
            minutes=share + 1,
            respawn=False,
            privileged=True,
            resolution=vzd.ScreenResolution.RES_160X120,
        )
        try:
            engine.idle(40)
            engine.game.send_game_command("kill")  # a dead player is a camera that bots ignore
            _watch(engine, round(share * 60 * 35 / TICS_PER_LOOK), seen, steps)
        finally:
            engine.close()
    if len(steps) < 20:
        raise ClonestrikeError(f"the bots hardly move on {spec.map}", "the expert cannot learn this map")
    return MapGraph.of(CELL, seen, steps)


def _watch(engine: Engine, looks: int, seen: dict[Cell, list[Point]], steps: dict[Cell, set[Cell]]) -> None:
    last: dict[int, Cell] = {}
    for _ in range(looks):
        engine.idle(TICS_PER_LOOK)
        with engine_faults():
            state = engine.game.get_state()
        if state is None:
            return
        for thing in state.objects:
            if thing.name != "ClonestrikePlayer":
                continue
            cell = cell_of((thing.position_x, thing.position_y), CELL)
            points = seen.setdefault(cell, [])
            if len(points) < 50:
                points.append((thing.position_x, thing.position_y))
            before = last.get(thing.id)
            last[thing.id] = cell
            if before is not None and before != cell and max(abs(before[0] - cell[0]), abs(before[1] - cell[1])) <= 2:
                steps.setdefault(before, set()).add(cell)


def graph_path(spec: DoomSpec) -> Path:
    """Where the graph of a map is cached."""
    return cache_folder() / "graphs" / f"{spec.map.replace('/', '-')}-vizdoom-{vzd.__version__}.npz"


def map_graph(spec: DoomSpec) -> MapGraph:
    """The graph of a map: from the cache, or learned now (about 10 s) and kept."""
    path = graph_path(spec)
    if path.exists():
        try:
            return MapGraph.load(path)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            path.unlink()  # damaged: learn it again
    graph = learn(spec)
    graph.save(path)
    return graph
