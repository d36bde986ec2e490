"""The game's console: commands are written to a cfg file, which a bound key runs; output is read from the log.

A thread of its own does this, so that the control loop never waits.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from clonestrike.errors import ClonestrikeError
from clonestrike.files import write_text
from clonestrike.games.counterstrike.edition import Installation
from clonestrike.games.desktop.backend import Closable

KEY = "F8"
"""Key that data/*/settings.cfg binds to the command file."""
COMMAND_FILE = "command.cfg"
ANSWER_SECONDS = 3.0
PAUSE_SECONDS = 0.1
"""Pause after pressing the key until the file may change; longer than a frame of the game."""
LOG_TAIL = 256 * 1024


class Console(Closable):
    """The console of a running game.

    ``press`` presses a key by name if the game has the focus, and returns whether it did.
    """

    def __init__(self, installation: Installation, press: Callable[[str], bool]) -> None:
        self._file = installation.clonestrike_cfg / COMMAND_FILE
        self._log = installation.log
        self._press = press
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="console")

    def run(self, *commands: str) -> None:
        """Run commands soon, without waiting for them."""
        self._worker.submit(self._run, commands)

    def press(self, key: str) -> None:
        """Press another key of the game, in order with the commands."""
        self._worker.submit(self._press, key)

    def ask(self, *commands: str) -> Future[list[str]]:
        """Run commands; the future returns the lines that the console showed meanwhile.

        The future raises ClonestrikeError when the console does not answer.
        """
        return self._worker.submit(self._ask, commands)

    def _run(self, commands: tuple[str, ...]) -> bool:
        try:
            write_text(self._file, "".join(f"{command}\n" for command in commands))
        except OSError as error:
            raise ClonestrikeError(
                f"{self._file} cannot be written ({error.strerror})", "run clonestrike setup"
            ) from None
        pressed = self._press(KEY)
        time.sleep(PAUSE_SECONDS)
        return pressed

    def _ask(self, commands: tuple[str, ...]) -> list[str]:
        mark = secrets.token_hex(8)
        first, last = f"clonestrike {mark} asks", f"clonestrike {mark} has its answer"
        if not self._run((f"echo {first}", *commands, f"echo {last}")):
            raise ClonestrikeError("the game is not in front, so its console cannot be reached", "click on its window")
        end = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < end:
            lines = self._tail()
            starts = [i for i, line in enumerate(lines) if line.endswith(first)]
            ends = [i for i, line in enumerate(lines) if line.endswith(last)]
            if starts and ends and ends[-1] > starts[-1]:
                return lines[starts[-1] + 1 : ends[-1]]
            time.sleep(0.02)
        raise ClonestrikeError(
            "the game's console does not answer",
            f"start the game with -condebug, and check that {KEY} is bound by clonestrike setup",
        )

    def _tail(self) -> list[str]:
        with contextlib.suppress(OSError), Path(self._log).open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - LOG_TAIL))
            return file.read().decode(errors="replace").splitlines()
        return []

    def close(self) -> None:
        self._worker.shutdown(wait=True, cancel_futures=True)
