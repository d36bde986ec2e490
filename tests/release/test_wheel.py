"""The wheel outside the checkout, installed as a user does who only plays: no extra, so no torch."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import clonestrike

ROOT = Path(__file__).parent.parent.parent
DIST = ROOT / "build" / "dist"
STAGES = (
    "record --watch bots --minutes 0.5 --workers 1 --out data/bots",
    "record --play random --minutes 0.2 --out data/random",
    "label data/bots data/random --score",
    "play pretrained:doom --minutes 0.2 --video match.mp4",
    "evaluate pretrained:doom --matches 2 --minutes 0.2 --random --out results",
    "coverage results data/bots --out figures",
    "style pretrained:doom random --matches 1 --minutes 0.2 --workers 1 --out style",
    "check data",
    "stats data --out counted",
    "video data/bots/000000 recording.mp4",
)
TRAINING = (
    "train data/random --labels true --out runs/mine",
    "aggregate pretrained:doom data/random --out rounds",
    "demo --out demo",
    "export onnx pretrained:doom --out policy.onnx",
    "import keras network.json network.h5 --out runs/theirs",
)

pytestmark = pytest.mark.release
Command = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def wheel() -> Path:
    (found,) = DIST.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def clonestrike_command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Runs a command of the installed wheel in a folder of its own."""
    folder = tmp_path_factory.mktemp("user")
    environment = folder / "environment"
    venv.create(environment, with_pip=True)
    programs = environment / ("Scripts" if sys.platform == "win32" else "bin")
    pip: list[str | Path] = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--constraint", ROOT / "constraints.txt", wheel], check=True, cwd=folder)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    variables["CLONESTRIKE_CACHE"] = str(folder / "cache")

    def run(words: str) -> subprocess.CompletedProcess[str]:
        command: list[str | Path] = [programs / "clonestrike", *words.split()]
        return subprocess.run(
            command, cwd=folder, env=variables, capture_output=True, text=True, timeout=600, check=False
        )

    return run


@pytest.mark.parametrize("words", STAGES)
def test_all_but_training_runs_without_torch(clonestrike_command: Command, words: str) -> None:
    done = clonestrike_command(words)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", TRAINING)
def test_training_names_its_extra(clonestrike_command: Command, words: str) -> None:
    done = clonestrike_command(words)
    assert done.returncode == 2
    assert re.fullmatch(r"error: \w+ is not installed: pip install 'clonestrike\[train\]'\n", done.stderr)


def test_the_version_is_the_same_everywhere(clonestrike_command: Command, wheel: Path) -> None:
    assert clonestrike_command("--version").stdout == f"clonestrike {clonestrike.__version__}\n"
    assert wheel.name.startswith(f"clonestrike-{clonestrike.__version__}-")
    cited = re.search(r"^version: \"?([^\"\n]+)", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited
    assert cited[1] == clonestrike.__version__


def test_what_is_built_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        inside = {name for name in file.namelist() if not name.endswith("/")}
    package = ROOT / "src" / "clonestrike"
    ours = {path.relative_to(package.parent).as_posix() for path in package.rglob("*") if path.is_file()}
    ours = {name for name in ours if "__pycache__" not in name}
    assert {name for name in inside if ".dist-info/" not in name} == ours
    (sdist,) = DIST.glob("*.tar.gz")
    with tarfile.open(sdist) as tar:
        top = {name.split("/")[1] for name in tar.getnames() if "/" in name}
    assert {"LICENSE", "README.md", "pyproject.toml", "src"} <= top
