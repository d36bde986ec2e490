"""Recordings, checkpoints and results that an earlier version wrote (in ``before``) still open and are still of use."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from clonestrike.core.opening import open_trajectories
from clonestrike.datasets.check import check
from clonestrike.evaluate.positions import Positions
from clonestrike.evaluate.statistics import MatchResult, summarise
from clonestrike.labelling.config import LabelConfig
from clonestrike.labelling.label import label
from clonestrike.playing.config import PlayConfig
from clonestrike.playing.play import play
from clonestrike.policy.checkpoint import load_policy, load_state
from clonestrike.recordings.recording import Recording
from clonestrike.training.config import TrainConfig
from clonestrike.training.train import train

BEFORE = Path(__file__).parent / "before"
FINGERPRINTS = json.loads((BEFORE / "checkpoint" / "policy.json").read_text())["data"]


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BEFORE / "recordings", tmp_path / "recordings"))


def test_recordings_open_with_frames_states_inputs_and_labels() -> None:
    plays = open_trajectories([BEFORE / "recordings"])
    assert sum(recording.steps for recording in plays) == 30
    assert sorted(recording.fingerprint() for recording in plays) == sorted(FINGERPRINTS)
    for recording in plays:
        assert isinstance(recording, Recording)
        assert recording.frames().shape == (recording.steps, 180, 320, 3)
        assert recording.actions is not None
        assert recording.labels is not None
        assert recording.label_valid.any()
        assert np.isfinite(recording.states.x[: recording.steps]).all()
    assert not check([BEFORE / "recordings"], workers=1)["faults"]


def test_recordings_are_labelled_again_to_the_same_labels(recordings: Path) -> None:
    before = [recording.labels for recording in open_trajectories([recordings])]
    label(LabelConfig((recordings,)))
    for old, again in zip(before, open_trajectories([recordings]), strict=True):
        assert old is not None
        assert again.labels is not None
        np.testing.assert_array_equal(again.labels.switches, old.switches)
        np.testing.assert_array_equal(again.labels.mouse.astype(np.float32), old.mouse)  # they were stored as float32


def test_a_checkpoint_plays(tmp_path: Path) -> None:
    result = play(PlayConfig(str(BEFORE / "checkpoint"), "doom:bots=1", minutes=0.05, seed=2))
    assert result["steps"] > 40
    load_policy(BEFORE / "checkpoint")


def test_a_training_that_was_cut_off_goes_on(recordings: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(BEFORE / "checkpoint", tmp_path / "checkpoint"))
    assert load_state(out).update == 2
    train(TrainConfig((recordings,), out, resume=True))
    assert load_state(out).update == 4


def test_results_are_read_and_summarised_to_the_same_figures() -> None:
    matches = json.loads((BEFORE / "results" / "matches.json").read_text())
    summary = json.loads((BEFORE / "results" / "summary.json").read_text())
    actor = summary["config"]["actor"]
    again = summarise(
        [MatchResult.from_json(match) for match in matches[actor]],
        random=[MatchResult.from_json(match) for match in matches["random"]],
    )
    assert again["agent"] == summary["agent"]
    assert len(Positions.load(BEFORE / "results" / "positions-checkpoint.npz")) > 100
