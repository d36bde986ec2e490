"""Two engines in one match over the loopback: a spectator who hosts it, and a player who joins.

The engines take turns, a tic each, the host first. Then everything that one needs of the other has always arrived:
neither waits, the match repeats exactly under its seed, and an engine that died is told at its next turn. Several tics
in a turn, or turns at the same time, stop the match for good sooner or later.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from clonestrike.games.doom.engine import BUTTONS, DoomSpec, Engine

HOST, GUEST = 0, 1
"""Player numbers."""
NEVER = 100_000
"""Seconds until the host would come back to life."""
RESPAWN_DELAY = 2
NOTHING = [0.0] * len(BUTTONS)
# -netmode 1: the guest keeps its clock steady by the host's, instead of skipping tics that the host waits for;
# a team of the two is what lets one look through the other's eyes
AT_HOST = "-host 2 -netmode 1 -port {port} +teamplay 1 +team 0 +viz_connect_timeout 30"
AT_GUEST = "-join 127.0.0.1 -port {port} +team 0 +cl_noprediction 1 +viz_connect_timeout 30"


def free_port() -> int:
    """A UDP port that nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


class Pair:
    """A match of ``spec.bots`` bots and the guest, whom the host, who is dead, watches.

    The guest's engine is privileged (labels and objects), the host's is not. The host's picture is the guest's view
    with the guest's status bar, through deaths and respawns.
    """

    def __init__(self, spec: DoomSpec, *, seed: int, minutes: float) -> None:
        port = free_port()

        def start(network: str, *, privileged: bool) -> Engine:
            return Engine(spec, seed=seed, minutes=minutes, privileged=privileged, network=network.format(port=port))

        with ThreadPoolExecutor(2) as pool:  # each waits for the other
            both = pool.submit(start, AT_HOST, privileged=False), pool.submit(start, AT_GUEST, privileged=True)
        started = [engine.result() for engine in both if engine.exception() is None]
        if len(started) < len(both):
            for engine in started:
                engine.close()
        self.host, self.guest = (engine.result() for engine in both)
        try:
            self._take_places(spec.bots)
        except BaseException:
            self.close()
            raise

    def _take_places(self, bots: int) -> None:
        """The host dies, for good, and looks through the guest's eyes; then it is everybody against everybody."""
        self._idle(20)
        self._tell(f"viz_respawn_delay {NEVER}")
        self._tell("kill")
        self._tell("spynext", f"puke 901 {GUEST}")
        self._tell("teamplay 0", f"viz_respawn_delay {RESPAWN_DELAY}")
        self.host.add_bots(bots)
        self._idle(10)

    def _tell(self, *commands: str) -> None:
        for command in commands:
            self.host.game.send_game_command(command)
        self._idle(6)

    def _idle(self, tics: int) -> None:
        for left in range(tics, 0, -1):
            self.advance(lambda *, update: self.guest.tic(NOTHING, update=update), update=left == 1)

    def advance(self, guest: Callable[..., None], *, update: bool) -> None:
        """A tic of both engines; ``guest`` plays that of its own."""
        self.host.tic(NOTHING, update=update)
        guest(update=update)

    def close(self) -> None:
        """End both engines."""
        self.guest.close()
        self.host.close()
