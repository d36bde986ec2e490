import json
from pathlib import Path

import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.evaluate.config import EvaluateConfig
from clonestrike.evaluate.matches import Assignment, evaluate, play_match
from clonestrike.evaluate.positions import Positions
from clonestrike.games.graph import MapGraph
from clonestrike.playing.named_actor import find_actor


def test_actors_meet_the_same_seeds_and_everything_is_written(tmp_path: Path, shared_graph: MapGraph) -> None:
    config = EvaluateConfig("random", tmp_path / "r", "doom", matches=2, minutes=0.3, seed=7, expert=True)
    summary = evaluate(config)
    assert summary["matches"] == 2
    assert {"agent", "expert", "mean_bot", "difference", "share"} <= set(summary)
    matches = json.loads((tmp_path / "r" / "matches.json").read_text())
    assert [match["seed"] for match in matches["random"]] == [match["seed"] for match in matches["expert"]] == [7, 8]
    assert json.loads((tmp_path / "r" / "summary.json").read_text()) == summary
    trail = Positions.load(tmp_path / "r" / "positions-expert.npz")
    assert len(trail) > 200
    assert trail.map == "cig/MAP01"


def test_a_match_repeats_under_its_seed() -> None:
    assignment = Assignment(find_actor("random"), "doom:bots=4", 3, 0.3, None)
    first, second = play_match(assignment), play_match(assignment)
    assert first[0] == second[0]
    assert (first[1] == second[1]).all()
    assert len(first[0].bots) == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"actor": "human"}, "cannot be evaluated"),
        ({"actor": "runs/none"}, "is no checkpoint"),
        ({"game": "chess"}, "no game 'chess'"),
    ],
)
def test_bad_input_is_told_before_anything_is_written(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    values: dict[str, object] = {"actor": "random", "game": "doom", "out": tmp_path / "r", **changes}
    with pytest.raises(ClonestrikeError, match=words):
        evaluate(EvaluateConfig(**values))  # type: ignore[arg-type]
    assert not (tmp_path / "r").exists()
