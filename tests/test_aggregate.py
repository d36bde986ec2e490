"""Correcting a real agent in the real game: what is recorded, and that rounds go on where they stopped."""

from pathlib import Path

import numpy as np
import pytest

from clonestrike.aggregate import AggregateConfig, aggregate
from clonestrike.errors import ClonestrikeError
from clonestrike.games.graph import MapGraph
from clonestrike.policy.card import PolicyCard
from clonestrike.record import RecordConfig, record
from clonestrike.recording import Recording, find_recordings
from clonestrike.train import TrainConfig, train
from clonestrike.view_cache import ViewCache


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, shared_graph: MapGraph) -> Path:
    """A folder with the expert's play in ``expert`` and a policy that has hardly learned from it in ``base``."""
    folder = tmp_path_factory.mktemp("aggregate")
    record(RecordConfig("doom", folder / "expert", play="expert", steps=300, seed=4))
    train(TrainConfig((folder / "expert",), folder / "base", labels="true", updates=3, threads=1))
    return folder


def test_the_agent_plays_and_the_expert_is_recorded(base: Path) -> None:
    out = base / "corrected"
    record(RecordConfig("doom", out, play=str(base / "base"), corrected=True, steps=120, seed=9))
    (recording,) = (Recording.open(path) for path in find_recordings([out]))
    assert recording.run.startswith("base-corrected-")
    intended = recording.actions
    assert intended is not None
    turned = -np.diff(np.unwrap(recording.states.yaw)) / recording.info.calibration.radians_per_count
    differs = np.abs(turned - intended.mouse[:, 0]) > 0.5
    assert differs.mean() > 0.3  # the states are the agent's doing, the actions are not
    assert recording.disturbed[differs].all()
    same = recording.disturbed == 0
    np.testing.assert_allclose(turned[same], intended.mouse[same, 0], atol=1e-6)


def test_rounds_learn_from_all_play_and_go_on_where_they_stopped(base: Path, tmp_path: Path) -> None:
    config = AggregateConfig(
        base / "base",
        (base / "expert",),
        tmp_path / "out",
        rounds=2,
        steps=100,
        updates=4,
        workers=1,
        threads=1,
        cache=ViewCache(tmp_path / "cache"),
    )
    result = aggregate(config)
    assert [row["steps"] for row in result["rounds"]] == [100, 100]
    assert result["checkpoint"] == str(tmp_path / "out" / "round-2")
    learned = [
        set(PolicyCard.from_text((tmp_path / "out" / name / "policy.json").read_text(), Path()).data)
        for name in ("round-1", "round-2")
    ]
    assert learned[0] < learned[1]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert aggregate(config) == result
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.is_file()}


@pytest.mark.parametrize("play", [None, "expert", "human"])
def test_only_what_plays_by_itself_is_corrected(play: str | None, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError):
        record(RecordConfig("doom", tmp_path, watch=None if play else "bots", play=play, corrected=True, steps=10))


def test_bad_input(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="--rounds"):
        aggregate(AggregateConfig(base / "base", (base / "expert",), tmp_path, rounds=0))
    with pytest.raises(ClonestrikeError, match="no checkpoint"):
        aggregate(AggregateConfig(base / "base" / "policy.onnx", (base / "expert",), tmp_path))
