"""Range requests to the Hugging Face Hub, resumed over several connections when one fails."""

from __future__ import annotations

import hashlib
import io
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clonestrike.errors import ClonestrikeError
from clonestrike.files import plain_name

ATTEMPTS = 6
"""Consecutive connections without data after which reading fails; between them are 1, 2, 4, 8 and 16 seconds."""


@dataclass(frozen=True)
class RemoteFile:
    """A file on the Hub, or a part of one: a member of a tar.

    The part is bytes ``start`` .. ``start + size - 1`` of the file. Raises ClonestrikeError if its name is not plain.
    """

    url: str
    path: str
    """Path of the file within its data set on the Hub."""
    name: str
    """Name of the part, without folders."""
    identity: str
    """Changes whenever the file on the Hub does."""
    whole: int
    """Size of the whole file on the Hub, in bytes."""
    start: int
    size: int
    sha256: str | None = None
    """Checksum of the whole file on the Hub; None where it is not known, and for a member of a tar."""

    def __post_init__(self) -> None:
        for name in (self.name, self.identity):  # of both, files in the cache are named
            plain_name(name, self.url, "choose other files")


class _BusyError(Exception):
    """The server cannot answer now; the request is worth repeating."""


def read(remote: RemoteFile, begin: int = 0, size: int | None = None) -> Iterator[bytes]:
    """Yields bytes ``begin`` .. ``begin + size - 1`` of a remote file, in chunks.

    Raises ClonestrikeError after ATTEMPTS connections without data, or when the file is not the one listed.
    """
    import httpx2

    place = remote.start + begin
    end = remote.start + (remote.size if size is None else min(remote.size, begin + size))
    failed = 0
    while place < end:
        reason = "the connection was cut"
        try:
            for chunk in _connection(remote, place, end):
                place += len(chunk)
                failed = 0
                yield chunk
        except (httpx2.TransportError, _BusyError) as error:
            reason = str(error) or type(error).__name__
        if place < end:
            failed += 1
            if failed == ATTEMPTS:
                raise ClonestrikeError(
                    f"{remote.url} cannot be fetched ({reason})", "run the command again, it continues from here"
                )
            time.sleep(2 ** (failed - 1))


def _connection(remote: RemoteFile, place: int, end: int) -> Iterator[bytes]:
    """Yields what one connection delivers of bytes ``place`` .. ``end - 1`` of the file on the Hub."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined] # public, not re-exported

    span = {"Range": f"bytes={place}-{end - 1}", "Accept-Encoding": "identity"}
    with get_session().stream("GET", remote.url, headers={**build_hf_headers(), **span}) as answer:
        if answer.status_code >= 500 or answer.status_code == 429:
            raise _BusyError(f"the server says {answer.status_code}")
        if answer.status_code == 416:
            raise _replaced(remote)
        if answer.status_code != 206:
            why = "does not send parts of files" if answer.status_code == 200 else f"says {answer.status_code}"
            raise ClonestrikeError(f"{remote.url} cannot be fetched", f"the server {why}")
        sent = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
        if sent is None or int(sent[1]) != place or sent[2] not in ("*", str(remote.whole)):
            raise _replaced(remote)
        for chunk in answer.iter_raw():
            yield chunk[: end - place]
            place += len(chunk)
            if place >= end:
                return


def _replaced(remote: RemoteFile) -> ClonestrikeError:
    return ClonestrikeError(
        f"{remote.url} does not have the {remote.whole:,} bytes that the Hub lists", "try again later"
    )


def fetch(remote: RemoteFile, target: Path, arrived: Callable[[int], object]) -> None:
    """Download a remote file to ``target``, continuing an earlier attempt.

    ``arrived`` is called with the number of bytes of every chunk. Raises ClonestrikeError as read() does, and when the
    checksum differs.
    """
    if target.exists() and target.stat().st_size == remote.size:
        arrived(remote.size)
        return
    unfinished = target.with_name(f"{target.name}.{remote.identity[:12]}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    with unfinished.open("ab") as file:
        if file.tell() > remote.size:
            file.truncate(0)
        arrived(file.tell())
        for chunk in read(remote, file.tell()):
            file.write(chunk)
            arrived(len(chunk))
    if remote.sha256 and remote.sha256 != _sha256(unfinished):
        unfinished.unlink()
        raise ClonestrikeError(f"{remote.url} arrived damaged (its checksum differs)", "run the command again")
    unfinished.replace(target)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class RemoteReader(io.RawIOBase):
    """A remote file as a seekable stream; every read is a request."""

    def __init__(self, remote: RemoteFile) -> None:
        self._remote, self._place = remote, 0

    def seekable(self) -> bool:
        """True."""
        return True

    def readable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The position of the next read."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to an offset from the start, the current position or the end; returns the new position."""
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._remote.size}[whence]
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer and return the number of bytes, which is smaller only at the end of the file."""
        content = b"".join(read(self._remote, self._place, len(buffer)))
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)
