from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.training.facts import no_facts

from clonestrike.core.actions import SWITCHES
from clonestrike.training.curves import write_curves
from clonestrike.training.metrics import HEADS, HeldOut, Metrics, frequencies, read_metrics
from clonestrike.training.segments import Segment, Targets

W = SWITCHES.index("w")


def targets(w: list[int], x: list[int], valid: list[int] | None = None) -> Targets:
    """One stream (T, 1) with the w key and mouse x given."""
    n = len(w)
    switches = np.zeros((n, 1, 13), bool)
    switches[:, 0, W] = w
    return Targets(
        switches,
        np.array(x)[:, None],
        np.full((n, 1), 7),
        np.array(valid or [1] * n, bool)[:, None],
        np.zeros((n, 1), np.float32),
    )


def said(true: Targets, w: list[float], x: list[int]) -> dict[str, np.ndarray]:
    """Probabilities of w; mouse x is said with 0.78 and 0.01 for every other bin."""
    n = len(w)
    switches = np.zeros((n, 1, 13), np.float32)
    switches[:, 0, W] = w
    mouse_x = np.full((n, 1, 23), 0.01, np.float32)
    mouse_x[np.arange(n), 0, x] = 0.78
    return {"switches": switches, "mouse_x": mouse_x, "mouse_y": np.eye(15, dtype=np.float32)[true.mouse_y]}


SHARES = {
    "switches": np.full(13, 0.25, np.float32),
    "mouse_x": np.full(23, 1 / 23, np.float32),
    "mouse_y": np.full(15, 1 / 15, np.float32),
}


def test_scores_of_the_policy_and_the_baselines() -> None:
    collected = HeldOut()
    first = targets([0, 1, 1, 0], [11, 11, 5, 5])
    collected.add(said(first, [0.1, 0.9, 0.9, 0.2], [11, 11, 5, 6]), first, np.array([True]))
    second = targets([1, 1], [5, 8])  # continues the same sequence
    collected.add(said(second, [0.2, 0.8], [9, 9]), second, np.array([False]))
    scores = collected.scores(SHARES)
    assert scores["rows"] == 5  # the first row of a sequence has no predecessor
    policy, frequent, last = (scores[name] for name in ("policy", "most_frequent", "repeat_last"))
    assert policy["w"]["share"] == pytest.approx(4 / 5)
    assert policy["w"]["loss"] == pytest.approx(-np.log([0.9, 0.9, 0.8, 0.2, 0.8]).mean(), rel=1e-5)
    assert policy["w"]["accuracy"] == pytest.approx(4 / 5)
    assert (policy["w"]["precision"], policy["w"]["recall"]) == pytest.approx((1, 3 / 4))
    assert policy["w"]["onset_f1"] == pytest.approx(2 / 3)  # of the two onsets the first is predicted
    assert policy["mouse_x"]["accuracy"] == pytest.approx(2 / 5)
    assert policy["mouse_x"]["within_one_bin"] == pytest.approx(4 / 5)
    assert policy["mouse_x"]["loss"] == pytest.approx(-np.log([0.78, 0.78, 0.01, 0.01, 0.01]).mean(), rel=1e-5)
    assert policy["mouse_x"]["loss_firing"] is None
    assert frequent["w"]["loss"] == pytest.approx(-(4 * np.log(0.25) + np.log(0.75)) / 5, rel=1e-5)
    assert frequent["w"]["accuracy"] == pytest.approx(1 / 5)
    assert last["w"]["accuracy"] == pytest.approx(2 / 5)
    assert last["w"]["onset_f1"] == 0
    assert last["w"]["loss"] is None
    assert last["mouse_x"]["accuracy"] == pytest.approx(3 / 5)


def test_invalid_rows_and_their_successors_are_not_scored() -> None:
    collected = HeldOut()
    true = targets([1, 1, 1, 1], [0, 0, 0, 0], valid=[1, 0, 1, 1])
    collected.add(said(true, [1, 1, 1, 1], [0, 0, 0, 0]), true, np.array([True]))
    assert collected.scores(SHARES)["rows"] == 1


def test_nothing_to_score_gives_no_numbers() -> None:
    collected = HeldOut()
    true = targets([1], [0])
    collected.add(said(true, [1], [0]), true, np.array([True]))
    scores = collected.scores(SHARES)
    assert scores["rows"] == 0
    assert scores["policy"]["w"] == dict.fromkeys(scores["policy"]["w"])


def test_frequencies_of_valid_rows() -> None:
    true = targets([1, 0, 1, 1], [3, 3, 4, 5], valid=[1, 1, 1, 0])
    flat = Targets(*(getattr(true, name)[:, 0] for name in Targets.__dataclass_fields__))
    segment = Segment("run", (), flat, no_facts(4))
    found = frequencies([segment], dict(zip(HEADS, (13, 23, 15), strict=True)))
    assert found["switches"][W] == pytest.approx(2 / 3)
    assert found["mouse_x"][[3, 4, 5]] == pytest.approx([2 / 3, 1 / 3, 0])
    assert {head: len(values) for head, values in found.items()} == {"switches": 13, "mouse_x": 23, "mouse_y": 15}


def test_metrics_of_updates_that_are_done_again_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    metrics = Metrics(path, 0)
    for update in (1, 2, 3):
        metrics.write({"updates": update})
    with path.open("a") as file:
        file.write('{"updates": 4, "lo')  # killed while writing
    Metrics(path, 2).write({"updates": 3, "again": True})
    assert read_metrics(path) == [{"updates": 1}, {"updates": 2}, {"updates": 3, "again": True}]
    assert read_metrics(tmp_path / "missing.jsonl") == []
    json.dumps(read_metrics(path))


def test_curves_are_a_picture(tmp_path: Path) -> None:
    parts = {"loss": 3.0, "switches": 2.0, "mouse_x": 1.0, "mouse_y": 0.5, "value": 0.1}
    scored = {name: {"loss": 0.1} for name in (*SWITCHES, "mouse_x", "mouse_y")}
    held_out = {"policy": scored, "most_frequent": scored}
    lines = [{"frames": i, "losses": parts} for i in range(3)]
    write_curves([*lines, {"frames": 3, "held_out": held_out}], tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]
