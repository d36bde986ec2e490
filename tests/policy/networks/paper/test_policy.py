from __future__ import annotations

import json

import numpy as np
import onnxruntime
import pytest
import torch

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.networks import card_of, untrained
from clonestrike.policy.networks.paper import PAPER, PaperPolicy, PaperSizes
from clonestrike.policy.networks.paper.convlstm import dropped
from clonestrike.policy.onnx import to_onnx
from clonestrike.policy.view import PolicyView

PICTURE = (150, 280)
VIEW = PolicyView(PICTURE, PICTURE, None, (0, 0))
VARIANTS = {
    "plain": PaperSizes(),
    "extra": PaperSizes(filters=(256, 256)),
    "LSTM": PaperSizes(lstm=256),
    "lowres": PaperSizes(lowres=(100, 187)),
    "lite": PaperSizes("lite0"),
}


def scrambled(sizes: PaperSizes | None = None) -> PaperPolicy:
    """A policy whose every weight and statistic is random, and whose outputs say something."""
    torch.manual_seed(4)
    policy = PaperPolicy(VIEW, sizes)
    for layer in policy.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.05, 0.2)
            torch.nn.init.uniform_(layer.weight, 0.8, 1.2)
            torch.nn.init.normal_(layer.bias, 0, 0.1)
    policy.trunk.scale.copy_(torch.tensor([0.016, 0.017, 0.018]))  # type: ignore[operator]
    policy.trunk.offset.copy_(torch.tensor([-2.1, -1.9, -2.2]))  # type: ignore[operator]
    with torch.no_grad():
        policy.heads.weight.mul_(30)
    return policy.eval()


def pictures(steps: int, streams: int = 1) -> torch.Tensor:
    random = np.random.default_rng(1)
    return torch.from_numpy(random.integers(0, 256, (steps, streams, 150, 280, 3), np.uint8))


def test_it_has_as_many_parameters_as_the_original() -> None:
    policy = untrained("paper", PICTURE)
    assert isinstance(policy, PaperPolicy)
    statistics = sum(b.numel() for name, b in policy.named_buffers() if "num_batches" not in name)
    count = 1  # Keras counts the number of pictures behind the normalisation, too
    assert sum(p.numel() for p in policy.parameters()) + statistics + count == 5_964_475
    with torch.no_grad():
        assert policy.trunk(torch.zeros(1, 3, 150, 280)).shape == (1, 112, 10, 18)
    assert policy.empty_memory(3).shape == (3, 2 * 256 * 8 * 16)


