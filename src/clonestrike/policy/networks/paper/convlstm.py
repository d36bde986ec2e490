"""Convolutional LSTM (Shi et al., 2015) as Keras has it: hard sigmoids, no peepholes, gates i f c o."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import conv2d, conv_transpose2d
from torch.nn.grad import conv2d_weight

KERNEL = 3
PADDING = KERNEL // 2
GATES = 4


class ConvLSTM(nn.Module):
    """The input's convolution is not padded, the memory's is: outputs are smaller than inputs by 2 either way."""

    def __init__(self, before: int, filters: int) -> None:
        super().__init__()
        self.filters = filters
        self.kernel = nn.Parameter(torch.empty(GATES * filters, before, KERNEL, KERNEL))
        self.recurrent = nn.Parameter(torch.empty(GATES * filters, filters, KERNEL, KERNEL))
        self.bias = nn.Parameter(torch.zeros(GATES * filters))
        nn.init.xavier_uniform_(self.kernel)
        nn.init.orthogonal_(self.recurrent)
        with torch.no_grad():
            self.bias[filters : 2 * filters] = 1  # the forget gate starts open

    def forward(
        self, x: Tensor, hidden: Tensor, cell: Tensor, dropout: float = 0.0, noise: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Input (T, B, C, H, W), hidden and cell (B, F, H - 2, W - 2) -> outputs (T, B, F, H - 2, W - 2), hidden, cell.

        With ``noise`` there is dropout on input and memory, with one mask per gate, the same at all steps. Under
        autocast convolutions are done in its precision; hidden and cell keep theirs.
        """
        device, streams = x.device.type, x.shape[1]
        precision = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
        masks, kept_masks = (_masks(part, dropout, noise) if dropout and noise else None for part in (x[0], hidden))
        with torch.autocast(device, enabled=False):
            seen = _convolved(x.flatten(0, 1), self.kernel.to(precision), masks, 0).to(self.bias.dtype)
            seen = (seen + self.bias[:, None, None]).view(-1, streams, *seen.shape[1:])
            outputs, cell = Recurrence.apply(  # type: ignore[no-untyped-call] # torch has no types there
                seen, hidden, cell, self.recurrent.to(precision), kept_masks
            )
        return outputs, outputs[-1], cell


class Recurrence(torch.autograd.Function):
    """The recurrence of a convolutional LSTM along a sequence, with its own backward pass.

    Autograd would compute the recurrent kernel's gradient, 9 MB, at every step and add them up, which takes longer than
    all else: here it is one convolution over all steps at the end.
    """

    @staticmethod
    def forward(
        ctx: Any, seen: Tensor, hidden: Tensor, cell: Tensor, kernel: Tensor, masks: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Input part of the gates (T, B, 4F, H, W), hidden, cell (B, F, H, W) -> outputs (T, B, F, H, W), last cell."""
        hiddens, cells, gates = [hidden], [cell], []
        for now in seen:
            i, f, c, o = (now + _convolved(hidden, kernel, masks, PADDING)).chunk(GATES, 1)
            i, f, c, o = hard_sigmoid(i), hard_sigmoid(f), c.tanh(), hard_sigmoid(o)
            cell = f * cell + i * c
            hidden = o * cell.tanh()
            hiddens.append(hidden)
            cells.append(cell)
            gates.append(torch.stack([i, f, c, o]))
        ctx.save_for_backward(torch.stack(hiddens[:-1]), torch.stack(cells), torch.stack(gates), kernel, masks)
        return torch.stack(hiddens[1:]), cell

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_outputs: Tensor, d_cell: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        """Gradients of all inputs except the masks."""
        hiddens, cells, gates, kernel, masks = ctx.saved_tensors
        d_hidden, d_gates = torch.zeros_like(d_cell), []
        for t in reversed(range(len(d_outputs))):
            i, f, c, o = gates[t]
            shown = cells[t + 1].tanh()
            d_hidden = d_hidden + d_outputs[t]
            d_cell = d_cell + d_hidden * o * (1 - shown * shown)
            by_gate = [
                d_cell * c * _slope(i),
                d_cell * cells[t] * _slope(f),
                d_cell * i * (1 - c * c),
                d_hidden * shown * _slope(o),
            ]
            d_gates.append(torch.cat(by_gate, 1).to(kernel.dtype))
            d_cell = d_cell * f
            d_hidden = _convolved_back(d_gates[-1], kernel, masks).to(d_cell.dtype)
        d_seen = torch.stack(d_gates[::-1])
        masked, groups = _masked(hiddens.flatten(0, 1), masks)
        d_kernel = conv2d_weight(  # type: ignore[no-untyped-call] # torch has no types there
            masked.to(kernel.dtype), kernel.shape, d_seen.flatten(0, 1), padding=PADDING, groups=groups
        )
        return d_seen.to(d_cell.dtype), d_hidden, d_cell, d_kernel, None


def hard_sigmoid(x: Tensor) -> Tensor:
    """Keras 2's hard sigmoid: clip(0.2 x + 0.5, 0, 1)."""
    return (0.2 * x + 0.5).clamp(0, 1)


def _slope(y: Tensor) -> Tensor:
    """Derivative of the hard sigmoid where its value is y."""
    return 0.2 * ((y > 0) & (y < 1))


def dropped(x: Tensor, share: float, noise: torch.Generator) -> Tensor:
    """Dropout: zero a share of the values at random, and scale up the others; same shape."""
    return x * (torch.rand(x.shape, generator=noise, device=x.device) >= share) / (1 - share)


def _masks(x: Tensor, share: float, noise: torch.Generator) -> Tensor:
    """Dropout masks of every gate for an input (B, C, H, W): (B, 4, C, H, W)."""
    return dropped(x.new_ones(len(x), GATES, *x.shape[1:]), share, noise)


def _masked(x: Tensor, masks: Tensor | None) -> tuple[Tensor, int]:
    """Inputs (T * B, C, H, W) masked for every gate, (T * B, 4C, H, W), and the number of channel groups.

    Every gate is a group of channels, so that masks do not make the convolution slower. Without masks: the inputs, 1.
    """
    if masks is None:
        return x, 1
    by_gate = x.reshape(-1, len(masks), 1, *x.shape[1:]) * masks
    return by_gate.flatten(0, 1).flatten(1, 2), GATES


def _convolved(x: Tensor, kernel: Tensor, masks: Tensor | None, padding: int) -> Tensor:
    masked, groups = _masked(x, masks)
    return conv2d(masked.to(kernel.dtype), kernel, padding=padding, groups=groups)


def _convolved_back(d_gates: Tensor, kernel: Tensor, masks: Tensor | None) -> Tensor:
    """Gradient of the hidden state (B, F, H, W) from that of the gates (B, 4F, H, W)."""
    if masks is None:
        return conv_transpose2d(d_gates, kernel, padding=PADDING)
    by_gate = conv_transpose2d(d_gates, kernel, padding=PADDING, groups=GATES)
    return (by_gate.reshape(masks.shape) * masks).sum(1)
