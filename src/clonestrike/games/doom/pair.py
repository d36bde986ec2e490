"""Two engines in one match over the loopback interface: a spectator who hosts it, and a player who joins.

The engines take turns of one tic, the host first. So each has always received what it needs from the other: neither
waits, the seed repeats the match exactly, and a dead engine is noticed at its next turn. Turns of several tics, or at
the same time, would block the match sooner or later.
"""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

from clonestrike.games.doom.engine import BUTTONS, DoomSpec, Engine
from clonestrike.games.doom.loopback import confine

HOST, GUEST = 0, 1
"""Player numbers."""
NEVER = 100_000
"""Seconds until the host would respawn."""
RESPAWN_DELAY = 2
"""Seconds until other players respawn."""
HEAD_START = 0.1
"""Seconds by which the host starts before the guest."""
NOTHING = [0.0] * len(BUTTONS)
# -netmode 1: the guest follows the host's clock instead of skipping tics that the host waits for.
# Only players of the same team can be watched in first person, so both are in one.
AT_HOST = f"-host 2 -netmode 1 +viz_respawn_delay {NEVER} -port {{port}} +teamplay 1 +team 0 +viz_connect_timeout 30"
AT_GUEST = "-join 127.0.0.1 -port {port} +team 0 +cl_noprediction 1 +viz_connect_timeout 30"


def free_port() -> int:
    """A UDP port that is not in use."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        port: int = probe.getsockname()[1]
        return port


class Pair:
    """A match of ``spec.bots`` bots and the guest. The host is dead and watches the guest.

    The guest's engine is privileged (labels and objects), the host's is not. The host's frame is the guest's view with
    the guest's status bar, through deaths and respawns.
    """

    def __init__(self, spec: DoomSpec, *, seed: int, minutes: float) -> None:
        port = free_port()

        def start(network: str, process: Path, *, privileged: bool) -> Engine:
            network = network.format(port=port)
            return Engine(spec, seed=seed, minutes=minutes, privileged=privileged, network=network, process=process)

        with ThreadPoolExecutor(2) as pool, tempfile.TemporaryDirectory(prefix="clonestrike-pair-") as folder:
            hosting, joining = Path(folder, "host"), Path(folder, "guest")
            host = pool.submit(start, AT_HOST, hosting, privileged=False)
            time.sleep(HEAD_START)
            guest = pool.submit(start, AT_GUEST, joining, privileged=True)
            confine(hosting, joining, lambda: not host.done() and not guest.done())
            for one, other in ((host, guest), (guest, host)):
                if one.exception() is not None and other.exception() is None:
                    other.result().close()
            self.host, self.guest = host.result(), guest.result()
            try:
                self._synchronise(pool)
                self._start_match(spec.bots)
            except BaseException:
                self.close()
                raise

    def _synchronise(self, pool: Executor) -> None:
        """Let the host wait for the guest in a thread, until the guest sends its inputs one tic ahead."""
        for _ in range(20):
            host = pool.submit(self.host.tic, NOTHING, update=False)
            time.sleep(HEAD_START / 20)
            self.guest.tic(NOTHING, update=False)
            host.result()

    def _start_match(self, bots: int) -> None:
        """Kill the host for good and let it watch the guest, then dissolve the team and add the bots."""
        self._command("kill")  # the guest may have spawned on the same spot, which kills too
        self._command("spynext", f"puke 901 {GUEST}")
        self._command("teamplay 0", f"viz_respawn_delay {RESPAWN_DELAY}")
        self.host.add_bots(bots)
        self.idle(10)

    def _command(self, *commands: str) -> None:
        for command in commands:
            self.host.game.send_game_command(command)
        self.idle(6)

    def idle(self, tics: int) -> None:
        """Play this many tics with nothing pressed."""
        for left in range(tics, 0, -1):
            self.advance(lambda *, update: self.guest.tic(NOTHING, update=update), update=left == 1)

    def advance(self, guest: Callable[..., None], *, update: bool) -> None:
        """Play one tic in both engines; ``guest(update=...)`` plays that of the guest."""
        self.host.tic(NOTHING, update=update)
        guest(update=update)

    def close(self) -> None:
        """End both engines."""
        self.guest.close()
        self.host.close()
