"""Correcting a real agent in the real game: what is recorded, and that rounds go on where they stopped."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from clonestrike.errors import ClonestrikeError
from clonestrike.flows.aggregate import aggregate
from clonestrike.flows.config import AggregateConfig
from clonestrike.games.graph import MapGraph
from clonestrike.playing.config import RecordConfig
from clonestrike.playing.record import record
from clonestrike.policy.card import PolicyCard
from clonestrike.recordings.recording import Recording, find_recordings
from clonestrike.training.config import TrainConfig
from clonestrike.training.train import train


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, shared_graph: MapGraph) -> Path:
    """A folder with the expert's play in ``expert`` and a policy that has hardly learned from it in ``base``."""
    folder = tmp_path_factory.mktemp("aggregate")
    record(RecordConfig(folder / "expert", "doom", play="expert", steps=300, seed=4))
    train(TrainConfig((folder / "expert",), folder / "base", labels="true", updates=3, threads=1))
    return folder


def test_the_agent_plays_and_the_expert_is_recorded(base: Path) -> None:
    out = base / "corrected"
    record(RecordConfig(out, "doom", play=str(base / "base"), corrected=True, steps=120, seed=9))
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
        cache=tmp_path / "cache",
    )
    result = aggregate(config)
    assert [row["steps"] for row in result["rounds"]] == [100, 100]
    assert result["checkpoint"] == str(tmp_path / "out" / "round-2")
    learned = [
        set(PolicyCard.from_text((tmp_path / "out" / name / "policy.json").read_text(), Path()).data)
        for name in ("round-1", "round-2")
    ]
    assert learned[0] < learned[1]
    weights = (tmp_path / "out" / "round-2" / "policy.safetensors").read_bytes()
    assert [row["updates"] for row in aggregate(config)["rounds"]] == [4, 4]
    assert (tmp_path / "out" / "round-2" / "policy.safetensors").read_bytes() == weights


def test_a_wrong_share_is_told_before_anything_is_played(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="--light is a share from 0 to 1, not 2"):
        aggregate(AggregateConfig(base / "base", (base / "expert",), tmp_path / "out", light=2.0))
    assert not (tmp_path / "out").exists()


def test_a_round_that_was_stopped_while_playing_goes_on(base: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    played = out / "data" / "round-1"
    record(RecordConfig(played, "doom", play=str(base / "base"), corrected=True, steps=60, seed=7))
    (played / "000099.part").mkdir()  # nothing in it: the recorder was killed at once
    config = AggregateConfig(
        base / "base", (base / "expert",), out, rounds=1, steps=100, updates=2, workers=1, threads=1,
        cache=tmp_path / "cache",
    )  # fmt: skip
    (row,) = aggregate(config)["rounds"]
    assert row["steps"] == 100
    runs = {Recording.open(path).run for path in find_recordings([played])}
    assert any("-000007-" in run for run in runs)
    assert any("-000008-" in run for run in runs)


def test_ctrl_c_while_playing_does_not_train(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clonestrike.flows.aggregate.record", lambda config: {**record(config), "interrupted": True})
    config = AggregateConfig(base / "base", (base / "expert",), tmp_path / "out", steps=20, updates=2, workers=1)
    with pytest.raises(KeyboardInterrupt):
        aggregate(config)
    assert not (tmp_path / "out" / "round-1").exists()


@pytest.mark.parametrize("play", [None, "expert", "human"])
def test_only_what_plays_by_itself_is_corrected(play: str | None, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="--corrected is for"):
        record(RecordConfig(tmp_path, "doom", watch=None if play else "bots", play=play, corrected=True, steps=10))


def test_bad_input(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="no checkpoint"):
        aggregate(AggregateConfig(base / "base" / "policy.onnx", (base / "expert",), tmp_path))
    with pytest.raises(ClonestrikeError, match="nowhere"):
        aggregate(AggregateConfig(base / "base", (base / "nowhere",), tmp_path))
    assert not list(tmp_path.iterdir())


def test_play_unlike_the_game_is_told_before_anything_is_played(base: Path, tmp_path: Path) -> None:
    shutil.copytree(base / "expert", tmp_path / "faster")
    header = tmp_path / "faster" / "000000" / "recording.json"
    header.write_text(header.read_text().replace('"steps_per_second": 17.5', '"steps_per_second": 60'))
    with pytest.raises(ClonestrikeError, match=r"000000 and doom.* differ in their steps a second: 60 and 17\.5:"):
        aggregate(AggregateConfig(base / "base", (tmp_path / "faster",), tmp_path / "out"))
    assert not (tmp_path / "out").exists()
