"""Training: frames/s from the view cache compared with forward, backward and optimiser on a single batch."""

import copy
import tempfile
import time
from collections.abc import Iterator
from itertools import islice, repeat
from pathlib import Path

import numpy as np
import torch

from benchmarks.measure import GAME, real_frames, seconds, show
from clonestrike import games
from clonestrike.core.actions import Action
from clonestrike.policy.networks.pocket import PocketPolicy
from clonestrike.policy.view import PolicyView
from clonestrike.recordings.recording import Recording
from clonestrike.recordings.rows import Row
from clonestrike.recordings.writer import RunWriter
from clonestrike.training.learner import Learner
from clonestrike.training.recipes import RECIPES
from clonestrike.training.segments import segments
from clonestrike.training.streams import Batch, Streams, prefetched
from clonestrike.training.view_cache import ViewCache

FRAMES = 4000
RUNS = 8
UPDATES = 60
ROUNDS = 3


def recorded(folder: Path) -> list[Recording]:
    """Recordings of the expert's frames with random actions, which do not matter for speed."""
    random = np.random.default_rng(0)
    paths = []
    for run, frames in enumerate(np.array_split(real_frames(FRAMES), RUNS)):
        with RunWriter(folder, games.game_info(GAME), player="expert", source="played", run=f"run{run}") as writer:
            for frame in frames:
                action = Action(frozenset("w"), mouse_x=float(random.normal(0, 60)))
                writer.append(frame, Row(None, action, frame_time_ns=0, state_time_ns=0, action_time_ns=0))
            paths += writer.finish(None)
    return [Recording.open(path) for path in paths]


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as place:
        recordings = recorded(Path(place) / "recordings")
        view, cache = PolicyView(), ViewCache(Path(place) / "views")
        building = FRAMES / seconds(lambda: cache.open(recordings, view))
        found = segments(recordings, cache.open(recordings, view), "true")
        recipe = RECIPES["default"]
        streams = Streams(found, recipe.plan(found, 0, None), view, streams=recipe.streams, chunk=recipe.chunk)
        policy = PocketPolicy(view)
        torch.set_flush_denormal(True)
        with prefetched(streams) as coming:
            fixed, _ = next(coming)
            bare, cached = [], []
            for _ in range(ROUNDS):  # in turns: the machine may have other work
                bare.append(speed(policy, repeat((fixed, None))))
                cached.append(speed(policy, coming))
    rows = [
        ["bare pass on one batch", f"{np.median(bare):,.0f}", "1.00"],
        ["from the view cache", f"{np.median(cached):,.0f}", f"{np.median(cached) / np.median(bare):.2f}"],
        ["building the cache, once", f"{building:,.0f}", ""],
    ]
    title = f"Training, {recipe.streams} streams x {recipe.chunk} steps, {torch.get_num_threads()} threads"
    show(title, ["", "frames/s", "against the bare pass"], rows)


def speed(policy: PocketPolicy, batches: Iterator[tuple[Batch, object]]) -> float:
    """Rows per second, including padding, of updates on a copy of the policy."""
    learner = Learner(copy.deepcopy(policy), RECIPES["default"], "float32", UPDATES + 1)
    learner.update(next(batches)[0], 0)
    begin, rows = time.perf_counter(), 0
    for update, (batch, _) in enumerate(islice(batches, UPDATES)):
        learner.update(batch, update)
        rows += batch.present.size
    return rows / (time.perf_counter() - begin)


if __name__ == "__main__":
    main()
