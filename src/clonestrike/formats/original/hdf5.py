"""The original's HDF5 files: read by offset, written dataset by dataset.

A file holds four small datasets per frame, 4000 in all, and opening a dataset is slow. So a file is indexed once:
where a dataset's header equals that of its kind except for the address, only the address is read.
"""

from __future__ import annotations

import math
import mmap
import os
import re
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import h5py
import numpy as np
from h5py import h5d, h5l, h5o
from numpy.typing import NDArray

from clonestrike.core.actions import Ints
from clonestrike.core.observation import Frame
from clonestrike.errors import ClonestrikeError
from clonestrike.files import AtomicFile
from clonestrike.formats.original.layout import KINDS, SHAPES

_NAME = re.compile(rb"frame_(0|[1-9]\d{0,8})_(x|xaux|y|helperarr)")
_PREFIX = 16
"""Bytes of a version 1 object header before its messages; bytes 8 to 12 are the size of these."""


@dataclass(frozen=True)
class Hdf5Index:
    """The positions of a file's datasets.

    ``frames`` int64 (T,): ascending numbers of the frames that can be used; ``offsets``: for each kind of dataset,
    bytes from the beginning of the file, int64 (T,); ``dtypes``: for each kind; ``faults``: what cannot be used, and
    why.
    """

    frames: Ints
    offsets: dict[str, Ints]
    dtypes: dict[str, np.dtype[Any]]
    faults: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Hdf5Index:
        """Index a file; raises ClonestrikeError if it is not HDF5, is truncated, or has no complete frame."""
        try:
            with h5py.File(path, "r") as file, mapped(path) as data:
                return _walk(path, file, data)
        except (OSError, RuntimeError) as error:
            raise not_readable(path, error) from None

    def rows(self, path: Path, kind: str) -> NDArray[Any]:
        """The datasets of a kind (y, xaux or helperarr) of all frames, (T, width) in their own dtype."""
        dtype, width = self.dtypes[kind], SHAPES[kind][0]
        with mapped(path) as data:
            whole = np.frombuffer(data, np.uint8)
            rows: NDArray[Any] = whole[self.offsets[kind][:, None] + np.arange(width * dtype.itemsize)].view(dtype)
            del whole  # otherwise the map cannot be closed
        return rows

    def pictures(self, path: Path, first: int, last: int) -> NDArray[np.uint8]:
        """Frames of rows first .. last - 1, uint8 (n, H, W, 3) RGB; they are BGR on disk."""
        shape = SHAPES["x"]
        out = np.empty((max(0, last - first), *shape), np.uint8)
        if not len(out):
            return out
        offsets = self.offsets["x"][first:last].tolist()
        size = out[0].size
        with mapped(path) as data:
            begin = min(offsets) // mmap.PAGESIZE * mmap.PAGESIZE
            span = max(offsets) + size - begin
            if hasattr(data, "madvise") and span < 2 * out.size:
                data.madvise(mmap.MADV_WILLNEED, begin, span)  # one long read instead of one per page
            for row, offset in zip(out, offsets, strict=True):
                cv2.cvtColor(np.frombuffer(data, np.uint8, size, offset).reshape(shape), cv2.COLOR_BGR2RGB, row)
        return out


