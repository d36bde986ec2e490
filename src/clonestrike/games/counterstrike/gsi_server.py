"""The server to which the game posts, on the loopback interface, in a thread of its own.

The memory and time that requests can take are limited, and the control loop, which reads ``latest``, never waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import re
import sys
import threading
import time
from dataclasses import asdict, dataclass

import h11

from clonestrike.errors import ClonestrikeError
from clonestrike.games.counterstrike.gsi import Post, parse
from clonestrike.games.desktop.backend import Closable

HOST = "127.0.0.1"
HOST_HEADER = re.compile(rb"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)
"""Names of this computer. A web page whose own name was made to lead here has another one."""
LARGEST_BODY = 256 * 1024
"""Bytes; a post of a full deathmatch has about 40 kB."""
LARGEST_HEAD = 16 * 1024
MOST_CONNECTIONS = 32
REQUEST_SECONDS = 2.0
"""From the first byte of a request to the last one of its body."""
IDLE_SECONDS = 60.0
"""Longest wait on a connection for the next request."""
MOST_PER_SECOND = 100
"""Most new connections; the game needs twenty. More would take time from the control loop."""
SWITCH_SECONDS = 0.001
"""Longest time for which the server's thread keeps the interpreter while the control loop waits for it."""
LINGER_SECONDS = 0.1
CHUNK = 16 * 1024


@dataclass
class Counts:
    """Numbers of requests by outcome."""

    accepted: int = 0
    unauthenticated: int = 0
    malformed: int = 0
    foreign: int = 0
    """Requests to another host than this one, or from a web page."""
    oversized: int = 0
    slow: int = 0
    busy: int = 0
    """Connections dropped because there were too many: those above the rate, and the oldest without a valid token."""

    @property
    def refused(self) -> int:
        """Number of requests that were not accepted."""
        counts: dict[str, int] = asdict(self)
        return sum(counts.values()) - self.accepted


@dataclass(frozen=True)
class Update:
    """A post, and the time of its arrival (time.perf_counter_ns)."""

    post: Post
    time_ns: int


class _Refused(Exception):  # noqa: N818 - an outcome, not an error
    """Ends a request with an HTTP status; ``count`` is the field of Counts."""

    def __init__(self, status: int, count: str) -> None:
        self.status, self.count = status, count


