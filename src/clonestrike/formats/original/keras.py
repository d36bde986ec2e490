"""Reads the original's networks as Keras 2 saved them: architecture (.json), weights (.h5), hyperparameters (.p).

Needs neither Keras nor torch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import ACTION_SPACE, BUTTONS, KEYS
from clonestrike.errors import ClonestrikeError
from clonestrike.files import regular
from clonestrike.formats.original.hdf5 import not_readable
from clonestrike.formats.original.pickles import read_pickle

Array = NDArray[np.float32]

LARGEST_WEIGHT = 2**28
"""Largest size of one array, in bytes; the heads of the big variant have 3 million numbers."""
HEADS = ("keys", "clicks", "mouse_x", "mouse_y", "value")
ZIP = b"PK\3\4"
"""What a .keras file begins with: the network's JSON, as Keras 3 writes it, and its weights."""
STATISTICS = ("moving_mean", "moving_variance")
"""Weights that Keras does not train."""


class _UnknownError(Exception):
    """The file describes another network than the original's."""


@dataclass(frozen=True)
class KerasNetwork:
    """The original's network in its own names and layouts (channels last, BGR).

    ``weights``: ``LAYER/WEIGHT`` for the layers of EfficientNet-B0 to block5c, such as ``stem_conv/kernel``;
    ``memory0/kernel``, ``memory0/recurrent_kernel`` and ``memory0/bias`` for every ConvLSTM; ``lstm/...`` likewise;
    ``keys/kernel``, ``keys/bias`` and so on for the heads. ``scale`` and ``offset`` (3,): what pixels are multiplied
    by, and what is then added, before the first convolution.
    """

    picture: tuple[int, int]
    """Height and width of the input, pixels."""
    lowres: tuple[int, int] | None
    """Height and width that pictures are resized to before the first convolution; None: they are not."""
    filters: tuple[int, ...]
    """Number of filters of every ConvLSTM, in their order."""
    lstm: int | None
    """Units of the LSTM behind the ConvLSTMs, None where there is none."""
    dropout: float
    """Dropout rate in training, 0 for none."""
    scale: Array
    offset: Array
    weights: dict[str, Array]
    trained: tuple[str, ...]
    """Names of the weights that Keras trains, in its order."""


def read_network(architecture: Path, weights: Path) -> KerasNetwork:
    """Read a network, plain or stateful, from its .json and .h5 files.

    Raises ClonestrikeError when a file is missing, damaged, or of another network than the original's.
    """
    layers = _layers(architecture)
    try:
        with h5py.File(regular(weights), "r") as file:
            return _Reader(layers, file).network()
    except _UnknownError as error:
        raise ClonestrikeError(
            f"{architecture} and {weights.name} are not a network of the original ({error})", "name other files"
        ) from None
    except FileNotFoundError:
        raise ClonestrikeError(f"{weights} is not there", f"give the .h5 file that belongs to {architecture}") from None
    except (OSError, RuntimeError) as error:  # h5py raises either for truncated files and for other formats
        raise not_readable(weights, error) from None


def read_hypers(path: Path) -> dict[str, Any]:
    """The hyperparameters in a .p file; raises ClonestrikeError for another action space or auxiliary inputs."""
    content = read_pickle(path)
    if not isinstance(content, dict):
        raise ClonestrikeError(f"{path} holds no hyperparameters", "give the .p file beside the .h5")
    known = {str(name): value for name, value in content.items() if isinstance(value, int | float | str | list | tuple)}
    ours = {"mouse_x_possibles": ACTION_SPACE.mouse_x_bins, "mouse_y_possibles": ACTION_SPACE.mouse_y_bins}
    for name, bins in ours.items():
        if tuple(content.get(name, bins)) != bins:
            raise ClonestrikeError(f"{path} has other mouse bins ({name})", "this network cannot be used")
    if known.get("AUX_INPUT_ON"):
        raise ClonestrikeError(f"{path} is of a network with auxiliary inputs", "it cannot be used")
    return known


def _layers(path: Path) -> list[dict[str, Any]]:
    try:
        text = regular(path).read_bytes()
        content = {"module": "keras"} if text.startswith(ZIP) else json.loads(text)
    except OSError as error:
        raise ClonestrikeError(f"{path} cannot be read ({error.strerror})", "give the network's .json file") from None
    except (ValueError, RecursionError) as error:
        raise ClonestrikeError(f"{path} is not a JSON file ({error})", "download it again") from None
    if isinstance(content, dict) and "module" in content:  # Keras 2 tells it of layers at most, not of the network
        raise ClonestrikeError(
            f"{path} was saved by Keras 3", "give a .json and a .h5 that Keras 2 saved, as the original's are"
        )
    try:
        return list(content["config"]["layers"])
    except (KeyError, TypeError):
        raise ClonestrikeError(f"{path} describes no Keras network", "give the .json file beside the .h5") from None


