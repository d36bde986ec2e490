"""Which rows are learned when: streams that walk along runs, a chunk of T steps at a time.

Everything random is a function of the seed and the epoch, and the streams' places are a few integers: training
goes on after a kill exactly as it would have without.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np

from clonestrike.core.actions import ACTION_SPACE, SWITCHES, Bools, Ints
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.view import Bytes, PolicyView
from clonestrike.training.augmentation import Augmentation, _light
from clonestrike.training.plans import PAPER_SELECTIONS, Plan, Walk
from clonestrike.training.sequences import Segment, Targets


@dataclass(frozen=True)
class Batch:
    """A chunk of T steps of B streams.

    ``views`` uint8 (T, B, H, W, 3) a part; ``targets`` with axes (T, B) in place of (N,); ``present`` bool (T, B):
    padding is not; ``begins`` bool (B,): the memory is emptied before this chunk.
    """

    views: dict[str, Bytes]
    targets: Targets
    present: Bools
    begins: Bools


class Streams:
    """B streams that take walks off a plan, one after the other, and go along them T rows at a time.

    With ``clean_up`` the labels of every walk are cleaned up by themselves, as in the original; the reward stays.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        plan: Plan,
        view: PolicyView,
        *,
        streams: int,
        chunk: int,
        seed: int = 0,
        augmentation: Augmentation | None = None,
        clean_up: bool = False,
        epochs: int | None = None,
    ) -> None:
        self._stretches, self._plan, self._view, self._clean_up = segments, plan, view, clean_up
        self._chunk, self._seed, self._epochs = chunk, seed, epochs
        self._augmentation = augmentation or Augmentation()
        self._plans: dict[int, list[Walk]] = {}
        # Row 0 is the next walk to hand out: (epoch, number, 0). The others are the streams: (epoch, number, offset),
        # with a number of -1 for a stream that needs a walk.
        self._places: Ints = np.zeros((streams + 1, 3), np.int64)
        self._places[1:, 1] = -1

    @property
    def places(self) -> Ints:
        """Where the streams are, int64 (B + 1, 3): set it to go on from there."""
        return self._places.copy()

    @places.setter
    def places(self, places: Ints) -> None:
        self._places = places.astype(np.int64)

    def updates(self, epochs: int) -> int:
        """How many batches so many epochs are, from their beginning."""
        chunks = sum(-(-(walk.stop - walk.start) // self._chunk) for e in range(epochs) for walk in self._plan(e))
        return -(-chunks // (len(self._places) - 1))

    def __iter__(self) -> Iterator[Batch]:
        while (batch := self._next()) is not None:
            yield batch

    def _next(self) -> Batch | None:
        b, t = len(self._places) - 1, self._chunk
        views = {part: np.zeros((t, b, *shape), np.uint8) for part, shape in self._view.shapes.items()}
        targets = Targets(
            np.zeros((t, b, len(SWITCHES)), bool),
            np.zeros((t, b), np.int64),
            np.zeros((t, b), np.int64),
            np.zeros((t, b), bool),
            np.zeros((t, b), np.float32),
        )
        present, begins = np.zeros((t, b), bool), np.zeros(b, bool)
        for i in range(b):
            place = self._places[i + 1]
            begins[i] = place[1] < 0
            if begins[i] and not self._hand_out(place):
                continue
            walk = self._walks(int(place[0]))[place[1]]
            start = walk.start + int(place[2])
            rows = min(t, walk.stop - start)
            self._fill(views, targets, i, walk, start, rows, (int(place[0]), int(place[1])))
            present[:rows, i] = True
            place[2] += rows
            if start + rows == walk.stop:
                place[1:] = -1, 0
        return Batch(views, targets, present, begins) if present.any() else None

    def _hand_out(self, place: Ints) -> bool:
        """Give a stream the next walk; False when all epochs are over."""
        queue = self._places[0]
        if not any(self._walks(int(queue[0]) + epoch) for epoch in range(PAPER_SELECTIONS)):
            raise ClonestrikeError("the sampling selects no rows at all", "use more recordings or another recipe")
        while queue[1] >= len(self._walks(int(queue[0]))):
            queue[:] = queue[0] + 1, 0, 0
        if self._epochs is not None and queue[0] >= self._epochs:
            return False
        place[:] = queue
        queue[1] += 1
        return True

    def _walks(self, epoch: int) -> list[Walk]:
        if epoch not in self._plans:
            oldest = int(self._places[:, 0].min())
            self._plans = {e: walks for e, walks in self._plans.items() if e >= oldest}
            self._plans[epoch] = self._plan(epoch)
        return self._plans[epoch]

    def _fill(
        self,
        views: dict[str, Bytes],
        targets: Targets,
        stream: int,
        walk: Walk,
        start: int,
        rows: int,
        number: tuple[int, int],
    ) -> None:
        segment = self._stretches[walk.segment]
        random = np.random.default_rng([self._seed, 3, *number])
        mirrored = random.random() < self._augmentation.mirror
        light = _light(random, self._augmentation.light)
        for part, seen in views.items():
            target = seen[:rows, stream]
            segment.read(part, start, start + rows, target)
            if mirrored:
                target[:] = target[:, :, ::-1].copy()
            if light is not None:
                target[:] = cv2.LUT(np.ascontiguousarray(target).reshape(rows, -1), light).reshape(target.shape)
        source = segment.targets.rows(start, start + rows)
        if self._clean_up:
            whole = segment.targets.rows(walk.start, walk.stop).fold_mouse().fill_fire()
            source = whole.rows(start - walk.start, start - walk.start + rows)
        for name in Targets.__dataclass_fields__:
            getattr(targets, name)[:rows, stream] = getattr(source, name)
        if mirrored:
            targets.switches[:rows, stream] = source.switches[:, _MIRRORED]
            targets.mouse_x[:rows, stream] = len(ACTION_SPACE.mouse_x_bins) - 1 - source.mouse_x


@contextmanager
def gathered(streams: Streams) -> Iterator[Iterator[tuple[Batch, Ints]]]:
    """Batches, each with the streams' places after it, gathered in a thread while the one before is learned."""
    batches = iter(streams)

    def gather() -> tuple[Batch, Ints]:
        batch = next(batches)
        return batch, streams.places

    def ahead() -> Iterator[tuple[Batch, Ints]]:
        coming = pool.submit(gather)
        while True:
            ready = coming.result()
            coming = pool.submit(gather)
            yield ready

    with ThreadPoolExecutor(1) as pool:
        yield ahead()


_MIRRORED = [SWITCHES.index({"a": "d", "d": "a"}.get(name, name)) for name in SWITCHES]
