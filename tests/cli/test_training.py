"""What the command train prints."""

from __future__ import annotations

import pytest

from clonestrike.cli.training import _report_train

KEY = {"share": 0.25, "loss": 0.5, "accuracy": 0.75, "precision": None, "recall": 0.0, "f1": 0.0, "onset_f1": 0.0}
MOUSE = {"loss": 2.5, "accuracy": 0.125}


def test_scores_are_a_row_for_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    scores = {"w": KEY, "mouse_x": MOUSE}
    _report_train({"checkpoint": "runs/x", "held_out": {"rows": 1234, "policy": scores, "repeat_last": {"never": KEY}}})
    printed = capsys.readouterr().out
    assert "1,234 rows" in printed
    assert "never" not in printed
    (w,) = (line for line in printed.splitlines() if "│ w " in line)
    assert [cell.strip() for cell in w.split("│")[1:-1]] == ["w", "0.25", "0.5", "0.75", "-", "0", "0", "0"]
    assert max(map(len, printed.splitlines())) <= 80


def test_without_held_out_rows_there_are_no_scores(capsys: pytest.CaptureFixture[str]) -> None:
    _report_train({"checkpoint": "runs/x", "held_out": None})
    assert "none" in capsys.readouterr().out
