"""The heads of a policy: switches, mouse x, mouse y and value from one linear layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from clonestrike.core.actions import ACTION_SPACE
from clonestrike.policy.networks.network import Outputs


class Heads(nn.Linear):
    """Features (T, B, F) -> Outputs. Weights start small, so that all probabilities start nearly equal."""

    def __init__(self, features: int) -> None:
        self.sizes = (*ACTION_SPACE.widths.values(), 1)
        super().__init__(features, sum(self.sizes))
        with torch.no_grad():
            self.weight.mul_(0.1)
            self.bias.zero_()

    def split(self, features: Tensor) -> Outputs:
        """Apply the layer and cut its output into the heads."""
        switches, mouse_x, mouse_y, value = self(features).float().split(self.sizes, -1)
        return Outputs(switches, mouse_x, mouse_y, value.squeeze(-1))
