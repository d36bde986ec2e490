"""The pocket policy: small enough to be trained in minutes on two CPU cores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from clonestrike.core.actions import ACTION_SPACE, ActionSpace
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.networks.heads import Heads, Outputs
from clonestrike.policy.view import PolicyView


@dataclass(frozen=True)
class PocketSizes:
    """A trunk is three convolutions: channels, and (kernel, stride) of each."""

    channels: tuple[int, int, int] = (16, 32, 64)
    whole: tuple[tuple[int, int], ...] = ((8, 4), (4, 2), (3, 1))
    crop: tuple[tuple[int, int], ...] = ((6, 3), (4, 2), (3, 1))
    features: int = 256
    memory: int = 256
    """0 for a policy that answers to each frame by itself."""

    def variant(self, name: str) -> PocketSizes:
        """``big`` or ``nomemory``; raises ClonestrikeError when there is no such variant."""
        match name:
            case "big":  # for trainings of an hour instead of minutes
                return replace(self, channels=(32, 64, 64), features=384, memory=min(self.memory, 1) * 384)
            case "nomemory":
                return replace(self, memory=0)
        raise ClonestrikeError(f"unknown variant {name!r}", "there are big, nomemory and nocrop")

    def to_json(self) -> dict[str, Any]:
        """As it is kept in a checkpoint."""
        return {"name": "pocket", **asdict(self)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> PocketSizes:
        """From a checkpoint; raises ClonestrikeError on another architecture."""
        try:
            if data["name"] != "pocket":
                raise ValueError(f"architecture {data['name']!r}")
            first, second, third = (int(c) for c in data["channels"])
            whole, crop = (tuple((int(k), int(s)) for k, s in data[part]) for part in ("whole", "crop"))
            return cls((first, second, third), whole, crop, int(data["features"]), int(data["memory"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ClonestrikeError(
                f"the policy's architecture is not readable ({error})", "use a pocket policy"
            ) from None


class Pixels(nn.Conv2d):
    """A first convolution that takes pixels as they are, 0..255: it scales its weights instead of them."""

    MEAN, SCALE = 96.0, 1 / 64

    def forward(self, pixels: Tensor) -> Tensor:
        """Float pixels (N, 3, H, W), 0..255 -> (N, C, H', W')."""
        weight = self.weight * self.SCALE
        assert self.bias is not None
        return nn.functional.conv2d(pixels, weight, self.bias - self.MEAN * weight.sum((1, 2, 3)), self.stride)


def trunk(channels: Sequence[int], layers: Sequence[tuple[int, int]]) -> nn.Sequential:
    """Convolutions and ReLUs over pixels, flattened."""
    modules: list[nn.Module] = []
    before = 3
    for n, (kernel, stride) in zip(channels, layers, strict=True):
        modules += [(nn.Conv2d if modules else Pixels)(before, n, kernel, stride), nn.ReLU(inplace=True)]
        before = n
    return nn.Sequential(*modules, nn.Flatten())


class PocketPolicy(nn.Module):
    """Convolutional trunks (Mnih et al., 2015) on the whole view and the crop, a linear layer, a GRU, heads on both."""

    def __init__(self, view: PolicyView, sizes: PocketSizes | None = None, actions: ActionSpace = ACTION_SPACE) -> None:
        super().__init__()
        self.view, self.actions, self.sizes = view, actions, sizes or PocketSizes()
        self.trunks = {part: trunk(self.sizes.channels, getattr(self.sizes, part)) for part in view.shapes}
        for part, layers in self.trunks.items():
            self.add_module(part, layers)
        with torch.no_grad():
            seen = sum(self.trunks[part](torch.zeros(1, c, h, w)).shape[1] for part, (h, w, c) in view.shapes.items())
        self.features = nn.Linear(seen, self.sizes.features)
        self.memory = nn.GRU(self.sizes.features, self.sizes.memory) if self.sizes.memory else None
        self.heads = Heads(self.sizes.memory + self.sizes.features, actions)
        for layer in (*chain.from_iterable(self.trunks.values()), self.features):
            if isinstance(layer, nn.Conv2d | nn.Linear):
                assert layer.bias is not None
                # Torch's default lets the signal fade from layer to layer: this learns far faster.
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def empty_memory(self, streams: int) -> Tensor:
        """What a run begins with, (B, M)."""
        return torch.zeros(streams, self.sizes.memory, device=self.heads.weight.device)

    def forward(
        self, views: dict[str, Tensor], memory: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Outputs, Tensor]:
        """What is seen, uint8 (T, B, H, W, 3) a part, and memory (B, M) -> outputs, and the memory after T steps.

        It learns without noise.
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
