from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import clonestrike.policy.agent as agent_module
from clonestrike.core.actions import Action
from clonestrike.core.actor import Prediction
from clonestrike.core.observation import Frame, Observation
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.agent import Agent
from clonestrike.policy.checkpoint import save_policy
from clonestrike.policy.decoding import Decoding
from clonestrike.policy.networks import card_of
from clonestrike.policy.networks.pocket import PocketPolicy
from clonestrike.policy.view import PolicyView


@pytest.fixture(scope="module")
def policy() -> PocketPolicy:
    torch.manual_seed(3)
    found = PocketPolicy(PolicyView())
    with torch.no_grad():
        found.heads.weight.mul_(200)  # predictions far from even, that a wrong graph would miss
    return found


@pytest.fixture(scope="module")
def folder(policy: PocketPolicy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("policy")
    save_policy(place, policy, card_of(policy))
    return place


def frames(n: int) -> list[Frame]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (180, 320, 3), dtype=np.uint8) // (1 + i % 3) for i in range(n)]


def observed(frame: Frame) -> Observation:
    return Observation(frame, None, "agent", 0, 0)


def test_the_agent_predicts_what_the_network_does_step_by_step(policy: PocketPolicy, folder: Path) -> None:
    agent = Agent(folder)
    shown = frames(12)
    views = [policy.view.see(frame) for frame in shown]
    sequence = {
        part: torch.from_numpy(np.stack([seen[part] for seen in views])[:, None]) for part in policy.view.shapes
    }
    with torch.no_grad():
        outputs, _ = policy(sequence, policy.empty_memory(1))
    for step, frame in enumerate(shown):
        said = agent.act(observed(frame)).prediction
        assert said is not None
        np.testing.assert_allclose(said.switches, outputs.switches[step, 0].sigmoid().numpy(), atol=1e-5)
        np.testing.assert_allclose(said.mouse_x, outputs.mouse_x[step, 0].softmax(-1).numpy(), atol=1e-5)
        np.testing.assert_allclose(said.mouse_y, outputs.mouse_y[step, 0].softmax(-1).numpy(), atol=1e-5)
        assert said.value == pytest.approx(float(outputs.value[step, 0]), abs=1e-4)
    assert np.ptp(outputs.switches.numpy()) > 0.5


def test_reset_empties_the_memory_and_the_seed_decides(folder: Path) -> None:
    everything = Decoding(mouse="sample", fire="sample")

    def play(agent: Agent) -> tuple[list[Action], Prediction]:
        agent.reset()
        decisions = [agent.act(observed(frame)) for frame in frames(6)]
        assert decisions[-1].prediction is not None
        return [decision.action for decision in decisions], decisions[-1].prediction

    one = Agent(folder, everything, seed=5)
    first, said = play(one)
    assert play(Agent(folder / "policy.onnx", everything, seed=5))[0] == first
    assert play(Agent(folder, everything, seed=6))[0] != first
    np.testing.assert_array_equal(play(one)[1].switches, said.switches)


def test_the_number_of_threads_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = []
    for patience in (agent_module.PATIENCE, 0.0):  # without any, all threads are tried
        monkeypatch.setattr(agent_module, "PATIENCE", patience)
        agent = Agent(folder)
        decision = [agent.act(observed(frame)) for frame in frames(4)][-1]
        assert decision.prediction is not None
        said.append(decision.prediction)
    np.testing.assert_array_equal(said[0].mouse_x, said[1].mouse_x)
    np.testing.assert_array_equal(said[0].switches, said[1].switches)


def test_a_memory_that_is_always_forgotten_sees_every_frame_as_the_first(folder: Path) -> None:
    agent = Agent(folder, Decoding(forget=1.0))
    frame = frames(1)[0]
    said = []
    for _ in range(3):
        decision = agent.act(observed(frame))
        assert decision.prediction is not None
        said.append(decision.prediction.switches)
    np.testing.assert_array_equal(said[0], said[2])


def test_another_frame_size_is_refused(folder: Path) -> None:
    with pytest.raises(ClonestrikeError, match=r"480 x 640.*180 x 320"):
        Agent(folder).act(observed(np.zeros((480, 640, 3), np.uint8)))


def test_missing_and_damaged_files_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ClonestrikeError, match="is not there"):
        Agent(tmp_path)
    path = tmp_path / "policy.onnx"
    content = (folder / "policy.onnx").read_bytes()
    for damaged in (b"", b"text", content[: len(content) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(ClonestrikeError, match=r"damaged|no policy"):
            Agent(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"format_version": 1', '"format_version": 9', "format version 9"),
        ('"space"', '"jump"', "another action space"),
        ('"whole": [\n      60', '"whole": [\n      61', "another view"),
        ('"view"', '"sight"', "damaged"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(folder: Path, tmp_path: Path, old: str, new: str, message: str) -> None:
    model = onnx.load(folder / "policy.onnx")
    (entry,) = model.metadata_props
    assert old in entry.value
    entry.value = entry.value.replace(old, new)
    onnx.save(model, tmp_path / "policy.onnx")
    with pytest.raises(ClonestrikeError, match=message):
        Agent(tmp_path)


def test_any_other_onnx_file_is_refused(folder: Path, tmp_path: Path) -> None:
    model = onnx.load(folder / "policy.onnx")
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "other.onnx")
    with pytest.raises(ClonestrikeError, match="no policy of clonestrike"):
        Agent(tmp_path / "other.onnx")


def test_the_interface_of_the_file(folder: Path) -> None:
    session = onnxruntime.InferenceSession(str(folder / "policy.onnx"))
    assert {x.name: (x.type, x.shape) for x in session.get_inputs()} == {
        "whole": ("tensor(uint8)", [1, 60, 106, 3]),
        "crop": ("tensor(uint8)", [1, 64, 64, 3]),
        "memory": ("tensor(float)", [1, 256]),
    }
    assert {x.name: x.shape for x in session.get_outputs()} == {
        "switches": [1, 13],
        "mouse_x": [1, 23],
        "mouse_y": [1, 15],
        "value": [1, 1],
        "memory_out": [1, 256],
    }


def test_a_step_takes_milliseconds(folder: Path) -> None:
    agent = Agent(folder)
    shown = observed(frames(1)[0])
    times = []
    for _ in range(100):
        begin = time.perf_counter()
        agent.act(shown)
        times.append(time.perf_counter() - begin)
    assert np.median(times) < 0.01  # about 0.6 ms on an idle core
