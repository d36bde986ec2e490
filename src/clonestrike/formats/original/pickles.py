"""Reads pickles that hold plain data, and .npy files with them; nothing in such a file can run code.

The original keeps its data in pickled dicts and object arrays. An interpreter of our own reads them: it knows the
opcodes that plain data needs and three things of NumPy (arrays, scalars, dtypes). Anything else is refused when it is
met. No name in a file is ever looked up, no size is believed before the bytes are there.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from clonestrike.errors import ClonestrikeError
from clonestrike.files import Whole

MOST_MARKS = 1000
"""Containers that may be open at the same time."""
MOST_DIMENSIONS = 32

_NUMPY_CORE = ("numpy.core", "numpy._core")
_NAMES = {
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "encode",  # how protocol 2 writes bytes
    ("__builtin__", "bytes"): "bytes",  # and how it writes none
    **{(f"{core}.multiarray", "_reconstruct"): "reconstruct" for core in _NUMPY_CORE},
    **{(f"{core}.multiarray", "scalar"): "scalar" for core in _NUMPY_CORE},
    **{(f"{core}.numeric", "_frombuffer"): "frombuffer" for core in _NUMPY_CORE},
}
"""What a file may name, and what we call it."""
_DTYPE = re.compile(r"b1|[iu][1248]|f[248]|O8?|[SU]\d{1,6}")


class _RefusedError(Exception):
    """Why a pickle is not plain data."""


class _Name:
    """One of _NAMES: means something as the callee or an argument of REDUCE, nothing elsewhere."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def read_npy(path: Path) -> Any:
    """The content of a .npy file: an array, or what a 0-d object array holds (a dict in the original's metadata).

    Raises ClonestrikeError when the file is missing, cut short, or holds anything but plain data.
    """
    return _read(path, _npy)


