"""Depthwise convolutions that train fast in bfloat16 on a CPU."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import conv2d


class Depthwise(nn.Conv2d):
    """A depthwise convolution; under autocast on a CPU its gradients are computed in float32.

    With large kernels or strides, oneDNN (3.12, with AVX512-BF16) computes gradients up to ten times slower in bfloat16
    than in float32.
    """

    def __init__(self, channels: int, kernel: int, stride: int, padding: int) -> None:
        super().__init__(channels, channels, kernel, stride, padding, groups=channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H', W')."""
        device = x.device.type
        if device != "cpu" or not torch.is_autocast_enabled(device):
            return super().forward(x)
        precision = torch.get_autocast_dtype(device)
        with torch.autocast(device, enabled=False):
            out: Tensor = ExactGradients.apply(  # type: ignore[no-untyped-call] # torch has no types there
                x.to(precision), self.weight, self.stride, self.padding
            )
        return out


class ExactGradients(torch.autograd.Function):
    """A depthwise convolution in the precision of its input, with gradients computed in that of its weights."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: tuple[int, int], padding: tuple[int, int]) -> Tensor:
        """(N, C, H, W) and (C, 1, K, K) -> (N, C, H', W')."""
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return conv2d(x, weight.to(x.dtype), None, stride, padding, 1, x.shape[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_out: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Gradients of input and weights."""
        x, weight = ctx.saved_tensors
        d_x, d_weight, _ = torch.ops.aten.convolution_backward(
            d_out.to(weight.dtype),
            x.to(weight.dtype),
            weight,
            None,
            ctx.stride,
            ctx.padding,
            [1, 1],
            False,
            [0, 0],
            x.shape[1],
            [True, True, False],
        )
        return d_x.to(x.dtype), d_weight, None, None
