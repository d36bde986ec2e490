"""Preconditions of Counter-Strike, which ``clonestrike doctor`` checks first."""

from __future__ import annotations

from contextlib import ExitStack

from clonestrike.errors import ClonestrikeError
from clonestrike.games.counterstrike import fair_play, setting_up
from clonestrike.games.counterstrike.edition import Edition, Installation
from clonestrike.games.counterstrike.process import Process
from clonestrike.games.entry import Preconditions

LOG_FLAG = "-condebug"


def preconditions(edition: Edition) -> Preconditions:
    """Titles and functions of the checks; those of the running game only if it runs."""
    process: Process | None
    missing: ClonestrikeError | None
    with ExitStack() as stack:
        try:
            process, missing = stack.enter_context(Process(edition.executable)), None
        except ClonestrikeError as error:
            process, missing = None, error
        yield "the game runs", lambda: _known(process, missing)
        if process is not None:
            running = process
            yield "started with -insecure", lambda: _insecure(edition, running)
            yield "console is written to a log", lambda: _logged(edition, running)
        yield "set-up", lambda: _set_up(_installation(edition, process))
        yield "offsets", lambda: _offsets(edition, _installation(edition, process))


def _installation(edition: Edition, process: Process | None) -> Installation:
    return Installation.of(edition, process.path) if process else setting_up.find_installation(edition, None)


def _known(process: Process | None, missing: ClonestrikeError | None) -> str:
    if missing is not None:
        raise missing
    assert process is not None
    return f"process {process.pid}"


def _insecure(edition: Edition, process: Process) -> str:
    fair_play.check_arguments(edition, process.arguments)
    return "it cannot join secured servers"


def _logged(edition: Edition, process: Process) -> str:
    if LOG_FLAG not in (argument.lower() for argument in process.arguments):
        raise ClonestrikeError(
            f"{edition.title} was not started with {LOG_FLAG}, so it is not known where the match is played",
            f"set its launch options to {edition.launch}",
        )
    return str(Installation.of(edition, process.path).log)


def _set_up(installation: Installation) -> str:
    port, _ = installation.integration()
    again = f"run clonestrike setup {installation.edition.name} --write, and start the game again"
    for name, text in installation.edition.files.items():
        path = installation.clonestrike_cfg / name
        if not path.is_file() or path.read_bytes() != text.encode():
            raise ClonestrikeError(f"{path} is missing or was changed", again)
    autoexec = installation.cfg / "autoexec.cfg"
    if not autoexec.is_file() or setting_up.AUTOEXEC.encode() not in autoexec.read_bytes().splitlines():
        raise ClonestrikeError(f"{autoexec} does not load Clonestrike's settings", again)
    return f"{installation.cfg}, port {port}"


def _offsets(edition: Edition, installation: Installation) -> str:
    offsets = edition.offsets(installation.clonestrike_cfg)
    return f"{offsets.files[0]}, build {offsets.build}"
