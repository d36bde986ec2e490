"""Graphs of maps: shortest ways, tours, and what is kept in the cache."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clonestrike.errors import ClonestrikeError
from clonestrike.games.graph import FEWEST_CELLS, Cell, MapGraph, Point, Walks, cell_of

CORRIDOR: dict[Cell, tuple[Cell, ...]] = {
    (x, 0): tuple((n, 0) for n in (x - 1, x + 1) if 0 <= n < 20) for x in range(20)
}


def corridor() -> MapGraph:
    """Twenty cells in a row."""
    return MapGraph(32.0, {cell: (32.0 * cell[0], 0.0) for cell in CORRIDOR}, CORRIDOR)


@st.composite
def graphs(draw: st.DrawFn) -> MapGraph:
    """Up to eight cells with any ways between them."""
    count = draw(st.integers(1, 8))
    cells: list[Cell] = [(n, 0) for n in range(count)]
    centres: dict[Cell, Point] = {cell: (draw(st.floats(0, 500)), 50.0 * cell[0]) for cell in cells}
    pairs = draw(st.sets(st.tuples(st.sampled_from(cells), st.sampled_from(cells))))
    return MapGraph(50.0, centres, {cell: tuple(b for a, b in sorted(pairs) if a == cell != b) for cell in cells})


def shortest(graph: MapGraph) -> dict[tuple[Cell, Cell], float]:
    """The lengths of all shortest ways, by relaxing every edge as often as there are cells."""
    cells = list(graph.centres)
    found = {(a, b): 0.0 if a == b else math.inf for a in cells for b in cells}
    for _ in cells:
        for a, tos in graph.edges.items():
            for b in tos:
                for start in cells:
                    through = found[start, a] + math.dist(graph.centres[a], graph.centres[b])
                    found[start, b] = min(found[start, b], through)
    return found


@settings(deadline=None)
@given(graphs())
def test_paths_are_the_shortest(graph: MapGraph) -> None:
    for (start, goal), length in shortest(graph).items():
        path = graph.path(start, goal)
        if math.isinf(length):
            assert path == []
            continue
        assert (path[0], path[-1]) == (start, goal)
        assert all(b in graph.edges[a] for a, b in pairwise(path))
        walked = sum(math.dist(graph.centres[a], graph.centres[b]) for a, b in pairwise(path))
        assert walked == pytest.approx(length)


def test_a_tour_of_a_narrow_map() -> None:
    tour = corridor().tour(4)
    assert len(set(tour)) == 4


def test_a_round_trip_does_not_go_to_and_fro() -> None:
    stops: list[Cell] = [(0, 0), (12, 0), (3, 0), (18, 0), (6, 0)]
    trip = corridor().round_trip(stops)
    assert sorted(trip) == sorted(stops)
    assert sum(abs(a[0] - b[0]) for a, b in pairwise([*trip, trip[0]])) == 2 * 18


def test_cells_far_apart() -> None:
    assert corridor().far_apart([(x, 0) for x in range(20)], 3) == [(0, 0), (19, 0), (9, 0)]
    assert corridor().far_apart([(4, 0), (5, 0)], 3) == [(4, 0), (5, 0)]


def test_a_graph_is_drawn_from_walks() -> None:
    walks = Walks(32.0)
    for x in range(FEWEST_CELLS):
        a, b = walks.stand((32.0 * x, 4.0)), walks.stand((32.0 * x + 33.0, 8.0))
        walks.step(a, b)
        walks.step(b, a)
    dead_end = walks.stand((0.0, 100.0))
    walks.step(cell_of((0.0, 0.0), 32.0), dead_end)
    graph = walks.graph("ring")
    assert graph.centres[0, 0] == (0.0, 4.0)
    assert graph.centres[1, 0] == (32.5, 6.0)
    assert dead_end not in graph.edges
    assert graph.edges[0, 0] == ((1, 0),)
    with pytest.raises(ClonestrikeError, match="bots hardly move on ring"):
        Walks(32.0).graph("ring")


def test_a_file_from_before_opens(tmp_path: Path) -> None:
    """The arrays as the first version wrote them."""
    path = tmp_path / "old.npz"
    np.savez(
        path,
        size=np.array(32.0),
        cells=np.array([[0, 0], [1, 0]], np.int32),
        centres=np.array([[3.0, 4.0], [40.0, 5.0]]),
        edges=np.array([[0, 1], [1, 0]], np.int32),
    )
    graph = MapGraph.cached(path, _never)
    assert graph == MapGraph(32.0, {(0, 0): (3.0, 4.0), (1, 0): (40.0, 5.0)}, {(0, 0): ((1, 0),), (1, 0): ((0, 0),)})


def _never() -> MapGraph:
    raise AssertionError("the file is good")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _changed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)


def _one_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def _objects(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, size=np.array(32.0), cells=np.array([{}], object))


def _wrong_cells(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, size=np.array(32.0), cells=[[0, 0]], centres=[[0.0, 0.0]], edges=[[0, 7]])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _no_ways(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, size=np.array(32.0), cells=[[0, 0]], centres=[[0.0, 0.0]], edges=np.zeros((0, 2), np.int32))


@pytest.mark.parametrize(
    "damage",
    [Path.unlink, _cut, _changed, _one_array, _objects, _wrong_cells, _no_ways, _empty],
)
def test_what_cannot_be_read_is_learned_again(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    path = tmp_path / "graphs" / "map.npz"
    assert MapGraph.cached(path, corridor) == corridor()
    damage(path)
    assert MapGraph.cached(path, corridor) == corridor()
    assert MapGraph.cached(path, _never) == corridor()
