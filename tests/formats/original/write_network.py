"""Writes a network as Keras saves the original's, from the layout's description alone: h5py, NumPy, random weights.

python tests/formats/original/write_network.py FOLDER NAME

NAME.json, NAME.h5, NAME.p and NAME_opt.pkl: after 7 updates; first moments are a tenth of the weights, second moments
their squares. tests/keras compares with what Keras itself writes.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
from typing import Any

import h5py
import numpy as np

# kernel, stride, expansion, channels, repeats of EfficientNet-B0's stages 1 to 5
STAGES = [(3, 1, 1, 16, 1), (3, 2, 6, 24, 2), (5, 2, 6, 40, 2), (3, 2, 6, 80, 3), (5, 1, 6, 112, 3)]
HEADS = [(11, "sigmoid"), (2, "sigmoid"), (23, "softmax"), (15, "softmax"), (1, "linear")]
FILTERS = 256

Weights = dict[str, tuple[int, ...]]
Layers = list[dict[str, Any]]


def layer(kind: str, name: str, inbound: Any = (), **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": inbound}


def distributed(number: int, kind: str, name: str, **config: Any) -> dict[str, Any]:
    """A layer that is applied at every step."""
    inner = {"class_name": kind, "config": {"name": name, **config}}
    return layer("TimeDistributed", f"time_distributed{f'_{number}' if number else ''}", layer=inner)


def trunk() -> tuple[Layers, Weights, Weights]:
    """Layers up to block5c_add, weights that are trained, and those that are not, in the file's order."""
    layers = [layer("Rescaling", "rescaling", scale=1 / 255, offset=0.0), layer("Normalization", "normalization")]
    trained: Weights = {}
    fixed: Weights = {"normalization/mean": (3,), "normalization/variance": (3,), "normalization/count": ()}

    def convolution(name: str, norm: str, kernel: tuple[int, ...], kind: str = "Conv2D") -> None:
        depthwise = kind == "DepthwiseConv2D"
        channels = kernel[2] if depthwise else kernel[3]
        layers.append(layer(kind, name, use_bias=False))
        layers.append(layer("BatchNormalization", norm, epsilon=0.001))
        trained[f"{name}/{'depthwise_kernel' if depthwise else 'kernel'}"] = kernel
        trained[f"{norm}/gamma"] = trained[f"{norm}/beta"] = (channels,)
        fixed[f"{norm}/moving_mean"] = fixed[f"{norm}/moving_variance"] = (channels,)

    convolution("stem_conv", "stem_bn", (3, 3, 3, 32))
    before = 32
    for stage, (kernel, _, expansion, channels, repeats) in enumerate(STAGES, 1):
        for repeat in range(repeats):
            block, wide = f"block{stage}{'abc'[repeat]}", before * expansion
            if expansion > 1:
                convolution(f"{block}_expand_conv", f"{block}_expand_bn", (1, 1, before, wide))
            convolution(f"{block}_dwconv", f"{block}_bn", (kernel, kernel, wide, 1), "DepthwiseConv2D")
            for part, shape in (("reduce", (1, 1, wide, before // 4)), ("expand", (1, 1, before // 4, wide))):
                layers.append(layer("Conv2D", f"{block}_se_{part}", use_bias=True))
                trained[f"{block}_se_{part}/kernel"], trained[f"{block}_se_{part}/bias"] = shape, shape[3:]
            convolution(f"{block}_project_conv", f"{block}_project_bn", (1, 1, wide, channels))
            before = channels
    return [*layers, layer("Add", "block5c_add")], trained, fixed


def write(folder: str, name: str, seed: int = 0) -> None:
    """All four files."""
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    inner, trained, fixed = trunk()
    layers = [
        layer("InputLayer", "main_in", batch_input_shape=[None, 96, 150, 280, 3]),
        distributed(0, "Functional", "functional_1", layers=inner),
        layer("ConvLSTM2D", "conv_lst_m2d", filters=FILTERS, kernel_size=[3, 3], strides=[1, 1], padding="valid",
              activation="tanh", recurrent_activation="hard_sigmoid", dropout=0.5),
        distributed(1, "Flatten", "flatten", data_format="channels_last"),
    ]  # fmt: skip
    gates = 4 * FILTERS
    memory: Weights = {"kernel": (3, 3, 112, gates), "recurrent_kernel": (3, 3, FILTERS, gates), "bias": (gates,)}
    groups: dict[str, tuple[Weights, Weights]] = {
        "main_in": ({}, {}),
        "time_distributed": (trained, fixed),
        "conv_lst_m2d": ({f"conv_lst_m2d/{part}": shape for part, shape in memory.items()}, {}),
        "time_distributed_1": ({}, {}),
    }
    for number, (units, activation) in enumerate(HEADS, 2):
        layers.append(distributed(number, "Dense", f"dense_{number}", units=units, activation=activation))
        group = f"time_distributed_{number}"
        groups[group] = ({f"{group}/kernel": (8 * 16 * FILTERS, units), f"{group}/bias": (units,)}, {})
    nodes = [[f"time_distributed_{number}", 0, 0, {}] for number in range(2, 7)]
    layers.append(layer("Concatenate", "concatenate", [nodes]))
    groups["concatenate"] = ({}, {})
    chance, values = np.random.default_rng(seed), []
    with h5py.File(f"{folder}/{name}.h5", "w") as file:
        file.attrs["layer_names"] = [group.encode() for group in groups]
        for group, (learned, kept) in groups.items():
            made = file.create_group(group)
            made.attrs["weight_names"] = [f"{path}:0".encode() for path in (*learned, *kept)]
            for path, shape in (*learned.items(), *kept.items()):
                weight = (chance.uniform(0.5, 1.5, shape) / max((1, *shape)) ** 0.5).astype(np.float32)
                made.create_dataset(f"{path}:0", data=weight)
                values += [weight] if path in learned else []
    moments = [np.int64(7), *(weight / np.float32(10) for weight in values), *(weight * weight for weight in values)]
    model = {"class_name": "Functional", "config": {"name": "functional_3", "layers": layers}, "backend": "tensorflow"}
    with open(f"{folder}/{name}.json", "w", encoding="utf-8") as text:  # noqa: PTH123
        json.dump(model, text)
    hypers = {"N_TIMESTEPS": 96, "AUX_INPUT_ON": False, "csgo_img_dimension": (150, 280)}
    for end, content in ((".p", hypers), ("_opt.pkl", moments)):
        with open(f"{folder}/{name}{end}", "wb") as binary:  # noqa: PTH123
            pickle.dump(content, binary, protocol=3)


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2])
