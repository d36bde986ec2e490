"""The original's training on the original's files: its network, its recipe, its two stages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from clonestrike.core.observation import Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.agent import Agent
from clonestrike.policy.checkpoint import load_policy, load_state
from clonestrike.policy.networks.paper import PaperPolicy, PaperSizes
from clonestrike.recordings.recording import Recording
from clonestrike.training.config import TrainConfig
from clonestrike.training.metrics import read_metrics
from clonestrike.training.train import train

MakeRecording = Callable[..., Recording]


def config(data: Path, folder: Path, **options: object) -> TrainConfig:
    """Two updates of 6 frames each."""
    chosen = {"model": "paper:drop", "recipe": "paper", "updates": 2, "chunk": 6, "threads": 1, **options}
    return TrainConfig((data,), folder, precision="float32", cache=folder.parent / "cache", **chosen)  # type: ignore[arg-type]


def steps(folder: Path) -> set[int]:
    """How many updates Adam has seen."""
    return {int(state["step"]) for state in load_state(folder).optimiser["state"].values()}


def test_pre_training_and_fine_tuning(hdf5_files: Path, tmp_path: Path) -> None:
    first = train(config(hdf5_files, tmp_path / "first"))
    policy, card = load_policy(first)
    assert isinstance(policy, PaperPolicy)
    assert policy.sizes == PaperSizes(dropout=0.5)
    assert card.game["game"] == "csgo"
    assert steps(first) == {2}
    tuned = train(config(hdf5_files, tmp_path / "tuned", recipe="paper-expert", init=first, lr=1e-5, updates=1))
    assert steps(tuned) == {3}  # Adam goes on
    assert load_state(tuned).optimiser["param_groups"][0]["lr"] == 1e-5
    before, after = (torch.cat([w.detach().flatten() for w in load_policy(f)[0].parameters()]) for f in (first, tuned))
    assert 0 < float((after - before).abs().max()) < 1e-4
    lines = read_metrics(tuned / "metrics.jsonl")
    assert [line["updates"] for line in lines if "losses" in line] == [1]
    Agent(tuned).act(Observation(np.zeros((150, 280, 3), np.uint8), None, "self", 0, 0))
    (first / "optimiser.pt").unlink()
    anew = train(config(hdf5_files, tmp_path / "anew", recipe="paper-expert", init=first, updates=1))
    assert steps(anew) == {1}


def test_epochs_are_counted_in_windows(hdf5_files: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(ClonestrikeError, match="choose one"):
        train(config(hdf5_files, out, epochs=2))
    folder = train(config(hdf5_files, out, recipe="paper-expert", model="pocket", epochs=2, updates=None, chunk=96))
    held_out = load_policy(folder)[1].training["held_out"]
    files = 6 - (0 if held_out is None else held_out["rows"] // 100)
    assert load_state(folder).update == 2 * files  # one window in a file of 120 frames


def test_a_network_of_the_original_trains_on_other_frames(
    hdf5_files: Path, make_recording: MakeRecording, tmp_path: Path
) -> None:
    first = train(config(hdf5_files, tmp_path / "first", model="lite", trunk="imagenet", updates=1))
    for seed in range(2):
        make_recording(20, seed=seed, labelled=True)
    data = tmp_path / "recordings"
    second = train(config(data, tmp_path / "second", recipe="default", streams=1, init=first))
    policy, card = load_policy(second)
    assert card.view.frame == (180, 320)
    assert card.view.whole == (150, 280)
    assert isinstance(policy, PaperPolicy)
    assert policy.sizes.trunk == "lite0"
    assert torch.equal(policy.trunk.scale, torch.full((3,), 1 / 128))  # type: ignore[arg-type]
    with pytest.raises(ClonestrikeError, match="leave out --trunk"):
        train(config(data, tmp_path / "third", init=first, trunk="imagenet"))
    for model, why in (("pocket", "no trunk"), ("lite:randinit", "random weights"), ("paper", "no weights of")):
        with pytest.raises(ClonestrikeError, match=why):
            train(config(data, tmp_path / "third", model=model, trunk="imagenet"))
