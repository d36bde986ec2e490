"""A policy as an ONNX graph: one step with explicit memory, and policy.json in its metadata.

The graph is built from the weights, node by node: torch's exporter takes seconds and this takes milliseconds, so that
every checkpoint has one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from clonestrike.policy.card import PolicyCard
from clonestrike.policy.pocket import Pixels, PocketPolicy

OPSET = 17
IR_VERSION = 8


@dataclass
class _Graph:
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)

    def add(self, kind: str, *inputs: str, outputs: tuple[str, ...] = (), **attributes: Any) -> str:
        """Add a node and give the name of its first output."""
        outputs = outputs or (f"{kind.lower()}{len(self.nodes)}",)
        self.nodes.append(helper.make_node(kind, list(inputs), list(outputs), **attributes))
        return outputs[0]

    def constant(self, array: Tensor | NDArray[np.generic]) -> str:
        if isinstance(array, Tensor):
            array = array.detach().contiguous().numpy()
        name = f"weight{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def convolution(self, x: str, layer: nn.Conv2d) -> str:
        assert layer.bias is not None
        weight, bias = layer.weight, layer.bias
        if isinstance(layer, Pixels):
            weight = weight * layer.SCALE
            bias = bias - layer.MEAN * weight.sum((1, 2, 3))
        return self.add("Conv", x, self.constant(weight), self.constant(bias), strides=list(layer.stride))

    def linear(self, x: str, layer: nn.Linear) -> str:
        return self.add("Gemm", x, self.constant(layer.weight), self.constant(layer.bias), transB=1)

    def gru(self, x: str, memory: str, layer: nn.GRU) -> str:
        """(1, F) and (1, M) -> (1, M). Torch orders the gates r z n, ONNX z r h."""

        def gates(*names: str) -> str:
            parts = [getattr(layer, name).detach().chunk(3) for name in names]
            stacked = [np.concatenate([part[g].numpy() for g in (1, 0, 2)]) for part in parts]
            return self.constant(np.concatenate(stacked)[None])

        axis = self.constant(np.array([0]))
        inputs = (
            self.add("Unsqueeze", x, axis),
            gates("weight_ih_l0"),
            gates("weight_hh_l0"),
            gates("bias_ih_l0", "bias_hh_l0"),
            "",
            self.add("Unsqueeze", memory, axis),
        )
        self.add("GRU", *inputs, outputs=("", "remembered"), hidden_size=layer.hidden_size, linear_before_reset=1)
        return self.add("Squeeze", "remembered", axis, outputs=("memory_out",))


def to_onnx(policy: PocketPolicy, card: PolicyCard) -> bytes:
    """The policy as an ONNX file.

    Inputs: every part of the view, uint8 (1, H, W, 3), and ``memory`` float32 (1, M). Outputs: ``memory_out`` (1, M),
    the probabilities ``switches`` (1, 13), ``mouse_x`` (1, 23) and ``mouse_y`` (1, 15), and ``value`` (1, 1).
    """
    graph = _Graph()
    seen = []
    for part in policy.view.shapes:
        x = graph.add("Transpose", graph.add("Cast", part, to=TensorProto.FLOAT), perm=[0, 3, 1, 2])
        for layer in getattr(policy, part):
            if isinstance(layer, nn.Conv2d):
                x = graph.convolution(x, layer)
            else:
                x = graph.add("Flatten" if isinstance(layer, nn.Flatten) else "Relu", x)
        seen.append(x)
    features = graph.add("Relu", graph.linear(graph.add("Concat", *seen, axis=1), policy.features))
    remembered = graph.gru(features, "memory", policy.memory)
    heads = graph.linear(graph.add("Concat", remembered, features, axis=1), policy.heads)
    names = ("switch_logits", "mouse_x_logits", "mouse_y_logits", "value")
    graph.add("Split", heads, graph.constant(np.array(policy.heads.sizes)), outputs=names, axis=1)
    graph.add("Sigmoid", "switch_logits", outputs=("switches",))
    graph.add("Softmax", "mouse_x_logits", outputs=("mouse_x",), axis=1)
    graph.add("Softmax", "mouse_y_logits", outputs=("mouse_y",), axis=1)

    def value(name: str, *shape: int, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, [1, *shape])

    memory = policy.sizes.memory
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
