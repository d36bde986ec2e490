"""A policy as an ONNX graph: one step with explicit memory, and policy.json in its metadata."""

from __future__ import annotations

import copy
import logging
import warnings
from itertools import chain

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx_ir.passes.common import ClearMetadataAndDocStringPass
from torch import Tensor, nn

from clonestrike.core.actions import ACTION_SPACE
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.card import PolicyCard
from clonestrike.policy.networks import Policy, network_of
from clonestrike.policy.onnx_graph import Graph

OPSET = 17
IR_VERSION = 8
LARGE = 1024
"""Size of a weight, in numbers, from which on ``half`` stores it in 16 bits."""


def to_onnx(policy: Policy, card: PolicyCard, *, int8: bool = False, half: bool = False) -> bytes:
    """The policy as the content of an ONNX file: the graph that its network writes, or else torch's exporter.

    Inputs: every part of the view, uint8 (1, H, W, 3), and ``memory`` float32 (1, M). Outputs: ``memory_out`` (1, M),
    the probabilities ``switches`` (1, 13), ``mouse_x`` (1, 23) and ``mouse_y`` (1, 15), and ``value`` (1, 1).

    ``int8`` computes the convolutions of the memory, half of the paper's network, in 8-bit integers; ``half`` stores
    large weights as 16-bit floats and computes in 32 bits. Raises ClonestrikeError when the network does not offer
    int8, or torch cannot export it.
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


def _form(policy: Policy) -> tuple[list[onnx.ValueInfoProto], list[onnx.ValueInfoProto]]:
    """Names, types and shapes of the graph's inputs, and of its outputs."""

    def value(name: str, *shape: int, kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, [1, *shape])

    memory = policy.empty_memory(1).shape[1]
    seen = [value(part, *shape, kind=TensorProto.UINT8) for part, shape in policy.view.shapes.items()]
    said = [value(name, width) for name, width in ACTION_SPACE.widths.items()]
    return [*seen, value("memory", memory)], [*said, value("value", 1), value("memory_out", memory)]


def _model(policy: Policy, graph: Graph) -> onnx.ModelProto:
    return helper.make_model(
        helper.make_graph(graph.nodes, "policy", *_form(policy), graph.weights),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="clonestrike",
    )


class Step(nn.Module):
    """One step of a policy with the inputs and outputs of the ONNX file, for torch's exporter."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.policy = policy

    def forward(self, memory: Tensor, **seen: Tensor) -> dict[str, Tensor]:
        """Memory (1, M) and every part of the view, uint8 (1, H, W, 3) -> the outputs of the file, by name."""
        outputs, after = self.policy({part: pixels[None] for part, pixels in seen.items()}, memory)
        return {
            "memory_out": after.clone(),  # memory that is only passed through would lose its name as an input
            "switches": outputs.switches[0].sigmoid(),
            "mouse_x": outputs.mouse_x[0].softmax(-1),
            "mouse_y": outputs.mouse_y[0].softmax(-1),
            "value": outputs.value.reshape(1, 1),
        }


def exported(policy: Policy) -> onnx.ModelProto:
    """Export a policy with torch's exporter; raises ClonestrikeError when it fails, or the shapes are wrong."""
    copied = copy.deepcopy(policy).to(torch.device("cpu"))  # the policy may be in training on a GPU
    seen = {part: torch.zeros(1, *shape, dtype=torch.uint8) for part, shape in policy.view.shapes.items()}
    outputs = ["memory_out", *ACTION_SPACE.widths, "value"]
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)  # it warns of missing packages that are not needed here
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's exporter uses what torch has deprecated
            program = torch.onnx.export(
                Step(copied).eval(),
                kwargs={**seen, "memory": copied.empty_memory(1)},
                output_names=outputs,
                dynamo=True,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise ClonestrikeError(
            f"torch cannot export the network {policy.network} ({reason})",
            "use layers that it can export, or give the network a graph of its own",
        ) from error
    finally:
        log.setLevel(level)
    assert program is not None
    ClearMetadataAndDocStringPass()(program.model)  # they contain paths of source files on this machine
    model = program.model_proto
    found, wanted = (
        {value.name: _shape(value) for value in values}
        for values in ((*model.graph.input, *model.graph.output), chain(*_form(copied)))
    )
    if found != wanted:
        raise ClonestrikeError(
            f"the network {policy.network} takes and gives {found}, not {wanted}", "correct its forward or its view"
        )
    return model


def _shape(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    return tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)


def _halve(graph: onnx.GraphProto) -> None:
    """Store large weights in 16 bits, each followed by a cast, which ONNX Runtime does once, on opening the file."""
    for weight in graph.initializer:
        numbers = numpy_helper.to_array(weight)
        if numbers.dtype == np.float32 and numbers.size >= LARGE:
            name = weight.name
            weight.CopyFrom(numpy_helper.from_array(numbers.astype(np.float16), f"{name}_half"))
            graph.node.insert(0, helper.make_node("Cast", [weight.name], [name], to=TensorProto.FLOAT))
