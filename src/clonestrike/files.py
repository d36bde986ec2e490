"""Writing files atomically, reading and writing JSON, and the cache folder."""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from types import TracebackType
from typing import Any, TypeVar

import msgspec
from platformdirs import user_cache_path

from clonestrike.errors import ClonestrikeError

T = TypeVar("T")

PARTIAL = ".part"
"""Suffix of a file or folder that is being written."""


class AtomicFile:
    """A file that gets its name only when all of it is on disk; until then an older file of that name stays.

    As a context manager it yields the temporary path to write to, and keeps the file unless the block raises. That path
    is in the same folder, which must exist, and is unique to this process. Raises OSError when the file cannot be
    written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.partial = path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}")

    def keep(self) -> None:
        """Give the written file its name."""
        try:
            with self.partial.open("rb+") as file:
                os.fsync(file.fileno())
            self.partial.replace(self.path)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove the temporary file, if there is one."""
        self.partial.unlink(missing_ok=True)

    def __enter__(self) -> Path:
        return self.partial

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.keep()
        else:
            self.discard()


@contextmanager
def staging_folder(beside: Path) -> Iterator[Path]:
    """A new folder next to ``beside``, to fill and then rename; removed if it is still there at the end.

    It is hidden, and its name ends in PARTIAL. The caller decides what happens if the new name is taken.
    """
    beside.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{beside.name}.", suffix=PARTIAL, dir=beside.parent))
    try:
        folder.chmod(0o755)  # mkdtemp's folders are for their owner only
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def plain_name(name: str, source: object, remedy: str) -> str:
    """The name of a file, if it leads nowhere else than into the folder that it is put after, on any system.

    Every name that a file, a server or a user gives passes here before it becomes part of a path. Raises
    ClonestrikeError, which names the source, for one with a separator, a drive or a control character, and for ``..``.
    """
    if name in ("", ".", "..") or PureWindowsPath(name).name != name or min(name) < " ":
        raise ClonestrikeError(f"{source} names a file outside its folder ({name!r})", remedy)
    return name


def regular(path: Path) -> Path:
    """The path of a regular file, to be opened: opening a pipe would wait for ever, and a device may have no end.

    Raises FileNotFoundError when there is none.
    """
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, "there is no such file", str(path))
    return path


def for_libraries(path: Path) -> str:
    """The path for FFmpeg and Arrow, absolute: at the beginning of another, they take ``match-12:`` for a protocol."""
    return str(path.absolute())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically; raises OSError."""
    with AtomicFile(path) as partial:
        partial.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a text file (UTF-8) atomically; raises OSError."""
    write_bytes(path, content.encode())


def cache_folder() -> Path:
    """Folder for data that can be made again: ``$CLONESTRIKE_CACHE``, else the system's (``~/.cache/clonestrike``)."""
    own = os.environ.get("CLONESTRIKE_CACHE")
    return Path(own) if own else user_cache_path("clonestrike", appauthor=False)


def write_json(result: Mapping[str, Any], path: Path) -> None:
    """Write a result as JSON, atomically; raises OSError. NaN becomes null, paths become text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(_plain(result), indent=2, allow_nan=False) + "\n")


def read_json(content: bytes, kind: type[T], source: object, remedy: str) -> T:
    """Decode JSON to a type; raises ClonestrikeError, which names the source and what is wrong in it."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ClonestrikeError(f"{source} is damaged ({error})", remedy) from None


def read_versioned(content: bytes, version: int, source: object, remedy: str) -> dict[str, Any]:
    """Decode a JSON object with this ``format_version``; raises ClonestrikeError as read_json does."""
    data = read_json(content, dict[str, Any], source, remedy)
    found = data.get("format_version")
    if found != version:
        raise ClonestrikeError(
            f"{source} has format version {found!r}, not {version}", "read it with the version that wrote it"
        )
    return data


def as_dataclass(data: object, kind: type[T], source: object, remedy: str) -> T:
    """Convert decoded JSON to a dataclass; raises ClonestrikeError as read_json does.

    Fields that the dataclass does not have are ignored: later versions may write more.
    """
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise ClonestrikeError(f"{source} is damaged ({error})", remedy) from None


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if hasattr(value, "tolist"):  # NumPy's arrays and numbers
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"a result of type {type(value).__name__} cannot be written as JSON")
