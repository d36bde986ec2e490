"""The policy of Pearce & Zhu (2022, section V): EfficientNet-B0, a convolutional LSTM, and dense heads.

picture 150 x 280  ->  EfficientNet-B0 to block 5c, 10 x 18 x 112  ->  ConvLSTM, 8 x 16 x 256  ->  five heads
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from clonestrike.policy.networks.heads import Heads
from clonestrike.policy.networks.network import Outputs
from clonestrike.policy.networks.paper.convlstm import KERNEL, ConvLSTM, dropped
from clonestrike.policy.networks.paper.efficientnet import OUT, EfficientNet, Kind
from clonestrike.policy.view import PolicyView


@dataclass(frozen=True)
class PaperSizes:
    """Sizes of the network, which the original's variants change."""

    trunk: Kind = "b0"
    filters: tuple[int, ...] = (256,)
    """Number of filters of each convolutional LSTM, in their order."""
    lstm: int | None = None
    """Size of an LSTM behind them; None for no LSTM."""
    lowres: tuple[int, int] | None = None
    """Height and width to which pictures are scaled down first; None to leave them."""
    dropout: float = 0.0
    """Dropout rate of the memories' inputs and states in training."""


class StateShape(NamedTuple):
    """Shape of a recurrent layer's hidden state, which is that of its cell, too."""

    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(torch.Size(self.shape).numel())


class PaperPolicy(nn.Module):
    """The paper's network; its memory is one flat tensor (B, M) of all hidden states and cells."""

    network: ClassVar[str] = "paper"

    def __init__(self, view: PolicyView, sizes: PaperSizes | None = None) -> None:
        super().__init__()
        self.view, self.sizes = view, sizes or PaperSizes()
        self.trunk = EfficientNet(self.sizes.trunk)
        height, width = self.sizes.lowres or view.whole
        for _ in range(4):
            height, width = -(-height // 2), -(-width // 2)
        self.memories, self.state_shapes, before = nn.ModuleList(), [], OUT
        for filters in self.sizes.filters:
            height, width = height - KERNEL + 1, width - KERNEL + 1
            self.memories.append(ConvLSTM(before, filters))
            self.state_shapes.append(StateShape((filters, height, width)))
            before = filters
        features = before * height * width
        self.lstm = None
        if self.sizes.lstm is not None:
            self.lstm = nn.LSTM(features, self.sizes.lstm)
            self.lstm.bias_hh_l0.requires_grad_(False)  # Keras has one bias; two that learn would learn twice as fast
            self.state_shapes.append(StateShape((self.sizes.lstm,)))
            features = self.sizes.lstm
        self.heads = Heads(features)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's types lack it

    def empty_memory(self, streams: int) -> Tensor:
        """The memory at the beginning of a run: zeros (B, M)."""
        return torch.zeros(streams, 2 * sum(state.size for state in self.state_shapes), device=self.heads.weight.device)

    def forward(
        self, views: dict[str, Tensor], memory: Tensor, noise: torch.Generator | None = None
    ) -> tuple[Outputs, Tensor]:
        """View uint8 (T, B, H, W, 3) RGB and memory (B, M) -> outputs, and memory after T steps.

        ``noise`` is the generator for drop-connect in the trunk and for dropout, in training.
        """
        pictures, share = views["whole"], self.sizes.dropout
        steps, streams = pictures.shape[:2]
        pixels = pictures.flatten(0, 1).permute(0, 3, 1, 2).flip(1).float()  # the original sees BGR
        if self.sizes.lowres is not None:
            pixels = interpolate(pixels, self.sizes.lowres, mode="bilinear")
        x = self.trunk(pixels, noise).float().unflatten(0, (steps, streams))
        parts = iter(torch.split(memory, [state.size for state in self.state_shapes for _ in range(2)], 1))
        after = []
        for layer, state in zip(self.memories, self.state_shapes, strict=False):
            hidden, cell = (next(parts).reshape(-1, *state.shape) for _ in range(2))
            x, hidden, cell = layer(x, hidden, cell, share, noise)
            after += [hidden.flatten(1), cell.flatten(1)]
        x = x.permute(0, 1, 3, 4, 2).flatten(2)  # channels last, as the heads' weights lie in the original
        if self.lstm is not None:
            x = dropped(x, share, noise) if share and noise else x
            with torch.autocast(x.device.type, enabled=False):  # the recurrence keeps its precision
                x, (hidden, cell) = self.lstm(x, (next(parts)[None].contiguous(), next(parts)[None].contiguous()))
            x = dropped(x, share, noise) if share and noise else x
            after += [hidden[0], cell[0]]
        return self.heads.split(x), torch.cat(after, 1)
