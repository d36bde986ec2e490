import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import ot
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clonestrike.core.game_info import GameInfo
from clonestrike.core.states import PlayerState
from clonestrike.datasets.sets import iter_sets
from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.config import CoverageConfig
from clonestrike.evaluate.coverage import OUTSIDE, coverage
from clonestrike.evaluate.positions import Points, Positions
from clonestrike.evaluate.visit_maps import (
    BINS,
    LARGEST_PROBLEM,
    Counts,
    Grid,
    earth_movers_distance,
    flattened_histogram_distance,
    visit_map,
)
from clonestrike.recordings.rows import Row
from clonestrike.recordings.writer import RunWriter

SETS = Path(__file__).parents[1] / "datasets" / "write_sets.py"


def points(*rows: tuple[float, float]) -> Points:
    return np.array(rows, np.float32).reshape(-1, 2)


GRID = Grid(np.linspace(0, 600, 7), np.linspace(0, 600, 7))


def wander(seed: int, runs: int = 12, steps: int = 400, centre: tuple[float, float] = (0, 0)) -> list[Points]:
    """Random walks inside a square of 1,000 game units."""
    draw = np.random.default_rng(seed)
    walks = [np.cumsum(draw.normal(0, 12, (steps, 2)), axis=0) + draw.uniform(-300, 300, 2) for _ in range(runs)]
    return [(np.clip(walk, -500, 500) + centre).astype(np.float32) for walk in walks]


def saved(folder: Path, name: str, runs: list[Points], place: str = "cig/MAP01") -> Path:
    path = folder / f"positions-{name}.npz"
    Positions.of(runs, place).save(path)
    return path


