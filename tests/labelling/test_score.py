"""Scores: figures that can be checked by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from clonestrike.core.actions import SWITCHES, Action, Actions
from clonestrike.labelling.labels import Labels
from clonestrike.labelling.score import score


def acts(rows: str, key: str = "w") -> Actions:
    """One key, pressed where the text has a 1."""
    return Actions.of([Action(frozenset({key} if row == "1" else ())) for row in rows])


def labels(actions: Actions, valid: str | None = None) -> Labels:
    return Labels(actions, np.array([v == "1" for v in valid or "1" * len(actions)]))


def test_precision_recall_f1_and_support() -> None:
    result = score([labels(acts("1110000"))], [acts("0111100")])
    assert result["steps"] == 7
    assert result["unlabelled"] == 0
    assert result["switches"]["w"] == {
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 4),
        "f1": pytest.approx(4 / 7),
        "onset_f1": 1.0,  # one step early
        "support": 4,
        "inferred": 3,
    }
    assert result["switches"]["a"]["f1"] is None
    assert list(result["switches"]) == list(SWITCHES)


@pytest.mark.parametrize(
    ("inferred", "true", "onset_f1"),
    [
        ("0110011", "0110011", 1.0),
        ("0111111", "0110011", 2 / 3),  # the second press was not seen
        ("0001100", "0110000", 0.0),  # two steps late
        ("0101000", "0010000", 2 / 3),  # two presses for one
        ("1100000", "0000000", 0.0),
    ],
)
def test_onsets(inferred: str, true: str, onset_f1: float) -> None:
    assert score([labels(acts(inferred))], [acts(true)])["switches"]["w"]["onset_f1"] == pytest.approx(onset_f1)


def test_rows_that_are_not_valid_or_not_known_do_not_count() -> None:
    known = [np.array([True, True, False, True])]
    result = score([labels(acts("1111"), "0111")], [acts("0011")], known)
    assert result["steps"] == 2
    assert result["unlabelled"] == 1
    assert result["switches"]["w"]["inferred"] == 2
    assert result["switches"]["w"]["support"] == 1


def test_movement_is_pooled_over_keys_and_recordings() -> None:
    inferred = [labels(acts("11", "w")), labels(acts("1100", "a"))]
    result = score(inferred, [acts("11", "w"), acts("0110", "a")])
    assert result["movement_f1"] == pytest.approx(2 * 3 / (4 + 4))


def test_mouse() -> None:
    guess = Actions.zeros(4)
    guess.mouse[:] = [[0, 1], [10, 1], [-20, 1], [70, 1]]
    true = Actions.zeros(4)
    true.mouse[:] = [[1, np.nan], [11, np.nan], [-40, np.nan], [60, np.nan]]
    mouse = score([labels(guess)], [true])["mouse"]
    assert mouse["x"]["mean_absolute_error"] == pytest.approx(32 / 4)
    assert mouse["x"]["correlation"] == pytest.approx(np.corrcoef(guess.mouse[:, 0], true.mouse[:, 0])[0, 1])
    assert mouse["x"]["bin_accuracy"] == pytest.approx(3 / 4)
    assert mouse["x"]["steps"] == 4
    assert mouse["y"] == {"mean_absolute_error": None, "correlation": None, "bin_accuracy": None, "steps": 0}


def test_nothing_to_score() -> None:
    result = score([], [])
    assert result["steps"] == 0
    assert result["movement_f1"] is None
    json.dumps(result, allow_nan=False)