class GsiServer(Closable):
    """Listens from construction until close(); ``latest`` is the last post with a valid token, or None."""

    def __init__(self, port: int, token: str) -> None:
        if not token:
            raise ClonestrikeError("Game State Integration needs a token", "run clonestrike setup")
        self._token = token.encode()
        self.latest: Update | None = None
        self.counts = Counts()
        self._open: dict[asyncio.StreamWriter, bool] = {}  # connections, oldest first: whether a valid token came
        self._room, self._room_time = float(MOST_PER_SECOND), time.monotonic()
        self._ready = threading.Event()
        self._loop = asyncio.SelectorEventLoop()
        self._failure: OSError | None = None
        self._thread = threading.Thread(target=self._run, args=(port,), name="game state", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure:
            self._thread.join()
            raise ClonestrikeError(
                f"port {port} cannot be opened ({self._failure.strerror or self._failure})",
                "end the program that listens there, or run clonestrike setup with another --port",
            )

    @property
    def age_seconds(self) -> float:
        """Seconds since the last post; infinite before the first."""
        return float("inf") if self.latest is None else (time.perf_counter_ns() - self.latest.time_ns) / 1e9

    def _run(self, port: int) -> None:
        asyncio.set_event_loop(self._loop)
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_SECONDS))
        try:
            try:
                server = self._loop.run_until_complete(asyncio.start_server(self._serve, HOST, port, limit=CHUNK))
                self.port: int = server.sockets[0].getsockname()[1]
            except OSError as error:
                self._failure = error
                return
            finally:
                self._ready.set()
            self._loop.run_forever()
            for listening in server.sockets:  # closing the server would leave new connections open
                self._loop.remove_reader(listening.fileno())
            self._rounds()
            server.close()
            while tasks := asyncio.all_tasks(self._loop):
                for task in tasks:
                    task.cancel()
                self._loop.run_until_complete(asyncio.wait(tasks))
            self._rounds()  # aborted connections are closed in the next round
        finally:
            self._loop.close()

    def _rounds(self) -> None:
        """Run the event loop for some rounds."""
        for _ in range(3):
            self._loop.run_until_complete(asyncio.sleep(0))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        now = time.monotonic()
        self._room = min(MOST_PER_SECOND, self._room + (now - self._room_time) * MOST_PER_SECOND)
        self._room_time = now
        if self._room < 1:
            self.counts.busy += 1
            writer.transport.abort()
            return
        self._room -= 1
        self._open[writer] = False
        if len(self._open) > MOST_CONNECTIONS:
            oldest = next((link for link, proven in self._open.items() if not proven), writer)
            del self._open[oldest]
            oldest.transport.abort()
            self.counts.busy += 1
        try:
            await self._talk(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # the client has closed the connection, or the server ends
        finally:
            self._open.pop(writer, None)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle requests until one is refused or the client closes the connection."""
        link = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
        while True:
            try:
                first = await asyncio.wait_for(reader.read(CHUNK), IDLE_SECONDS)
            except TimeoutError:
                return
            if not first:
                return
            status = 200
            try:
                async with asyncio.timeout(REQUEST_SECONDS):
                    self._accept(await self._body(link, first, reader))
                    if writer in self._open:
                        self._open[writer] = True
            except TimeoutError:
                status, self.counts.slow = 408, self.counts.slow + 1
            except h11.RemoteProtocolError:
                status, self.counts.malformed = 400, self.counts.malformed + 1
            except _Refused as refused:
                status = refused.status
                setattr(self.counts, refused.count, getattr(self.counts, refused.count) + 1)
            with contextlib.suppress(h11.LocalProtocolError):
                headers = [("Content-Length", "0"), *([] if status == 200 else [("Connection", "close")])]
                answer = link.send(h11.Response(status_code=status, headers=headers))
                writer.write((answer or b"") + (link.send(h11.EndOfMessage()) or b""))
                await asyncio.wait_for(writer.drain(), REQUEST_SECONDS)
            if status != 200:
                await self._let_read(reader, writer)
                return
            if link.our_state is not h11.DONE or link.their_state is not h11.DONE:
                return
            link.start_next_cycle()

    @staticmethod
    async def _let_read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read on for a moment: closing at once would reset the connection before the client has read the answer."""
        with contextlib.suppress(TimeoutError, OSError):
            writer.write_eof()
            async with asyncio.timeout(LINGER_SECONDS):
                while await reader.read(CHUNK):
                    pass

    async def _body(self, link: h11.Connection, data: bytes, reader: asyncio.StreamReader) -> bytes:
        """Read the body of one request; raises _Refused as soon as it is too large, not a POST, or from a web page."""
        body = bytearray()
        link.receive_data(data)
        while True:
            event = link.next_event()
            if event is h11.NEED_DATA:
                link.receive_data(await reader.read(CHUNK))
            elif isinstance(event, h11.Request):
                self._begin(event)
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > LARGEST_BODY:
                    raise _Refused(413, "oversized")
            elif isinstance(event, h11.EndOfMessage):
                return bytes(body)
            else:
                raise _Refused(400, "malformed")

    @staticmethod
    def _begin(request: h11.Request) -> None:
        if request.method != b"POST":
            raise _Refused(405, "malformed")
        headers = dict(request.headers)
        if b"origin" in headers or not HOST_HEADER.fullmatch(headers.get(b"host", b"")):
            raise _Refused(403, "foreign")
        if int(headers.get(b"content-length", b"0")) > LARGEST_BODY:
            raise _Refused(413, "oversized")

    def _accept(self, body: bytes) -> None:
        try:
            post = parse(body)
        except ValueError:
            raise _Refused(400, "malformed") from None
        token = post.auth.token if post.auth else None
        if not hmac.compare_digest((token or "").encode("utf-8", "surrogatepass"), self._token):
            raise _Refused(401, "unauthenticated")
        self.latest = Update(post, time.perf_counter_ns())
        self.counts.accepted += 1

    def close(self) -> None:
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # it has ended meanwhile
                self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
