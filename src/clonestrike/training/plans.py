"""Sampling: which training sequences make up an epoch, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from clonestrike.training.segments import Segment
from clonestrike.training.selection import Selection, TrainingSequence, windows_of

PAPER_JITTER = 18
"""Largest shift of a window, in rows."""

Plan = Callable[[int], list[TrainingSequence]]
"""Epoch number -> its training sequences, in the order in which streams take them."""


def whole_runs(segments: Sequence[Segment], seed: int, longest: int = 960) -> Plan:
    """Every row once per epoch: whole segments in random order; those over ``longest`` rows are cut at random."""

    def plan(epoch: int) -> list[TrainingSequence]:
        random = np.random.default_rng([seed, 0, epoch])
        sequences = []
        for i, segment in enumerate(segments):
            n = len(segment)
            cuts = [] if n <= longest else list(range(int(random.integers(1, longest)), n, longest))
            sequences += [TrainingSequence(i, a, b) for a, b in zip([0, *cuts], [*cuts, n], strict=True)]
        return [sequences[i] for i in random.permutation(len(sequences))]

    return plan


def paper_windows(segments: Sequence[Segment], seed: int, selection: Selection | None = None) -> Plan:
    """Windows of 96 rows in random order, shifted forward by 0..18 rows: all, or those that a selection has drawn.

    Its lists are cycled, one per epoch.
    """
    windows = windows_of(segments)

    def plan(epoch: int) -> list[TrainingSequence]:
        chosen = np.arange(len(windows)) if selection is None else selection.of_epoch(epoch)
        random = np.random.default_rng([seed, 2, epoch])
        sequences = []
        for i in random.permutation(chosen):
            segment, start, stop = windows[i]
            jitter = min(int(random.integers(0, PAPER_JITTER + 1)), len(segments[segment]) - stop)
            sequences.append(TrainingSequence(segment, start + jitter, stop + jitter))
        return sequences

    return plan
