"""Runs keras_paper.py in the environment with Keras, if it exists."""

import json
import subprocess
from pathlib import Path

PYTHON = Path(".venv-keras/bin/python")
SCRIPT = Path(__file__).with_name("keras_paper.py")


def keras_seconds(mode: str, threads: int, frames: int, repeats: int) -> list[float]:
    """Seconds of every repeat; empty if the environment does not exist (``make keras`` builds it)."""
    if not PYTHON.exists():
        return []
    command = [str(PYTHON), str(SCRIPT), mode, *map(str, (threads, frames, repeats))]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answer = json.loads(printed.splitlines()[-1])
    assert answer["parameters"] == 5_964_475
    return [float(s) for s in answer["seconds"]]
