"""The README and the pages of the documentation: their commands run, their links lead somewhere.

Every ``clonestrike`` line of a bash block must parse, every ``make`` line must name a target. A block that follows a
comment of the form ``<!-- run: LONG => SHORT; LONG => SHORT -->`` is run for real, line by line, with these texts put
for one another.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from clonestrike.cli.main import find

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = re.compile(r"(?:<!-- run: (?P<run>[^>]*(?:=>[^>]*)*) -->\n)?```bash\n(?P<body>.*?)```", re.DOTALL)
MENTIONED = re.compile(r"`clonestrike ([a-z]+(?: [a-z0-9]+)?)")
LINKS = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]*))?\)")


class Block(NamedTuple):
    """One block of commands, and how it is shortened to be run."""

    page: Path
    body: str
    rules: str | None


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def commands(body: str) -> list[str]:
    """The lines of a block without comments, continued lines joined."""
    lines = (re.sub(r"\s+#.*", "", line).strip() for line in body.replace("\\\n", " ").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def shortened(block: Block) -> list[str]:
    body = block.body
    for rule in filter(None, map(str.strip, (block.rules or "").split(";"))):
        long, short = (part.strip() for part in rule.split("=>"))
        assert long in body, f"{long} is not in the block"
        body = body.replace(long, short)
    return commands(body)


def anchors(page: Path) -> set[str]:
    """Of the headings of a page and of what it includes, as GitHub and the site make them."""
    text = text_of(page)
    text += "".join(text_of(page.parent / included) for included in re.findall(r"{include} (\S+)", text))
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


BLOCKS_OF_ALL = [Block(page, found["body"], found["run"]) for page in PAGES for found in BLOCKS.finditer(text_of(page))]
EVERY = sorted({command for block in BLOCKS_OF_ALL for command in commands(block.body)})
RUN = [block for block in BLOCKS_OF_ALL if block.rules is not None]


@pytest.mark.parametrize("command", [c for c in EVERY if c.startswith("clonestrike ")])
def test_a_command_parses(command: str) -> None:
    found, arguments = find(shlex.split(command)[1:])
    assert found is not None
    found.parse(arguments)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_that_a_text_mentions_exist(page: Path) -> None:
    assert not [words for words in MENTIONED.findall(text_of(page)) if find(words.split())[0] is None]


@pytest.mark.parametrize("command", [c for c in EVERY if c.startswith("make ")])
def test_a_target_exists(command: str) -> None:
    subprocess.run(["make", "--dry-run", *shlex.split(command)[1:]], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("block", RUN, ids=lambda block: block.page.name)
@pytest.mark.usefixtures("shared_graph")
def test_a_block_runs(block: Block, tmp_path: Path) -> None:
    for command in shortened(block):
        program, *arguments = shlex.split(command)
        assert program == "clonestrike"
        done = subprocess.run(
            [sys.executable, "-m", "clonestrike", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_exist(page: Path) -> None:
    missing = []
    for target, anchor in LINKS.findall(text_of(page)):
        if "://" in target or target.startswith(("reference/", "mailto:")):  # reference/ is made by `make docs`
            continue
        there = page.parent / target if target else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            missing.append(f"{target}#{anchor}")
    assert not missing


def test_the_messages_that_troubleshooting_explains_are_those_of_the_code() -> None:
    code = "".join(text_of(path) for path in (ROOT / "src").rglob("*.py"))
    rows = re.findall(r"^\| (.*?) \|", text_of(ROOT / "docs" / "troubleshooting.md"), re.MULTILINE)
    messages = {message for row in rows for message in re.findall(r"`([^`]+)`", row)} - {
        "CUDA out of memory"
    }  # torch's
    fixed = {max(re.split(r"[\d'(]+|\.\.\.", message), key=len).strip(): message for message in messages}
    assert len([part for part in fixed if len(part) >= 12]) > 20
    assert not [message for part, message in fixed.items() if len(part) >= 12 and part not in code]


def test_the_architecture_names_files_that_exist() -> None:
    text = text_of(ROOT / "docs" / "architecture.md")
    table = text.partition("## Where to look first")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| an?(?:other)? .*$", table, re.MULTILINE)
    assert len(rows) == 10
    files = [found for row in rows for found in re.findall(r"`([\w/]+\.py)`", row)]
    assert not [file for file in files if not (ROOT / "src" / "clonestrike" / file).is_file()]


def test_the_promises_of_security_name_files_that_exist() -> None:
    files = re.findall(r"`([\w/]+/\w+\.py)`", text_of(ROOT / "SECURITY.md"))
    assert files
    assert not [file for file in files if not (ROOT / "src" / "clonestrike" / file).is_file()]


def test_the_architecture_has_the_layers_of_the_contract() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        contract = tomllib.load(file)["tool"]["importlinter"]["contracts"][0]
    table = text_of(ROOT / "docs" / "architecture.md").partition("## Layers")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == [
        set(re.findall(r"\w+", layer)) for layer in contract["layers"]
    ]


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_bytes()) <= 8 * 1024


def test_every_page_is_in_the_table_of_contents() -> None:
    index = text_of(ROOT / "docs" / "index.md") + text_of(ROOT / "docs" / "extend.md")
    listed = set(re.findall(r"^([\w-]+)$", index, re.MULTILINE))
    assert {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"} <= listed
