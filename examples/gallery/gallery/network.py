"""A network of a few thousand weights: a coarse mosaic of the frame, a linear layer, a GRU, the heads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from clonestrike.policy.networks import Network, Outputs, Size, Variant
from clonestrike.policy.networks.heads import Heads
from clonestrike.policy.view import PolicyView


@dataclass(frozen=True)
class MosaicSizes:
    """What a mosaic policy is built with; kept in its checkpoint."""

    features: int = 32
    memory: int = 16


class MosaicPolicy(nn.Module):
    """Sees the whole frame at 12 x 40 pixels. It has no hand-written ONNX graph: torch's exporter writes it."""

    network = "mosaic"

    def __init__(self, view: PolicyView, sizes: MosaicSizes) -> None:
        super().__init__()
        self.view, self.sizes = view, sizes
        height, width = view.whole
        self.features = nn.Linear(3 * height * width, sizes.features)
        self.memory = nn.GRU(sizes.features, sizes.memory)
        self.heads = Heads(sizes.memory + sizes.features)

    def empty_memory(self, streams: int) -> Tensor:
        """What a run begins with, (B, M)."""
        return torch.zeros(streams, self.sizes.memory, device=self.heads.weight.device)

    def forward(
        self, views: dict[str, Tensor], memory: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Outputs, Tensor]:
        """Views uint8 (T, B, 12, 40, 3) and memory (B, M) -> outputs, and the memory after T steps."""
        pixels = views["whole"].flatten(2).float() / 255 - 0.4
        features = torch.relu(self.features(pixels))
        remembered, last = self.memory(features, memory[None])
        return self.heads.split(torch.cat([remembered, features], -1)), last[0]


def view(frame: Size, crosshair: Size | None) -> PolicyView:
    """The whole frame, and no crop."""
    return PolicyView(frame, (12, 40), None, (0, 0))


NETWORK = Network(
    name="mosaic",
    help="a coarse mosaic of the frame and a small memory",
    sizes=MosaicSizes(),
    policy=MosaicPolicy,
    view=view,
    variants={"wide": Variant("twice as many features", lambda sizes: MosaicSizes(64, sizes.memory))},
)
