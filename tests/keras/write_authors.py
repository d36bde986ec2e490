"""Writes networks the way the original saved them, from its description alone: plain Keras 2.

python tests/keras/write_authors.py FOLDER NAME:STEPS...

For every name: NAME.json and NAME.h5 with random weights and random statistics, the same as NAME_stateful.json and
NAME_stateful.h5, and NAME.npz: what Keras answers to the BGR pictures of pictures.npy, with memory. For networks with
dropout also NAME_trained.json, .h5, .p and _opt.pkl: after two updates of Adam whose gradients are the weights times
10, then times 20; and NAME_trained_next.h5: after a third, times 30.
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

os.environ |= {"TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

HEIGHT, WIDTH = 150, 280
HEADS = ((11, "sigmoid"), (2, "sigmoid"), (23, "softmax"), (15, "softmax"), (1, "linear"))


def network(name: str, steps: int, *, stateful: bool) -> Any:
    """The network of a name: its parts say which variant it is."""
    height, width = (100, 187) if "lowres" in name else (HEIGHT, WIDTH)
    whole = keras.applications.EfficientNetB0(weights=None, input_shape=(height, width, 3), include_top=False)
    trunk = keras.Model(whole.input, whole.get_layer("block5c_add").output)
    picture = (HEIGHT, WIDTH, 3)
    seen = keras.Input(**({"batch_shape": (1, 1, *picture)} if stateful else {"shape": (steps, *picture)}),
                       name="main_in")  # fmt: skip
    x = layers.TimeDistributed(layers.Resizing(height, width))(seen) if "lowres" in name else seen
    x = layers.TimeDistributed(trunk)(x)
    share = 0.5 if "drop" in name else 0.0
    for filters in (512 if "big" in name else 256, *([256] if "extra" in name else [])):
        x = layers.ConvLSTM2D(filters, 3, return_sequences=True, stateful=stateful,
                              dropout=share, recurrent_dropout=share)(x)  # fmt: skip
    x = layers.TimeDistributed(layers.Flatten())(x)
    if "LSTM" in name:
        x = layers.TimeDistributed(layers.Dropout(0.5))(x) if share else x
        x = layers.LSTM(256, return_sequences=True, stateful=stateful)(x)
        x = layers.TimeDistributed(layers.Dropout(0.5))(x) if share else x
    heads = [layers.Dense(units, activation=activation) for units, activation in HEADS]
    answers = [(head if stateful else layers.TimeDistributed(head))(x) for head in heads]
    return keras.Model(seen, layers.concatenate(answers))


def scramble(model: Any, chance: np.random.Generator) -> None:
    """Random numbers for every weight and every statistic, of sizes at which the answers say something."""
    for weight in model.weights:
        kind = weight.name.split("/")[-1].split(":")[0]
        weight.assign(drawn(kind, tuple(weight.shape), chance).astype(weight.dtype.as_numpy_dtype))


def drawn(kind: str, shape: tuple[int, ...], chance: np.random.Generator) -> Any:
    """Activations keep their size from layer to layer, as in a network that has learned: neither fades nor explodes."""
    match kind:
        case "gamma":
            return chance.uniform(0.8, 1.2, shape)
        case "beta" | "moving_mean" | "bias":
            return chance.normal(0, 0.2, shape)
        case "moving_variance":
            return chance.uniform(0.3, 1.0, shape)
        case "mean":
            return chance.uniform(0.3, 0.6, shape)
        case "variance":
            return chance.uniform(0.04, 0.1, shape)
        case "count":
            return np.array(1000)
    seen = np.prod(shape[:2] if kind == "depthwise_kernel" else shape[:-1])
    gain = 4.0 if len(shape) == 2 else 0.7 if kind == "recurrent_kernel" else 1.0
    return chance.normal(0, gain / np.sqrt(seen), shape)


def train(model: Any, path: Path) -> None:
    """Three updates, and what the original saves after two of them."""
    adam = keras.optimizers.legacy.Adam(learning_rate=1e-3)
    for number in (1, 2, 3):
        adam.apply_gradients([(weight * 10.0 * number, weight) for weight in model.trainable_weights])
        if number == 2:
            path.with_name(f"{path.name}.json").write_text(model.to_json())
            model.save_weights(f"{path}.h5")
            values = tf.keras.backend.batch_get_value(adam.weights)
            path.with_name(f"{path.name}_opt.pkl").write_bytes(pickle.dumps(values, protocol=3))
            path.with_name(f"{path.name}.p").write_bytes(pickle.dumps({"N_TIMESTEPS": 96, "AUX_INPUT_ON": False}))
    model.save_weights(f"{path}_next.h5")


def main(folder: Path, names: dict[str, int]) -> None:
    """Write all that the docstring of this file promises."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(0)
    still = chance.uniform(0, 255, (1, HEIGHT, WIDTH, 3))
    drift = chance.normal(0, 4, (max(names.values()), HEIGHT, WIDTH, 3))
    pictures = (still + drift.cumsum(0)).clip(0, 255).astype(np.uint8)
    np.save(folder / "pictures.npy", pictures)
    for number, (name, steps) in enumerate(names.items()):
        tf.keras.backend.clear_session()
        answers: dict[str, Any] = {}
        weights: Any = None
        for kind in ("", "_stateful"):
            model = network(name, steps, stateful=bool(kind))
            if weights is None:
                scramble(model, np.random.default_rng(number))
                weights = model.get_weights()
            model.set_weights(weights)
            (folder / f"{name}{kind}.json").write_text(model.to_json())
            model.save_weights(str(folder / f"{name}{kind}.h5"))
            if kind:
                answers["stateful"] = np.stack([model.predict_on_batch(p[None, None])[0, 0] for p in pictures[:steps]])
            else:
                answers["plain"] = model(pictures[None, :steps].astype(np.float32), training=False).numpy()[0]
                answers["parameters"] = np.array(model.count_params())
                if "drop" in name:
                    train(model, folder / f"{name}_trained")
        np.savez(folder / f"{name}.npz", **answers)


if __name__ == "__main__":
    main(Path(sys.argv[1]), {name: int(steps) for name, steps in (text.split(":") for text in sys.argv[2:])})
