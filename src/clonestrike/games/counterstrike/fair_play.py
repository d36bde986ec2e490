"""Fair play: nothing is recorded or injected unless the game was started with -insecure and shows a match on this
computer or a demo. If that is not known, it is not allowed. No option turns this off.

* How the game was started is read from its process.
* Where the match is played is asked of the game's console: at the beginning, whenever the map changes, and every half
  minute.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future

from clonestrike.errors import ClonestrikeError
from clonestrike.games.counterstrike.console import Console
from clonestrike.games.counterstrike.edition import Edition, Server

FLAG = "-insecure"
ASK_AGAIN_SECONDS = 30.0


def check_arguments(edition: Edition, arguments: Sequence[str]) -> None:
    """Raise ClonestrikeError unless the game was started with -insecure."""
    if FLAG not in (argument.lower() for argument in arguments[1:]):
        raise ClonestrikeError(
            f"{edition.title} was not started with {FLAG}, so it could play on secured servers, where this could get "
            f"you banned and would spoil other people's games",
            f"set its launch options to {edition.launch}",
        )


class FairPlay:
    """Confirms, again and again, that the running match is played on this computer or from a demo."""

    def __init__(self, edition: Edition, console: Console) -> None:
        self._edition, self._console = edition, console
        self._asked: tuple[str | None, Future[list[str]]] | None = None
        self._confirmed: tuple[str | None, float] | None = None

    def confirm(self, map_name: str | None) -> Server:
        """Ask and wait for the answer; raises ClonestrikeError unless the match is on this computer or a demo."""
        return self._judge(map_name, self._console.ask(*self._edition.commands["where"]).result())

    def allows(self, map_name: str | None) -> bool:
        """Whether the match on this map is confirmed now.

        Asks again when necessary, without waiting. Raises ClonestrikeError when the answer is not a match on this
        computer or a demo.
        """
        if self._asked is not None and self._asked[1].done():
            (asked_of, answer), self._asked = self._asked, None
            self._judge(asked_of, answer.result())
        known, when = self._confirmed or (None, 0.0)
        same = self._confirmed is not None and known == map_name
        if self._asked is None and (not same or time.monotonic() - when > ASK_AGAIN_SECONDS):
            self._asked = (map_name, self._console.ask(*self._edition.commands["where"]))
        return same

    def _judge(self, map_name: str | None, answer: list[str]) -> Server:
        self._confirmed = None
        server = self._edition.played_on(answer)
        if server is None:
            raise ClonestrikeError(
                f"{self._edition.title} does not say that this match is played on your own computer or from a demo",
                "start a map of your own, as with map de_dust2 in the console",
            )
        self._confirmed = (map_name, time.monotonic())
        return server
