"""A package with a game, a network, a data format and an actor, installed by pip, goes the whole way.

It is ``examples/gallery``, installed from a folder outside the source.
"""

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

EXAMPLE = Path(__file__).parents[1] / "examples" / "gallery"

TO_SHOTS = """
import sys
from pathlib import Path
import av
import numpy as np
import pyarrow.parquet as pq

for folder in sorted(Path(sys.argv[1]).iterdir()):
    rows = pq.read_table(folder / "steps.parquet").to_pydict()
    with av.open(str(folder / "video.mkv")) as video:
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)])
    n = len(frames)
    held = np.array([rows[f"action.{name}"][:n] for name in ("w", "d", "left")], object).T.astype(bool)
    np.savez(
        Path(sys.argv[2]) / f"{folder.name}.shots.npz", frames=frames, held=held,
        counts=np.array(rows["action.mouse_x"][:n], np.float32), kills=np.array(rows["state.kills"], np.int64),
    )
"""
"""Turns recordings into files of shots, without anything of ours or of the package's."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip has put the package."""
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--target", str(folder / "site"), str(source)], check=True, capture_output=True)
    shutil.rmtree(source)
    return folder / "site"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gallery")


def python(site: Path, place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, *arguments], cwd=place, env={**os.environ, "PYTHONPATH": path},
        check=False, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def clonestrike(site: Path, place: Path, command: str) -> dict[str, Any]:
    """What a command says with --json."""
    out = place / "result.json"
    done = python(site, place, "-m", "clonestrike", *command.split(), "--json", str(out))
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def test_the_whole_way_from_recording_to_evaluation(site: Path, place: Path) -> None:
    def run(command: str) -> dict[str, Any]:
        return clonestrike(site, place, command)

    # record: its bots are watched with their true inputs; its expert plays in two processes
    assert run("record --game gallery --watch bots --steps 400 --out bots")["steps"] == 400
    assert (
        run("record --game gallery --play expert --noise 0.2 --steps 3000 --workers 2 --seed 5 --out expert")["steps"]
        == 3000
    )

    # label: its own physics says which keys were held
    assert run("label bots --score")["movement_f1"] > 0.9
    assert run("label expert --score")["mouse"]["x"]["correlation"] > 0.99

    # its data format, written by an independent script, is found, checked and counted beside the recordings
    (place / "shots").mkdir()
    done = python(site, place, "-c", TO_SHOTS, "expert", "shots")
    assert done.returncode == 0, done.stderr
    files = len(list((place / "shots").iterdir()))
    summary = run("check shots bots")["summary"]
    assert (summary["shots"]["files"], summary["shots"]["frames"]) == (files, 3000)
    assert summary["recordings"]["frames"] == 400

    # train: its network on its format, exported by torch's own exporter; then play
    training = run("train shots --labels true --model mosaic:wide --updates 800 --out runs/mosaic --threads 1")
    assert training["updates"] == 800
    assert json.loads((place / "runs/mosaic/policy.json").read_text())["architecture"]["name"] == "mosaic"
    assert run("play runs/mosaic --game gallery:bots=3 --minutes 0.5 --video match.mp4")["steps"] == 300
    assert (place / "match.mp4").stat().st_size > 10_000

    # evaluate: the trained network beside expert and random, and its actor by name and by factory
    def kills(command: str, *who: str) -> list[float]:
        summary = run(f"evaluate {command}")
        return [summary[one]["kills_per_minute"]["mean"] for one in who]

    options = "--game gallery --matches 2 --minutes 1"
    agent, expert, random = kills(f"runs/mosaic {options} --expert --random --out r", "agent", "expert", "random")
    assert expert > agent > 5 * random
    by_name, by_factory = (
        kills(f"spinner {options} --out a", "agent"),
        kills(f"gallery.actor:spinner {options} --out b", "agent"),
    )
    assert by_name == by_factory
    assert by_name > [0]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("record --game gallery:bots=x --watch bots --steps 9 --out x", "the gallery has no option 'bots=x'"),
        ("record --game galery --watch bots --steps 9 --out x", "there is no game 'galery': use one of cs2, csgo"),
        (
            "train shots-short --labels true --model mosaic:tall --out x",
            "unknown variant 'tall' of the network mosaic: there are wide",
        ),
        ("doctor --game gallery", "gallery has no window of its own"),
        ("check broken", "cannot be read"),
        ("check broken", "arrays of the shapes"),
    ],
)
def test_its_errors_are_a_line(site: Path, place: Path, command: str, words: str) -> None:
    short = place / "shots-short"
    short.mkdir(exist_ok=True)
    frames = np.zeros((4, 32, 48, 3), np.uint8)
    held, counts, kills = np.ones((4, 3), bool), np.zeros(4, np.float32), np.zeros(5, np.int64)
    np.savez(short / "a.shots.npz", frames=frames, held=held, counts=counts, kills=kills)
    (place / "broken").mkdir(exist_ok=True)
    (place / "broken" / "a.shots.npz").write_bytes(b"PK\x03\x04 cut")
    flat = {"frames": np.zeros((3, 5)), "held": np.zeros((3, 3)), "counts": np.zeros(3), "kills": np.zeros(4)}
    np.savez(place / "broken" / "b.shots.npz", **flat)  # type: ignore[arg-type]
    done = python(site, place, "-m", "clonestrike", *command.split())
    assert done.returncode == (1 if "broken" in command else 2), done.stderr
    assert words in " ".join((done.stdout + done.stderr).replace("│", "").split())


def test_without_the_package_its_checkpoint_says_what_is_missing(site: Path, place: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "clonestrike", "train", "bots", "--init", "runs/mosaic", "--updates", "1", "--out", "y"],
        cwd=place, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "there is no network 'mosaic'" in " ".join(done.stderr.split())
    assert not (place / "y").exists()