def not_readable(path: Path, error: OSError | RuntimeError) -> ClonestrikeError:
    """The error to raise for what h5py raised for a file: locked, withheld by the system, or not HDF5 or damaged."""
    if isinstance(error, BlockingIOError):
        return ClonestrikeError(f"{path} is locked", "another program writes it: wait until that has closed the file")
    number = error.errno if isinstance(error, OSError) else None
    if number:
        return ClonestrikeError(
            f"{path} cannot be read ({os.strerror(number)})", "look at its permissions and at the disk that it is on"
        )
    reason = re.sub(r"^.*?\((.*)\)$", r"\1", (str(error).splitlines() or [""])[0])
    return ClonestrikeError(f"{path} cannot be read as HDF5 ({reason})", "download it again")


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """Memory-map a file for reading. It is not kept open: a data set has thousands of files."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


class _Template:
    """The header of the first good dataset of a kind, split at the address of its values."""

    def __init__(self, kind: str) -> None:
        self._shape, self._bytes = SHAPES[kind], 0
        self.dtype: np.dtype[Any] | None = None
        self._before = self._after = b""

    def offset(self, file: h5py.File, data: mmap.mmap, name: bytes) -> int | str:
        """The offset of a dataset's values in bytes, or a text that says what is wrong with it."""
        header = h5o.get_info(file.id, name).addr
        if self._before:
            place = header + len(self._before)
            if data[header:place] == self._before and data[place + 8 : place + 8 + len(self._after)] == self._after:
                return self._inside(struct.unpack("<Q", data[place : place + 8])[0], data)
        return self._opened(file, data, name, header)

    def _opened(self, file: h5py.File, data: mmap.mmap, name: bytes, header: int) -> int | str:
        dataset = h5d.open(file.id, name)
        dtype = dataset.dtype
        if dataset.shape != self._shape:
            return f"has the shape {dataset.shape}, not {self._shape}"
        wanted = np.uint8 if len(self._shape) == 3 else self.dtype
        if dtype.kind not in "fiub" or (wanted is not None and dtype != wanted):
            return f"is {dtype}, not {np.dtype(wanted or float)}"
        if dataset.get_create_plist().get_external_count():
            return "lies in another file"
        offset = dataset.get_offset()
        if offset is None:
            return "is compressed or chunked: rewrite the file with h5repack -l CONTI -f NONE"
        if self.dtype is None:
            self.dtype, self._bytes = dtype, math.prod(self._shape) * dtype.itemsize
            whole = data[header : header + _PREFIX + struct.unpack("<I", data[header + 8 : header + 12])[0]]
            before, found, after = whole.partition(struct.pack("<Q", offset))
            if found and whole[:1] == b"\1":
                self._before, self._after = before, after
        return self._inside(offset, data)

    def _inside(self, offset: int, data: mmap.mmap) -> int | str:
        return offset if offset + self._bytes <= len(data) else "lies beyond the end of the file"


def _walk(path: Path, file: h5py.File, data: mmap.mmap) -> Hdf5Index:
    templates = {kind: _Template(kind) for kind in KINDS}
    found: dict[int, dict[str, int]] = {}
    faults = []
    links: list[tuple[bytes, int]] = []
    file.id.links.iterate(lambda name, info: links.append((name, info.type)), info=True)
    for name, kind_of_link in links:
        match = _NAME.fullmatch(name)
        if match is None:
            continue
        number, kind = int(match[1]), match[2].decode()
        try:
            # A link is not followed: it may lead to another file, or to a pipe, which would never open.
            hard = kind_of_link == h5l.TYPE_HARD
            offset = templates[kind].offset(file, data, name) if hard else "is a link"
        except (KeyError, OSError, RuntimeError, TypeError, struct.error):
            offset = "is not a dataset, or damaged"
        row = found.setdefault(number, {})
        if isinstance(offset, int):
            row[kind] = offset
        else:
            faults.append(f"{name.decode()} {offset}")
    frames = sorted(number for number, row in found.items() if len(row) == len(KINDS))
    if not frames:
        why = f": {faults[0]}" if faults else " of the original's layout"
        raise ClonestrikeError(f"{path} has no complete frame{why}", "download it again")
    count = max(found) + 1
    if len(frames) < count:
        first = next((i for i, number in enumerate(frames) if i != number), len(frames))
        faults.append(f"{count - len(frames)} of {count} frames are not complete, the first one is {first}")
    offsets = {kind: np.array([found[number][kind] for number in frames], np.int64) for kind in KINDS}
    dtypes = {kind: template.dtype or np.dtype(float) for kind, template in templates.items()}
    return Hdf5Index(np.array(frames, np.int64), offsets, dtypes, tuple(faults))


class Hdf5Writer:
    """Writes one HDF5 file of the original's layout, whole or not at all."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            self._file = opened.enter_context(h5py.File(opened.enter_context(AtomicFile(path)), "w"))
            self._opened = opened.pop_all()

    def append(self, number: int, picture: Frame, xaux: NDArray[Any], y: NDArray[Any], helperarr: NDArray[Any]) -> None:
        """Append frame ``number``: picture uint8 (150, 280, 3) RGB, xaux (54,), y (51,), helperarr (2,)."""
        values = {"x": picture[..., ::-1], "xaux": xaux, "y": y, "helperarr": helperarr}
        for kind, value in values.items():
            if value.shape != SHAPES[kind]:
                raise ClonestrikeError(
                    f"{kind} has the shape {value.shape}, the original's layout {SHAPES[kind]}",
                    "it was not written by the original's tools",
                )
            self._file.create_dataset(f"frame_{number}_{kind}", data=value)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, trace)
