from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from clonestrike.core.observation import Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.agent import Agent
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.checkpoint import load_policy, load_state, save_policy
from clonestrike.policy.controls import CONTROLS, PAPER
from clonestrike.policy.networks import card_of, untrained
from clonestrike.policy.networks.pocket import PocketPolicy, PocketSizes
from clonestrike.policy.shipped import checkpoint
from clonestrike.policy.view import PolicyView
from clonestrike.recordings.recording import Recording
from clonestrike.training.api import Checkpoint
from clonestrike.training.config import TrainConfig
from clonestrike.training.metrics import read_metrics
from clonestrike.training.train import train

MakeRecording = Callable[..., Recording]


@pytest.fixture
def config(make_recording: MakeRecording, tmp_path: Path) -> TrainConfig:
    """Four updates on three short runs, one of them held out."""
    for seed in range(3):
        make_recording(40, seed=seed, labelled=True)
    return TrainConfig(
        data=(tmp_path / "recordings",),
        out=tmp_path / "out",
        updates=4,
        streams=2,
        chunk=8,
        threads=1,
        precision="float32",
        cache=tmp_path / "cache",
    )


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_policy(folder)[0].state_dict()


def same(one: Path, other: Path) -> bool:
    a, b = weights(one), weights(other)
    return all(torch.equal(a[name], b[name]) for name in a)


def test_a_checkpoint_has_all_that_is_promised(config: TrainConfig) -> None:
    folder = train(config)
    assert {path.name for path in folder.iterdir()} == {
        "policy.safetensors",
        "policy.json",
        "policy.onnx",
        "optimiser.pt",
        "metrics.jsonl",
        "curves.png",
    }
    content = json.loads((folder / "policy.json").read_text())
    assert content["format_version"] == 1
    assert content["game"]["game"] == "synthetic"
    assert len(content["data"]) == 3
    training = content["training"]
    assert training["updates"] == 4
    assert training["frames"] > 0
    assert set(training["held_out"]) == {"rows", "policy", "most_frequent", "repeat_last"}
    assert training["held_out"]["rows"] == 39
    assert training["held_out"]["repeat_last"]["w"]["accuracy"] == 1
    lines = read_metrics(folder / "metrics.jsonl")
    assert [line["updates"] for line in lines if "losses" in line] == [1, 2, 3, 4]
    assert set(lines[0]["losses"]) == {"loss", "switches", "mouse_x", "mouse_y", "value"}
    frame = np.zeros((180, 320, 3), np.uint8)
    Agent(folder).act(Observation(frame, None, "agent", 0, 0))


def test_training_learns(config: TrainConfig) -> None:
    folder = train(replace(config, updates=40, lr=3e-3))
    _, card = load_policy(folder)
    scores = card.training["held_out"]["policy"]
    assert scores["w"]["loss"] < 0.1
    assert scores["mouse_x"]["accuracy"] > 0.9
    losses = [line["losses"]["loss"] for line in read_metrics(folder / "metrics.jsonl") if "losses" in line]
    assert losses[-1] < losses[0] / 3


RUN = """
import sys
from pathlib import Path
from clonestrike.training.train import train
from clonestrike.training.config import TrainConfig
data, out, cache, init, resume = sys.argv[1:]
train(TrainConfig(data=(Path(data),), out=Path(out), updates=40, init=Path(init), streams=2, chunk=8,
                  threads=1, precision="float32",
                  resume=resume == "resume", checkpoint_seconds=0, cache=Path(cache)))
"""


def test_a_killed_training_goes_on_to_the_same_weights(config: TrainConfig, tmp_path: Path) -> None:
    sizes, small = PocketSizes(channels=(8, 8, 8), features=16, memory=16), tmp_path / "small"
    policy = PocketPolicy(PolicyView(), sizes)
    save_policy(small, policy, card_of(policy))

    def command(out: Path, how: str) -> list[str]:
        return [sys.executable, "-c", RUN, *map(str, (config.data[0], out, config.cache, small, how))]

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(command(whole, "anew"), check=True, timeout=120)
    for how in ("anew", "resume"):  # killed twice
        done = 0 if how == "anew" else load_state(killed).update
        process = subprocess.Popen(command(killed, how))
        metrics = killed / "metrics.jsonl"
        while process.poll() is None and max([0, *(line["updates"] for line in read_metrics(metrics))]) < done + 7:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        assert done < load_state(killed).update < 40
    subprocess.run(command(killed, "resume"), check=True, timeout=120)
    assert load_state(killed).update == 40
    assert same(whole, killed)
    for one, other in zip(*(read_metrics(folder / "metrics.jsonl") for folder in (whole, killed)), strict=True):
        assert [one.get(name) for name in ("updates", "frames", "losses", "held_out")] == [
            other.get(name) for name in ("updates", "frames", "losses", "held_out")
        ]


