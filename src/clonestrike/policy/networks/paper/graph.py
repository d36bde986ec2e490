"""Writes the paper's network as an ONNX graph, with batch norms folded into the convolutions."""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from clonestrike.policy.networks.paper.convlstm import GATES, KERNEL, ConvLSTM
from clonestrike.policy.networks.paper.efficientnet import Block, Convolution, EfficientNet, correct_padding
from clonestrike.policy.networks.paper.policy import PaperPolicy
from clonestrike.policy.onnx_graph import Graph


def paper_graph(policy: PaperPolicy, *, int8: bool = False) -> Graph:
    """One step of the policy as an ONNX graph; ``int8`` computes the memory's convolutions in 8-bit integers."""
    graph = Graph()
    pixels, size = graph.pixels("whole"), policy.view.whole
    if policy.sizes.lowres is not None:
        size = policy.sizes.lowres
        scaled = graph.constant(np.array([1, 3, *size]))
        pixels = graph.add("Resize", pixels, "", "", scaled, mode="linear", coordinate_transformation_mode="half_pixel")
    x = _trunk(graph, policy.trunk, pixels, size)
    parts = iter(graph.split("memory", [state.size for state in policy.state_shapes for _ in range(2)]))
    after = []
    for layer, state in zip(policy.memories, policy.state_shapes, strict=False):
        assert isinstance(layer, ConvLSTM)
        hidden, cell = (graph.reshape(next(parts), 1, *state.shape) for _ in range(2))
        gates = _gates_int8(graph, layer, x, hidden, state.shape) if int8 else _gates(graph, layer, x, hidden)
        x, cell = graph.gated(gates, cell, [layer.filters] * 4, "HardSigmoid", alpha=0.2, beta=0.5)
        after += [graph.add("Flatten", x), graph.add("Flatten", cell)]
    x = graph.add("Flatten", graph.add("Transpose", x, perm=[0, 2, 3, 1]))
    if policy.lstm is not None:
        x, cell = graph.lstm(x, next(parts), next(parts), policy.lstm)
        after += [x, cell]
    return graph.outputs(x, graph.add("Concat", *after, axis=1), policy.heads)


def _gates(graph: Graph, layer: ConvLSTM, x: str, hidden: str) -> str:
    seen = graph.conv(x, layer.kernel, layer.bias)
    return graph.add("Add", seen, graph.conv(hidden, layer.recurrent, pads=[KERNEL // 2] * 4))


def _gates_int8(graph: Graph, layer: ConvLSTM, x: str, hidden: str, shape: tuple[int, ...]) -> str:
    """The gates by int8 convolutions. The hidden state lies within -1..1, so its scale is fixed."""
    _, height, width = shape
    scale, zero = f"scale{len(graph.nodes)}", f"zero{len(graph.nodes)}"
    x = graph.add("DynamicQuantizeLinear", x, outputs=(f"seen{len(graph.nodes)}", scale, zero))
    seen = graph.conv_int8(x, scale, zero, layer.kernel, (height, width))
    scale, zero = graph.constant(np.float32(1 / 127)), graph.constant(np.uint8(128))
    kept = graph.add("QuantizeLinear", hidden, scale, zero)
    kept = graph.add("Pad", kept, graph.constant(np.array([0, 0, 1, 1, 0, 0, 1, 1])), zero)
    kept = graph.conv_int8(kept, scale, zero, layer.recurrent, (height, width))
    gates = graph.add("Add", graph.add("Add", seen, kept), graph.constant(layer.bias))
    gates = graph.reshape(gates, 1, height, width, GATES * layer.filters)
    return graph.add("Transpose", gates, perm=[0, 3, 1, 2])


def _trunk(graph: Graph, trunk: EfficientNet, pixels: str, size: tuple[int, int]) -> str:
    """Add the trunk; the first weights are flipped from BGR, which the trunk takes, to the RGB of the pixels."""
    scale, offset = (part.flip(0).view(1, 3, 1, 1) for part in (trunk.scale, trunk.offset))  # type: ignore[operator]
    x = graph.add("Add", graph.add("Mul", pixels, graph.constant(scale)), graph.constant(offset))
    x, size = _convolution(graph, trunk.stem, x, size, flip=True)
    x = _active(graph, trunk, x)
    for block in trunk.blocks:
        assert isinstance(block, Block)
        x, size = _block(graph, block, x, size)
    return x


def _block(graph: Graph, block: Block, x: str, size: tuple[int, int]) -> tuple[str, tuple[int, int]]:
    wide = _active(graph, block, _convolution(graph, block.expand, x, size)[0]) if block.expand else x
    wide, size = _convolution(graph, block.depthwise, wide, size)
    wide = _active(graph, block, wide)
    if block.excite:
        reduce, expand = block.excite.reduce, block.excite.expand
        squeezed = graph.swish(graph.conv(graph.add("GlobalAveragePool", wide), reduce.weight, reduce.bias))
        weights = graph.add("Sigmoid", graph.conv(squeezed, expand.weight, expand.bias))
        wide = graph.add("Mul", wide, weights)
    out, _ = _convolution(graph, block.project, wide, size)
    return (graph.add("Add", x, out) if block.added else out), size


def _active(graph: Graph, layer: Block | EfficientNet, x: str) -> str:
    if isinstance(layer.activation, nn.SiLU):
        return graph.swish(x)
    return graph.add("Clip", x, *(graph.constant(np.array(limit, np.float32)) for limit in (0, 6)))


def _convolution(
    graph: Graph, layer: Convolution, x: str, size: tuple[int, int], *, flip: bool = False
) -> tuple[str, tuple[int, int]]:
    conv, norm = layer[0], layer[1]
    assert isinstance(conv, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    scale: Tensor = norm.weight / (variance + norm.eps).sqrt()
    weight = conv.weight.flip(1) if flip else conv.weight
    left, right, top, bottom = correct_padding(size, layer.kernel) if layer.stride == 2 else (layer.kernel // 2,) * 4
    x = graph.conv(
        x,
        weight * scale[:, None, None, None],
        norm.bias - mean * scale,
        strides=[layer.stride] * 2,
        pads=[top, left, bottom, right],
        group=conv.groups,
    )
    return x, (-(-size[0] // layer.stride), -(-size[1] // layer.stride))
