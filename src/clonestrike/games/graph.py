"""Map graphs: cells in which players can walk, learned from the motion of players."""

from __future__ import annotations

import contextlib
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from clonestrike.errors import ClonestrikeError
from clonestrike.files import AtomicFile

Cell = tuple[int, ...]
Point = tuple[float, ...]
BUSY = 0.3
"""Share of the cells, those nearest to the middle of the map, that a tour goes through."""
ROOMY = 6
"""Least number of edges out of a cell in the open, which is not in a corner or on the way of a jump."""
MOST_POINTS = 50
"""Most positions in a cell of which its centre is the mean."""
FEWEST_CELLS = 20
"""Least number of cells with edges in a usable graph."""


def cell_of(point: Point, size: float) -> Cell:
    """The cell with edge length ``size`` that contains a position; both in game units."""
    return tuple(int(x // size) for x in point)


@dataclass(frozen=True)
class MapGraph:
    """Cells of edge length ``size`` with the mean position observed in each, and directed edges between them.

    Positions are (x, y) or (x, y, z) in game units, depending on the game.
    """

    size: float
    centres: dict[Cell, Point]
    edges: dict[Cell, tuple[Cell, ...]]

    def nearest(self, point: Point) -> Cell:
        """The cell of a position, or the closest known one."""
        cell = cell_of(point, self.size)
        if cell in self.edges:
            return cell
        return min(self.edges, key=lambda c: sum((a - b) ** 2 for a, b in zip(self.centres[c], point, strict=True)))

    def path(self, start: Cell, goal: Cell) -> list[Cell]:
        """Cells of the shortest path from start to goal, both included; empty if there is none."""
        first, last = self._numbers[start], self._numbers[goal]
        _, before = dijkstra(self._lengths, indices=first, return_predecessors=True)
        way = [last]
        while way[-1] != first:
            if (previous := int(before[way[-1]])) < 0:
                return []
            way.append(previous)
        return [self._cells[number] for number in reversed(way)]

    def tour(self, stops: int) -> list[Cell]:
        """A short round trip through this many cells that are in the open and far apart."""
        roomy = [cell for cell in sorted(self.edges) if len(self.edges[cell]) >= ROOMY] or sorted(self.edges)
        middle = roomy[len(roomy) // 2]
        walk = dict(zip(self._cells, self._walks([middle])[0], strict=True))
        roomy = sorted((cell for cell in roomy if walk[cell] < math.inf), key=lambda cell: (walk[cell], cell))
        busy = roomy[: max(stops, round(BUSY * len(roomy)))]  # players meet near the middle
        return self.round_trip(self.far_apart(busy, stops))

    def far_apart(self, cells: Sequence[Cell], count: int) -> list[Cell]:
        """Choose ``count`` cells: the first one, then repeatedly the one that is farthest from those chosen before."""
        chosen = list(cells[:1])
        while len(chosen) < min(count, len(cells)):
            chosen.append(
                max(cells, key=lambda cell: min(math.dist(self.centres[cell], self.centres[stop]) for stop in chosen))
            )
        return chosen

    def round_trip(self, stops: Sequence[Cell]) -> list[Cell]:
        """The same stops in an order with a short walk (local search)."""
        walks: list[list[float]] = self._walks(stops)[:, [self._numbers[stop] for stop in stops]].tolist()

        def length(order: list[int]) -> float:
            return sum(walks[a][b] for a, b in pairwise([*order, order[0]]))

        best = list(range(len(stops)))
        while length(shorter := min(_neighbours(best), key=length, default=best)) < length(best):
            best = shorter
        return [stops[number] for number in best]

    def _walks(self, starts: Sequence[Cell]) -> NDArray[np.float64]:
        """Walking distance from every start to every cell, (starts, cells); infinite if there is no path."""
        walks: NDArray[np.float64] = dijkstra(self._lengths, indices=[self._numbers[start] for start in starts])
        return walks

    @cached_property
    def _cells(self) -> list[Cell]:
        return sorted(self.centres)

    @cached_property
    def _numbers(self) -> dict[Cell, int]:
        return {cell: number for number, cell in enumerate(self._cells)}

    @cached_property
    def _lengths(self) -> csr_array:
        """Length of every edge, sparse (cells, cells)."""
        ways = [(a, b) for a in self._cells for b in self.edges.get(a, ())]
        lengths = [math.dist(self.centres[a], self.centres[b]) for a, b in ways]
        ends = np.array([(self._numbers[a], self._numbers[b]) for a, b in ways], np.int32).reshape(-1, 2)
        return csr_array((lengths, ends.T), shape=(len(self._cells), len(self._cells)))

    def save(self, path: Path) -> None:
        """Write as .npz (size, cells int32 (N, D), centres float64 (N, D), edges int32 (M, 2) of cell numbers)."""
        number, cells = self._numbers, self._cells
        pairs = [(number[a], number[b]) for a in cells for b in self.edges.get(a, ())]
        path.parent.mkdir(parents=True, exist_ok=True)
        with AtomicFile(path) as partial, partial.open("wb") as file:
            np.savez(
                file,
                size=np.array(self.size),
                cells=np.array(cells, np.int32),
                centres=np.array([self.centres[c] for c in cells]),
                edges=np.array(pairs, np.int32).reshape(-1, 2),
            )

    @classmethod
    def load(cls, path: Path) -> MapGraph:
        """Read a file written by ``save``; raises OSError, and ValueError when it is damaged."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as data:
                cells = [tuple(map(int, cell)) for cell in data["cells"]]
                centres = {cell: tuple(map(float, place)) for cell, place in zip(cells, data["centres"], strict=True)}
                edges: dict[Cell, list[Cell]] = {}
                for a, b in data["edges"]:
                    edges.setdefault(cells[a], []).append(cells[b])
                size = float(data["size"])
        except (KeyError, IndexError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"{path} is no map graph ({error})") from error
        if not edges:
            raise ValueError(f"{path} is a map graph without edges")
        return cls(size, centres, {cell: tuple(to) for cell, to in edges.items()})

    @classmethod
    def cached(cls, path: Path, learn: Callable[[], MapGraph]) -> MapGraph:
        """The graph in this file if it can be read, otherwise ``learn()``, which is saved there."""
        with contextlib.suppress(OSError, ValueError):
            return cls.load(path)
        graph = learn()
        graph.save(path)
        return graph


@dataclass
class Walks:
    """Observed positions of players and their steps from cell to cell, with cells of edge length ``size``."""

    size: float
    seen: dict[Cell, list[Point]] = field(default_factory=dict)
    steps: dict[Cell, set[Cell]] = field(default_factory=dict)

    def stand(self, point: Point) -> Cell:
        """Add a position at which a player stands; returns its cell."""
        cell = cell_of(point, self.size)
        points = self.seen.setdefault(cell, [])
        if len(points) < MOST_POINTS:
            points.append(point)
        return cell

    def step(self, start: Cell, end: Cell) -> None:
        """Add a player's step from one cell to another."""
        self.steps.setdefault(start, set()).add(end)

    def graph(self, map_name: str) -> MapGraph:
        """The graph of the map; raises ClonestrikeError if too few cells were observed."""
        if len(self.steps) < FEWEST_CELLS:
            raise ClonestrikeError(
                f"the bots hardly move on {map_name}", "choose another map: the expert cannot learn this one"
            )
        centres = {
            cell: tuple(sum(axis) / len(points) for axis in zip(*points, strict=True))
            for cell, points in self.seen.items()
        }
        return MapGraph(
            self.size, centres, _without_dead_ends({cell: tuple(sorted(to)) for cell, to in self.steps.items()})
        )


def _neighbours(order: list[int]) -> Iterator[list[int]]:
    """All orders with one stop moved, or a stretch of stops reversed."""
    for i in range(len(order)):
        for j in range(len(order)):
            rest = order[:i] + order[i + 1 :]
            yield [*rest[:j], order[i], *rest[j:]]
            if i < j:
                yield order[:i] + order[i : j + 1][::-1] + order[j + 1 :]


def _without_dead_ends(edges: dict[Cell, tuple[Cell, ...]]) -> dict[Cell, tuple[Cell, ...]]:
    """Repeatedly remove cells without edges, so that a walk never ends."""
    while True:
        kept = {cell: tuple(t for t in to if t in edges) for cell, to in edges.items()}
        kept = {cell: to for cell, to in kept.items() if to}
        if kept == edges:
            return kept
        edges = kept
