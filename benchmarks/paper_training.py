"""Training of the paper's network: frames per second of ours and of Keras, one sequence of 96 frames per update.

The same network with drop-connect and dropout, the same loss, Adam; Keras in float32, ours in float32 and bfloat16.
"""

import copy
import os
import time
from dataclasses import replace

import numpy as np
import torch

from benchmarks.keras_child import keras_seconds
from benchmarks.measure import show
from clonestrike.policy.networks import Policy, untrained
from clonestrike.training.config import Precision
from clonestrike.training.learner import Learner
from clonestrike.training.recipes import RECIPES
from clonestrike.training.segments import Targets
from clonestrike.training.streams import Batch

STEPS = int(os.environ.get("BENCH_STEPS", "96"))
UPDATES, ROUNDS = 4, 2


def batch(policy: Policy) -> Batch:
    """A sequence of random frames: the content does not matter for speed."""
    chance = np.random.default_rng(0)
    shape = (STEPS, 1)
    targets = Targets(
        chance.random((*shape, 13)) < 0.3,
        chance.integers(0, 23, shape),
        chance.integers(0, 15, shape),
        np.ones(shape, bool),
        np.zeros(shape, np.float32),
    )
    views = {part: chance.integers(0, 256, (*shape, *size), np.uint8) for part, size in policy.view.shapes.items()}
    return Batch(views, targets, np.ones(shape, bool), np.ones(1, bool))


def our_seconds(policy: Policy, precision: Precision) -> list[float]:
    """Seconds of every update after the first."""
    recipe = replace(RECIPES["paper"], chunk=STEPS)
    learner, learned, seconds = Learner(copy.deepcopy(policy), recipe, precision, UPDATES + 1), batch(policy), []
    for update in range(UPDATES + 1):
        begin = time.perf_counter()
        learner.update(learned, update)
        seconds.append(time.perf_counter() - begin)
    return seconds[1:]


def main() -> None:
    """Print the table."""
    torch.set_flush_denormal(True)
    threads = torch.get_num_threads()
    policy = untrained("paper:drop", (150, 280))
    seconds: dict[str, list[float]] = {"Keras train_on_batch": [], "ours, float32": [], "ours, bfloat16": []}
    for _ in range(ROUNDS):  # in turns: the machine may have other work
        seconds["Keras train_on_batch"] += keras_seconds("train", threads, STEPS, UPDATES)
        seconds["ours, float32"] += our_seconds(policy, "float32")
        seconds["ours, bfloat16"] += our_seconds(policy, "bfloat16")
    speeds = {name: STEPS / np.array(times) for name, times in seconds.items() if times}
    keras = speeds.get("Keras train_on_batch", np.array([np.nan]))
    rows = [
        [name, f"{np.median(speed):.1f}", f"{speed.max():.1f}", f"{np.median(speed) / np.median(keras):.2f}"]
        for name, speed in speeds.items()
    ]
    title = f"Training the paper's network, T = {STEPS}, {threads} threads" + (
        "" if len(rows) > 2 else " (Keras: make keras)"
    )
    show(title, ["", "frames/s, median", "fastest", "times Keras"], rows)


if __name__ == "__main__":
    main()
