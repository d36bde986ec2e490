"""The server under everything that a post should not be; real sockets."""

from __future__ import annotations

import contextlib
import gc
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from tests.windows import eventually

from clonestrike.errors import ClonestrikeError
from clonestrike.games.counterstrike import gsi_server
from clonestrike.games.counterstrike.gsi_server import HOST, LARGEST_BODY, MOST_CONNECTIONS, GsiServer

TOKEN = "9f0c"


def body(token: object = TOKEN, name: str = "de_dust2") -> bytes:
    return json.dumps({"map": {"name": name, "phase": "live"}, "auth": {"token": token}}).encode()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GsiServer]:
    monkeypatch.setattr(gsi_server, "REQUEST_SECONDS", 0.3)
    with GsiServer(0, TOKEN) as server:
        yield server


def post(server: GsiServer, content: bytes, method: str = "POST", headers: dict[str, str] | None = None) -> int:
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        link.request(method, "/", content, headers or {})
        return link.getresponse().status
    finally:
        link.close()


def raw(server: GsiServer, *parts: bytes, pause: float = 0.0) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as link:
        answer = b""
        try:
            for part in parts:
                link.sendall(part)
                time.sleep(pause)
            while got := link.recv(4096):
                answer += got
        except (ConnectionResetError, BrokenPipeError):
            pass
        return answer


def test_a_post_is_the_latest_state(server: GsiServer) -> None:
    assert server.latest is None
    assert server.age_seconds == float("inf")
    assert post(server, body()) == 200
    assert server.latest is not None
    assert server.latest.post.live
    assert server.age_seconds < 5


def test_one_connection_can_post_again_and_again(server: GsiServer) -> None:
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    for i in range(5):
        link.request("POST", "/", body(name=f"map{i}"))
        assert link.getresponse().read() == b""
    link.close()
    assert server.counts.accepted == 5
    assert server.latest is not None
    assert server.latest.post.map is not None
    assert server.latest.post.map.name == "map4"


@pytest.mark.parametrize("token", ["", "9f0", "9f0c0", "9F0C", None, "ä", "\udcff"])
def test_a_wrong_token_is_refused(server: GsiServer, token: object) -> None:
    content = json.dumps({"map": {"name": "x"}, "auth": {"token": token}}, ensure_ascii=True).encode()
    assert post(server, content) in (400, 401)
    assert server.latest is None
    assert server.counts.refused == 1


def test_no_token_is_refused(server: GsiServer) -> None:
    assert post(server, b'{"map": {"name": "x"}}') == 401
    assert server.counts.unauthenticated == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"map": 3}', b'{"player": {"steamid": 7}}'])
def test_what_is_no_post_is_refused(server: GsiServer, content: bytes) -> None:
    assert post(server, content) == 400
    assert server.counts.malformed == 1


def test_other_methods_are_refused(server: GsiServer) -> None:
    assert post(server, b"", "GET") == 405


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:3000", "localhost", "LOCALHOST:3000", "[::1]:3000"])
def test_this_computer_has_several_names(server: GsiServer, host: str) -> None:
    assert post(server, body(), headers={"Host": host}) == 200


@pytest.mark.parametrize(
    "host", ["", "example.org", "127.0.0.1.example.org:3000", "192.0.2.1", "localhost:3000@x", "::1"]
)
def test_a_request_to_another_computer_is_refused(server: GsiServer, host: str) -> None:
    """As a page sends it whose name was made to lead here; it is refused although it has the token."""
    assert post(server, body(), headers={"Host": host}) == 403
    assert server.latest is None
    assert server.counts.foreign == 1


@pytest.mark.parametrize("origin", ["http://example.org", "null", "http://127.0.0.1:3000", ""])
def test_a_request_of_a_web_page_is_refused(server: GsiServer, origin: str) -> None:
    assert post(server, body(), headers={"Origin": origin}) == 403
    assert server.latest is None
    assert server.counts.foreign == 1


def test_a_large_body_is_refused_unread(server: GsiServer) -> None:
    assert b" 413 " in raw(
        server, b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 104857600\r\n\r\n", b"x" * 1000
    )
    assert server.counts.oversized == 1


def test_a_large_body_in_chunks_is_refused(server: GsiServer) -> None:
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    raw(
        server,
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        *[chunk] * (LARGEST_BODY // 0x4000 + 2),
    )
    eventually(lambda: server.counts.oversized == 1)


def test_a_large_head_is_refused(server: GsiServer) -> None:
    raw(server, b"POST / HTTP/1.1\r\n" + b"A: " + b"b" * 100_000 + b"\r\n\r\n")
    eventually(lambda: server.counts.malformed == 1)


@pytest.mark.parametrize("junk", [b"\0" * 50, b"hello\r\n\r\n", b"POST / HTTP/9\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n"])
def test_what_is_no_http_is_refused(server: GsiServer, junk: bytes) -> None:
    assert b" 400 " in raw(server, junk)


def test_a_slow_sender_is_refused(server: GsiServer) -> None:
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\n"
    raw(server, head, *[b"x"] * 8, pause=0.06)  # the answer may cross with what is still sent
    eventually(lambda: server.counts.slow == 1)


def test_silent_connections_do_not_shut_the_game_out(server: GsiServer) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.port), timeout=5) for _ in range(MOST_CONNECTIONS + 5)]
    assert post(server, body()) == 200
    assert server.counts.busy >= 6
    for link in silent:
        link.close()


def test_only_this_computer_can_post(server: GsiServer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            other = probe.getsockname()[0]
        except OSError:
            pytest.skip("this computer has no other address")
    if other.startswith("127."):
        pytest.skip("this computer has no other address")
    with pytest.raises((ConnectionRefusedError, TimeoutError)):
        socket.create_connection((other, server.port), timeout=2)


def test_a_port_that_is_taken(server: GsiServer) -> None:
    with pytest.raises(ClonestrikeError, match=f"port {server.port} cannot be opened"):
        GsiServer(server.port, TOKEN)


def test_it_lets_go_of_the_port(server: GsiServer) -> None:
    server.close()
    server.close()
    with GsiServer(server.port, TOKEN) as again:
        assert again.port == server.port


def test_it_closes_while_others_connect() -> None:
    """Nothing that was accepted a moment before stays open: warnings are errors."""
    for _ in range(10):
        server = GsiServer(0, TOKEN)
        ended = threading.Event()

        def knock(port: int = server.port, ended: threading.Event = ended) -> None:
            while not ended.is_set():
                with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=0.2) as link:
                    link.sendall(b"POST / HTTP/1.1\r\n")

        knocking = [threading.Thread(target=knock) for _ in range(2)]
        for thread in knocking:
            thread.start()
        time.sleep(0.02)
        server.close()
        ended.set()
        for thread in knocking:
            thread.join()
        gc.collect()
