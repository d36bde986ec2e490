"""Commands of the command line: a function, its options, its report, and its exit codes."""

from __future__ import annotations

import errno
import io
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar, get_type_hints

import tyro
from rich.text import Text
from tyro.conf import DisallowNone, FlagCreatePairsOff, OmitArgPrefixes, PositionalMetavarFromFieldName, arg

from clonestrike import console
from clonestrike.cli.options import REGISTRY, options
from clonestrike.core.ranges import check_ranges
from clonestrike.errors import ClonestrikeError
from clonestrike.extras import naming_extras
from clonestrike.files import write_json

Settings = TypeVar("Settings")
Result = dict[str, Any]
"""What a command returns; ``--json`` writes it, otherwise it is shown as tables."""

STYLE = (DisallowNone, FlagCreatePairsOff, PositionalMetavarFromFieldName, OmitArgPrefixes)
BAD_INPUT = 2
INTERRUPTED = 130
UNUSABLE = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.EISDIR,
    errno.ENOTDIR,
    errno.EEXIST,
}
"""Errors of paths that the user can correct: full, forbidden, a file instead of a folder, and so on."""


class Group(StrEnum):
    """A heading of the command list, in its order."""

    STAGES = "From play to an agent"
    DATA = "Measure and look at play"
    FLOWS = "Whole flows"
    SET_UP = "Set up"
    EXCHANGE = "Import and export"


@dataclass(frozen=True)
class Invocation(Generic[Settings]):
    """A parsed command line: the command's own options, and the options of every command."""

    settings: Annotated[Settings, arg(name="")]
    json: Annotated[Path | None, arg(help_behavior_hint="")] = None
    """Also write the result to this file, as JSON."""


@dataclass(frozen=True)
class Command(Generic[Settings]):
    """One command; the code of its stage is imported when it runs, so that help and errors appear at once."""

    name: str
    """One word, such as ``train``, or two, such as ``import hdf5``."""
    group: Group
    example: str
    settings: type[Settings]
    """The dataclass whose fields are the command's options."""
    run: Callable[[Settings], Result]
    """Does the work; raises ClonestrikeError for bad input."""
    report: Callable[[Result], None] | None
    """Prints the result; None for tables."""
    failed: Callable[[Result], bool] | None
    """Whether a result means exit code 1; None for never."""

    @property
    def help(self) -> str:
        """The docstring of ``run``, whose first paragraph is the summary."""
        text = (self.run.__doc__ or "").strip().splitlines()
        return "\n".join(line.strip() for line in text)

    @property
    def summary(self) -> str:
        """The first paragraph of the help."""
        return " ".join(self.help.partition("\n\n")[0].split())

    def parse(self, arguments: Sequence[str]) -> Invocation[Settings]:
        """Parse the words after the command's name; exits with 2 after an error line, with 0 after ``--help``."""
        said = io.StringIO()
        try:
            with redirect_stderr(said):
                return tyro.cli(
                    Invocation[self.settings],  # type: ignore[name-defined] # known when it runs
                    prog=f"clonestrike {self.name}",
                    description=self.help,
                    args=list(arguments),
                    config=STYLE,
                    registry=REGISTRY,
                )
        except SystemExit as stop:
            if stop.code:
                console.error(f"{_line(said.getvalue())}: clonestrike {self.name} --help lists the options")
            else:
                console.console.print(f"example: {self.example}", soft_wrap=True, markup=False)
            raise

    def invoke(self, invocation: Invocation[Settings]) -> int:
        """Run the command, report and write its result; returns the exit code. Errors are printed as one line."""
        try:
            flags = {option.name: option.flag for option in options(self.settings)}
            check_ranges(invocation.settings, lambda name: f"{flags[name]} ")
            with naming_extras():
                result = self.run(invocation.settings)
            if self.report is None:
                console.show(result, self.name)
            else:
                self.report(result)
            if invocation.json:
                write_json(result, invocation.json)
            return int(self.failed is not None and self.failed(result))
        except ClonestrikeError as error:
            console.error(str(error))
            return BAD_INPUT
        except KeyboardInterrupt:
            console.error("interrupted: what was finished until then is kept")
            return INTERRUPTED
        except OSError as error:
            if error.errno not in UNUSABLE:
                raise
            place = error.filename2 or error.filename or "the disk"
            console.error(f"{place}: {error.strerror}: make room there or name another path")
            return BAD_INPUT


def command(
    name: str,
    group: Group,
    example: str,
    *,
    report: Callable[[Result], None] | None = None,
    failed: Callable[[Result], bool] | None = None,
) -> Callable[[Callable[[Settings], Result]], Command[Settings]]:
    """Makes a command of a function with one argument: its docstring is the help, the argument's type the options."""

    def declare(run: Callable[[Settings], Result]) -> Command[Settings]:
        hints = get_type_hints(run)
        del hints["return"]
        (settings,) = hints.values()
        return Command(name, group, example, settings, run, report, failed)

    return declare


def _line(box: str) -> str:
    """What the parser says in its box, in one line: what is wrong, and the option that was perhaps meant."""
    rows = [row.strip("│| ") for row in Text.from_ansi(box).plain.splitlines()[1:]]
    ruled = dropwhile(lambda row: not row.strip("─-"), rows)  # without UTF-8, a rule is below the title
    wrong = takewhile(lambda row: row.strip("─-"), ruled)
    perhaps = dropwhile(lambda row: not row.startswith("Perhaps you meant"), rows)
    meant = next((row for row in perhaps if row.startswith("--")), None)
    line = " ".join(wrong).removeprefix("Error parsing ").replace("'settings.", "'").rstrip(".")
    return line + (f", perhaps you meant {meant}" if meant else "")


def given(paths: Sequence[Path | str]) -> None:
    """Raises ClonestrikeError when no path is given."""
    if not paths:
        raise ClonestrikeError("no path given", "name a recording or a folder of recordings")
