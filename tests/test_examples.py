"""The package of docs/extend.md: installed by pip from outside the source, its parts do what ours do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clonestrike.recordings.recording import Recording, find_recordings

EXAMPLE = Path(__file__).parents[1] / "examples" / "tiny"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with the example in it."""
    source, target = tmp_path_factory.mktemp("source") / "tiny", tmp_path_factory.mktemp("site")
    shutil.copytree(EXAMPLE, source)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(source)], check=True, capture_output=True)
    return target


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where its commands run, one after the other."""
    return tmp_path_factory.mktemp("tiny")


def run(folder: Path, site: Path, *words: str) -> Any:
    """A command's result; the words are those after ``clonestrike``."""
    paths = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "clonestrike", *words, "--json", "result.json"]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}\n{done.stderr}"
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def test_from_recording_to_matches(site: Path, folder: Path) -> None:
    game = ("--game", "carousel")
    recorded = run(folder, site, "record", *game, "--play", "seeker", "--steps", "3000", "--out", "data")
    assert recorded["steps"] == 3000
    recording = Recording.open(find_recordings([folder / "data"])[0])
    assert recording.info.game == "carousel"
    assert recording.kills.sum() > 30

    labelled = run(folder, site, "label", "data", "--score")
    assert labelled["valid"] > 2800
    assert labelled["switches"]["left"]["f1"] > 0.85

    training = ("--updates", "300", "--threads", "1", "--precision", "float32")
    trained = run(
        folder, site, "train", "data", "--labels", "true", "--model", "glance:wide", *training, "--out", "run"
    )
    assert trained["updates"] == 300

    evaluated = run(
        folder, site, "evaluate", "run", *game, "--matches", "2", "--minutes", "1", "--random", "--out", "x"
    )
    mean = {who: evaluated[who]["kills_per_minute"]["mean"] for who in ("agent", "random")}
    assert mean["agent"] > 2 * mean["random"] + 1


def test_an_actor_needs_no_entry_point(site: Path, folder: Path) -> None:
    played = run(folder, site, "play", "tiny.actor:seeker", "--game", "carousel", "--minutes", "0.5")
    assert played["kills"] > 10


def test_files_of_its_format_are_checked_and_learned_from(site: Path, folder: Path) -> None:
    recording = Recording.open(find_recordings([folder / "data"])[0])
    actions = recording.actions
    assert actions is not None
    for name, rows in (("a", slice(0, 300)), ("b", slice(300, 600))):
        mine = actions[rows]
        frames = recording.frames(rows.start, rows.stop)
        np.savez(folder / f"{name}.play.npz", frames=frames, switches=mine.switches, mouse=mine.mouse)
    (folder / "c.play.npz").write_bytes(b"PK no more")
    checked = run_failing(folder, site, "check", ".")
    assert checked["summary"]["npz"]["files"] == 3
    assert [Path(fault["path"]).name for fault in checked["faults"]] == ["c.play.npz"]
    (folder / "c.play.npz").unlink()
    training = ("--updates", "2", "--threads", "1", "--precision", "float32")
    files = ("a.play.npz", "b.play.npz")
    assert run(folder, site, "train", *files, "--labels", "true", *training, "--out", "other")["updates"] == 2


def run_failing(folder: Path, site: Path, *words: str) -> Any:
    """The result of a command that finds something wrong."""
    with pytest.raises(AssertionError):
        run(folder, site, *words)
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))
