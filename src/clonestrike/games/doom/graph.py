"""The graph of a Doom map, learned from bots during some minutes of game time: a bot's step from one cell to a
neighbouring one is an edge.
"""

from __future__ import annotations

from pathlib import Path

import vizdoom as vzd

from clonestrike.files import cache_folder
from clonestrike.games.doom.engine import DoomSpec, Engine, engine_faults
from clonestrike.games.graph import Cell, MapGraph, Walks

CELL = 32.0
TICS_PER_LOOK = 3
LOOK_MINUTES = 5.0
SEEDS = (9001, 9002, 9003, 9004)


def learn(spec: DoomSpec, minutes: float = LOOK_MINUTES * len(SEEDS)) -> MapGraph:
    """Learn the graph of the map from bots in ``minutes`` of game time (half a second of real time each)."""
    walks = Walks(CELL)
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
            engine.game.send_game_command("kill")  # bots ignore a dead player
            _watch(engine, round(share * 60 * 35 / TICS_PER_LOOK), walks)
        finally:
            engine.close()
    return walks.graph(spec.map)


def _watch(engine: Engine, looks: int, walks: Walks) -> None:
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
            cell = walks.stand((thing.position_x, thing.position_y))
            before = last.get(thing.id)
            last[thing.id] = cell
            if before is not None and before != cell and max(abs(before[0] - cell[0]), abs(before[1] - cell[1])) <= 2:
                walks.step(before, cell)


def graph_path(spec: DoomSpec) -> Path:
    """The file in which the graph of a map is cached."""
    return cache_folder() / "graphs" / f"{spec.map.replace('/', '-')}-vizdoom-{vzd.__version__}.npz"


def map_graph(spec: DoomSpec) -> MapGraph:
    """The graph of a map, from the cache, or learned now (about 10 s) and cached."""
    return MapGraph.cached(graph_path(spec), lambda: learn(spec))
