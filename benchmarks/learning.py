"""Time of training per frame by its parts: decoding (once), reading batches, forward, backward, optimiser.

Measured on one thread, for variants of the pocket network in several precisions.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.measure import seconds, show
from benchmarks.training import FRAMES, recorded
from clonestrike.policy.networks import untrained
from clonestrike.policy.networks.pocket import PocketPolicy
from clonestrike.policy.view import PolicyView
from clonestrike.training.config import Precision
from clonestrike.training.learner import Learner
from clonestrike.training.recipes import RECIPES
from clonestrike.training.segments import segments
from clonestrike.training.streams import Batch, Streams
from clonestrike.training.view_cache import ViewCache

ROUNDS = 20
VARIANTS: tuple[tuple[str, str, Precision, bool, bool], ...] = (
    ("pocket, float32, channels first", "pocket", "float32", False, False),
    ("pocket, float32", "pocket", "float32", True, False),
    ("pocket, bfloat16", "pocket", "bfloat16", True, False),
    ("pocket, bfloat16, compiled", "pocket", "bfloat16", True, True),
    ("pocket:big, float32", "pocket:big", "float32", True, False),
    ("pocket:big, bfloat16", "pocket:big", "bfloat16", True, False),
)
"""Title, model, precision, whether pixels lie channels last, whether torch compiles it."""


def passes(batch: Batch, model: str, precision: Precision, last: bool, compiled: bool) -> list[float]:
    """Median seconds of forward, backward and optimiser."""
    policy = untrained(model, (180, 320))
    assert isinstance(policy, PocketPolicy)
    if not last:
        policy = policy.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    learner = Learner(policy, RECIPES["default"], precision, ROUNDS)
    if compiled:
        policy.compile()
    times: list[list[float]] = []
    for _ in range(ROUNDS + 3):
        marks = [time.perf_counter()]
        outputs, _ = learner.predict(batch, policy.empty_memory(len(batch.begins)))
        loss, _ = learner.recipe.loss(outputs, learner.targets(batch))
        marks.append(time.perf_counter())
        learner.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        marks.append(time.perf_counter())
        learner.optimiser.step()
        marks.append(time.perf_counter())
        times.append(list(np.diff(marks)))
    return [float(x) for x in np.median(times[3:], axis=0)]


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    with tempfile.TemporaryDirectory() as place:
        recordings = recorded(Path(place) / "recordings")
        view, cache = PolicyView(), ViewCache(Path(place) / "views", workers=1)
        decoding = seconds(lambda: cache.open(recordings, view)) / FRAMES
        found = segments(recordings, cache.open(recordings, view), "true")
        recipe = RECIPES["default"]
        streams = iter(Streams(found, recipe.plan(found, 0, None), view, streams=recipe.streams, chunk=recipe.chunk))
        batch = next(streams)
        frames = batch.present.size
        gathering = float(np.median([seconds(lambda: next(streams)) for _ in range(10)])) / frames
        rows = []
        for title, *variant in VARIANTS:
            parts = [part / frames for part in passes(batch, *variant)]  # type: ignore[arg-type]
            shown = [gathering, *parts]
            rate = 1 / sum(parts)  # batches are read in another thread
            rows.append([title, *(f"{1000 * part:.3f}" for part in shown), f"{rate:,.0f}"])
    columns = ["ms a frame", "gathering", "forward", "backward", "optimiser", "frames/s"]
    show(f"Training, one thread; decoding, once for every frame: {1000 * decoding:.2f} ms", columns, rows)


if __name__ == "__main__":
    main()