def test_minutes_become_updates_that_stay(config: TrainConfig) -> None:
    folder = train(replace(config, updates=None, minutes=0.02, precision="auto"))
    kept = load_state(folder)
    assert kept.config["precision"] in ("float32", "bfloat16")
    assert kept.config["updates"] == kept.update >= 1
    before = weights(folder)
    for length in ({"minutes": 0.02}, {"minutes": None}):  # finished already
        train(replace(config, updates=None, resume=True, **length))
        assert all(torch.equal(before[name], weight) for name, weight in weights(folder).items())
    twice = train(replace(config, updates=None, minutes=0.06, resume=True))  # at the pace that it had
    assert load_state(twice).update > kept.update
    assert load_state(twice).config["minutes"] == 0.06


def test_a_finished_training_goes_on_as_if_it_had_been_longer(config: TrainConfig, tmp_path: Path) -> None:
    """With a constant learning rate: bit for bit."""
    config = replace(config, recipe="paper-expert", streams=None, chunk=None, updates=None)
    whole = train(replace(config, epochs=5, out=tmp_path / "whole"))
    first = train(replace(config, epochs=2))
    assert load_state(first).update == 4
    with pytest.raises(ClonestrikeError, match="has done 4 updates already, more than 2"):
        train(replace(config, epochs=1, resume=True))
    train(replace(config, epochs=5, keep_every=2, resume=True))
    assert load_state(first).update == load_state(whole).update == 10
    assert same(first, whole)
    assert sorted(path.name for path in (first / "epochs").iterdir()) == ["004"]
    lines = [line for line in read_metrics(first / "metrics.jsonl") if "losses" in line]
    assert [line["updates"] for line in lines] == list(range(1, 11))
    train(replace(config, resume=True))  # what was given last holds
    assert load_state(first).config["epochs"] == 5


def test_a_cosine_goes_on_where_the_whole_length_puts_it(config: TrainConfig) -> None:
    train(replace(config, updates=10, recipe="default"))
    train(replace(config, updates=20, resume=True))
    rates = [line["lr"] for line in read_metrics(config.out / "metrics.jsonl") if "losses" in line]
    assert rates[9] < 0.1 * rates[1]
    assert rates[10] == pytest.approx(2e-3 / 2)  # half way
    assert rates[19] < 0.03 * 2e-3


def test_checkpoints_of_epochs_are_kept(config: TrainConfig, tmp_path: Path) -> None:
    config = replace(config, recipe="paper-expert", streams=None, chunk=None, updates=None, epochs=5, keep_every=2)
    folder = train(config)
    kept = [folder / "epochs" / name for name in ("002", "004")]
    assert sorted((folder / "epochs").iterdir()) == kept
    assert [one.path for one in Checkpoint.open(folder).kept] == kept
    for place, update in zip(kept, (4, 8), strict=True):
        _, card = load_policy(place)
        assert card.training["updates"] == load_state(place).update == update
        assert card.training["held_out"]["rows"] == 39
        Agent(place).act(Observation(np.zeros((180, 320, 3), np.uint8), None, "agent", 0, 0))
    early = train(replace(config, out=tmp_path / "early", epochs=2))
    assert same(kept[0], early)
    tuned = train(replace(config, out=tmp_path / "tuned", init=kept[0], epochs=1))
    assert {int(state["step"]) for state in load_state(tuned).optimiser["state"].values()} == {6}  # Adam goes on


@pytest.mark.parametrize(("model", "parts"), [("pocket", ("whole", "crop")), ("paper", ("trunk",))])
def test_frozen_parts_do_not_learn(config: TrainConfig, model: str, parts: tuple[str, ...]) -> None:
    config = replace(config, model=model, freeze=",".join(parts), updates=2, chunk=2)
    torch.manual_seed(config.seed)
    before = untrained(model, (180, 320)).state_dict()
    for name, weight in weights(train(config)).items():
        assert torch.equal(weight, before[name]) == name.startswith(parts), name  # statistics of batch norms, too


