"""The server of game state integration under 10,000 hostile requests, while a loop of 16 steps/s reads the last post.

The requests come from another process. For comparison the same loop runs with only the game's posts.
"""

import json
import multiprocessing
import random
import resource
import socket
import string
import time
from contextlib import suppress

import numpy as np

from benchmarks.measure import show
from clonestrike.games.counterstrike.gsi_server import GsiServer
from clonestrike.playing.clock import RealTimeClock

TOKEN = "0123456789abcdef"
REQUESTS = 10_000
SECONDS = 20


def _request(body: bytes, length: int | None = None) -> bytes:
    return (
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n" % (len(body) if length is None else length)
        + body
    )


def _post(token: str) -> bytes:
    players = {str(i): {"name": f"Bot {i}", "match_stats": {"kills": i}, "weapons": {}} for i in range(23)}
    game = {"map": {"name": "de_dust2", "phase": "live"}, "allplayers": players, "auth": {"token": token}}
    return _request(json.dumps(game).encode())


def _hostile(chance: random.Random) -> bytes:
    kind = chance.randrange(6)
    if kind == 0:  # fuzzed JSON
        body = bytearray(_post(TOKEN))
        for _ in range(20):
            body[chance.randrange(60, len(body))] = chance.randrange(256)
        return bytes(body)
    if kind == 1:
        return _post("".join(chance.choices(string.hexdigits, k=16)))
    if kind == 2:
        return _request(b"x" * 65536, 100_000_000)
    if kind == 3:
        return _request(b"[" * 200_000)
    if kind == 4:  # and then nothing more
        return _request(b"{", 5000)
    return bytes(chance.randrange(256) for _ in range(300))


def _attack(port: int) -> None:
    chance = random.Random(0)
    slow: list[socket.socket] = []
    for i in range(REQUESTS):
        with suppress(OSError):
            link = socket.create_connection(("127.0.0.1", port), timeout=5)
            link.sendall(_hostile(chance))
            slow.append(link)
            if len(slow) > 20:
                slow.pop(0).close()
        if i % 50 == 0:
            time.sleep(0.01)


def _play(port: int, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as link:
            link.sendall(_post(TOKEN))
            link.recv(200)
        time.sleep(0.08)


class _Loop:
    """The part of a game that RealTimeClock uses."""

    finished = False


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _measure(*, attacked: bool) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    with GsiServer(0, TOKEN) as server:
        helpers = [context.Process(target=_play, args=(server.port, 600.0), daemon=True)]
        helpers += [context.Process(target=_attack, args=(server.port,), daemon=True)] if attacked else []
        for helper in helpers:
            helper.start()
        while server.latest is None:
            time.sleep(0.01)
        before, ages = _megabytes(), []
        clock = RealTimeClock(_Loop(), 16.0)  # type: ignore[arg-type] # it asks for nothing else
        end = time.perf_counter() + SECONDS
        while clock.tick() and (helpers[-1].is_alive() if attacked else time.perf_counter() < end):
            ages.append(server.age_seconds)
        helpers[0].kill()
        late = np.array(clock.lateness_ns) / 1e6
        return {
            "refused": server.counts.refused,
            "accepted": server.counts.accepted,
            "steps": len(late),
            "late ms p50": float(np.percentile(late, 50)),
            "late ms p99": float(np.percentile(late, 99)),
            "missed steps": clock.missed,
            "oldest post, s": max(ages),
            "memory grew, MB": _megabytes() - before,
        }


def main() -> None:
    """Print both results side by side."""
    alone, attacked = _measure(attacked=False), _measure(attacked=True)
    rows = [[name, f"{alone[name]:,.4g}", f"{attacked[name]:,.4g}"] for name in alone]
    show("game state: a loop of 16 steps/s", ["", "the game alone", f"and {REQUESTS:,} hostile requests"], rows)
