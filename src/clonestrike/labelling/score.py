"""Scores of labels against true actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clonestrike.core.actions import ACTION_SPACE, SWITCHES, Actions, Bools
from clonestrike.core.scores import f1, ratio
from clonestrike.labelling.labels import Labels

MOVEMENT = ("w", "a", "s", "d")
ONSET_STEPS = 1
"""Largest distance, in steps, at which an inferred press matches a true one."""


def score(inferred: Sequence[Labels], true: Sequence[Actions], known: Sequence[Bools] | None = None) -> dict[str, Any]:
    """Compare labels with true actions, over the valid rows of all recordings together.

    Args:
        inferred: labels of each recording.
        true: true actions of each recording, of the same lengths; unknown mouse counts are NaN.
        known: bool (T,) of each recording, rows whose true action is known; all of them by default.

    Returns JSON values (None where there is nothing to divide by):

    * ``steps``: compared rows; ``unlabelled``: rows with a known action but no valid label;
    * ``switches``: for every key and button precision, recall, f1, onset_f1 (beginnings of presses, matched one to one
      within ONSET_STEPS), ``support`` (true rows) and ``inferred`` (labelled rows);
    * ``movement_f1``: micro-averaged over w a s d;
    * ``mouse``: for x and y the mean absolute error in counts, the correlation, the share in the true bin, and steps.
    """
    rows = [np.ones(len(actions), np.bool_) for actions in true] if known is None else list(known)
    used = [labels.valid & sure for labels, sure in zip(inferred, rows, strict=True)]
    guess = _joined([labels.actions.switches[use] for labels, use in zip(inferred, used, strict=True)])
    truth = _joined([actions.switches[use] for actions, use in zip(true, used, strict=True)])
    none = np.zeros((3, len(SWITCHES)), np.int64)
    presses = np.stack([none, *map(_onsets, inferred, true, used)]).sum(0)
    switches = {}
    for i, name in enumerate(SWITCHES):
        right, said, there = (int(n.sum()) for n in (guess[:, i] & truth[:, i], guess[:, i], truth[:, i]))
        switches[name] = {
            "precision": ratio(right, said),
            "recall": ratio(right, there),
            "f1": f1(right, said, there),
            "onset_f1": f1(*presses[:, i].tolist()),
            "support": there,
            "inferred": said,
        }
    moves = [SWITCHES.index(name) for name in MOVEMENT]
    hits = int((guess[:, moves] & truth[:, moves]).sum())
    return {
        "steps": len(truth),
        "unlabelled": int(sum((sure & ~use).sum() for sure, use in zip(rows, used, strict=True))),
        "movement_f1": f1(hits, int(guess[:, moves].sum()), int(truth[:, moves].sum())),
        "switches": switches,
        "mouse": {
            axis: _mouse(
                np.concatenate(
                    [np.zeros(0), *(v.actions.mouse[use, i] for v, use in zip(inferred, used, strict=True))]
                ),
                np.concatenate([np.zeros(0), *(a.mouse[use, i] for a, use in zip(true, used, strict=True))]),
                axis,
            )
            for i, axis in enumerate("xy")
        },
    }


def _joined(parts: Sequence[Bools]) -> Bools:
    return np.concatenate([np.zeros((0, len(SWITCHES)), np.bool_), *parts])


def _onsets(labels: Labels, true: Actions, used: Bools) -> NDArray[np.int64]:
    """Numbers of matched, inferred and true presses of every switch, int64 (3, 13)."""
    counts = np.zeros((3, len(SWITCHES)), np.int64)
    begun = [np.diff(a.switches, axis=0, prepend=False) & a.switches & used[:, None] for a in (labels.actions, true)]
    for i in range(len(SWITCHES)):
        said, there = (np.flatnonzero(b[:, i]) for b in begun)
        counts[:, i] = _matches(said.tolist(), there.tolist()), len(said), len(there)
    return counts


def _matches(said: list[int], there: list[int]) -> int:
    """Number of pairs of rows at most ONSET_STEPS apart, each row in one pair at most; both lists ascend."""
    matched = i = k = 0
    while i < len(said) and k < len(there):
        if abs(said[i] - there[k]) <= ONSET_STEPS:
            matched, i, k = matched + 1, i + 1, k + 1
        elif said[i] < there[k]:
            i += 1
        else:
            k += 1
    return matched


def _mouse(guess: NDArray[Any], truth: NDArray[Any], axis: str) -> dict[str, Any]:
    known = ~np.isnan(truth)
    guess, truth = guess[known], truth[known]
    index = ACTION_SPACE.x_index if axis == "x" else ACTION_SPACE.y_index
    varied = len(truth) > 1 and np.ptp(guess) > 0 and np.ptp(truth) > 0
    return {
        "mean_absolute_error": float(np.abs(guess - truth).mean()) if len(truth) else None,
        "correlation": float(np.corrcoef(guess, truth)[0, 1]) if varied else None,
        "bin_accuracy": float((index(guess) == index(truth)).mean()) if len(truth) else None,
        "steps": len(truth),
    }
