"""A small network as another package would bring it: no graph of its own, found through its entry point alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from clonestrike.core.actions import ACTION_SPACE
from clonestrike.policy.networks import Network, Outputs, Size, Variant
from clonestrike.policy.view import PolicyView


@dataclass(frozen=True)
class TinySizes:
    channels: int = 4
    memory: int = 6


class TinyPolicy(nn.Module):
    network = "tiny"

    def __init__(self, view: PolicyView, sizes: TinySizes) -> None:
        super().__init__()
        self.view, self.sizes = view, sizes
        self.look, self.norm = nn.Conv2d(3, sizes.channels, 8, 8), nn.BatchNorm2d(sizes.channels)
        height, width = view.whole
        self.remember = nn.GRU(sizes.channels * (height // 8) * (width // 8), sizes.memory)
        self.heads = nn.ModuleDict({name: nn.Linear(sizes.memory, n) for name, n in ACTION_SPACE.widths.items()})
        self.value = nn.Linear(sizes.memory, 1)

    def empty_memory(self, streams: int) -> Tensor:
        return torch.zeros(streams, self.sizes.memory, device=self.value.weight.device)

    def forward(
        self, views: dict[str, Tensor], memory: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Outputs, Tensor]:
        seen = views["whole"]
        pixels = seen.flatten(0, 1).permute(0, 3, 1, 2) / 255
        features = self.norm(self.look(pixels)).relu().float().flatten(1).unflatten(0, seen.shape[:2])
        x, last = self.remember(features, memory[None])
        switches, mouse_x, mouse_y = (head(x).float() for head in self.heads.values())
        return Outputs(switches, mouse_x, mouse_y, self.value(x).float().squeeze(-1)), last[0]


def seen(frame: Size, crosshair: Size | None) -> PolicyView:
    return PolicyView(frame, (32, 56), None, (0, 0))


TINY = Network(
    name="tiny",
    help="as small as can be",
    sizes=TinySizes(),
    policy=TinyPolicy,
    view=seen,
    variants={"wide": Variant("twice as wide", lambda sizes: replace(sizes, memory=2 * sizes.memory))},
)
