from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from clonestrike.core.actions import SWITCHES
from clonestrike.policy.networks import Outputs
from clonestrike.training.loss import PAPER_LOSS, Loss, TargetTensors


def case(steps: int = 6, streams: int = 2) -> tuple[Outputs, TargetTensors]:
    random = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(steps, streams, *shape, generator=random).requires_grad_()

    outputs = Outputs(normal(13), normal(23), normal(15), normal())
    targets = TargetTensors(
        (torch.rand(steps, streams, 13, generator=random) < 0.3).float(),
        torch.randint(0, 23, (steps, streams), generator=random),
        torch.randint(0, 15, (steps, streams), generator=random),
        torch.ones(steps, streams),
        torch.ones(steps, streams),
        torch.rand(steps, streams, generator=random),
    )
    return outputs, targets


def test_the_papers_loss_is_the_mean_of_one_concatenation_of_terms() -> None:
    outputs, targets = case(streams=1)
    probability = outputs.switches.detach().sigmoid().numpy().astype(np.float64)[:, 0]
    truth = targets.switches.numpy()[:, 0]
    binary = -np.log(np.where(truth == 1, probability, 1 - probability))
    place = {name: i for i, name in enumerate(SWITCHES)}
    terms = [binary[:, :4].mean(1), *(binary[:, place[name]] for name in ("space", "r", "left"))]
    for head, index in ((outputs.mouse_x, targets.mouse_x), (outputs.mouse_y, targets.mouse_y)):
        log = head.detach().log_softmax(-1)[:, 0].numpy()
        terms.append(-log[np.arange(6), index[:, 0].numpy()])
    value, reward = outputs.value.detach()[:, 0].numpy(), targets.reward[:, 0].numpy()
    terms.append(10 * (reward[:-1] + 0.995 * value[1:] - value[:-1]) ** 2)
    loss, _ = PAPER_LOSS(outputs, targets)
    assert float(loss.detach()) == pytest.approx(np.concatenate(terms).mean(), rel=1e-5)


def test_the_paper_gives_weapon_keys_shift_ctrl_and_right_click_no_gradient() -> None:
    outputs, targets = case()
    PAPER_LOSS(outputs, targets)[0].backward()  # type: ignore[no-untyped-call]
    learned = {name for name, slope in zip(SWITCHES, outputs.switches.grad.abs().sum((0, 1)), strict=True) if slope > 0}  # type: ignore[union-attr]
    assert learned == {"w", "a", "s", "d", "space", "r", "left"}


def test_the_default_learns_all_outputs() -> None:
    outputs, targets = case()
    Loss()(outputs, targets)[0].backward()  # type: ignore[no-untyped-call]
    for head in outputs:
        assert head.grad is not None
        assert bool((head.grad.flatten(0, 1).abs().sum(0) > 0).all())


@pytest.mark.parametrize("loss", [Loss(), PAPER_LOSS])
def test_invalid_rows_carry_no_action_loss_and_padding_none_at_all(loss: Loss) -> None:
    outputs, targets = case()
    targets.valid[2, 0] = 0
    targets.valid[4:, 1] = targets.present[4:, 1] = 0
    loss(outputs, targets)[0].backward()  # type: ignore[no-untyped-call]
    for head in outputs[:3]:
        assert head.grad is not None
        assert float(head.grad[2, 0].abs().sum()) == 0
        assert float(head.grad[4:, 1].abs().sum()) == 0
        assert float(head.grad[3, 0].abs().sum()) > 0
    assert outputs.value.grad is not None
    assert float(outputs.value.grad[2, 0].abs()) > 0  # the value is known where the action is not
    assert float(outputs.value.grad[4:, 1].abs().sum()) == 0


def test_a_chunk_without_a_valid_row_is_no_trouble() -> None:
    outputs, targets = case()
    targets.valid.zero_()
    targets.present.zero_()
    assert float(Loss()(outputs, targets)[0].detach()) == 0
