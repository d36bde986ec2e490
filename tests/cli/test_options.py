from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest

from clonestrike.cli.command import Command
from clonestrike.cli.commands import COMMANDS
from clonestrike.cli.options import MISSING, options
from clonestrike.cli.reference import markdown

EVERY = [(command, option) for command in COMMANDS for option in options(command.settings)]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_option_says_what_it_is_for(command: Command[Any]) -> None:
    assert dataclasses.fields(command.settings)
    for option in options(command.settings):
        assert option.help.endswith("."), option.name
        assert "Installed: ." not in option.help, option.name
        assert "  " not in option.help, option.name
        assert option.default is MISSING or dataclasses.is_dataclass(command.settings)


def test_configurations_cannot_change() -> None:
    for command in COMMANDS:
        assert command.settings.__dataclass_params__.frozen, command.name


def test_what_an_option_looks_like() -> None:
    named = {(command.name, option.name): option for command, option in EVERY}
    data = named["train", "data"]
    assert (data.flag, data.takes, data.hint) == ("DATA", "", "(one or more)")
    out = named["train", "out"]
    assert (out.flag, out.takes, out.hint) == ("--out", "PATH", "(required)")
    recipe = named["train", "recipe"]
    assert (recipe.flag, recipe.takes, recipe.hint) == (
        "--recipe",
        "{default,paper,paper-expert}",
        "(default: default)",
    )
    updates = named["train", "updates"]
    assert (updates.flag, updates.takes, updates.hint) == ("--updates", "INT", "")
    drop = named["label", "drop_suspect"]
    assert (drop.flag, drop.takes, drop.hint) == ("--drop-suspect", "", "")
    assert named["renumber", "first"].flag == "--from"
    assert named["train", "model"].help.endswith("Installed: lite, paper, pocket.")
    assert named["play", "decoding"].takes == "{cloned,corrected,argmax,sampled,paper}"


def test_the_reference_has_every_command_with_every_option() -> None:
    text = markdown()
    sections = text.split("\n### clonestrike ")[1:]
    assert [section.partition("\n")[0] for section in sections] == [command.name for command in COMMANDS]
    for command, section in zip(COMMANDS, sections, strict=True):
        assert f"```bash\n{command.example}\n```" in section
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        expected = [option.flag for option in options(command.settings)]
        assert [row.split("`")[1].split()[0] for row in rows][: len(expected)] == expected
        assert all(row.count("|") - row.count(r"\|") == 4 for row in rows)
    assert inspect.cleandoc(COMMANDS[0].run.__doc__ or "") in text
    assert "| `--json PATH` |" in sections[-1]
