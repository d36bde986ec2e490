"""Glance: a small picture, one hidden layer, no memory. The smallest network that can be trained and exported."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from clonestrike.core.actions import ActionSpace
from clonestrike.policy.networks import Heads, Network, Outputs, Variant
from clonestrike.policy.view import PolicyView


@dataclass(frozen=True)
class Sizes:
    """What a checkpoint keeps of the architecture: plain values."""

    hidden: int = 64


class Glance(nn.Module):
    """Answers to each frame by itself."""

    network = "glance"

    def __init__(self, view: PolicyView, sizes: Sizes, actions: ActionSpace) -> None:
        super().__init__()
        self.view, self.sizes, self.actions = view, sizes, actions
        height, width, channels = view.shapes["whole"]
        self.hidden = nn.Linear(height * width * channels, sizes.hidden)
        self.heads = Heads(sizes.hidden, actions)

    def empty_memory(self, streams: int) -> Tensor:
        """None: (B, 0)."""
        return torch.zeros(streams, 0, device=self.heads.weight.device)

    def forward(
        self, views: dict[str, Tensor], memory: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Outputs, Tensor]:
        """Pixels, uint8 (T, B, H, W, 3), and memory (B, M) -> outputs, and the memory after T steps."""
        pixels = views["whole"].flatten(2).float() / 255
        return self.heads.split(torch.relu(self.hidden(pixels))), memory


NETWORK = Network(
    name="glance",
    help="one hidden layer on a small picture, without memory",
    sizes=Sizes(),
    policy=Glance,
    view=lambda frame, crosshair: PolicyView(frame, (30, 53), None, (0, 0)),
    variants={"wide": Variant("four times as wide", lambda sizes: replace(sizes, hidden=256))},
)