@pytest.mark.parametrize("variant", VARIANTS)
@torch.no_grad()
def test_a_sequence_is_its_steps_with_explicit_memory(variant: str) -> None:
    policy, seen = scrambled(VARIANTS[variant]), pictures(4, 2)
    whole, last = policy({"whole": seen}, policy.empty_memory(2))
    memory = policy.empty_memory(2)
    for step in range(4):
        outputs, memory = policy({"whole": seen[step : step + 1]}, memory)
        for of_step, of_whole in zip(outputs, whole, strict=True):
            torch.testing.assert_close(of_step[0], of_whole[step], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(memory, last, rtol=1e-3, atol=1e-4)
    assert (whole.mouse_x[0] - whole.mouse_x[3]).abs().max() > 1e-3


@pytest.mark.parametrize("variant", VARIANTS)
@torch.no_grad()
def test_onnx_says_the_same_with_memory(variant: str) -> None:
    policy, steps = scrambled(VARIANTS[variant]), 6
    card = card_of(policy)
    session = onnxruntime.InferenceSession(to_onnx(policy, card), providers=["CPUExecutionProvider"])
    memory, kept = policy.empty_memory(1), policy.empty_memory(1).numpy()
    names = ("memory_out", "switches", "mouse_x", "mouse_y", "value")
    worst = 0.0
    for picture in pictures(steps):
        outputs, memory = policy({"whole": picture[None]}, memory)
        kept, switches, mouse_x, mouse_y, value = session.run(names, {"whole": picture.numpy(), "memory": kept})
        expected = (outputs.switches.sigmoid(), outputs.mouse_x.softmax(-1), outputs.mouse_y.softmax(-1))
        for ours, theirs in zip(expected, (switches, mouse_x, mouse_y), strict=True):
            worst = max(worst, float(np.abs(ours[0].numpy() - theirs).max()))
        assert value[0, 0] == pytest.approx(outputs.value.item(), rel=1e-3, abs=1e-4)
    assert worst < 1e-4
    np.testing.assert_allclose(kept, memory.numpy(), rtol=1e-3, atol=5e-4)  # float32 itself is as far from float64


def test_dropout_is_the_same_along_a_sequence() -> None:
    policy = scrambled()
    still = pictures(1).expand(3, -1, -1, -1, -1)
    with torch.no_grad():
        plain = policy.memories[0](*inputs(policy, still))[0]
        masked = [policy.memories[0](*inputs(policy, still), 0.5, noise())[0] for _ in range(2)]
    torch.testing.assert_close(masked[0], masked[1])
    assert (masked[0] - plain).abs().mean() > 0.01


def inputs(policy: PaperPolicy, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    memory = torch.zeros(1, 256, 8, 16)
    pixels = seen.flatten(0, 1).permute(0, 3, 1, 2).float()
    return policy.trunk(pixels)[:, None], memory, memory


def noise() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_dropout_keeps_the_mean() -> None:
    kept = dropped(torch.ones(4, 1000), 0.25, noise())
    assert float(kept.mean()) == pytest.approx(1, abs=0.03)
    assert float((kept == 0).float().mean()) == pytest.approx(0.25, abs=0.02)


def test_variants_by_name() -> None:
    def sizes(model: str) -> PaperSizes:
        policy = untrained(model, (180, 320))
        assert isinstance(policy, PaperPolicy)
        assert policy.view.shapes == {"whole": (150, 280, 3)}
        return policy.sizes

    assert sizes("paper") == sizes("paper:randinit") == PaperSizes()
    assert sizes("paper:big,extra,drop") == PaperSizes(filters=(512, 256), dropout=0.5)
    assert sizes("paper:LSTM,lowres") == PaperSizes(lstm=256, lowres=(100, 187))
    assert sizes("lite:drop") == PaperSizes("lite0", dropout=0.5)
    for name in ("huge", ""):
        with pytest.raises(ClonestrikeError, match=f"there is no network '{name}': use one of lite, paper, pocket"):
            untrained(name, (180, 320))
    with pytest.raises(ClonestrikeError, match=r"unknown variant 'huge' of the network paper: there are big, .*drop"):
        untrained("paper:huge", (180, 320))


def test_sizes_come_back_from_json() -> None:
    for sizes in (PaperSizes(filters=(8,)), PaperSizes("lite0", (8, 4), 16, (100, 187), 0.5)):
        kept = json.loads(card_of(PaperPolicy(VIEW, sizes)).to_text())["architecture"]
        assert kept["name"] == "paper"
        assert PAPER.read(kept) == sizes
        for damaged in ({}, {**kept, "trunk": "b7"}, {**kept, "filters": 3}):
            with pytest.raises(ClonestrikeError, match="architecture is not readable"):
                PAPER.read(damaged)


def test_noise_is_of_training_alone_and_of_the_variant() -> None:
    seen = {"whole": pictures(2)}
    with torch.no_grad():
        plain, drop = scrambled(), scrambled(PaperSizes(dropout=0.5))
        answers = [
            policy(seen, policy.empty_memory(1), source)[0].mouse_x
            for policy, source in ((plain, None), (drop, None), (plain, noise()), (drop, noise()))
        ]
    torch.testing.assert_close(answers[0], answers[1])
    assert (answers[2] - answers[0]).abs().max() > 1e-3  # drop-connect
    assert (answers[3] - answers[2]).abs().max() > 1e-3  # and dropout


def test_it_learns() -> None:
    policy, seen = untrained("paper", PICTURE).train(), pictures(3, 1)
    optimiser = torch.optim.Adam(policy.parameters(), 1e-3)
    losses = []
    for _ in range(4):
        outputs, _ = policy({"whole": seen}, policy.empty_memory(1), noise())
        loss = torch.nn.functional.cross_entropy(outputs.mouse_x.flatten(0, 1), torch.tensor([3, 3, 3]))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.05
