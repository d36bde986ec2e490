"""Batches of training: parallel streams of sequences, read in chunks of T steps.

All random choices are a function of the seed and the epoch, and the position of each stream is three integers: a
training that was killed and resumed sees exactly the batches of one that was not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, islice

import cv2
import numpy as np

from clonestrike.core.actions import ACTION_SPACE, SWITCHES, Bools, Ints
from clonestrike.errors import ClonestrikeError
from clonestrike.policy.view import Bytes, PolicyView
from clonestrike.training.augmentation import Augmentation, _light
from clonestrike.training.plans import Plan
from clonestrike.training.segments import Segment, Targets
from clonestrike.training.selection import LISTS, TrainingSequence


@dataclass(frozen=True)
class Batch:
    """A chunk of T steps of B streams.

    ``views`` uint8 (T, B, H, W, 3) for each part of the view; ``targets`` with axes (T, B) instead of (N,);
    ``present`` bool (T, B), False for padding; ``begins`` bool (B,): a sequence begins, so memory must be emptied.
    """

    views: dict[str, Bytes]
    targets: Targets
    present: Bools
    begins: Bools


class Streams:
    """B parallel streams: each takes the plan's next sequence whenever it has finished one, and reads T rows at a time.

    With ``edit_labels`` mouse labels are clipped and fire gaps filled within each sequence, as in the original; the
    reward is that of the unedited labels. Iteration ends after ``epochs``, or never when that is None.

    Raises ClonestrikeError when the plan is empty.
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
        edit_labels: bool = False,
        epochs: int | None = None,
    ) -> None:
        self._segments, self._plan, self._view, self._edit_labels = segments, plan, view, edit_labels
        self._chunk, self._seed, self._epochs = chunk, seed, epochs
        self._augmentation = augmentation or Augmentation()
        self._plans: dict[int, list[TrainingSequence]] = {}
        # Row 0 is the next sequence to hand out: (epoch, number, 0). The others are the streams: (epoch, number,
        # offset), with a number of -1 for a stream that needs a sequence.
        self._cursors: Ints = np.zeros((streams + 1, 3), np.int64)
        self._cursors[1:, 1] = -1
        if not any(self._sequences(epoch) for epoch in range(LISTS)):
            raise ClonestrikeError("the sampling selects no rows at all", "use more recordings or another recipe")

    @property
    def cursors(self) -> Ints:
        """The streams' positions in the plan, int64 (B + 1, 3); set them to continue from there."""
        return self._cursors.copy()

    @cursors.setter
    def cursors(self, cursors: Ints) -> None:
        self._cursors = cursors.astype(np.int64)
        for cursor in self._cursors[1:]:  # the plan of an earlier version may have had more sequences
            if cursor[1] >= len(self._sequences(int(cursor[0]))):
                cursor[1:] = -1, 0

    def epoch_ends(self) -> Iterator[int]:
        """Yields the number of batches from the first until an epoch is over, epoch by epoch, without end."""
        chunks = 0
        for epoch in count():
            chunks += sum(-(-(sequence.stop - sequence.start) // self._chunk) for sequence in self._plan(epoch))
            yield -(-chunks // (len(self._cursors) - 1))

    def updates(self, epochs: int) -> int:
        """Number of batches in this many epochs (1 or more), from the first."""
        return next(islice(self.epoch_ends(), epochs - 1, None))

    def __iter__(self) -> Iterator[Batch]:
        while (batch := self._next()) is not None:
            yield batch

    def _next(self) -> Batch | None:
        b, t = len(self._cursors) - 1, self._chunk
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
            cursor = self._cursors[i + 1]
            begins[i] = cursor[1] < 0
            if begins[i] and not self._hand_out(cursor):
                continue
            sequence = self._sequences(int(cursor[0]))[cursor[1]]
            start = sequence.start + int(cursor[2])
            rows = min(t, sequence.stop - start)
            self._fill(views, targets, i, sequence, start, rows, (int(cursor[0]), int(cursor[1])))
            present[:rows, i] = True
            cursor[2] += rows
            if start + rows == sequence.stop:
                cursor[1:] = -1, 0
        return Batch(views, targets, present, begins) if present.any() else None

    def _hand_out(self, cursor: Ints) -> bool:
        """Point a stream's cursor at the next sequence; returns False when all epochs are over."""
        queue = self._cursors[0]
        while queue[1] >= len(self._sequences(int(queue[0]))):
            queue[:] = queue[0] + 1, 0, 0
        if self._epochs is not None and queue[0] >= self._epochs:
            return False
        cursor[:] = queue
        queue[1] += 1
        return True

    def _sequences(self, epoch: int) -> list[TrainingSequence]:
        if epoch not in self._plans:
            oldest = int(self._cursors[:, 0].min())
            self._plans = {e: sequences for e, sequences in self._plans.items() if e >= oldest}
            self._plans[epoch] = self._plan(epoch)
        return self._plans[epoch]

    def _fill(
        self,
        views: dict[str, Bytes],
        targets: Targets,
        stream: int,
        sequence: TrainingSequence,
        start: int,
        rows: int,
        number: tuple[int, int],
    ) -> None:
        segment = self._segments[sequence.segment]
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
        if self._edit_labels:
            whole = segment.targets.rows(sequence.start, sequence.stop).clip_mouse().fill_fire_gaps()
            source = whole.rows(start - sequence.start, start - sequence.start + rows)
        for name in Targets.__dataclass_fields__:
            getattr(targets, name)[:rows, stream] = getattr(source, name)
        if mirrored:
            targets.switches[:rows, stream] = source.switches[:, _MIRRORED]
            targets.mouse_x[:rows, stream] = len(ACTION_SPACE.mouse_x_bins) - 1 - source.mouse_x


@contextmanager
def prefetched(streams: Streams) -> Iterator[Iterator[tuple[Batch, Ints]]]:
    """Batches, each with the streams' cursors after it, read in a thread while the previous batch is learned."""
    batches = iter(streams)

    def gather() -> tuple[Batch, Ints]:
        batch = next(batches)
        return batch, streams.cursors

    def ahead() -> Iterator[tuple[Batch, Ints]]:
        coming = pool.submit(gather)
        while True:
            ready = coming.result()
            coming = pool.submit(gather)
            yield ready

    with ThreadPoolExecutor(1) as pool:
        yield ahead()


_MIRRORED = [SWITCHES.index({"a": "d", "d": "a"}.get(name, name)) for name in SWITCHES]
