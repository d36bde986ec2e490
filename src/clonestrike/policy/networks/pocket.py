"""The pocket policy: small enough to be trained in minutes on two CPU cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import ClassVar

import torch
from torch import Tensor, nn

from clonestrike.policy.networks.heads import Heads
from clonestrike.policy.networks.network import Network, Outputs, Size, Variant
from clonestrike.policy.onnx_graph import Graph
from clonestrike.policy.view import PolicyView


@dataclass(frozen=True)
class PocketSizes:
    """Sizes of the network; a trunk is three convolutions: channels, and (kernel, stride) of each."""

    channels: tuple[int, int, int] = (16, 32, 64)
    whole: tuple[tuple[int, int], ...] = ((8, 4), (4, 2), (3, 1))
    crop: tuple[tuple[int, int], ...] = ((6, 3), (4, 2), (3, 1))
    features: int = 256
    memory: int = 256
    """Size of the GRU; 0 for a policy without memory."""


class Pixels(nn.Conv2d):
    """A first convolution for pixels in 0..255: it scales its weights instead of the pixels."""

    MEAN, SCALE = 96.0, 1 / 64

    def forward(self, pixels: Tensor) -> Tensor:
        """Float pixels (N, 3, H, W), 0..255 -> (N, C, H', W')."""
        weight = self.weight * self.SCALE
        assert self.bias is not None
        return nn.functional.conv2d(pixels, weight, self.bias - self.MEAN * weight.sum((1, 2, 3)), self.stride)


def trunk(channels: Sequence[int], layers: Sequence[tuple[int, int]]) -> nn.Sequential:
    """Convolutions with ReLUs over pixels; the output is flattened."""
    modules: list[nn.Module] = []
    before = 3
    for n, (kernel, stride) in zip(channels, layers, strict=True):
        modules += [(nn.Conv2d if modules else Pixels)(before, n, kernel, stride), nn.ReLU(inplace=True)]
        before = n
    return nn.Sequential(*modules, nn.Flatten())


class PocketPolicy(nn.Module):
    """Convolutional trunks (Mnih et al., 2015) on the whole view and the crop, a linear layer, a GRU, heads on both."""

    network: ClassVar[str] = "pocket"

    def __init__(self, view: PolicyView, sizes: PocketSizes | None = None) -> None:
        super().__init__()
        self.view, self.sizes = view, sizes or PocketSizes()
        self.trunks = {part: trunk(self.sizes.channels, getattr(self.sizes, part)) for part in view.shapes}
        for part, layers in self.trunks.items():
            self.add_module(part, layers)
        with torch.no_grad():
            seen = sum(self.trunks[part](torch.zeros(1, c, h, w)).shape[1] for part, (h, w, c) in view.shapes.items())
        self.features = nn.Linear(seen, self.sizes.features)
        self.memory = nn.GRU(self.sizes.features, self.sizes.memory) if self.sizes.memory else None
        self.heads = Heads(self.sizes.memory + self.sizes.features)
        for layer in (*chain.from_iterable(self.trunks.values()), self.features):
            if isinstance(layer, nn.Conv2d | nn.Linear):
                assert layer.bias is not None
                # With torch's default the signal fades from layer to layer; this learns far faster.
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's types lack it

    def empty_memory(self, streams: int) -> Tensor:
        """The memory at the beginning of a run: zeros (B, M)."""
        return torch.zeros(streams, self.sizes.memory, device=self.heads.weight.device)

    def forward(
        self, views: dict[str, Tensor], memory: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Outputs, Tensor]:
        """Every part of the view, uint8 (T, B, H, W, 3), and memory (B, M) -> outputs, and memory after T steps.

        ``noise`` is not used.
        """
        steps, streams = views["whole"].shape[:2]
        seen = [trunk(views[part].flatten(0, 1).permute(0, 3, 1, 2).float()) for part, trunk in self.trunks.items()]
        flat = torch.cat(seen, 1).view(steps, streams, -1)
        features = nn.functional.relu(self.features(flat)).float()
        if self.memory is None:
            return self.heads.split(features), memory
        with torch.autocast(features.device.type, enabled=False):  # the recurrence keeps its precision
            remembered, last = self.memory(features, memory[None])
        return self.heads.split(torch.cat([remembered, features], -1)), last[0]


def seen(frame: Size, crosshair: Size | None) -> PolicyView:
    """A view of the whole frame, scaled down, and a crop around the crosshair at full resolution."""
    return PolicyView.around(frame, crosshair, (60, 106), (64, 64))


def pocket_graph(policy: PocketPolicy) -> Graph:
    """One step of the policy as an ONNX graph."""
    graph, parts = Graph(), []
    for part, layers in policy.trunks.items():
        x = graph.pixels(part)
        for layer in layers:
            if isinstance(layer, nn.Conv2d):
                assert layer.bias is not None
                weight, bias = layer.weight, layer.bias
                if isinstance(layer, Pixels):
                    weight = weight * layer.SCALE
                    bias = bias - layer.MEAN * weight.sum((1, 2, 3))
                x = graph.conv(x, weight, bias, strides=list(layer.stride))
            else:
                x = graph.add("Flatten" if isinstance(layer, nn.Flatten) else "Relu", x)
        parts.append(x)
    features = graph.add("Relu", graph.linear(graph.add("Concat", *parts, axis=1), policy.features))
    remembered = "memory"
    if policy.memory is not None:
        remembered = graph.gru(features, "memory", policy.memory)
        features = graph.add("Concat", remembered, features, axis=1)
    return graph.outputs(features, remembered, policy.heads)


POCKET = Network(
    name="pocket",
    help="small enough to be trained in minutes on processors",
    sizes=PocketSizes(),
    policy=PocketPolicy,
    view=seen,
    variants={
        "big": Variant(
            "twice as wide, for trainings of an hour instead of minutes",
            lambda sizes: replace(sizes, channels=(32, 64, 64), features=384, memory=min(sizes.memory, 1) * 384),
        ),
        "nomemory": Variant("without memory: sees one frame at a time", lambda sizes: replace(sizes, memory=0)),
        "nocrop": Variant("sees the whole view only", view=lambda view: replace(view, crop=None, crop_corner=(0, 0))),
    },
    graph=pocket_graph,
)