def test_parts_are_thawed_again(config: TrainConfig, tmp_path: Path) -> None:
    config = replace(config, recipe="paper-expert", streams=None, chunk=None, freeze="whole,features")
    first = train(config)
    tuned = train(replace(config, out=tmp_path / "tuned", init=first, freeze=None))
    steps = [int(state["step"]) for state in load_state(tuned).optimiser["state"].values()]
    assert sorted(set(steps)) == [4, 8]  # Adam goes on where it has begun
    policy, _ = load_policy(tuned)
    assert isinstance(policy, torch.nn.Module)
    assert not any(torch.equal(weight, weights(first)[name]) for name, weight in policy.named_parameters())
    for freeze, why in (("heads,tronk", "no part 'tronk' to freeze: it has whole, crop"),
                        ("whole,crop,features,memory,heads", "every part")):  # fmt: skip
        with pytest.raises(ClonestrikeError, match=why):
            train(replace(config, out=tmp_path / "wrong", freeze=freeze))


def test_the_papers_recipe_trains_and_the_card_says_what(config: TrainConfig, tmp_path: Path) -> None:
    config = replace(config, recipe="paper", streams=None, chunk=None)
    folder = train(config)
    _, card = load_policy(folder)
    assert card.training["config"]["recipe"] == "paper"
    assert (card.controls, card.decoding, card.jump_scale) == (PAPER, "paper", 1)
    selection = Checkpoint.open(folder).selection
    assert selection is not None
    assert selection["windows"] == len(card.data) - 1  # one run is held out
    assert len(selection["lists"]) == 4
    expert = replace(config, recipe="paper-expert", init=folder, out=tmp_path / "expert", updates=1)
    _, card = load_policy(train(expert))
    assert (card.controls, card.decoding, card.jump_scale) == (PAPER, "paper", 5)
    everything = replace(expert, recipe="default", init=expert.out, out=tmp_path / "all", decoding="cloned")
    _, card = load_policy(train(everything))
    assert (card.controls, card.decoding) == (CONTROLS, "cloned")
    losses = read_metrics(folder / "metrics.jsonl")[0]["losses"]
    assert losses["loss"] < losses["switches"]


@pytest.mark.usefixtures("tiny_package")
def test_a_network_from_outside_is_trained_resumed_and_played(config: TrainConfig, tmp_path: Path) -> None:
    config = replace(config, model="tiny:wide")
    folder = train(config)
    policy, card = load_policy(folder)
    assert card.architecture == {"name": "tiny", "channels": 4, "memory": 12}
    assert load_state(folder).memory.shape == (2, 12)
    train(replace(config, resume=True))
    tuned = train(replace(config, out=tmp_path / "tuned", init=folder, lr=1e-9))
    for one, other in zip(load_policy(tuned)[0].parameters(), policy.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)
    assert Agent(tuned).act(Observation(np.zeros((180, 320, 3), np.uint8), None, "agent", 0, 0)).prediction is not None
    with pytest.raises(ClonestrikeError, match="'huge': use one of lite, paper, pocket, tiny"):
        train(replace(config, out=tmp_path / "huge", model="huge"))


def test_fine_tuning_starts_from_the_other_weights(config: TrainConfig, tmp_path: Path) -> None:
    base = train(config)
    tuned = train(replace(config, out=tmp_path / "tuned", init=base, lr=1e-9))
    for name, weight in weights(base).items():
        torch.testing.assert_close(weights(tuned)[name], weight, atol=1e-6, rtol=1e-5)
    assert load_policy(tuned)[1].training["config"]["init"] == str(base)


def test_fine_tuning_keeps_the_decoding(config: TrainConfig, tmp_path: Path) -> None:
    base = train(replace(config, decoding="corrected"))
    assert load_policy(train(replace(config, out=tmp_path / "tuned", init=base)))[1].decoding == "corrected"
    assert load_policy(train(replace(config, out=tmp_path / "anew")))[1].decoding == "cloned"


def test_mirrored_play_is_learned(config: TrainConfig, tmp_path: Path) -> None:
    plain = train(config)
    mirrored = train(replace(config, out=tmp_path / "mirrored", mirror=1.0))
    assert load_policy(mirrored)[1].training["config"]["mirror"] == 1.0
    assert not same(plain, mirrored)
    with pytest.raises(ClonestrikeError, match="--mirror is a share from 0 to 1, not 2"):
        train(replace(config, data=(tmp_path / "none",), out=tmp_path / "wrong", mirror=2.0))  # nothing is read before


def test_another_view_cannot_be_fine_tuned(config: TrainConfig, tmp_path: Path) -> None:
    view, sizes = PolicyView(crop=(32, 32), crop_corner=(0, 0)), PocketSizes(channels=(4, 4, 4))
    policy = PocketPolicy(view, sizes)
    save_policy(tmp_path / "other", policy, card_of(policy))
    with pytest.raises(ClonestrikeError, match="another view"):
        train(replace(config, init=tmp_path / "other"))


