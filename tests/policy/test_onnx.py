from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray
from tests.policy.networks.paper.test_policy import scrambled

from clonestrike.cli.main import main
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.checkpoint import save_policy
from clonestrike.policy.networks import Policy, card_of, untrained
from clonestrike.policy.networks.pocket import PocketPolicy
from clonestrike.policy.onnx import to_onnx
from clonestrike.policy.view import PolicyView

STEPS, CHUNK = 200, 40
NAMES = ("memory_out", "switches", "mouse_x", "mouse_y", "value")
Floats = NDArray[np.float32]


def pocket() -> PocketPolicy:
    torch.manual_seed(3)
    policy = PocketPolicy(PolicyView()).eval()
    with torch.no_grad():
        policy.heads.weight.mul_(200)  # predictions far from even, that a wrong graph would miss
    return policy


def forgetful() -> Policy:
    torch.manual_seed(4)
    policy = untrained("pocket:nomemory,nocrop", (180, 320)).eval()
    assert isinstance(policy, PocketPolicy)
    with torch.no_grad():
        policy.heads.weight.mul_(200)
    return policy


def shown(policy: Policy, steps: int) -> dict[str, torch.Tensor]:
    """Noise that goes dark and bright in turns, so that there is something to remember."""
    random = np.random.default_rng(1)
    light = (1 + np.sin(np.arange(steps) / 9)) / 2
    return {
        part: torch.from_numpy(
            (random.integers(0, 256, (steps, 1, *shape)) * light[:, None, None, None, None]).astype(np.uint8)
        )
        for part, shape in policy.view.shapes.items()
    }


def by_onnx(content: bytes, seen: dict[str, torch.Tensor]) -> list[Floats]:
    """What the graph says step by step with its memory, (T, n) each, and its memory after every step."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    memory = np.zeros(next(x.shape for x in session.get_inputs() if x.name == "memory"), np.float32)
    said = []
    for step in range(len(seen["whole"])):
        answers = session.run(NAMES, {**{part: x[step].numpy() for part, x in seen.items()}, "memory": memory})
        memory = answers[0]
        said.append(answers)
    return [np.concatenate(parts) for parts in zip(*said, strict=True)]


@torch.no_grad()
def by_torch(policy: Policy, seen: dict[str, torch.Tensor]) -> list[Floats]:
    """What the network says of chunks with its memory carried along."""
    memory, said = policy.empty_memory(1), []
    for start in range(0, len(seen["whole"]), CHUNK):
        outputs, memory = policy({part: x[start : start + CHUNK] for part, x in seen.items()}, memory)
        heads = (outputs.switches.sigmoid(), outputs.mouse_x.softmax(-1), outputs.mouse_y.softmax(-1))
        said.append([head[:, 0] for head in heads] + [outputs.value])
    return [memory.numpy(), *(torch.cat(parts).numpy() for parts in zip(*said, strict=True))]


@pytest.mark.parametrize("make", [pocket, forgetful, scrambled])
def test_200_steps_with_memory_are_those_of_the_network(make: Callable[[], Policy]) -> None:
    policy = make()
    seen = shown(policy, STEPS)
    expected, found = by_torch(policy, seen), by_onnx(to_onnx(policy, card_of(policy)), seen)
    for one, other in zip(found[1:], expected[1:], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found[0][-1:], expected[0], rtol=1e-3, atol=0.01)
    assert np.ptp(expected[1], axis=0).max() > 0.05  # it did see the changes


def test_a_memory_in_8_bits_hardly_differs_and_takes_less_room() -> None:
    policy = scrambled()
    full, small = (to_onnx(policy, card_of(policy), int8=int8) for int8 in (False, True))
    assert len(small) < 0.6 * len(full)
    seen = shown(policy, 30)
    for one, other in zip(by_onnx(small, seen)[1:4], by_onnx(full, seen)[1:4], strict=True):
        np.testing.assert_allclose(one, other, atol=0.03)


def test_halved_weights_take_half_the_room() -> None:
    policy = pocket()
    with torch.no_grad():
        policy.heads.weight.div_(200)
    full, half = (to_onnx(policy, card_of(policy), half=half) for half in (False, True))
    assert len(half) < 0.51 * len(full)
    seen = shown(policy, 30)
    for one, other in zip(by_onnx(half, seen)[1:], by_onnx(full, seen)[1:], strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)


def test_8_bits_are_for_the_papers_network() -> None:
    with pytest.raises(ClonestrikeError, match="leave out --int8"):
        to_onnx(pocket(), card_of(pocket()), int8=True)


def test_a_file_is_exported_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = pocket()
    save_policy(tmp_path / "run", policy, card_of(policy))
    out = tmp_path / "new" / "x.onnx"

    def exported(*options: str) -> object:
        with pytest.raises(SystemExit) as stop:
            main(["export", "onnx", str(tmp_path / "run"), "--out", *options])
        return stop.value.code

    assert exported(str(out)) == 0
    assert out.read_bytes() == (tmp_path / "run" / "policy.onnx").read_bytes()
    assert exported(str(tmp_path / "x.txt")) == 2
    assert "must end in .onnx" in capsys.readouterr().err
    assert exported(str(out), "--int8") == 2
    assert sorted(path.name for path in tmp_path.rglob("x*")) == ["x.onnx"]
