from __future__ import annotations

import pytest
import torch
from torch.nn.functional import conv2d

from clonestrike.policy.networks.paper.depthwise import Depthwise


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (5, 2)])
def test_under_autocast_it_is_still_the_same_convolution(kernel: int, stride: int) -> None:
    torch.manual_seed(0)
    layer, x = Depthwise(6, kernel, stride, kernel // 2), torch.randn(3, 6, 11, 13, requires_grad=True)
    expected = conv2d(x, layer.weight, None, stride, kernel // 2, 1, 6)
    torch.testing.assert_close(layer(x), expected)
    weights = torch.randn_like(expected)
    d_x, d_weight = torch.autograd.grad((expected * weights).sum(), (x, layer.weight))
    with torch.autocast("cpu", torch.bfloat16):
        found = layer(x)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), expected, atol=0.05, rtol=0.02)
    found_d_x, found_d_weight = torch.autograd.grad((found * weights).sum(), (x, layer.weight))
    assert {found_d_x.dtype, found_d_weight.dtype} == {torch.float32}
    torch.testing.assert_close(found_d_x, d_x, atol=0.05, rtol=0.02)
    torch.testing.assert_close(found_d_weight, d_weight, atol=0.1, rtol=0.02)
