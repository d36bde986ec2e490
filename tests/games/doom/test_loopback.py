"""The sockets of two engines in one match: on loopback only, and closed to everybody else."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from clonestrike.games.doom import loopback
from clonestrike.games.doom.engine import DoomSpec
from clonestrike.games.doom.pair import Pair

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sockets of other processes are reached on Linux only")
LOOPBACK = "0100007F"


def udp_sockets() -> set[tuple[str, int]]:
    """Local address (hexadecimal, as the kernel has it) and port of every UDP socket of this process's engines."""
    inodes = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            name, _, rest = (process / "stat").read_text().rpartition(")")
            if name.endswith("(vizdoom") and int(rest.split()[1]) == os.getpid():
                inodes |= {str(entry.readlink()).strip("socket:[]") for entry in (process / "fd").iterdir()}
    rows = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    return {(row[1].split(":")[0], int(row[1].split(":")[1], 16)) for row in rows if row[9] in inodes}


@contextmanager
def junk() -> Iterator[set[tuple[str, int]]]:
    """Send nonsense to every UDP socket of an engine while the block lasts; yields those sockets."""
    hit: set[tuple[str, int]] = set()
    over, chance = Event(), np.random.default_rng(0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:

        def send() -> None:
            while not over.is_set():
                for address, port in udp_sockets():
                    hit.add((address, port))
                    stranger.sendto(chance.bytes(int(chance.integers(1, 200))), ("127.0.0.1", port))
                time.sleep(0.01)

        thread = Thread(target=send)
        thread.start()
        try:
            yield hit
        finally:
            over.set()
            thread.join()


def played(pair: Pair, tics: int) -> bytes:
    pair.idle(tics)
    return bytes(pair.host.game.get_state().screen_buffer)


def test_strangers_neither_reach_nor_change_a_watched_match() -> None:
    pair = Pair(DoomSpec(bots=2), seed=3, minutes=1)
    alone = played(pair, 60)
    pair.close()
    with junk() as hit:
        pair = Pair(DoomSpec(bots=2), seed=3, minutes=1)
        mine = udp_sockets()
        assert [address for address, _ in mine] == [LOOPBACK] * 2
        time.sleep(0.1)
        assert mine <= hit
        assert played(pair, 60) == alone
    pair.close()


def test_where_sockets_cannot_be_reached_a_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loopback, "_PIDFD_GETFD", 9999)  # to this kernel as unknown as the call is to older ones
    pair = Pair(DoomSpec(bots=2), seed=3, minutes=1)
    assert len(played(pair, 10))
    pair.close()
    said = capsys.readouterr().err
    assert said.count("can be reached from the network") == 1
    assert "Function not implemented" in said


def test_an_engine_that_has_ended_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loopback.confine(tmp_path / "host", tmp_path / "guest", lambda: False)
    assert capsys.readouterr().err == ""
