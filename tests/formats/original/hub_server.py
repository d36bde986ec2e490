"""A server that answers as the Hugging Face Hub does for one data set: its tree, and its files by range.

It misbehaves on request: cuts connections, ignores ranges, answers with errors, lists another size.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

REPOSITORY = "someone/Play"


@dataclass
class FakeHub:
    """What is served, how it misbehaves, and what was asked for."""

    folder: Path
    kind: str = "datasets"
    """What the repository is: datasets or models."""
    cut_after: int | None = None
    """Bytes after which a connection is cut."""
    cuts: int = 0
    """How many connections are cut; -1 for all."""
    ranges: bool = True
    status: int | None = None
    """Answer every request for a file with this."""
    grown: int = 0
    """Bytes that the tree lists too many."""
    checksums: bool = True
    sent: int = 0
    asked: list[tuple[str, int, int]] = field(default_factory=list)
    url: str = ""

    def tree(self) -> list[dict[str, object]]:
        """As the Hub lists a data set."""
        entries: list[dict[str, object]] = []
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_dir():
                entries.append({"type": "directory", "oid": "0" * 40, "size": 0, "path": name})
                continue
            digest = hashlib.sha256(path.read_bytes() if self.checksums else b"").hexdigest()
            size = path.stat().st_size + self.grown
            lfs = {"oid": digest, "size": size, "pointerSize": 134}
            entries.append({"type": "file", "oid": digest[:40], "size": size, "path": name, "lfs": lfs})
        return entries


@contextmanager
def served(hub: FakeHub) -> Iterator[FakeHub]:
    """The server on loopback, while the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answers", (_Answers,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def endpoint(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """HF_ENDPOINT for this process: the library reads it only once."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", url)
    template = f"{url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)


class _Answers(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        files = f"{'/datasets' if self.hub.kind == 'datasets' else ''}/{REPOSITORY}/resolve/main/"
        if path == f"/api/{self.hub.kind}/{REPOSITORY}/tree/main":
            self._answer(200, json.dumps(self.hub.tree()).encode(), {"Content-Type": "application/json"})
        elif path.startswith(files):
            # The Hub sends large files from elsewhere.
            self._answer(302, b"", {"Location": path.replace(files, "/store/")})
        elif path.startswith("/store/"):
            self._file(path.removeprefix("/store/"))
        else:
            self._answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _file(self, name: str) -> None:
        hub = self.hub
        if hub.status:
            self._answer(hub.status, b"no", {})
            return
        content = (hub.folder / name).read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if asked is None or not hub.ranges:
            self._answer(200, content, {})
            return
        start, stop = int(asked[1]), min(int(asked[2]) + 1, len(content))
        hub.asked.append((name, start, stop))
        if start >= len(content):
            self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
            return
        self._answer(206, content[start:stop], {"Content-Range": f"bytes {start}-{stop - 1}/{len(content)}"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        hub = self.hub
        if hub.cut_after is not None and len(body) > hub.cut_after and hub.cuts:
            hub.cuts -= 1
            self.wfile.write(body[: hub.cut_after])
            hub.sent += hub.cut_after
            self.close_connection = True
            return
        self.wfile.write(body)
        hub.sent += len(body) if status == 206 else 0
