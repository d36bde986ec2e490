"""Recordings as training data: uninterrupted segments with targets, split by run into training and held-out ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import ACTION_SPACE, SWITCHES, Actions, Bools, Floats, Ints
from clonestrike.core.trajectory import Trajectory
from clonestrike.errors import ClonestrikeError
from clonestrike.labelling.paper import idle
from clonestrike.policy.view import Bytes
from clonestrike.training.config import LabelSource

DEATH_COST = 0.5
SHOT_COST = 0.01


@dataclass(frozen=True)
class Rows:
    """Base of dataclasses whose fields are arrays with a value for each of N consecutive rows of a run."""

    def __len__(self) -> int:
        first: NDArray[Any] = getattr(self, fields(self)[0].name)
        return len(first)

    def rows(self, start: int, stop: int) -> Self:
        """The same of rows start..stop (exclusive)."""
        return type(self)(*(getattr(self, part.name)[start:stop] for part in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts, one after the other."""
        names = [part.name for part in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class Targets(Rows):
    """What is learned at N consecutive rows of a run.

    ``switches`` bool (N, 13); ``mouse_x`` and ``mouse_y`` int64 bin indices (N,); ``valid`` bool (N,): other rows have
    no action loss; ``reward`` float32 (N,): kill - 0.5 death - 0.01 shot (Pearce & Zhu, section IV).
    """

    switches: Bools
    mouse_x: Ints
    mouse_y: Ints
    valid: Bools
    reward: Floats

    def clip_mouse(self, x_bins: int = 2, y_bins: int = 2) -> Targets:
        """With the outermost ``x_bins`` and ``y_bins`` on each side clipped, by default to the original's limits.

        These are +-300 counts for x and +-50 for y.
        """
        x, y = len(ACTION_SPACE.mouse_x_bins), len(ACTION_SPACE.mouse_y_bins)
        return replace(
            self, mouse_x=self.mouse_x.clip(x_bins, x - 1 - x_bins), mouse_y=self.mouse_y.clip(y_bins, y - 1 - y_bins)
        )

    def fill_fire_gaps(self) -> Targets:
        """With gaps of one row, then of two, in the left button filled: automatic weapons do not fire every step."""
        switches = self.switches.copy()
        left = switches[:, SWITCHES.index("left")]
        left[1:-1] |= left[:-2] & left[2:]
        gap = left[:-3] & ~left[1:-2] & ~left[2:-1] & left[3:]
        left[1:-2] |= gap
        left[2:-1] |= gap
        return replace(self, switches=switches)


@dataclass(frozen=True)
class Facts(Rows):
    """What windows are selected by, at N consecutive rows of a run.

    ``kill`` and ``death`` bool (N,); ``weapon`` names or None (N,); ``position`` float64 (N, 2), x and y in game units,
    NaN where unknown; ``still`` bool (N,): the mouse did not move at all, before it is rounded to bins.
    """

    kill: Bools
    death: Bools
    weapon: NDArray[Any]
    position: NDArray[np.float64]
    still: Bools


@dataclass(frozen=True)
class Segment:
    """N consecutive rows of one run without a gap, from one or more of its recordings.

    ``pieces`` are the policy's views of the rows, recording by recording.
    """

    run: str
    pieces: tuple[dict[str, Bytes], ...]
    targets: Targets
    facts: Facts

    def __len__(self) -> int:
        return len(self.targets)

    def read(self, part: str, start: int, stop: int, out: Bytes) -> None:
        """Copy a part of the view at rows start..stop into ``out``, uint8 (stop - start, H, W, 3)."""
        begin = 0
        for piece in self.pieces:
            rows = piece[part]
            low, high = max(start, begin), min(stop, begin + len(rows))
            if low < high:
                out[low - start : high - start] = rows[low - begin : high - begin]
            begin += len(rows)


def segments(
    recordings: Sequence[Trajectory], views: Sequence[dict[str, Bytes]], source: LabelSource, *, skipped: bool = False
) -> list[Segment]:
    """Join the recordings of each run in the order of their part numbers, and cut at every gap.

    Recordings without a valid row are left out: labelling has dropped them, and nothing of them is to be learned.

    Args:
        recordings: in any order; each must have passed check_learnable.
        views: what the policy sees of each of them (see ViewCache.open).
        source: what to learn: ``label`` the inferred actions, ``true`` those that the player intended.
        skipped: learn the labels of rows without a living, armed player, too: the original's inference skips these
            rows, and its training learns what stands there, mostly that nothing is pressed.

    Returns segments in the order of run and part.
    """
    rows = [_rows(recording, view, source, skipped) for recording, view in zip(recordings, views, strict=True)]
    order = sorted(range(len(recordings)), key=lambda i: (recordings[i].run, recordings[i].part))
    found = []
    for run, members in groupby(order, key=lambda i: recordings[i].run):
        chain: list[Segment] = []
        previous = None
        for i in members:
            if not rows[i].targets.valid.any():
                continue
            if previous is not None and recordings[i].part != previous + 1:
                found += _joined(run, chain)
                chain = []
            for piece, ends in _cut(rows[i], recordings[i].gaps):
                chain.append(piece)
                if ends:
                    found += _joined(run, chain)
                    chain = []
            previous = recordings[i].part
        found += _joined(run, chain)
    return found


def split_runs(segments: Sequence[Segment], fraction: float, seed: int) -> tuple[list[Segment], list[Segment]]:
    """Split whole runs into training and held-out segments, with about ``fraction`` of the rows held out.

    Which runs are held out depends on their names and the seed alone. A single run is never held out.
    """
    lengths: dict[str, int] = {}
    for segment in segments:
        lengths[segment.run] = lengths.get(segment.run, 0) + len(segment)
    wanted = fraction * sum(lengths.values())
    held_out: set[str] = set()
    for run in sorted(lengths, key=lambda run: hashlib.sha256(f"{seed}:{run}".encode()).digest())[:-1]:
        if wanted <= 0:
            break
        held_out.add(run)
        wanted -= lengths[run]
    return [s for s in segments if s.run not in held_out], [s for s in segments if s.run in held_out]


def _rows(recording: Trajectory, view: dict[str, Bytes], source: LabelSource, skipped: bool) -> Segment:
    actions, exact, valid = _actions_to_learn(recording, source, skipped)
    reward = recording.kills - DEATH_COST * recording.deaths - SHOT_COST * (actions.switch("left") & valid)
    targets = Targets(
        actions.switches,
        ACTION_SPACE.x_index(actions.mouse[:, 0]),
        ACTION_SPACE.y_index(actions.mouse[:, 1]),
        valid,
        reward.astype(np.float32),
    )
    states = recording.row_states
    facts = Facts(
        recording.kills.astype(bool),
        recording.deaths.astype(bool),
        states.weapon,
        np.stack([states.x, states.y], 1),
        (exact.mouse == 0).all(1),
    )
    return Segment(recording.run, (view,), targets, facts)


def check_learnable(recordings: Sequence[Trajectory], source: LabelSource) -> None:
    """Raise ClonestrikeError when a recording has no labels, or no true actions, as ``source`` asks for."""
    known = {recording.run for recording in recordings if recording.actions is not None}
    for recording in recordings:
        if source == "label" and recording.labels is None:
            raise ClonestrikeError(
                f"{recording.path} has no labels yet", f"run `clonestrike label {recording.path}` first"
            )
        # The action of a watched run's last step is never known, and may be the only one of the run or of a part.
        if source == "true" and recording.run not in known and recording.steps > 1:
            raise ClonestrikeError(f"{recording.path} holds no true actions", "train on the labels (--labels label)")


def _actions_to_learn(recording: Trajectory, source: LabelSource, skipped: bool) -> tuple[Actions, Actions, Bools]:
    """The actions to learn; the same with mouse counts as they were inferred; and which are valid, bool (T,).

    Labels of disturbed steps are not valid: they say what was executed, not what was intended.
    """
    nothing = Actions.zeros(recording.steps)
    if source == "true":
        actions = recording.actions or nothing
        return actions, actions, recording.action_known
    labels, valid = recording.labels or nothing, recording.label_valid
    if skipped and valid.any():  # else labelling has dropped all of it
        absent = idle(recording.states)
        valid = valid | ((absent[:-1] | absent[1:]) & ~recording.gaps & np.isfinite(labels.mouse).all(1))
    return labels, recording.exact_labels or labels, valid & ~recording.disturbed


def _cut(rows: Segment, gaps: Bools) -> Iterable[tuple[Segment, bool]]:
    """Split a segment at its gaps, bool (N,); yields each piece, and whether a gap follows it."""
    starts = [0, *(np.flatnonzero(gaps) + 1).tolist()]
    for start, stop in zip(starts, [*starts[1:], len(rows)], strict=True):
        if start < stop:
            pieces = tuple({part: seen[start:stop] for part, seen in piece.items()} for piece in rows.pieces)
            piece = Segment(rows.run, pieces, rows.targets.rows(start, stop), rows.facts.rows(start, stop))
            yield piece, bool(gaps[stop - 1])


def _joined(run: str, chain: Sequence[Segment]) -> list[Segment]:
    if not chain:
        return []
    pieces = tuple(view for piece in chain for view in piece.pieces)
    targets, facts = Targets.joined([piece.targets for piece in chain]), Facts.joined([piece.facts for piece in chain])
    return [Segment(run, pieces, targets, facts)]
