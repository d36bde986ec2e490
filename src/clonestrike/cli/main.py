"""The command line: parses a verb, runs it, and turns what goes wrong into an error line and an exit code."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from typing import get_args

import tyro
from tyro.conf import DisallowNone, FlagCreatePairsOff, PositionalMetavarFromFieldName

from clonestrike import console
from clonestrike.cli.verbs import VERBS, Demo, Verb
from clonestrike.errors import ClonestrikeError
from clonestrike.files import write_json

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
"""What a path can be without anybody being wrong but the user: full, forbidden, of the other kind."""
DESCRIPTION = "Behavioural cloning for first-person shooters, from pixels: record, label, train, play, evaluate."
STYLE = (DisallowNone, FlagCreatePairsOff, PositionalMetavarFromFieldName)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one verb; exits with 0, with 1 for a bad result, with 2 after an error line, or with 130 when interrupted."""
    arguments = _joined(sys.argv[1:] if arguments is None else list(arguments))
    try:
        verb = tyro.cli(VERBS, prog="clonestrike", description=DESCRIPTION, args=arguments, config=STYLE)
    except SystemExit as stop:
        if not stop.code and {"-h", "--help"} & set(arguments):
            console.console.print(f"example: {_example(arguments)}", soft_wrap=True, markup=False)
        raise
    sys.exit(outcome(verb))


def _joined(arguments: list[str]) -> list[str]:
    """``import hdf5`` as the one word that the parser knows: import-hdf5."""
    names = {verb.name() for verb in get_args(VERBS)}
    return ["-".join(arguments[:2]), *arguments[2:]] if " ".join(arguments[:2]) in names else arguments


def _example(arguments: Sequence[str]) -> str:
    examples = {verb.name().replace(" ", "-"): verb.example for verb in get_args(VERBS)}
    return str(examples.get(arguments[0], Demo.example))


def outcome(verb: Verb) -> int:
    """The exit code of a verb's run."""
    try:
        result = verb.run()
        verb.report(result)
        if verb.json:
            write_json(result, verb.json)
        return verb.exit_code(result)
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
