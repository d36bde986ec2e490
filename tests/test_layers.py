"""What import-linter cannot see: what is loaded when it runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"av", "cv2", "matplotlib", "numpy", "onnxruntime", "pyarrow", "torch", "vizdoom"}


def loaded(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after this code."""
    code += "\nimport sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("words", [[], ["--help"], ["train", "--help"], ["evaluate", "--help"], ["rekord"]])
def test_help_loads_next_to_nothing(words: list[str]) -> None:
    code = f"from clonestrike.cli.main import main\ntry: main({words})\nexcept SystemExit: pass"
    assert not loaded(code) & HEAVY


@pytest.mark.parametrize(
    "module",
    [
        "playing.record",
        "recordings.recording",
        "labelling.label",
        "playing.play",
        "policy.agent",
        "evaluate",
        "evaluate.coverage",
        "evaluate.visit_maps",
        "view.video",
        "datasets.api",
        "evaluate.api",
        "labelling.api",
        "playing.api",
        "training.api",
        "games.environment",
    ],
)
def test_recording_labelling_and_playing_need_no_torch(module: str) -> None:
    assert not loaded(f"import clonestrike.{module}") & {"torch", "safetensors", "onnxscript"}


def test_the_games_load_no_policy_and_the_policies_no_game() -> None:
    assert "onnxruntime" not in loaded("import clonestrike.games.doom")
    assert "vizdoom" not in loaded("import clonestrike.policy.agent, clonestrike.training.train")


@pytest.mark.parametrize("module", ["clonestrike.recordings", "clonestrike.formats.original"])
def test_a_format_is_known_before_it_is_needed(module: str) -> None:
    assert not loaded(f"from {module} import FORMAT") & {*HEAVY, "h5py"}