def npy_shape(path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and dtype that a .npy file declares, without reading it; raises ClonestrikeError when it is none."""
    return _read(path, lambda data: _npy_header(data)[:2])  # type: ignore[no-any-return]


def read_pickle(path: Path) -> Any:
    """The content of a pickle of protocol 2 to 5 (a ``.p`` file); raises ClonestrikeError as read_npy does."""
    return _read(path, lambda data: _Reader(data, 0).read())


def write_npy(path: Path, content: Any) -> None:
    """Write a dict or an object array as the original does (protocol of np.save), whole or not at all."""
    array = content if isinstance(content, np.ndarray) else np.array(content, object)
    with Whole(path) as partial, partial.open("wb") as file:
        np.save(file, array, allow_pickle=True)


def _read(path: Path, read: Callable[[mmap.mmap], Any]) -> Any:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return read(data)
    except _RefusedError as error:
        raise ClonestrikeError(f"{path} is refused", f"{error}") from None
    except OSError as error:
        raise ClonestrikeError(f"{path} cannot be read", f"{error.strerror or error}") from None
    except ValueError as error:  # an empty file, or no .npy
        raise ClonestrikeError(f"{path} is not what it should be", f"{error}") from None


def _npy_header(data: mmap.mmap) -> tuple[tuple[int, ...], np.dtype[Any], bool]:
    data.seek(0)
    version = np.lib.format.read_magic(data)
    if version not in {(1, 0), (2, 0)}:
        raise _RefusedError(f"its .npy version is {version}")
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = header(data)
    if len(shape) > MOST_DIMENSIONS or any(n < 0 for n in shape):
        raise _RefusedError(f"it declares a shape of {shape}")
    return shape, dtype, fortran


def _npy(data: mmap.mmap) -> Any:
    shape, dtype, fortran = _npy_header(data)
    if dtype.names is not None or dtype.kind not in "biufSUO":
        raise _RefusedError(f"its dtype is {dtype}")
    if not dtype.hasobject:
        return _filled(data[data.tell() :], dtype, shape, fortran)
    array = _Reader(data, data.tell()).read()
    if not isinstance(array, np.ndarray) or not array.dtype.hasobject or array.shape != shape:
        raise _RefusedError("what is pickled in it is not the array that its header declares")
    return array.item() if shape == () else array


def _size(shape: Any) -> int:
    """Number of elements of a shape that a file declares."""
    if not isinstance(shape, tuple) or len(shape) > MOST_DIMENSIONS:
        raise _RefusedError(f"it declares a shape of {str(shape)[:50]}")
    size = 1
    for n in shape:
        if type(n) is not int or n < 0:
            raise _RefusedError(f"it declares a shape of {str(shape)[:50]}")
        size *= n
    return size


def _filled(content: Any, dtype: Any, shape: Any, fortran: bool) -> np.ndarray[Any, Any]:
    """An array of its own memory, from bytes or from a list of objects that must be as many as the shape says."""
    size = _size(shape)
    if not isinstance(dtype, np.dtype):
        raise _RefusedError("an array has no dtype")
    if dtype.hasobject:
        if type(content) is not list or len(content) != size:
            raise _RefusedError("an object array does not hold what its shape says")
        array = np.empty(size, object)
        for i, value in enumerate(content):
            array[i] = value
        return array.reshape(shape)  # its list is in C order, whatever the flag says
    if not dtype.itemsize or not isinstance(content, (bytes, bytearray)) or len(content) != size * dtype.itemsize:
        raise _RefusedError("an array does not hold the bytes that its shape says")
    return np.frombuffer(content, dtype, size).copy().reshape(shape, order="F" if fortran else "C")


class _Reader:
    """Interprets one pickle. Values are plain objects from the start: there is nothing to construct later."""

    def __init__(self, data: mmap.mmap | bytes, start: int) -> None:
        self._data, self._place, self._end = data, start, len(data)
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def read(self) -> Any:
        """The one value that the pickle holds; raises _RefusedError."""
        operations = self._OPERATIONS
        try:
            while True:
                code = self._take(1)
                if code == b".":
                    if self._marks or len(self._stack) != 1:
                        raise _RefusedError("it does not end in one value")
                    return self._plain(self._stack.pop())
                operation = operations.get(code)
                if operation is None:
                    raise _RefusedError(f"it uses the pickle opcode {code!r}, which plain data does not need")
                operation(self)
        except (IndexError, KeyError, TypeError, ValueError, struct.error, MemoryError, OverflowError) as error:
            raise _RefusedError(f"it is a damaged pickle ({type(error).__name__} at byte {self._place})") from None

    def _take(self, size: int) -> bytes:
        place = self._place
        if size > self._end - place:
            raise _RefusedError("it is cut short, or declares more bytes than it has")
        self._place = place + size
        return self._data[place : self._place]

    def _number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "little")

    def _sized(self, size: int) -> bytes:
        return self._take(self._number(size))

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    @staticmethod
    def _plain(value: Any) -> Any:
        if isinstance(value, _Name):
            raise _RefusedError(f"it holds the name {value.name} as a value")
        return value

    def _mark(self) -> None:
        if len(self._marks) >= MOST_MARKS:
            raise _RefusedError("it is nested too deeply")
        self._marks.append(self._stack)
        self._stack = []

    def _to_mark(self) -> list[Any]:
        found = self._stack
        self._stack = self._marks.pop()
        return found

    def _append(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise _RefusedError("it appends to what is no list")
        target.extend(map(self._plain, values))

    def _set_items(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not dict:
            raise _RefusedError("it sets items of what is no dict")
        if len(items) % 2:
            raise _RefusedError("a dict has a key without a value")
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Of simple kinds: hashing a deeply nested tuple would overflow the stack.
            if not isinstance(key, (str, bytes, int, float, np.generic, type(None))):
                raise _RefusedError(f"a key of a dict is a {type(key).__name__}")
            target[key] = self._plain(value)

    def _set_item(self) -> None:
        value = self._stack.pop()
        key = self._stack.pop()
        self._set_items([key, value])

    def _tuple(self, values: list[Any]) -> None:
        self._stack.append(tuple(values))

    def _last(self, size: int) -> list[Any]:
        if len(self._stack) < size:
            raise _RefusedError("it takes values that are not there")
        values = self._stack[-size:]
        del self._stack[-size:]
        return values

    def _name(self, module: Any, name: Any) -> None:
        known = _NAMES.get((module, name)) if isinstance(module, str) and isinstance(name, str) else None
        if known is None:
            raise _RefusedError(f"it names {str(module)[:60]}.{str(name)[:60]}, which plain data does not need")
        self._stack.append(_Name(known))

    def _line(self) -> str:
        end = self._data.find(b"\n", self._place, min(self._end, self._place + 300))
        if end < 0:
            raise _RefusedError("a name in it does not end")
        return self._take(end + 1 - self._place)[:-1].decode("utf-8")

    def _stack_global(self) -> None:
        name = self._stack.pop()
        self._name(self._stack.pop(), name)

    def _reduce(self) -> None:
        arguments, callee = self._stack.pop(), self._stack.pop()
        if not isinstance(callee, _Name) or type(arguments) is not tuple:
            raise _RefusedError("it calls what is no constructor of plain data")
        self._stack.append(self._constructed(callee.name, arguments))

    @staticmethod
    def _constructed(name: str, arguments: tuple[Any, ...]) -> Any:
        match name, arguments:
            case "dtype", (str(kind), *_) if _DTYPE.fullmatch(kind):
                return np.dtype(object if kind[0] == "O" else "<" + kind)
            case "reconstruct", (_Name(name="ndarray"), (0,), b"b"):
                return np.empty(0, np.int8)  # BUILD puts the content in
            case "scalar", (np.dtype() as dtype, bytes(content)) if not dtype.hasobject:
                return _filled(content, dtype, (1,), False)[0]
            case "frombuffer", (content, np.dtype() as dtype, shape, ("C" | "F") as order):
                return _filled(content, dtype, shape, order == "F")
            case "bytes", ():
                return b""
            case "encode", (str(text), "latin1"):
                return text.encode("latin1")
        raise _RefusedError(f"it builds a {name} in an unknown way")

    def _build(self) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        match target, state:
            case np.dtype(), (int(), "<" | "|" | "=", None, None, None, int(), int(), int()):
                return  # little-endian or without an order, no fields: what it is already
            case np.ndarray(shape=(0,), dtype=np.dtype(name="int8")), (
                int(),
                shape,
                np.dtype() as dtype,
                flag,
                content,
            ):
                filled = _filled(content, dtype, shape, bool(flag))
                # In place, because the memo knows the array: the checks above are what NumPy's own code lacks.
                in_order = content if dtype.hasobject else filled.tobytes()
                target.__setstate__((1, filled.shape, dtype, False, in_order))  # type: ignore[arg-type]
                return
        raise _RefusedError("it sets the state of what has none")

    def _remember(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    _OPERATIONS: ClassVar[dict[bytes, Callable[[_Reader], None]]] = {
        b"\x80": lambda self: self._check(2 <= self._number(1) <= 5, "its pickle protocol is unknown"),
        b"\x95": lambda self: self._check(self._number(8) <= self._end - self._place, "it is cut short"),
        b"(": _mark,
        b"N": lambda self: self._push(None),
        b"\x88": lambda self: self._push(True),
        b"\x89": lambda self: self._push(False),
        b"J": lambda self: self._push(int.from_bytes(self._take(4), "little", signed=True)),
        b"K": lambda self: self._push(self._number(1)),
        b"M": lambda self: self._push(self._number(2)),
        b"\x8a": lambda self: self._push(int.from_bytes(self._sized(1), "little", signed=True)),
        b"\x8b": lambda self: self._push(int.from_bytes(self._sized(4), "little", signed=True)),
        b"G": lambda self: self._push(struct.unpack(">d", self._take(8))[0]),
        b"X": lambda self: self._push(self._sized(4).decode("utf-8", "surrogatepass")),
        b"\x8c": lambda self: self._push(self._sized(1).decode("utf-8", "surrogatepass")),
        b"\x8d": lambda self: self._push(self._sized(8).decode("utf-8", "surrogatepass")),
        b"B": lambda self: self._push(self._sized(4)),
        b"C": lambda self: self._push(self._sized(1)),
        b"\x8e": lambda self: self._push(self._sized(8)),
        b"\x96": lambda self: self._push(bytearray(self._sized(8))),
        b"]": lambda self: self._push([]),
        b"}": lambda self: self._push({}),
        b")": lambda self: self._push(()),
        b"a": lambda self: self._append([self._stack.pop()]),
        b"e": lambda self: self._append(self._to_mark()),
        b"t": lambda self: self._tuple(self._to_mark()),
        b"\x85": lambda self: self._tuple(self._last(1)),
        b"\x86": lambda self: self._tuple(self._last(2)),
        b"\x87": lambda self: self._tuple(self._last(3)),
        b"s": _set_item,
        b"u": lambda self: self._set_items(self._to_mark()),
        b"c": lambda self: self._name(self._line(), self._line()),
        b"\x93": _stack_global,
        b"R": _reduce,
        b"b": _build,
        b"q": lambda self: self._remember(self._number(1)),
        b"r": lambda self: self._remember(self._number(4)),
        b"\x94": lambda self: self._remember(len(self._memo)),
        b"h": lambda self: self._push(self._memo[self._number(1)]),
        b"j": lambda self: self._push(self._memo[self._number(4)]),
    }

    @staticmethod
    def _check(right: bool, why: str) -> None:
        if not right:
            raise _RefusedError(why)
