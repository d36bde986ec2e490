"""EfficientNet-B0 (Tan & Le, 2019) up to stage 5, with the padding and constants of Keras, so that its weights fit.

EfficientNet-Lite0 is the same without squeeze-excitation and with ReLU6 instead of swish.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from clonestrike.policy.networks.paper.depthwise import Depthwise

Kind = Literal["b0", "lite0"]

DROP_CONNECT = 0.2
BLOCKS_OF_B0 = 16
"""Blocks of the whole network, of which drop-connect's rate is a fraction."""
EPSILON = 1e-3
"""Epsilon of the batch norms."""
OUT = 112
"""Channels at the end of stage 5."""


@dataclass(frozen=True)
class BlockGroup:
    """Repeated blocks: kernel, stride of the first one, expansion, channels, repeats."""

    kernel: int
    stride: int
    expansion: int
    channels: int
    repeats: int


GROUPS = (
    BlockGroup(3, 1, 1, 16, 1),
    BlockGroup(3, 2, 6, 24, 2),
    BlockGroup(5, 2, 6, 40, 2),
    BlockGroup(3, 2, 6, 80, 3),
    BlockGroup(5, 1, 6, 112, 3),
)


def correct_padding(size: tuple[int, int], kernel: int) -> tuple[int, int, int, int]:
    """Keras' padding (left, right, top, bottom) for stride 2: an even side gets one less at its beginning."""
    height, width = size
    half = kernel // 2
    return half - 1 + width % 2, half, half - 1 + height % 2, half


class Convolution(nn.Sequential):
    """A convolution without bias, padded as Keras does, followed by a batch norm."""

    def __init__(self, before: int, after: int, kernel: int, stride: int = 1, *, depthwise: bool = False) -> None:
        self.kernel, self.stride = kernel, stride
        same = kernel // 2 if stride == 1 else 0
        super().__init__(
            Depthwise(before, kernel, stride, same)
            if depthwise
            else nn.Conv2d(before, after, kernel, stride, same, bias=False),
            nn.BatchNorm2d(after, eps=EPSILON, momentum=0.01),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, before, H, W) -> (N, after, H', W')."""
        if self.stride == 2:
            x = nn.functional.pad(x, correct_padding((x.shape[2], x.shape[3]), self.kernel))
        return self[1](self[0](x))  # type: ignore[no-any-return] # torch's types lack it


class SqueezeExcitation(nn.Module):
    """Scales channels by weights that are computed from their means over the picture."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.reduce = nn.Conv2d(channels, squeezed, 1)
        self.expand = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> the same shape."""
        weights = self.expand(nn.functional.silu(self.reduce(x.mean((2, 3), keepdim=True))))
        return torch.sigmoid(weights) * x


class Block(nn.Module):
    """Mobile inverted bottleneck: expand, depthwise, excite, project; added to its input where the shapes agree."""

    def __init__(self, kind: Kind, before: int, stage: BlockGroup, stride: int, number: int) -> None:
        super().__init__()
        wide = before * stage.expansion
        self.expand = Convolution(before, wide, 1) if stage.expansion > 1 else None
        self.depthwise = Convolution(wide, wide, stage.kernel, stride, depthwise=True)
        self.excite = SqueezeExcitation(wide, before // 4) if kind == "b0" else None
        self.project = Convolution(wide, stage.channels, 1)
        self.activation = activation(kind)
        self.added = stride == 1 and before == stage.channels
        self.drop = DROP_CONNECT * number / BLOCKS_OF_B0
        """Probability that a picture skips the block in training (drop-connect)."""

    def forward(self, x: Tensor, noise: torch.Generator | None = None) -> Tensor:
        """(N, before, H, W) -> (N, channels, H', W'); with ``noise`` whole blocks are dropped."""
        wide = self.activation(self.expand(x)) if self.expand else x
        wide = self.activation(self.depthwise(wide))
        out: Tensor = self.project(self.excite(wide) if self.excite else wide)
        if not self.added:
            return out
        if noise is not None and self.drop:
            keep = (torch.rand(len(x), 1, 1, 1, generator=noise, device=x.device) >= self.drop).to(out.dtype)
            out = out * keep / (1 - self.drop)
        return x + out


def activation(kind: Kind) -> nn.Module:
    """The activation after every convolution but the last of a block."""
    return nn.SiLU() if kind == "b0" else nn.ReLU6()


class EfficientNet(nn.Module):
    """Pixels (N, 3, H, W) -> features (N, 112, H/16, W/16), rounded up; includes the scaling of the pixels."""

    def __init__(self, kind: Kind = "b0") -> None:
        super().__init__()
        self.kind = kind
        self.register_buffer("scale", torch.full((3,), 1 / 255))
        self.register_buffer("offset", torch.zeros(3))
        self.stem = Convolution(3, 32, 3, 2)
        self.activation = activation(kind)
        self.blocks = nn.ModuleList()
        before = 32
        for stage in GROUPS:
            for repeat in range(stage.repeats):
                stride = stage.stride if repeat == 0 else 1
                self.blocks.append(Block(kind, before, stage, stride, len(self.blocks)))
                before = stage.channels
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):  # Keras' variance scaling of EfficientNet
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, pixels: Tensor, noise: torch.Generator | None = None) -> Tensor:
        """Float pixels (N, 3, H, W), 0..255, BGR -> features (N, 112, H/16, W/16)."""
        scaled = pixels * self.scale[:, None, None] + self.offset[:, None, None]  # type: ignore[index]
        x: Tensor = self.activation(self.stem(scaled))
        for block in self.blocks:
            x = block(x, noise)
        return x
