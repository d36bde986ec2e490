"""A policy as an ONNX graph: one step with explicit memory, and policy.json in its metadata."""

from __future__ import annotations

import copy
import logging
import warnings

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.networks import Policy, network_of
from clonestrike.policy.onnx_graph import Graph

OPSET = 17
IR_VERSION = 8
LARGE = 1024
"""Numbers of a weight from which on it is worth halving."""


def to_onnx(policy: Policy, card: PolicyCard, *, int8: bool = False, half: bool = False) -> bytes:
    """The policy as an ONNX file, written by its network or else by torch's exporter.

    Inputs: every part of the view, uint8 (1, H, W, 3), and ``memory`` float32 (1, M). Outputs: ``memory_out`` (1, M),
    the probabilities ``switches`` (1, 13), ``mouse_x`` (1, 23) and ``mouse_y`` (1, 15), and ``value`` (1, 1).

    With ``int8`` the convolutions of the memory, half of the paper's network, multiply 8-bit numbers; with ``half``
    large weights are kept as 16-bit numbers, and used as 32-bit ones. Raises ClonestrikeError for int8 in a policy that
    cannot do it, and when torch cannot export it.
    """
    network = network_of(card)
    write = network.int8 if int8 else network.graph
    if int8 and write is None:
        raise ClonestrikeError(f"the network {network.name} does not work with 8-bit numbers", "leave out --int8")
    model = exported(policy) if write is None else _model(policy, write(policy))
    if half:
        _halve(model.graph)
    helper.set_model_props(model, {"policy": card.to_text()})
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _model(policy: Policy, graph: Graph) -> onnx.ModelProto:
    def value(name: str, *shape: int, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, [1, *shape])

    memory = policy.empty_memory(1).shape[1]
    inputs = [value(part, *shape, kind=TensorProto.UINT8) for part, shape in policy.view.shapes.items()]
    outputs = [value(name, n) for name, n in policy.actions.widths.items()]
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "policy",
            [*inputs, value("memory", memory)],
            [*outputs, value("value", 1), value("memory_out", memory)],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="clonestrike",
    )


class Step(nn.Module):
    """One step of a policy in the form of the ONNX file."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, memory: Tensor, **seen: Tensor) -> dict[str, Tensor]:
        """Memory (1, M) and every part of the view, uint8 (1, H, W, 3) -> the outputs of the file, by name."""
        outputs, after = self.policy({part: pixels[None] for part, pixels in seen.items()}, memory)
        return {
            "memory_out": after.clone(),  # a memory that is passed through would lose its name as an input
            "switches": outputs.switches[0].sigmoid(),
            "mouse_x": outputs.mouse_x[0].softmax(-1),
            "mouse_y": outputs.mouse_y[0].softmax(-1),
            "value": outputs.value.view(1, 1),
        }


def exported(policy: Policy) -> onnx.ModelProto:
    """The graph that torch's exporter makes of any module; raises ClonestrikeError when it cannot."""
    cpu = torch.device("cpu")
    step = Step(copy.deepcopy(policy).to(cpu)).eval()  # a copy: the policy may be at its training on a graphics card
    seen = {part: torch.zeros(1, *shape, dtype=torch.uint8) for part, shape in policy.view.shapes.items()}
    memory = policy.empty_memory(1).to(cpu)
    outputs = ["memory_out", *policy.actions.widths, "value"]
    noisy = logging.getLogger("torch.onnx")
    level = noisy.level
    noisy.setLevel(logging.ERROR)  # it complains about packages that it could export, too
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch about itself
            program = torch.onnx.export(
                step, kwargs={**seen, "memory": memory}, output_names=outputs, dynamo=True, verbose=False
            )
    except torch.onnx.OnnxExporterError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise ClonestrikeError(
            f"torch cannot export the network {policy.network} ({reason})",
            "use layers that it can, or give the network a graph of its own",
        ) from error
    finally:
        noisy.setLevel(level)
    assert program is not None
    return program.model_proto


def _halve(graph: onnx.GraphProto) -> None:
    """Keep large weights in 16 bits, with a cast behind them that ONNX Runtime does once, when it opens the file."""
    for weight in graph.initializer:
        numbers = numpy_helper.to_array(weight)
        if numbers.dtype == np.float32 and numbers.size >= LARGE:
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(numbers.astype(np.float16), f"{name}_half"))
            graph.node.insert(0, helper.make_node("Cast", [weight.name], [name], to=TensorProto.FLOAT))
