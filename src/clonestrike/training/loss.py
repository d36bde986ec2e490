"""The loss: cross-entropies of the actions, and the squared temporal-difference error of the value."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from clonestrike.core.actions import SWITCHES
from clonestrike.policy.controls import GROUPS, MOUSE, known
from clonestrike.policy.networks import Outputs

DISCOUNT = 0.995


@dataclass(frozen=True)
class TargetTensors:
    """Targets of a batch on the policy's device.

    ``switches`` float (T, B, 13); ``mouse_x`` and ``mouse_y`` int64 bin indices (T, B); ``valid`` and ``present``
    float 0 or 1 (T, B); ``reward`` float (T, B).
    """

    switches: Tensor
    mouse_x: Tensor
    mouse_y: Tensor
    valid: Tensor
    present: Tensor
    reward: Tensor


@dataclass(frozen=True)
class Loss:
    """Weights of the terms; rows that are not valid carry no action loss."""

    switches: tuple[float, ...] = (1.0,) * len(SWITCHES)
    mouse_x: float = 1.0
    mouse_y: float = 0.5
    value: float = 1.0
    concatenated: bool = False
    """Divide the sum of all terms by their number, as the original does; otherwise each term is averaged separately."""

    @property
    def controls(self) -> tuple[str, ...]:
        """The controls that it trains: those whose every output has a weight."""
        trained = {name for name, weight in zip(SWITCHES, self.switches, strict=True) if weight}
        groups = [control for control, switches in GROUPS.items() if trained.issuperset(switches)]
        return known([*groups, *([MOUSE] if self.mouse_x and self.mouse_y else [])], "the loss")

    def __call__(self, outputs: Outputs, targets: TargetTensors) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, a scalar, and the unweighted means of switches, mouse_x, mouse_y and value."""
        rows = targets.valid.sum().clamp(min=1)
        binary = binary_cross_entropy_with_logits(outputs.switches, targets.switches, reduction="none")
        switches = (binary * targets.valid[..., None]).sum((0, 1)) / rows
        mouse_x = _categorical(outputs.mouse_x, targets.mouse_x, targets.valid) / rows
        mouse_y = _categorical(outputs.mouse_y, targets.mouse_y, targets.valid) / rows
        # The gradient goes through both values, and death is no terminal state: as in the original.
        follows = targets.present[1:] * targets.present[:-1]
        error = targets.reward[:-1] + DISCOUNT * outputs.value[1:] - outputs.value[:-1]
        steps = follows.sum().clamp(min=1)
        value = (error.square() * follows).sum() / steps

        weights = switches.new_tensor(self.switches)
        action = (switches * weights).sum() + self.mouse_x * mouse_x + self.mouse_y * mouse_y
        if self.concatenated:
            total = (action * rows + self.value * value * steps) / (PAPER_TERMS * rows + steps)
        else:
            total = action + self.value * value
        parts = {"switches": switches.sum(), "mouse_x": mouse_x, "mouse_y": mouse_y, "value": value}
        return total, {name: part.detach() for name, part in parts.items()}


def _categorical(logits: Tensor, index: Tensor, valid: Tensor) -> Tensor:
    return (cross_entropy(logits.flatten(0, 1), index.flatten(), reduction="none") * valid.flatten()).sum()


PAPER_TERMS = 6
"""Movement (a mean of four), jump, reload, fire, mouse x, mouse y."""

PAPER_LOSS = Loss(
    tuple(
        {"w": 0.25, "a": 0.25, "s": 0.25, "d": 0.25, "space": 1.0, "r": 1.0, "left": 1.0}.get(name, 0.0)
        for name in SWITCHES
    ),
    mouse_x=1.0,
    mouse_y=1.0,
    value=10.0,
    concatenated=True,
)
"""The paper's loss: weapon keys, shift, ctrl and the right button have weight 0."""