def test_a_checkpoint_is_not_overwritten(config: TrainConfig) -> None:
    train(config)
    with pytest.raises(ClonestrikeError, match="holds a checkpoint already: use --resume"):
        train(config)


def test_bad_input_is_reported_and_leaves_nothing(
    config: TrainConfig, make_recording: MakeRecording, tmp_path: Path
) -> None:
    unlabelled = make_recording(10, root=tmp_path / "unlabelled")
    cases = {
        "is no checkpoint": replace(config, init=tmp_path),
        "no labels yet: run `clonestrike label": replace(config, data=(unlabelled.path,)),
        "does not exist": replace(config, data=(tmp_path / "nothing",)),
        "no path is given": replace(config, data=()),
        r"no optimiser\.pt": replace(config, resume=True),
        "choose one": replace(config, minutes=1.0),
    }
    for message, bad in cases.items():
        with pytest.raises(ClonestrikeError, match=message):
            train(bad)
    assert not config.out.exists()


def test_a_damaged_recording_is_skipped(config: TrainConfig, capsys: pytest.CaptureFixture[str]) -> None:
    bad = config.data[0] / "000001" / "steps.parquet"
    bad.write_bytes(b"no parquet")
    with pytest.raises(ClonestrikeError, match=str(bad)):
        train(replace(config, strict=True))
    assert not config.out.exists()
    assert len(load_policy(train(config))[1].data) == 2
    assert f"skipped: {bad} cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps_per_second": 60.0}, "differ in their steps a second: 17.5 and 60"),
        ({"game": "chess"}, "differ in their game: synthetic and chess"),
        (
            {"calibration": {"radians_per_count": 0.002, "pitch_min": -1.5, "pitch_max": 1.5}},
            "differ in their calibration: 0.00096 rad a count and 0.002 rad a count",
        ),
    ],
)
def test_play_that_is_not_alike_is_refused(config: TrainConfig, change: dict[str, object], message: str) -> None:
    one, other = (config.data[0] / name for name in ("000000", "000001"))
    header = json.loads((other / "recording.json").read_text())
    header["info"].update(change)
    (other / "recording.json").write_text(json.dumps(header))
    with pytest.raises(ClonestrikeError, match=re.escape(f"{one} and {other} {message}: train on each alone")):
        train(config)
    assert not config.out.exists()


def test_recordings_without_a_valid_row_are_refused(config: TrainConfig, make_recording: MakeRecording) -> None:
    recording = make_recording(10, root=config.out.parent / "blank", labelled=True)
    assert recording.labels is not None
    recording.write_labels(recording.labels, np.zeros(10, bool))
    with pytest.raises(ClonestrikeError, match="no row of the 1 recordings has a valid label"):
        train(replace(config, data=(recording.path,)))


def test_resuming_needs_the_same_recordings(config: TrainConfig, make_recording: MakeRecording, tmp_path: Path) -> None:
    train(config)
    make_recording(10, root=tmp_path / "more", labelled=True)
    with pytest.raises(ClonestrikeError, match="trained on other recordings"):
        train(replace(config, resume=True, data=(*config.data, tmp_path / "more")))


def test_a_training_that_diverges_is_stopped(config: TrainConfig) -> None:
    with pytest.raises(ClonestrikeError, match=r"not finite any more after .* lower --lr"):
        train(replace(config, updates=8, lr=1e30))
    load_policy(config.out)  # the last checkpoint stays


@pytest.mark.parametrize("device", ["cuda:99", "abacus"])
def test_a_device_that_is_not_there_is_refused(config: TrainConfig, device: str) -> None:
    with pytest.raises(ClonestrikeError, match=rf"the device {device} cannot be used .*--device auto or cpu"):
        train(replace(config, device=device))
    assert not config.out.exists()


def test_a_training_of_an_older_version_goes_on_with_its_settings() -> None:
    card = PolicyCard.from_text((checkpoint("pretrained:doom") / "policy.json").read_text(encoding="utf-8"), "card")
    kept = card.training["config"]  # as that version wrote it, also into optimiser.pt
    config = TrainConfig((Path("data"),), Path("out"), resume=True, cache_gb=3.0).resumed(kept)
    assert (config.data, config.out, config.resume, config.cache_gb) == ((Path("data"),), Path("out"), True, 3.0)
    assert config.to_json() == {"freeze": None, "keep_every": None, **kept}


def test_settings_of_another_version_are_refused() -> None:
    with pytest.raises(ClonestrikeError, match="another version"):
        TrainConfig((), Path("out")).resumed({"init": None, "epoch": 3})
