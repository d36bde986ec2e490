from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from clonestrike.policy.networks.paper.convlstm import ConvLSTM, Recurrence, hard_sigmoid

STEPS, STREAMS, FILTERS, HEIGHT, WIDTH = 4, 2, 3, 4, 5


def inputs(masked: bool) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None]:
    random = torch.Generator().manual_seed(1)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random, dtype=torch.float64).requires_grad_()

    masks = torch.rand(STREAMS, 4, FILTERS, HEIGHT, WIDTH, generator=random).gt(0.5).double() * 2
    return (
        drawn(STEPS, STREAMS, 4 * FILTERS, HEIGHT, WIDTH),
        drawn(STREAMS, FILTERS, HEIGHT, WIDTH),
        drawn(STREAMS, FILTERS, HEIGHT, WIDTH),
        drawn(4 * FILTERS, FILTERS, 3, 3),
        masks if masked else None,
    )


def step_by_step(
    seen: Tensor, hidden: Tensor, cell: Tensor, kernel: Tensor, masks: Tensor | None
) -> tuple[Tensor, ...]:
    """The recurrence as autograd sees it, gate by gate."""
    outputs = []
    for now in seen:
        gates = []
        for gate, (part, weights) in enumerate(zip(now.chunk(4, 1), kernel.chunk(4), strict=True)):
            kept = hidden if masks is None else hidden * masks[:, gate]
            gates.append(part + conv2d(kept, weights, padding=1))
        i, f, c, o = gates
        cell = hard_sigmoid(f) * cell + hard_sigmoid(i) * c.tanh()
        hidden = hard_sigmoid(o) * cell.tanh()
        outputs.append(hidden)
    return torch.stack(outputs), cell


@pytest.mark.parametrize("masked", [False, True])
def test_the_recurrence_and_its_gradients_are_those_of_its_steps(masked: bool) -> None:
    given = inputs(masked)
    ours: tuple[Tensor, Tensor] = Recurrence.apply(*given)  # type: ignore[no-untyped-call]
    theirs = step_by_step(*given)
    weights = [torch.randn(part.shape, generator=torch.Generator().manual_seed(2)).double() for part in ours]
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)
    gradients = [
        torch.autograd.grad([(part * w).sum() for part, w in zip(parts, weights, strict=True)], given[:4])
        for parts in (ours, theirs)
    ]
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)
        assert other.abs().max() > 0.01


def test_bfloat16_convolutions_leave_the_memory_in_float32() -> None:
    torch.manual_seed(0)
    layer, x = ConvLSTM(5, 4), torch.randn(6, 2, 5, 6, 7)
    memory = torch.zeros(2, 4, 4, 5)
    expected, _, _ = layer(x, memory, memory, 0.5, torch.Generator().manual_seed(3))
    with torch.autocast("cpu", torch.bfloat16):
        found, hidden, cell = layer(x, memory, memory, 0.5, torch.Generator().manual_seed(3))
    assert {found.dtype, hidden.dtype, cell.dtype} == {torch.float32}
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0)
    found.square().sum().backward()
    assert layer.recurrent.grad is not None
    assert layer.recurrent.grad.dtype == torch.float32
