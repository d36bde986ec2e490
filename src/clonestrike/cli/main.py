"""The command line: finds the command, parses its options and runs it; without a command it says where to begin."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Sequence
from typing import Any

from rich.table import Table

from clonestrike import __version__, console
from clonestrike.cli.command import BAD_INPUT, Command, Group
from clonestrike.cli.commands import COMMANDS
from clonestrike.files import cache_folder

DESCRIPTION = "Behavioural cloning for first-person shooters, from pixels: record, label, train, play, evaluate."
BEGIN = """\
An agent plays now: clonestrike play pretrained:doom --video match.mp4
Its kills and deaths a minute in 20 matches: clonestrike evaluate pretrained:doom --out results
Your own, from recording to report: clonestrike demo --out demo
All commands: clonestrike --help
The options of a command, with an example: clonestrike record --help"""
OTHER = """\
Other options
  --help     show this list, or after a command its options
  --version  show the version"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command.

    Exits with 0, with 1 for a bad result, with 2 after an error line, or with 130 when interrupted.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    # Matplotlib keeps its list of fonts in folders of its own under HOME otherwise.
    os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))
    sys.exit(_main(words))


def _main(words: list[str]) -> int:
    match words:
        case []:
            console.console.print(f"{DESCRIPTION}\n\n{BEGIN}", soft_wrap=True, markup=False)
            return 0
        case ["-h" | "--help"]:
            overview(COMMANDS)
            return 0
        case ["--version"]:
            console.console.print(f"clonestrike {__version__}", markup=False)
            return 0
    command, arguments = find(words)
    if command is not None:
        return command.invoke(command.parse(arguments))
    family = [command for command in COMMANDS if command.name.startswith(f"{words[0]} ")]
    if family and {"-h", "--help"}.intersection(words[1:2]):
        overview(family)
        return 0
    console.error(_unknown(words, family))
    return BAD_INPUT


def find(words: Sequence[str]) -> tuple[Command[Any] | None, list[str]]:
    """The command that the first words name, and the words after them."""
    for command in COMMANDS:
        name = command.name.split()
        if list(words[: len(name)]) == name:
            return command, list(words[len(name) :])
    return None, list(words)


def overview(commands: Sequence[Command[Any]]) -> None:
    """Print the commands, group by group."""
    console.console.print(f"usage: clonestrike COMMAND [OPTIONS]\n\n{DESCRIPTION}", markup=False, soft_wrap=True)
    width = max(len(command.name) for command in COMMANDS)
    for group in Group:
        members = [command for command in commands if command.group is group]
        if not members:
            continue
        table = Table(title=f"\n{group}", title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
        table.add_column(min_width=width + 2, no_wrap=True, style="bold")
        table.add_column()
        for command in members:
            table.add_row(f"  {command.name}", command.summary)
        console.console.print(table)
    console.console.print(
        f"\n{OTHER}\n\nexample: {commands[0].example}",
        markup=False,
        soft_wrap=True,
    )


def _unknown(words: Sequence[str], family: Sequence[Command[Any]]) -> str:
    """What is wrong with the first words, and the nearest commands."""
    if family:
        kinds = ", ".join(command.name.split()[1] for command in family)
        return f"clonestrike {words[0]} needs to know what: one of {kinds}"
    names = [command.name for command in COMMANDS]
    typed = " ".join(words[:2])
    near = difflib.get_close_matches(words[0], names, 1) or difflib.get_close_matches(typed, names, 1)
    near = near or [name for name in names if words[0] in name.split()]
    hint = f"did you mean {' or '.join(near)}?" if near else "clonestrike --help lists the commands"
    return f"there is no command {words[0]!r}: {hint}"
