"""Worker processes of scripts, as users start them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clonestrike.recordings.recording import Recording

GUARD = 'if __name__ == "__main__":\n    '
NO_GUARD = (
    "clonestrike.errors.ClonestrikeError: no worker process could start: "
    'a script calls this below `if __name__ == "__main__":`, and lies in a file'
)
FROM_PYTHON = [
    'clonestrike.evaluate("random", "out", matches=2)',
    'clonestrike.record("rec", play="random", minutes=0.01, workers=2)',
    'from pathlib import Path; from clonestrike.datasets.check import check; check([Path("recordings")], 2)',
]


def run(folder: Path, code: str) -> tuple[str, str]:
    """Output of a script, and the last line of its errors."""
    script = folder / "script.py"
    script.write_text(code)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False, cwd=folder)
    return done.stdout.strip(), (done.stderr.splitlines() or [""])[-1]


@pytest.mark.parametrize("call", FROM_PYTHON)
def test_a_script_without_a_guard_is_told_of_it(
    make_recording: Callable[..., Recording], tmp_path: Path, call: str
) -> None:
    make_recording(5)
    assert run(tmp_path, f"import clonestrike\n{call}") == ("", NO_GUARD)


def test_a_script_with_a_guard_works(tmp_path: Path) -> None:
    code = f"from clonestrike.workers import in_workers\n{GUARD}print(in_workers(len, ['a', 'bc', 'def'], 2))"
    assert run(tmp_path, code) == ("[1, 2, 3]", "")


def test_a_worker_that_dies_at_work_is_told_as_killed(tmp_path: Path) -> None:
    code = f"import os\nfrom clonestrike.workers import in_workers\n{GUARD}in_workers(os._exit, [1, 1], 1)"
    told = "clonestrike.errors.ClonestrikeError: a worker process was killed (out of memory?): use fewer --workers"
    assert run(tmp_path, code) == ("", told)
