"""The paper's network in Keras, built and run as the original does; a script for the environment with Keras.

``python keras_paper.py step|train THREADS FRAMES REPEATS`` prints {"seconds": [...], "parameters": N}: of single steps
of the stateful model by ``predict_on_batch``, or of updates on one sequence of FRAMES by ``train_on_batch``. It needs
TensorFlow and tf_keras, and nothing of clonestrike.
"""
# mypy: ignore-errors

import json
import os
import sys
import time

os.environ.update(TF_USE_LEGACY_KERAS="1", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")

import numpy as np
import tensorflow as tf
import tf_keras as keras

PICTURE = (150, 280, 3)
DISCOUNT = 0.995


def network(steps, *, stateful, dropout):
    """Heads side by side: 11 keys, 2 clicks, 23 and 15 bins of mouse motion, value."""
    layers = keras.layers
    base = keras.applications.EfficientNetB0(
        weights=None, include_top=False, input_shape=PICTURE, drop_connect_rate=0.2
    )
    trunk = keras.Model(base.input, base.get_layer("block5c_add").output)
    seen = keras.Input(batch_shape=(1, steps, *PICTURE))
    memory = layers.ConvLSTM2D(
        256, 3, return_sequences=True, stateful=stateful, dropout=dropout, recurrent_dropout=dropout
    )
    x = layers.TimeDistributed(layers.Flatten())(memory(layers.TimeDistributed(trunk)(seen)))
    heads = [(11, "sigmoid"), (2, "sigmoid"), (23, "softmax"), (15, "softmax"), (1, "linear")]
    outputs = [layers.TimeDistributed(layers.Dense(size, activation))(x) for size, activation in heads]
    return keras.Model(seen, layers.Concatenate()(outputs))


def loss(true, said):
    """The paper's loss; ``true`` has the reward where ``said`` has the value."""
    reward, value = true[..., 51], said[..., 51]
    parts = [(true[..., a:b], said[..., a:b]) for a, b in ((0, 4), (4, 5), (10, 11), (11, 12), (13, 36), (36, 51))]
    terms = [keras.losses.binary_crossentropy(*part) for part in parts[:4]]
    terms += [keras.losses.categorical_crossentropy(*part) for part in parts[4:]]
    terms.append(10 * tf.square(reward[:, :-1] + DISCOUNT * value[:, 1:] - value[:, :-1]))
    return tf.reduce_mean(tf.concat(terms, -1))


def stepping(seen):
    """The model, and a function that plays one step."""
    model = network(1, stateful=True, dropout=0.0)
    return model, lambda i: model.predict_on_batch(seen[:, i % seen.shape[1]][:, None])


def training(seen):
    """The model, and a function that does one update."""
    steps = seen.shape[1]
    model = network(steps, stateful=False, dropout=0.5)
    model.compile(keras.optimizers.Adam(1e-4), loss)
    true = (np.random.default_rng(1).random((1, steps, 52)) < 0.3).astype(np.float32)
    true[..., 13:51] = 0
    true[..., [24, 43]] = 1
    return model, lambda _: model.train_on_batch(seen, true)


def main():
    """Print the figures."""
    threads, frames, repeats = map(int, sys.argv[2:5])
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    seen = np.random.default_rng(0).integers(0, 256, (1, frames, *PICTURE), np.uint8)
    model, work = {"step": stepping, "train": training}[sys.argv[1]](seen)
    work(0)
    seconds = []
    for i in range(1, repeats + 1):
        begin = time.perf_counter()
        work(i)
        seconds.append(time.perf_counter() - begin)
    print(json.dumps({"seconds": seconds, "parameters": model.count_params()}))


if __name__ == "__main__":
    main()
