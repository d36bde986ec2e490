"""Where a map can be walked: a graph of 32-unit cells learned from watching bots, and cached per map.

No map geometry is needed: bots are watched for some minutes of game time, and a step of theirs from one cell to a
neighbouring one is an edge.
"""

from __future__ import annotations

import heapq
import math
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import vizdoom as vzd

from clonestrike.cache import cache_folder
from clonestrike.errors import ClonestrikeError
from clonestrike.games.doom.engine import DoomSpec, Engine, engine_faults

CELL = 32.0
Cell = tuple[int, int]
BUSY = 0.3
"""Share of the map, around its middle, that a tour goes through."""
ROOMY = 6
"""Ways out of a cell that is no corner and no lonely jump."""

TICS_PER_LOOK = 3
LOOK_MINUTES = 5.0
SEEDS = (9001, 9002, 9003, 9004)


def cell_of(x: float, y: float) -> Cell:
    """The cell that holds a position in map units."""
    return int(x // CELL), int(y // CELL)


@dataclass(frozen=True)
class MapGraph:
    """Cells with the mean position seen in each, (x, y) map units, and directed edges between neighbours."""

    centres: dict[Cell, tuple[float, float]]
    edges: dict[Cell, tuple[Cell, ...]]

    def nearest(self, x: float, y: float) -> Cell:
        """The cell of a position, or the closest known one."""
        cell = cell_of(x, y)
        if cell in self.edges:
            return cell
        return min(self.edges, key=lambda c: (self.centres[c][0] - x) ** 2 + (self.centres[c][1] - y) ** 2)

    def path(self, start: Cell, goal: Cell) -> list[Cell]:
        """Cells from start to goal along the shortest way, both included; empty if there is none."""
        _, before = self._search(start, goal)
        if goal not in before:
            return []
        way = [goal]
        while way[-1] != start:
            way.append(before[way[-1]])
        return way[::-1]

    def tour(self, stops: int) -> list[Cell]:
        """A round trip by this many cells that lie far apart where there is room, in an order that is short to walk."""
        roomy = [cell for cell in sorted(self.edges) if len(self.edges[cell]) >= ROOMY] or sorted(self.edges)
        middle = roomy[len(roomy) // 2]
        walk, _ = self._search(middle)
        roomy = sorted((cell for cell in roomy if cell in walk), key=lambda cell: (walk[cell], cell))
        roomy = roomy[: max(stops, round(BUSY * len(roomy)))]  # near the middle there is always somebody
        chosen = [middle]
        while len(chosen) < min(stops, len(roomy)):
            chosen.append(
                max(roomy, key=lambda cell: min(math.dist(self.centres[cell], self.centres[stop]) for stop in chosen))
            )
        walks = {stop: self._search(stop)[0] for stop in chosen}

        def length(order: list[Cell]) -> float:
            return sum(walks[a].get(b, math.inf) for a, b in zip(order, [*order[1:], order[0]], strict=True))

        best = chosen
        while length(shorter := min(_neighbours(best), key=length, default=best)) < length(best):
            best = shorter
        return best

    def _search(self, start: Cell, goal: Cell | None = None) -> tuple[dict[Cell, float], dict[Cell, Cell]]:
        """Walking distance of every cell that can be reached, and the cell before it; no farther than the goal."""
        distance: dict[Cell, float] = {start: 0.0}
        before: dict[Cell, Cell] = {start: start}
        heap = [(0.0, start)]
        while heap:
            far, here = heapq.heappop(heap)
            if here == goal:
                break
            if far > distance[here]:
                continue
            for there in self.edges.get(here, ()):
                total = far + math.dist(self.centres[here], self.centres[there])
                if total < distance.get(there, math.inf):
                    distance[there], before[there] = total, here
                    heapq.heappush(heap, (total, there))
        return distance, before

    def save(self, path: Path) -> None:
        """Write as .npz (cells int32 (N, 2), centres float64 (N, 2), edges int32 (M, 2) of cell numbers)."""
        cells = sorted(self.centres)
        number = {cell: i for i, cell in enumerate(cells)}
        pairs = [(number[a], number[b]) for a in cells for b in self.edges.get(a, ())]
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.part")
        with partial.open("wb") as file:
            np.savez(
                file,
                cells=np.array(cells, np.int32),
                centres=np.array([self.centres[c] for c in cells]),
                edges=np.array(pairs, np.int32).reshape(-1, 2),
            )
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> MapGraph:
        """Read what save wrote."""
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            cells = [(int(a), int(b)) for a, b in data["cells"]]
            centres = {cell: (float(x), float(y)) for cell, (x, y) in zip(cells, data["centres"], strict=True)}
            edges: dict[Cell, list[Cell]] = {}
            for a, b in data["edges"]:
                edges.setdefault(cells[a], []).append(cells[b])
        return cls(centres, {cell: tuple(to) for cell, to in edges.items()})


def _neighbours(order: list[Cell]) -> Iterator[list[Cell]]:
    """The same stops with one of them moved, or a stretch of them reversed."""
    for i in range(len(order)):
        for j in range(len(order)):
            rest = order[:i] + order[i + 1 :]
            yield [*rest[:j], order[i], *rest[j:]]
            if i < j:
                yield order[:i] + order[i : j + 1][::-1] + order[j + 1 :]


def learn(spec: DoomSpec, minutes: float = LOOK_MINUTES * len(SEEDS)) -> MapGraph:
    """Watch bots on the map for so many minutes of game time (half a second of ours each) and draw its graph."""
    seen: dict[Cell, list[tuple[float, float]]] = {}
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
    centres = {
        cell: (sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points))
        for cell, points in seen.items()
    }
    edges = {cell: tuple(sorted(to)) for cell, to in steps.items()}
    if len(edges) < 20:
        raise ClonestrikeError(f"the bots hardly move on {spec.map}: the expert cannot learn this map")
    return MapGraph(centres, _without_dead_ends(edges))


def _watch(
    engine: Engine, looks: int, seen: dict[Cell, list[tuple[float, float]]], steps: dict[Cell, set[Cell]]
) -> None:
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
            cell = cell_of(thing.position_x, thing.position_y)
            points = seen.setdefault(cell, [])
            if len(points) < 50:
                points.append((thing.position_x, thing.position_y))
            before = last.get(thing.id)
            last[thing.id] = cell
            if before is not None and before != cell and max(abs(before[0] - cell[0]), abs(before[1] - cell[1])) <= 2:
                steps.setdefault(before, set()).add(cell)


def _without_dead_ends(edges: dict[Cell, tuple[Cell, ...]]) -> dict[Cell, tuple[Cell, ...]]:
    """Drop cells that lead nowhere, again and again, so that a walk never ends."""
    while True:
        kept = {cell: tuple(t for t in to if t in edges) for cell, to in edges.items()}
        kept = {cell: to for cell, to in kept.items() if to}
        if kept == edges:
            return kept
        edges = kept


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
