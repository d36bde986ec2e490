"""The command reference as Markdown, generated from the commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clonestrike.cli.command import Command, Group, Invocation
from clonestrike.cli.commands import COMMANDS
from clonestrike.cli.options import MISSING, Option, options


def markdown() -> str:
    """All commands: a heading of level 2 for every group, of level 3 for every command with its example and options."""
    return "\n\n".join(_paragraphs()) + "\n"


def _paragraphs() -> Iterator[str]:
    for group in Group:
        yield f"## {group}"
        for command in COMMANDS:
            if command.group is group:
                yield from _command(command)
    yield "## Options of every command"
    yield _table([option for option in options(Invocation) if option.name == "json"])


def _command(command: Command[Any]) -> Iterator[str]:
    yield f"### clonestrike {command.name}"
    yield _escaped(command.help)
    yield f"```bash\n{command.example}\n```"
    yield _table(options(command.settings))


def _table(rows: list[Option]) -> str:
    lines = ["| option | default | meaning |", "|---|---|---|"]
    lines += [f"| `{_call(row)}` | {_default(row)} | {_escaped(row.help)} |" for row in rows]
    return "\n".join(lines)


def _call(option: Option) -> str:
    return f"{option.flag} {option.takes}".rstrip() + (" ..." if option.several else "")


def _default(option: Option) -> str:
    if option.default is MISSING:
        return "one or more" if option.several else "required"
    return "" if option.optional or option.default is False else f"`{option.default}`"


def _escaped(text: str) -> str:
    """A help text with the special characters of Markdown escaped."""
    return text.replace("|", r"\|").replace("<", r"\<").replace("*", r"\*").replace("_", r"\_").replace("$", r"\$")
