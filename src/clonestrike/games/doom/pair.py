"""Two engines in one match over the loopback: a spectator who hosts it, and a player who joins.

The engines take turns, a tic each, the host first. Then everything that one needs of the other has always arrived:
neither waits, the match repeats exactly under its seed, and an engine that died is told at its next turn. Several tics
in a turn, or turns at the same time, stop the match for good sooner or later.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor

from clonestrike.games.doom.engine import BUTTONS, DoomSpec, Engine

HOST, GUEST = 0, 1
"""Player numbers."""
NEVER = 100_000
"""Seconds until the host would come back to life."""
RESPAWN_DELAY = 2
"""Seconds."""
HEAD_START = 0.1
"""Seconds."""
NOTHING = [0.0] * len(BUTTONS)
# -netmode 1: the guest keeps its clock steady by the host's, instead of skipping tics that the host waits for;
# a team of the two is what lets one look through the other's eyes
AT_HOST = f"-host 2 -netmode 1 +viz_respawn_delay {NEVER} -port {{port}} +teamplay 1 +team 0 +viz_connect_timeout 30"
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
            network = network.format(port=port)
            return Engine(spec, seed=seed, minutes=minutes, privileged=privileged, network=network)

        with ThreadPoolExecutor(2) as pool:
            host = pool.submit(start, AT_HOST, privileged=False)
            time.sleep(HEAD_START)
            guest = pool.submit(start, AT_GUEST, privileged=True)
            for one, other in ((host, guest), (guest, host)):
                if one.exception() is not None and other.exception() is None:
                    other.result().close()
            self.host, self.guest = host.result(), guest.result()
            try:
                self._fall_in(pool)
                self._take_places(spec.bots)
            except BaseException:
                self.close()
                raise

    def _fall_in(self, pool: Executor) -> None:
        """Let the host wait for the guest in a thread, until the guest has learned to send its inputs a tic ahead."""
        for _ in range(20):
            host = pool.submit(self.host.tic, NOTHING, update=False)
            time.sleep(HEAD_START / 20)
            self.guest.tic(NOTHING, update=False)
            host.result()

    def _take_places(self, bots: int) -> None:
        """The host dies, for good, and looks through the guest's eyes; then it is everybody against everybody."""
        self._tell("kill")  # the guest may have come into the world on the same spot, which kills, too
        self._tell("spynext", f"puke 901 {GUEST}")
        self._tell("teamplay 0", f"viz_respawn_delay {RESPAWN_DELAY}")
        self.host.add_bots(bots)
        self.idle(10)

    def _tell(self, *commands: str) -> None:
        for command in commands:
            self.host.game.send_game_command(command)
        self.idle(6)

    def idle(self, tics: int) -> None:
        """Let time pass with nothing pressed."""
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
