import numpy as np
import onnxruntime
import pytest
import torch

from clonestrike.policy.architectures import untrained, view_of
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.onnx import to_onnx
from clonestrike.policy.paper import PaperPolicy, PaperSizes
from clonestrike.policy.pocket import Dropout

VIEW = view_of("paper", (150, 280), "csgo")
VARIANTS = {
    "plain": PaperSizes(),
    "extra": PaperSizes((256, 256)),
    "LSTM": PaperSizes(lstm=256),
    "lowres": PaperSizes(lowres=(100, 187)),
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
    policy.trunk.mean.copy_(torch.tensor([0.4, 0.5, 0.6]))  # type: ignore[operator]
    policy.trunk.variance.copy_(torch.tensor([0.05, 0.06, 0.07]))  # type: ignore[operator]
    with torch.no_grad():
        policy.heads.weight.mul_(30)
    return policy.eval()


def pictures(steps: int, streams: int = 1) -> torch.Tensor:
    random = np.random.default_rng(1)
    return torch.from_numpy(random.integers(0, 256, (steps, streams, 150, 280, 3), np.uint8))


def test_it_has_as_many_parameters_as_the_original() -> None:
    policy = untrained("paper", VIEW)
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
    card = PolicyCard(policy.sizes.to_json(), policy.view, policy.actions)
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
        plain = policy.memories[0](*inputs(policy, still), None)[0]
        masked = [policy.memories[0](*inputs(policy, still), drop())[0] for _ in range(2)]
    torch.testing.assert_close(masked[0], masked[1])
    assert (masked[0] - plain).abs().mean() > 0.01


def inputs(policy: PaperPolicy, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    memory = torch.zeros(1, 256, 8, 16)
    pixels = seen.flatten(0, 1).permute(0, 3, 1, 2).float()
    return policy.trunk(pixels)[:, None], memory, memory


def drop() -> Dropout:
    return Dropout(0.5, torch.Generator().manual_seed(3))


def test_it_learns() -> None:
    policy, seen = untrained("paper", VIEW).train(), pictures(3, 1)
    optimiser = torch.optim.Adam(policy.parameters(), 1e-3)
    losses = []
    for _ in range(4):
        outputs, _ = policy({"whole": seen}, policy.empty_memory(1), drop())
        loss = torch.nn.functional.cross_entropy(outputs.mouse_x.flatten(0, 1), torch.tensor([3, 3, 3]))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.05
