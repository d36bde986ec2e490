"""A policy as an ONNX graph: one step with explicit memory, and policy.json in its metadata."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.architectures import Policy
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.networks.convlstm import GATES, KERNEL, ConvLSTM
from clonestrike.policy.networks.efficientnet import Block, Convolution, EfficientNet, correct_padding
from clonestrike.policy.networks.paper import PaperPolicy
from clonestrike.policy.networks.pocket import Pixels, PocketPolicy
from clonestrike.policy.onnx_graph import Graph

OPSET = 17
IR_VERSION = 8


LARGE = 1024
"""Numbers of a weight from which on it is worth halving."""


def to_onnx(policy: Policy, card: PolicyCard, *, int8: bool = False, half: bool = False) -> bytes:
    """The policy as an ONNX file.

    Inputs: every part of the view, uint8 (1, H, W, 3), and ``memory`` float32 (1, M). Outputs: ``memory_out`` (1, M),
    the probabilities ``switches`` (1, 13), ``mouse_x`` (1, 23) and ``mouse_y`` (1, 15), and ``value`` (1, 1).

    With ``int8`` the convolutions of the memory, half of the paper's network, multiply 8-bit numbers; with ``half``
    large weights are kept as 16-bit numbers, and used as 32-bit ones. Raises ClonestrikeError for int8 in a policy that
    has no such memory.
    """
    if int8 and not isinstance(policy, PaperPolicy):
        raise ClonestrikeError("only the paper's network has convolutions to do in 8 bits", "leave out --int8")
    graph = Graph()
    pixels = {
        part: graph.add("Transpose", graph.add("Cast", part, to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
        for part in policy.view.shapes
    }
    if isinstance(policy, PocketPolicy):
        features, remembered = _pocket(graph, policy, pixels)
    else:
        features, remembered = _paper(graph, policy, pixels["whole"], int8)
    graph.add("Identity", remembered, outputs=("memory_out",))
    heads = graph.linear(features, policy.heads)
    names = ("switch_logits", "mouse_x_logits", "mouse_y_logits", "value")
    graph.add("Split", heads, graph.constant(np.array(policy.heads.sizes)), outputs=names, axis=1)
    graph.add("Sigmoid", "switch_logits", outputs=("switches",))
    graph.add("Softmax", "mouse_x_logits", outputs=("mouse_x",), axis=1)
    graph.add("Softmax", "mouse_y_logits", outputs=("mouse_y",), axis=1)

    def value(name: str, *shape: int, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, [1, *shape])

    if half:
        _halve(graph)
    memory = policy.empty_memory(1).shape[1]
    inputs = [value(part, *shape, kind=TensorProto.UINT8) for part, shape in policy.view.shapes.items()]
    outputs = [
        value(name, n) for name, n in zip(("switches", "mouse_x", "mouse_y", "value"), policy.heads.sizes, strict=True)
    ]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "policy",
            [*inputs, value("memory", memory)],
            [*outputs, value("memory_out", memory)],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="clonestrike",
    )
    helper.set_model_props(model, {"policy": card.to_text()})
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _halve(graph: Graph) -> None:
    """Keep large weights in 16 bits, with a cast behind them that ONNX Runtime does once, when it opens the file."""
    for i, weight in enumerate(graph.weights):
        numbers = numpy_helper.to_array(weight)
        if numbers.dtype == np.float32 and numbers.size >= LARGE:
            kept = f"{weight.name}_half"
            graph.weights[i] = numpy_helper.from_array(numbers.astype(np.float16), kept)
            graph.nodes.insert(0, helper.make_node("Cast", [kept], [weight.name], to=TensorProto.FLOAT))


def _pocket(graph: Graph, policy: PocketPolicy, pixels: dict[str, str]) -> tuple[str, str]:
    """What the heads see, and the memory after the step."""
    seen = []
    for part, picture in pixels.items():
        x = picture
        for layer in policy.trunks[part]:
            if isinstance(layer, nn.Conv2d):
                assert layer.bias is not None
                weight, bias = layer.weight, layer.bias
                if isinstance(layer, Pixels):
                    weight = weight * layer.SCALE
                    bias = bias - layer.MEAN * weight.sum((1, 2, 3))
                x = graph.conv(x, weight, bias, strides=list(layer.stride))
            else:
                x = graph.add("Flatten" if isinstance(layer, nn.Flatten) else "Relu", x)
        seen.append(x)
    features = graph.add("Relu", graph.linear(graph.add("Concat", *seen, axis=1), policy.features))
    if policy.memory is None:
        return features, "memory"
    remembered = graph.gru(features, "memory", policy.memory)
    return graph.add("Concat", remembered, features, axis=1), remembered


def _paper(graph: Graph, policy: PaperPolicy, pixels: str, int8: bool) -> tuple[str, str]:
    size = policy.view.whole
    if policy.sizes.lowres is not None:
        size = policy.sizes.lowres
        scaled = graph.constant(np.array([1, 3, *size]))
        pixels = graph.add("Resize", pixels, "", "", scaled, mode="linear", coordinate_transformation_mode="half_pixel")
    x = _trunk(graph, policy.trunk, pixels, size)
    parts = iter(graph.split("memory", [place.size for place in policy.places for _ in range(2)]))
    after = []
    for layer, place in zip(policy.memories, policy.places, strict=False):
        assert isinstance(layer, ConvLSTM)
        hidden, cell = (graph.reshape(next(parts), 1, *place.shape) for _ in range(2))
        gates = _gates_int8(graph, layer, x, hidden, place.shape) if int8 else _gates(graph, layer, x, hidden)
        x, cell = graph.gated(gates, cell, [layer.filters] * 4, "HardSigmoid", alpha=0.2, beta=0.5)
        after += [graph.add("Flatten", x), graph.add("Flatten", cell)]
    x = graph.add("Flatten", graph.add("Transpose", x, perm=[0, 2, 3, 1]))
    if policy.lstm is not None:
        x, cell = graph.lstm(x, next(parts), next(parts), policy.lstm)
        after += [x, cell]
    return x, graph.add("Concat", *after, axis=1)


def _gates(graph: Graph, layer: ConvLSTM, x: str, hidden: str) -> str:
    seen = graph.conv(x, layer.kernel, layer.bias)
    return graph.add("Add", seen, graph.conv(hidden, layer.recurrent, pads=[KERNEL // 2] * 4))


def _gates_int8(graph: Graph, layer: ConvLSTM, x: str, hidden: str, shape: tuple[int, ...]) -> str:
    """Convolutions as products of patches, channels last. A hidden state lies within -1..1: its scale is known."""
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
    """The colour order is turned in the first weights; batch norms are folded into the convolutions."""
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
