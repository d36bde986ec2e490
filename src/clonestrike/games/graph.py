"""Where a map can be walked: a graph of cells, drawn from where players went."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clonestrike.files import Whole

Cell = tuple[int, ...]
Point = tuple[float, ...]
BUSY = 0.3
"""Share of the map, around its middle, that a tour goes through."""
ROOMY = 6
"""Ways out of a cell that is no corner and no lonely jump."""


def cell_of(point: Point, size: float) -> Cell:
    """The cell of this edge length that holds a position in game units."""
    return tuple(int(x // size) for x in point)


@dataclass(frozen=True)
class MapGraph:
    """Cells of edge length ``size`` with the mean position seen in each, and directed edges between them.

    Positions are (x, y) or (x, y, z) in game units, as the game needs.
    """

    size: float
    centres: dict[Cell, Point]
    edges: dict[Cell, tuple[Cell, ...]]

    @classmethod
    def of(cls, size: float, seen: Mapping[Cell, list[Point]], steps: Mapping[Cell, set[Cell]]) -> MapGraph:
        """From the positions seen in each cell and the cells that players went to from it."""
        centres = {
            cell: tuple(sum(axis) / len(points) for axis in zip(*points, strict=True)) for cell, points in seen.items()
        }
        return cls(size, centres, _without_dead_ends({cell: tuple(sorted(to)) for cell, to in steps.items()}))

    def nearest(self, point: Point) -> Cell:
        """The cell of a position, or the closest known one."""
        cell = cell_of(point, self.size)
        if cell in self.edges:
            return cell
        return min(self.edges, key=lambda c: sum((a - b) ** 2 for a, b in zip(self.centres[c], point, strict=True)))

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
        return self.round_trip(chosen)

    def round_trip(self, stops: list[Cell]) -> list[Cell]:
        """The same stops in an order that is short to walk."""
        walks = {stop: self._search(stop)[0] for stop in stops}

        def length(order: list[Cell]) -> float:
            return sum(walks[a].get(b, math.inf) for a, b in zip(order, [*order[1:], order[0]], strict=True))

        best = stops
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
        """Write as .npz (size, cells int32 (N, D), centres float64 (N, D), edges int32 (M, 2) of cell numbers)."""
        cells = sorted(self.centres)
        number = {cell: i for i, cell in enumerate(cells)}
        pairs = [(number[a], number[b]) for a in cells for b in self.edges.get(a, ())]
        path.parent.mkdir(parents=True, exist_ok=True)
        with Whole(path) as partial, partial.open("wb") as file:
            np.savez(
                file,
                size=np.array(self.size),
                cells=np.array(cells, np.int32),
                centres=np.array([self.centres[c] for c in cells]),
                edges=np.array(pairs, np.int32).reshape(-1, 2),
            )

    @classmethod
    def load(cls, path: Path) -> MapGraph:
        """Read what save wrote; raises OSError, ValueError, KeyError or zipfile.BadZipFile when it is damaged."""
        with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
            cells = [tuple(map(int, cell)) for cell in data["cells"]]
            centres = {cell: tuple(map(float, place)) for cell, place in zip(cells, data["centres"], strict=True)}
            edges: dict[Cell, list[Cell]] = {}
            for a, b in data["edges"]:
                edges.setdefault(cells[a], []).append(cells[b])
            return cls(float(data["size"]), centres, {cell: tuple(to) for cell, to in edges.items()})


def _neighbours(order: list[Cell]) -> Iterator[list[Cell]]:
    """The same stops with one of them moved, or a stretch of them reversed."""
    for i in range(len(order)):
        for j in range(len(order)):
            rest = order[:i] + order[i + 1 :]
            yield [*rest[:j], order[i], *rest[j:]]
            if i < j:
                yield order[:i] + order[i : j + 1][::-1] + order[j + 1 :]


def _without_dead_ends(edges: dict[Cell, tuple[Cell, ...]]) -> dict[Cell, tuple[Cell, ...]]:
    """Drop cells that lead nowhere, again and again, so that a walk never ends."""
    while True:
        kept = {cell: tuple(t for t in to if t in edges) for cell, to in edges.items()}
        kept = {cell: to for cell, to in kept.items() if to}
        if kept == edges:
            return kept
        edges = kept
