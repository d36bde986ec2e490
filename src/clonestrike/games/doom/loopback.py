"""Keeps what two engines send each other to the loopback interface, and everybody else's packets away from them.

The engine binds its socket to all interfaces, has no option for another one, and dies of packets that it does not
understand. So the sockets are connected from outside: such a socket has an address on loopback only, and the kernel
drops what comes from any other socket than its peer's.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

from clonestrike import console

HOST = "127.0.0.1"
PAUSE = 0.002
"""Seconds between looks at an engine that is starting."""
_PIDFD_GETFD = 438
"""Number of the system call, the same on all architectures; Python does not have it."""


def confine(host: Path, guest: Path, running: Callable[[], bool]) -> None:
    """Connect the sockets of two engines to each other as soon as they are there, or until ``running`` is False.

    The files hold the numbers of their processes. Where the system has no such call, or refuses it, a warning says so.
    """
    try:
        with closing(_socket(host, running)) as hosting:
            port = hosting.getsockname()[1]
            hosting.connect((HOST, port))  # to itself: until the guest is there, nobody can send it anything
            with closing(_socket(guest, running)) as joining:
                hosting.connect((HOST, joining.getsockname()[1]))
                joining.connect((HOST, port))
    except InterruptedError:
        return  # an engine has ended: its own error says why
    except OSError as error:
        console.warning(
            f"the engines of a watched match can be reached from the network (their sockets cannot be connected: "
            f"{error.strerror or error}): let a firewall refuse them; in a container, allow SYS_PTRACE"
        )


def _socket(process: Path, running: Callable[[], bool]) -> socket.socket:
    """The UDP socket of an engine, once it is bound; raises InterruptedError when it ends, OSError if not allowed."""
    while running():
        with suppress(FileNotFoundError, ProcessLookupError, ValueError):  # it has not got as far as that
            for found in _sockets(int(process.read_text())):
                if found.type == socket.SOCK_DGRAM and found.family == socket.AF_INET and found.getsockname()[1]:
                    return found
                found.close()
        time.sleep(PAUSE)
    raise InterruptedError


def _sockets(process: int) -> Iterator[socket.socket]:
    """Copies of all sockets of a process that this one has started; raises OSError where that is not allowed."""
    if sys.platform != "linux":
        raise OSError("only Linux can do that")
    system = ctypes.CDLL(None, use_errno=True)
    handle = os.pidfd_open(process)
    try:
        for entry in Path(f"/proc/{process}/fd").iterdir():
            if str(entry.readlink()).startswith("socket:"):
                copy = system.syscall(_PIDFD_GETFD, handle, int(entry.name), 0)
                if copy < 0:
                    code = ctypes.get_errno()
                    raise OSError(code, os.strerror(code))
                yield socket.socket(fileno=copy)
    finally:
        os.close(handle)
