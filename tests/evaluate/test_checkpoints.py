from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clonestrike.cli.main import main
from clonestrike.evaluate.checkpoints import checkpoints
from clonestrike.recordings.recording import Recording
from clonestrike.training.config import TrainConfig
from clonestrike.training.train import train

MakeRecording = Callable[..., Recording]


@pytest.fixture
def run(make_recording: MakeRecording, tmp_path: Path) -> Path:
    """A training of five epochs, of which two were kept."""
    for seed in range(2):
        make_recording(40, seed=seed, labelled=True)
    config = TrainConfig(
        (tmp_path / "recordings",), tmp_path / "run", epochs=5, keep_every=2, valid_fraction=0.0, threads=1,
        streams=2, chunk=8, precision="float32", cache=tmp_path / "cache",
    )  # fmt: skip
    return train(config)


def evaluated(*words: object) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["evaluate", *map(str, words)])
    return int(stop.value.code or 0)


def test_all_checkpoints_play_the_same_matches(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "results"
    length = ("--matches", 2, "--minutes", 0.1, "--game", "doom:bots=2", "--random")
    assert evaluated(run, "--all", "--out", out, *length, "--json", tmp_path / "all.json") == 0
    told = " ".join(capsys.readouterr().out.split())
    result = json.loads((tmp_path / "all.json").read_text())
    assert result == json.loads((out / "checkpoints.json").read_text())
    assert [row["checkpoint"] for row in result["checkpoints"]] == ["002", "004", "last"]
    rates = {row["checkpoint"]: row["kills_per_minute"]["mean"] for row in result["checkpoints"]}
    best = max(reversed(rates), key=rates.__getitem__)
    assert result["best"] == str(run if best == "last" else run / "epochs" / best)
    assert result["lead"]["mean"] == pytest.approx(rates[best] - rates["last"])
    assert f"best: {result['best']}"[:40] in told
    seeds = {
        name: [m["seed"] for m in json.loads((out / name / "summary.json").read_text())["results"]] for name in rates
    }
    assert seeds == {"002": [1000, 1001], "004": [1000, 1001], "last": [1000, 1001, 1000, 1001]}  # random plays once


def test_a_last_one_that_was_kept_plays_once(run: Path, tmp_path: Path) -> None:
    assert list(checkpoints(str(run))) == ["002", "004", "last"]
    shutil.copytree(run, tmp_path / "epochs" / "005")
    shutil.move(tmp_path / "epochs" / "005", run / "epochs")
    assert list(checkpoints(str(run))) == ["002", "004", "005"]


def test_without_kept_checkpoints_there_is_nothing_to_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluated("pretrained:doom", "--all", "--out", tmp_path / "results") == 2
    assert "has kept no checkpoint of its epochs: train with --keep-every" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "results").exists()