class _Reader:
    """Visits the layers in order, checks them, and collects sizes and weights."""

    def __init__(self, layers: list[dict[str, Any]], file: h5py.File) -> None:
        self._layers, self._file = layers, file
        self._weights: dict[str, Array] = {}
        self._places: dict[str, tuple[str, str]] = {}
        """Where each of them lies in the file: the group, and the path in it."""
        self._filters: list[int] = []
        self._dropout: set[float] = set()
        self._heads: dict[str, tuple[int, str]] = {}
        self._order: list[str] = []
        self._picture: tuple[int, int] | None = None
        self._lowres: tuple[int, int] | None = None
        self._lstm: int | None = None
        self._scale, self._offset = np.ones(3), np.zeros(3)

    def network(self) -> KerasNetwork:
        """The network; raises _UnknownError when it is not the original's."""
        try:
            _expect_alone(self._file)
            _expect("layer_names" in self._file.attrs or "layers" not in self._file, "the .h5 file is of Keras 3")
            for layer in self._layers:
                self._layer(str(layer["class_name"]), str(layer["name"]), layer["config"], layer["inbound_nodes"])
        except KeyError as error:
            raise _UnknownError(f"a layer has no {error}") from None
        except (TypeError, ValueError, IndexError) as error:
            raise _UnknownError(f"a layer is not readable ({error})") from None
        if self._picture is None or not self._filters or "stem_conv/kernel" not in self._weights:
            raise _UnknownError("it has no pictures, no EfficientNet-B0 or no ConvLSTM")
        self._name_heads()
        scale, offset = self._scale.astype(np.float32), self._offset.astype(np.float32)
        return KerasNetwork(
            self._picture,
            self._lowres,
            tuple(self._filters),
            self._lstm,
            max(self._dropout, default=0.0),
            scale,
            offset,
            self._weights,
            self._trained(),
        )

    def _trained(self) -> tuple[str, ...]:
        """Layer by layer, and in each first what is trained: so the file lists them, and so Keras' optimisers do."""
        layers = _texts(self._file.attrs.get("layer_names", ()))
        listed = [(layer, path) for layer in layers for path in _texts(self._file[layer].attrs["weight_names"])]
        order = {place: number for number, place in enumerate(listed)}
        names = [name for name in self._weights if not name.endswith(STATISTICS)]
        _expect(all(self._places[name] in order for name in names), "the .h5 file does not list its layers")
        return tuple(sorted(names, key=lambda name: order[self._places[name]]))

    def _layer(self, kind: str, name: str, config: dict[str, Any], inbound: Any) -> None:
        group = name
        if kind == "TimeDistributed":
            kind, config = config["layer"]["class_name"], config["layer"]["config"]
        match kind:
            case "InputLayer":
                height, width, channels = config["batch_input_shape"][-3:]
                _expect(channels == 3 and len(config["batch_input_shape"]) == 5, "it takes no pictures in colour")
                self._picture = int(height), int(width)
            case "Resizing":
                _expect(config["interpolation"] == "bilinear", "it does not resize bilinearly")
                self._lowres = int(config["height"]), int(config["width"])
            case "Functional" | "Model":
                self._trunk(group, config["layers"])
            case "ConvLSTM2D":
                _expect(
                    (config["padding"], config["activation"], config["recurrent_activation"])
                    == ("valid", "tanh", "hard_sigmoid")
                    and (list(config["kernel_size"]), list(config["strides"])) == ([3, 3], [1, 1]),
                    f"{name} is another kind of ConvLSTM",
                )
                prefix = f"memory{len(self._filters)}"
                self._filters.append(int(config["filters"]))
                self._dropout.add(float(config["dropout"]))
                self._take(group, prefix, "kernel", "recurrent_kernel", "bias")
            case "LSTM":
                _expect(
                    (config["activation"], config["recurrent_activation"]) == ("tanh", "sigmoid"),
                    f"{name} is another kind of LSTM",
                )
                self._lstm = int(config["units"])
                self._take(group, "lstm", "kernel", "recurrent_kernel", "bias")
            case "Dense":
                self._heads[name] = int(config["units"]), str(config["activation"])
                self._take(group, f"head {name}", "kernel", "bias")
            case "Concatenate":
                self._order = [str(node[0]) for node in inbound[0]]
            case "Dropout":
                self._dropout.add(float(config["rate"]))
            case "Flatten":
                _expect(config["data_format"] == "channels_last", "it flattens channels first")
            case _:
                raise _UnknownError(f"it has a layer of kind {kind}")

    def _name_heads(self) -> None:
        """Name the heads' weights by their output: Keras only numbers heads; the concatenation gives their order."""
        units = (len(KEYS), len(BUTTONS), len(ACTION_SPACE.mouse_x_bins), len(ACTION_SPACE.mouse_y_bins), 1)
        kinds = ("sigmoid", "sigmoid", "softmax", "softmax", "linear")
        found = [self._heads.get(name, (0, "")) for name in self._order]
        _expect(found == list(zip(units, kinds, strict=True)), f"its heads are {found}")
        for name, head in zip(self._order, HEADS, strict=True):
            for weight in ("kernel", "bias"):
                ours, theirs = f"{head}/{weight}", f"head {name}/{weight}"
                self._weights[ours], self._places[ours] = self._weights.pop(theirs), self._places.pop(theirs)

    def _trunk(self, group: str, layers: list[dict[str, Any]]) -> None:
        """Collect EfficientNet-B0's weights; the layers before its first convolution become one scale and offset."""
        for layer in layers:
            kind, name, config = layer["class_name"], layer["name"], layer["config"]
            if kind == "Rescaling":
                scale, offset = np.asarray(config["scale"], np.float64), np.asarray(config["offset"], np.float64)
                self._scale, self._offset = self._scale * scale, self._offset * scale + offset
            elif kind == "Normalization":
                self._take(group, "normalization", "mean", "variance", inner=name)
                mean, variance = (self._weights.pop(f"normalization/{part}") for part in ("mean", "variance"))
                deviation = np.sqrt(variance.astype(np.float64).ravel())
                self._scale, self._offset = self._scale / deviation, (self._offset - mean.ravel()) / deviation
            elif kind == "Conv2D":
                self._take(group, name, "kernel", *(["bias"] if config["use_bias"] else []), inner=name)
            elif kind == "DepthwiseConv2D":
                self._take(group, name, "depthwise_kernel", inner=name)
            elif kind == "BatchNormalization":
                _expect(config["epsilon"] == 1e-3, f"{name} has an epsilon of {config['epsilon']}")
                self._take(group, name, "gamma", "beta", "moving_mean", "moving_variance", inner=name)
        _expect(layers[-1]["name"] == "block5c_add", f"its trunk ends with {layers[-1]['name']}, not block5c_add")

    def _take(self, group: str, prefix: str, *names: str, inner: str | None = None) -> None:
        """Take weights of a group in the file under our ``prefix``; ``inner`` is the layer's name within the group."""
        found = self._file.get(group)
        _expect(isinstance(found, h5py.Group) and "weight_names" in found.attrs, f"the .h5 file has no layer {group}")
        paths = _texts(found.attrs["weight_names"])
        for name in names:
            wanted = name if inner is None else f"{inner}/{name}"
            matching = [path for path in paths if f"/{path.split(':')[0]}".endswith(f"/{wanted}")]
            _expect(len(matching) == 1, f"the .h5 file has {len(matching)} weights {wanted} in {group}")
            data = found.get(matching[0])
            _expect(isinstance(data, h5py.Dataset) and data.dtype.kind == "f", f"{matching[0]} is not a float array")
            _expect(data.size * data.dtype.itemsize <= LARGEST_WEIGHT, f"{matching[0]} is too large: {data.shape}")
            weight = np.asarray(data[()], np.float32)
            _expect(bool(np.isfinite(weight).all()), f"{matching[0]} has numbers that are not finite")
            self._weights[f"{prefix}/{name}"] = weight
            self._places[f"{prefix}/{name}"] = group, matching[0]


def _texts(names: Any) -> list[str]:
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _expect_alone(file: h5py.File) -> None:
    """Raises _UnknownError when the file leads to others: what it would take from there is not its author's to give."""
    names: list[str] = []

    def is_link(name: str, link: h5py.HardLink | h5py.SoftLink | h5py.ExternalLink) -> str | None:
        names.append(name)
        return None if isinstance(link, h5py.HardLink) else name  # h5py allows no exception here

    link = file.visititems_links(is_link)
    _expect(link is None, f"{link} is a link")
    for name in names:
        found = file[name]
        elsewhere = isinstance(found, h5py.Dataset) and (found.external or found.is_virtual)
        _expect(not elsewhere, f"{name} lies in another file")


def _expect(right: object, why: str) -> None:
    if not right:
        raise _UnknownError(why)