def test_positions_round_trip(tmp_path: Path) -> None:
    runs = [points((0, 1), (np.nan, 2)), points(), points((3, 4))]
    positions = Positions.of(runs, "a map")
    positions.save(tmp_path / "new" / "p.npz")
    loaded = Positions.load(tmp_path / "new" / "p.npz")
    np.testing.assert_array_equal(loaded.xy, [[0, 1], [3, 4]])
    np.testing.assert_array_equal(loaded.run, [0, 2])
    assert loaded.map == "a map"
    assert (loaded.xy.dtype.name, loaded.run.dtype.name) == ("float32", "int32")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["p.npz"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
@example(content=b"PK\x03\x04 and no more")
def test_other_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.npz").write_bytes(content)
    with pytest.raises(ClonestrikeError):
        Positions.load(tmp_path / "p.npz")


def test_other_arrays_are_refused(tmp_path: Path) -> None:
    good: dict[str, Any] = {
        "format_version": 1,
        "xy": np.zeros((2, 2), np.float32),
        "run": np.zeros(2, np.int32),
        "map": "",
    }
    changes: list[dict[str, Any]] = [
        {"format_version": 2},
        {"format_version": [1, 2]},
        {"xy": np.zeros((2, 3), np.float32)},
        {"xy": np.zeros((2, 2))},
        {"run": np.zeros(3, np.int32)},
        {"map": np.array([object()])},  # a pickle: must not even be opened
    ]
    for change in changes:
        np.savez(tmp_path / "p.npz", **good | change)
        with pytest.raises(ClonestrikeError):
            Positions.load(tmp_path / "p.npz")
    with pytest.raises(ClonestrikeError):
        Positions.load(tmp_path / "none.npz")


def test_visit_map_counts_what_is_inside() -> None:
    xy = points((0, 0), (99, 99), (100, 0), (600, 600), (601, 0), (-1, 5))
    counts = visit_map(xy, GRID)
    assert counts[0, 0] == 2
    assert counts[1, 0] == 1
    assert counts[5, 5] == 1
    assert counts.sum() == 4


def test_grid_spans_the_reference() -> None:
    grid = Grid.around(points((-10, 5), (10, 5)))
    assert (grid.x[0], grid.x[-1], len(grid.x)) == (-10, 10, BINS + 1)
    assert (grid.y[0], grid.y[-1]) == (4.5, 5.5)
    assert visit_map(points((-10, 5), (10, 5)), grid).sum() == 2
    coarse = grid.coarser()
    assert (coarse.x[0], coarse.x[-1], len(coarse.x)) == (-10, 10, BINS // 2 + 1)
    with pytest.raises(ClonestrikeError):
        Grid.around(points())


def test_distance_of_a_shifted_map_is_the_shift() -> None:
    a, b = np.zeros((6, 6)), np.zeros((6, 6))
    a[0, :2], b[3, 4:] = (2, 5), (4, 10)
    assert earth_movers_distance(a, b, GRID) == pytest.approx(np.hypot(300, 400))
    assert earth_movers_distance(a, 3 * a, GRID) == 0


maps = arrays(np.float64, (6, 6), elements=st.integers(0, 9).map(float)).filter(lambda counts: counts.any())


@settings(max_examples=60)
@given(maps, maps)
def test_distance_equals_plain_transport(a: Counts, b: Counts) -> None:
    """Moving only the surplus gives the same as moving everything."""
    centres = GRID.centres.reshape(-1, 2)
    plain = ot.emd2(a.ravel() / a.sum(), b.ravel() / b.sum(), ot.dist(centres, centres, metric="euclidean"))
    distance = earth_movers_distance(a, b, GRID)
    assert distance == pytest.approx(plain, abs=1e-6)
    assert distance == pytest.approx(earth_movers_distance(b, a, GRID), abs=1e-6)


def test_the_flattened_distance_ignores_where() -> None:
    a, b = np.zeros((6, 6)), np.zeros((6, 6))
    a[0, 0], b[5, 5] = 3, 8
    assert flattened_histogram_distance(a, b) == 0
    assert earth_movers_distance(a, b, GRID) == pytest.approx(np.hypot(500, 500))
    b[5, 4] = 8
    assert flattened_histogram_distance(a, b) == pytest.approx((0.5 + 0.5) / 36)


def test_halves_are_whole_runs_of_about_half_the_steps() -> None:
    positions = Positions.of(wander(0, runs=21, steps=50))
    first, second = positions.halves(np.random.default_rng(0))
    assert len(first) + len(second) == len(positions)
    assert not set(first.run) & set(second.run)
    assert abs(len(first) - len(second)) <= 50
    alone = Positions.of(wander(0, runs=1)).halves(np.random.default_rng(0))
    assert sorted(map(len, alone)) == [0, 400]


def test_coverage_tells_a_stranger_from_the_same_player(tmp_path: Path) -> None:
    agent, expert = wander(1), wander(2)
    paths = (saved(tmp_path, "agent", agent), saved(tmp_path, "expert", expert))
    stuck = saved(tmp_path, "stuck", [points((400, 400)).repeat(500, 0) for _ in range(4)])
    result = coverage(CoverageConfig((*paths, stuck), reference=paths[1], out=tmp_path / "out"))
    distance = {(row["a"], row["b"]): row["earth_movers_distance"] for row in result["distances"]}
    floor = result["players"]["expert"]
    assert distance["expert", "agent"] < floor["noise_floor_high"] < distance["expert", "stuck"]
    assert floor["noise_floor_low"] <= floor["noise_floor"] <= floor["noise_floor_high"]
    assert result["players"]["stuck"]["bins_visited"] == 1
    assert result["players"]["stuck"]["noise_floor"] == 0
    assert result["players"]["expert"]["outside"] == 0
    assert (result["map"], result["bins"]) == ("cig/MAP01", [60, 60])
    written = json.loads((tmp_path / "out" / "coverage.json").read_text())
    assert written == {name: value for name, value in result.items() if name != "figure"}
    picture = cv2.imread(str(result["figure"]))
    assert picture is not None
    assert picture.shape[1] > 3 * 300
    assert coverage(CoverageConfig((*paths, stuck), reference=paths[1])) == written


def test_many_bins_are_merged(tmp_path: Path) -> None:
    everywhere = [np.random.default_rng(i).uniform(0, 100, (4000, 2)).astype(np.float32) for i in range(2)]
    result = coverage(CoverageConfig((saved(tmp_path, "a", everywhere[:1]), saved(tmp_path, "b", everywhere[1:]))))
    assert result["players"]["a"]["bins_visited"] > LARGEST_PROBLEM
    assert (result["bins"], result["distance_bins"]) == ([60, 60], [30, 30])
    assert result["players"]["a"]["noise_floor"] is None


def test_a_folder_of_evaluations_holds_several_players(tmp_path: Path) -> None:
    saved(tmp_path / "results", "agent", wander(1))
    saved(tmp_path / "results", "expert", wander(2))
    again = saved(tmp_path / "more", "agent", wander(3))
    result = coverage(CoverageConfig((tmp_path / "results", again)))
    assert list(result["players"]) == ["agent", "expert", f"agent ({again})"]
    assert len(result["distances"]) == 3


def recorded(folder: Path, walks: list[Points], place: str = "cig/MAP01") -> Path:
    """Runs of a player at these places, in parts of 8 steps; the last place is the state after the last step."""
    info = GameInfo("doom", place, "deathmatch", 17.5, 16, 32, 90.0, "doom")
    frame = np.zeros((16, 32, 3), np.uint8)
    for n, walk in enumerate(walks):
        with RunWriter(folder, info, player="bot", source="watched", run=f"run {n}", part_steps=8) as writer:
            for x, y in walk[:-1]:
                state = PlayerState(x=float(x), y=float(y)) if x else PlayerState()
                writer.append(frame, Row(state, None, frame_time_ns=0, state_time_ns=0, action_time_ns=0))
            writer.finish(PlayerState(x=float(walk[-1][0]), y=float(walk[-1][1])))
    return folder


def test_recordings_give_a_position_for_every_step_that_is_known(tmp_path: Path) -> None:
    walks = [points(*((x, 5) for x in range(20))), points(*((x, 9) for x in range(100, 105)))]
    bots = recorded(tmp_path / "bots", walks)
    (positions,) = Positions.of_sets(iter_sets([bots])).values()
    np.testing.assert_array_equal(positions.xy, np.concatenate([walks[0][1:-1], walks[1][:-1]]))
    np.testing.assert_array_equal(positions.run, [0] * 18 + [1] * 4)
    assert positions.map == "cig/MAP01"
    result = coverage(CoverageConfig((tmp_path / "bots", saved(tmp_path, "agent", walks))))
    assert list(result["players"]) == ["bots", "agent"]
    recorded(tmp_path / "bots", [*walks, *walks], "cig/MAP02")
    result = coverage(CoverageConfig((tmp_path / "bots",)))
    assert (list(result["players"]), result["left_out"]) == (["bots on cig/MAP02"], {"bots on cig/MAP01": "cig/MAP01"})


def test_a_player_who_was_never_there_is_left_out(tmp_path: Path) -> None:
    here, there = saved(tmp_path, "here", wander(0)), saved(tmp_path, "there", wander(1))
    far = saved(tmp_path, "far", wander(0, centre=(9000, 0)))
    result = coverage(CoverageConfig((here, there, far), out=tmp_path / "out"))
    assert list(result["players"]) == ["here", "there"]
    assert result["left_out"] == {"far": OUTSIDE}
    assert len(result["distances"]) == 1


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    here, far = saved(tmp_path, "here", wander(0)), saved(tmp_path, "far", wander(0, centre=(9000, 0)))
    elsewhere, nowhere = saved(tmp_path, "elsewhere", wander(0), "cig/MAP02"), saved(tmp_path, "nowhere", [])
    for paths, message in (
        ((), "no path"),
        ((here, far), "never inside"),
        ((here, elsewhere), "different maps"),
        ((here, nowhere), "never inside"),
        ((nowhere, here), "no known position"),
        ((here, tmp_path / "missing"), "missing"),
    ):
        with pytest.raises(ClonestrikeError, match=message):
            coverage(CoverageConfig(paths))


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the published trackings and metadata, fewer of them, and ``recorded``."""
    folder = tmp_path_factory.mktemp("published")
    subprocess.run([sys.executable, str(SETS), str(folder)], check=True)
    return folder


def test_the_published_trackings_against_the_published_metadata(published: Path, tmp_path: Path) -> None:
    """The documented command; distances are those that tools_map_coverage_analysis.py printed for these files."""
    command = ["coverage", "location_trackings_backup", "--reference", "dataset_metadata", "--out", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "clonestrike", *command], check=True, cwd=published)
    result = json.loads((tmp_path / "coverage.json").read_text())
    assert {name: player["steps"] for name, player in result["players"].items()} == {
        "dm_july2021": 1200, "dm_july2021_expert": 600, "agentj22_capture": 600, "agentj22_dmexpert20_capture": 400,
        "bot_capture": 800,
    }  # fmt: skip
    assert (result["map"], result["reference"]) == ("dust2", "dm_july2021")
    assert result["left_out"] == {
        "aim_july2021_expert": "aim", "dm_inferno_expert": "inferno", "dm_mirage_expert": "mirage",
        "dm_nuke_expert": "nuke",
    }  # fmt: skip
    distances = {row["b"]: row["flattened_histogram_distance"] for row in result["distances"][:4]}
    assert distances == {
        "agentj22_capture": pytest.approx(0.00017546296296296326, rel=1e-9),
        "agentj22_dmexpert20_capture": pytest.approx(0.0002837962962962963, rel=1e-9),
        "bot_capture": pytest.approx(0.00012662219305920104, rel=1e-9),
        "dm_july2021_expert": pytest.approx(0.0002356481481481482, rel=1e-9),
    }


def test_the_reference_may_be_one_player_of_several(published: Path) -> None:
    paths = (published / "location_trackings_backup", published / "dataset_metadata")
    result = coverage(CoverageConfig(paths, Path("dm_july2021_expert")))
    assert result["reference"] == "dm_july2021_expert"
    distances = {row["b"]: row["flattened_histogram_distance"] for row in result["distances"][:4]}
    assert distances == {
        "agentj22_capture": pytest.approx(0.00026944444444444466, rel=1e-9),
        "agentj22_dmexpert20_capture": pytest.approx(0.00021498073217726408, rel=1e-9),
        "bot_capture": pytest.approx(0.00018897922312556483, rel=1e-9),
        "dm_july2021": pytest.approx(5.806878306878305e-05, rel=1e-9),
    }
    (alone,) = coverage(CoverageConfig((paths[1] / "currvarsv2_dm_nuke_expert_1_to_100.npy",)))["players"]
    assert alone == "dm_nuke_expert"
    with pytest.raises(ClonestrikeError, match="neither a path nor a player here: choose agentj22_capture, "):
        coverage(CoverageConfig(paths, Path("dm_july")))
    with pytest.raises(ClonestrikeError, match=r"different maps \(dust2, nuke\)"):
        coverage(CoverageConfig((paths[1] / "currvarsv2_dm_nuke_expert_1_to_100.npy", paths[0])))
