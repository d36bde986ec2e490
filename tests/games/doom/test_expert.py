import math
from pathlib import Path

import pytest

from clonestrike.core.actions import ACTION_SPACE, Action
from clonestrike.errors import ClonestrikeError
from clonestrike.games.doom.engine import DoomSpec
from clonestrike.games.doom.expert import Expert
from clonestrike.games.doom.graph import learn, map_graph
from clonestrike.games.doom.match import DoomMatch
from clonestrike.games.graph import MapGraph
from clonestrike.playing.clock import LockstepClock


@pytest.fixture
def graph(shared_graph: MapGraph) -> MapGraph:
    return shared_graph


def test_a_graph_is_learned_saved_and_loaded(graph: MapGraph, tmp_path: Path) -> None:
    assert len(graph.edges) > 300
    assert all(to in graph.edges for tos in graph.edges.values() for to in tos)
    path = tmp_path / "graphs" / "g.npz"
    graph.save(path)
    assert MapGraph.load(path) == graph
    cells = sorted(graph.edges)
    found = sum(bool(graph.path(cells[0], goal)) for goal in cells[:: len(cells) // 20])
    assert found >= 15


def test_a_tour_goes_round_without_a_stop_twice(graph: MapGraph) -> None:
    tour = graph.tour(8)
    assert len(set(tour)) == len(tour) == 8
    assert tour == graph.tour(8)
    assert all(graph.path(a, b) for a, b in zip(tour, [*tour[1:], tour[0]], strict=True))
    places = [graph.centres[stop] for stop in tour]
    assert min(math.dist(a, b) for i, a in enumerate(places) for b in places[:i]) > 100


def test_the_cache_is_used_and_a_damaged_one_is_learned_again(
    graph: MapGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLONESTRIKE_CACHE", str(tmp_path))
    monkeypatch.setattr("clonestrike.games.doom.graph.learn", lambda spec: graph)
    assert map_graph(DoomSpec()) == graph
    (path,) = (tmp_path / "graphs").iterdir()
    path.write_bytes(path.read_bytes()[:100])
    assert map_graph(DoomSpec()) == graph
    assert MapGraph.load(path) == graph


def test_a_map_without_ways_is_told() -> None:
    with pytest.raises(ClonestrikeError, match="cannot learn this one"):
        learn(DoomSpec(), minutes=0.001)


@pytest.mark.parametrize("loadout", ["classic", "rifle"])
def test_the_expert_beats_the_bots(graph: MapGraph, loadout: str) -> None:
    with DoomMatch(DoomSpec(loadout=loadout), seed=3, minutes=1, privileged=True) as match:
        expert, clock, reloads = Expert(match, graph, seed=3), LockstepClock(match), 0
        while clock.tick():
            seen = match.observe()
            if not seen.playing:
                expert.reset()
                match.apply(Action())
                continue
            action = expert.act(seen).action
            assert ACTION_SPACE.snap(action) == action
            reloads += "r" in action.keys
            match.apply(action)
        own, *bots = match.scores
    assert own.kills >= 4
    assert own.kills > max(bot.kills for bot in bots)
    assert (reloads > 0) == (loadout == "rifle")


def test_the_expert_repeats_under_its_seed(graph: MapGraph) -> None:
    def played(seed: int) -> list[Action]:
        with DoomMatch(DoomSpec(), seed=5, minutes=0.2, privileged=True) as match:
            expert, clock, actions = Expert(match, graph, seed=seed), LockstepClock(match), []
            while clock.tick():
                actions.append(expert.act(match.observe()).action)
                match.apply(actions[-1])
        return actions

    first = played(5)
    assert len(first) > 200
    assert played(5) == first
    assert played(6) != first
