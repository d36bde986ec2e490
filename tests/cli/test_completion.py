"""The completion script, asked by a real bash what could follow."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clonestrike.cli import main as cli

ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
_tyro_clonestrike
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "clonestrike.bash"
    with pytest.raises(SystemExit) as stop:
        cli.main(["completion", "bash", "--out", str(path)])
    assert stop.value.code == 0
    return path


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("rec",), {"record"}),
        (("import", ""), {"hdf5", "recorder", "keras", "demo"}),
        (("train", "--rec"), {"--recipe"}),
        (("train", "--recipe", "paper-"), {"paper-expert"}),
        (("export", "onnx", "--in"), {"--int8"}),
    ],
)
def test_bash_completes(words: tuple[str, ...], offered: set[str], script: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # the script runs a Python
    done = subprocess.run(
        ["bash", "-c", ASK, "ask", script, "clonestrike", *words],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert set(done.stdout.split()) - {"-h", "--help"} == offered
