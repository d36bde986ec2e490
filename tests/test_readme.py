"""The README says what is there, and its commands run.

Every ``clonestrike`` line of a bash block must parse. A block that follows a comment of the form
``<!-- run: LONG => SHORT; LONG => SHORT -->`` is run for real, line by line, with these texts put for one another.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from clonestrike.cli.commands import COMMANDS
from clonestrike.cli.main import find

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.compile(r"(?:<!-- run: (?P<run>[^>]*(?:=>[^>]*)*) -->\n)?```bash\n(?P<body>.*?)```", re.DOTALL)


def commands(body: str) -> list[str]:
    """The lines of a block without comments, continued lines joined."""
    lines = (re.sub(r"\s+#.*", "", line).strip() for line in body.replace("\\\n", " ").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def shortened(body: str, rules: str) -> list[str]:
    for rule in filter(None, map(str.strip, rules.split(";"))):
        long, short = (part.strip() for part in rule.split("=>"))
        assert long in body, f"{long} is not in the block"
        body = body.replace(long, short)
    return commands(body)


EVERY = [command for block in BLOCKS.finditer(README) for command in commands(block["body"])]
RUN = [shortened(block["body"], block["run"]) for block in BLOCKS.finditer(README) if block["run"] is not None]


@pytest.mark.parametrize("command", [c for c in EVERY if c.startswith("clonestrike ")])
def test_a_command_parses(command: str) -> None:
    found, arguments = find(shlex.split(command)[1:])
    assert found is not None
    found.parse(arguments)


@pytest.mark.parametrize("command", [c for c in EVERY if c.startswith("make ")])
def test_a_target_exists(command: str) -> None:
    subprocess.run(["make", "--dry-run", *shlex.split(command)[1:]], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("block", RUN, ids=lambda block: block[0])
@pytest.mark.usefixtures("shared_graph")
def test_a_block_runs(block: list[str], tmp_path: Path) -> None:
    for command in block:
        verb, *arguments = shlex.split(command)
        assert verb == "clonestrike"
        done = subprocess.run(
            [sys.executable, "-m", "clonestrike", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"


def test_the_table_of_commands_is_complete() -> None:
    named = re.findall(r"^\| `clonestrike ([\w ]+)`", README, re.MULTILINE)
    assert sorted(named) == sorted(command.name for command in COMMANDS)


def test_links_and_pictures_exist() -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", README) + re.findall(r'(?:src|href)="([^"#]+)"', README)
    assert targets
    missing = [target for target in targets if "://" not in target and not (ROOT / target).exists()]
    assert not missing
