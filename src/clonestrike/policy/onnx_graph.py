"""Builds ONNX graphs node by node from torch layers: this takes milliseconds, torch's exporter seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, int8, nn

from clonestrike.core.actions import ACTION_SPACE

INT7 = 63


@dataclass
class Graph:
    """The nodes and weights of a graph. Methods add nodes, take names of inputs and return names of outputs."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    weights: list[onnx.TensorProto] = field(default_factory=list)

    def add(self, kind: str, *inputs: str, outputs: tuple[str, ...] = (), **attributes: Any) -> str:
        """Add a node of this ONNX operator; returns the name of its first output."""
        outputs = outputs or (f"{kind.lower()}{len(self.nodes)}",)
        self.nodes.append(helper.make_node(kind, list(inputs), list(outputs), **attributes))
        return outputs[0]

    def constant(self, array: Tensor | NDArray[np.generic] | np.generic) -> str:
        """Add a constant; returns its name."""
        if isinstance(array, Tensor):
            array = array.detach().cpu().contiguous().numpy()
        name = f"weight{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def pixels(self, part: str) -> str:
        """A part of the view, uint8 (1, H, W, 3), as float (1, 3, H, W)."""
        return self.add("Transpose", self.add("Cast", part, to=TensorProto.FLOAT), perm=[0, 3, 1, 2])

    def outputs(self, features: str, memory: str, heads: nn.Linear) -> Graph:
        """Add the policy's outputs: the heads applied to features (1, F), and memory (1, M) after the step."""
        self.add("Identity", memory, outputs=("memory_out",))
        switches, mouse_x, mouse_y, value = self.split(self.linear(features, heads), [*ACTION_SPACE.widths.values(), 1])
        self.add("Sigmoid", switches, outputs=("switches",))
        self.add("Softmax", mouse_x, outputs=("mouse_x",), axis=1)
        self.add("Softmax", mouse_y, outputs=("mouse_y",), axis=1)
        self.add("Identity", value, outputs=("value",))
        return self

    def split(self, x: str, sizes: list[int], axis: int = 1) -> list[str]:
        """Split a tensor into parts of these sizes along an axis; returns their names."""
        names = tuple(f"part{len(self.nodes)}_{i}" for i in range(len(sizes)))
        self.add("Split", x, self.constant(np.array(sizes)), outputs=names, axis=axis)
        return list(names)

    def reshape(self, x: str, *shape: int) -> str:
        """Reshape a tensor."""
        return self.add("Reshape", x, self.constant(np.array(shape)))

    def conv(self, x: str, weight: Tensor, bias: Tensor | None = None, **attributes: Any) -> str:
        """A convolution."""
        return self.add(
            "Conv", x, self.constant(weight), *([] if bias is None else [self.constant(bias)]), **attributes
        )

    def conv_int8(self, x: str, scale: str, zero: str, weight: Tensor, size: tuple[int, int]) -> str:
        """An unpadded convolution, uint8 (1, C, H, W) -> float (H' * W', C'), as a product of patches and int8 weights.

        ``size`` is (H', W'). Every output channel has its own scale. Weights use 7 bits only: with 8, CPUs without VNNI
        would overflow.
        """
        columns = weight.detach().cpu().permute(2, 3, 1, 0)  # (K, K, C, C')
        kernel, _, channels, _ = columns.shape
        columns = columns.flatten(0, 2)
        scales = columns.abs().amax(0).clamp(min=1e-12) / INT7
        x = self.add("Transpose", x, perm=[0, 2, 3, 1])
        height, width = size
        patches = [
            self.add("Slice", x, *(self.constant(np.array(ends)) for ends in ([i, j], [i + height, j + width], [1, 2])))
            for i in range(kernel)
            for j in range(kernel)
        ]
        rows = self.reshape(self.add("Concat", *patches, axis=3), height * width, kernel * kernel * channels)
        product = self.add("MatMulInteger", rows, self.constant((columns / scales).round().to(int8)), zero)
        product = self.add("Cast", product, to=TensorProto.FLOAT)
        return self.add("Mul", product, self.add("Mul", scale, self.constant(scales)))

    def linear(self, x: str, layer: nn.Linear) -> str:
        """A dense layer."""
        return self.add("Gemm", x, self.constant(layer.weight), self.constant(layer.bias), transB=1)

    def swish(self, x: str) -> str:
        """X * sigmoid(x)."""
        return self.add("Mul", x, self.add("Sigmoid", x))

    def gru(self, x: str, memory: str, layer: nn.GRU) -> str:
        """One step of a GRU: (1, F) and memory (1, M) -> memory (1, M). Torch orders the gates r z n, ONNX z r h."""

        def gates(*names: str) -> str:
            parts = [getattr(layer, name).detach().cpu().chunk(3) for name in names]
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
        after = f"remembered{len(self.nodes)}"
        self.add("GRU", *inputs, outputs=("", after), hidden_size=layer.hidden_size, linear_before_reset=1)
        return self.add("Squeeze", after, axis)

    def lstm(self, x: str, hidden: str, cell: str, layer: nn.LSTM) -> tuple[str, str]:
        """One step of an LSTM: (1, F), hidden and cell (1, M) -> hidden and cell after the step, (1, M) each."""

        def gates(x: str, weight: str, bias: str) -> str:
            return self.add("Gemm", x, *(self.constant(getattr(layer, name)) for name in (weight, bias)), transB=1)

        seen, kept = gates(x, "weight_ih_l0", "bias_ih_l0"), gates(hidden, "weight_hh_l0", "bias_hh_l0")
        return self.gated(self.add("Add", seen, kept), cell, [layer.hidden_size] * 4, "Sigmoid")

    def gated(self, gates: str, cell: str, sizes: list[int], sigmoid: str, **attributes: Any) -> tuple[str, str]:
        """The gating of an LSTM: gates i f c o along axis 1, and the cell -> hidden and cell."""
        i, f, c, o = self.split(gates, sizes)
        i, f, o = (self.add(sigmoid, gate, **attributes) for gate in (i, f, o))
        cell = self.add("Add", self.add("Mul", f, cell), self.add("Mul", i, self.add("Tanh", c)))
        return self.add("Mul", o, self.add("Tanh", cell)), cell
