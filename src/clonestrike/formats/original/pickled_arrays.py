"""The NumPy objects that a pickle of plain data may build: arrays, scalars, dtypes; and bytes.

No name in a file is ever imported, and no declared size is trusted before that many bytes exist.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

MOST_DIMENSIONS = 32

_NUMPY_CORE = ("numpy.core", "numpy._core")
SCALARS: dict[str, type] = {
    "bool_": bool,
    **dict.fromkeys(("int8", "int16", "int32", "int64", "longlong"), int),
    **dict.fromkeys(("uint8", "uint16", "uint32", "uint64", "ulonglong"), int),
    **dict.fromkeys(("float16", "float32", "float64"), float),
    "str_": str,
    "bytes_": bytes,
}
"""NumPy's scalars that may be built from one value -> the type of that value."""
NAMES = {
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "encode",  # how protocol 2 writes bytes
    ("__builtin__", "bytes"): "bytes",  # and how it writes none
    **{(f"{core}.multiarray", "_reconstruct"): "reconstruct" for core in _NUMPY_CORE},
    **{(f"{core}.multiarray", "scalar"): "scalar" for core in _NUMPY_CORE},
    **{(f"{core}.numeric", "_frombuffer"): "frombuffer" for core in _NUMPY_CORE},
    **{("numpy", name): name for name in SCALARS},
}
"""The names that a file may use -> our names for them."""
_DTYPE = re.compile(r"b1|[iu][1248]|f[248]|O8?|[SU]\d{1,6}")


class RefusedError(Exception):
    """A pickle holds more than plain data; the message says what."""


class Name:
    """One of NAMES on the stack; only allowed as the callee or an argument of REDUCE."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def _size(shape: Any) -> int:
    """Number of elements of a declared shape; raises RefusedError when it is not a valid shape."""
    if not isinstance(shape, tuple) or len(shape) > MOST_DIMENSIONS:
        raise RefusedError(f"it declares a shape of {str(shape)[:50]}")
    size = 1
    for n in shape:
        if type(n) is not int or n < 0:
            raise RefusedError(f"it declares a shape of {str(shape)[:50]}")
        size *= n
    return size


def filled_array(content: Any, dtype: Any, shape: Any, fortran: bool) -> np.ndarray[Any, Any]:
    """A new array from bytes, or from a list of objects; raises RefusedError when their number is not that of shape."""
    size = _checked(content, dtype, shape)
    if dtype.hasobject:
        array = np.empty(size, object)
        for i, value in enumerate(content):
            array[i] = value
        return array.reshape(shape)  # pickled lists are in C order, whatever ``fortran`` says
    return np.frombuffer(content, dtype, size).copy().reshape(shape, order="F" if fortran else "C")


def _checked(content: Any, dtype: Any, shape: Any) -> int:
    """Number of elements of an array; raises RefusedError when its content is not what dtype and shape say."""
    size = _size(shape)
    if not isinstance(dtype, np.dtype):
        raise RefusedError("an array has no dtype")
    if dtype.hasobject:
        if type(content) is not list or len(content) != size:
            raise RefusedError("an object array does not hold what its shape says")
    elif not dtype.itemsize or not isinstance(content, (bytes, bytearray)) or len(content) != size * dtype.itemsize:
        raise RefusedError("an array does not hold the bytes that its shape says")
    return size


def constructed(name: str, arguments: tuple[Any, ...]) -> Any:
    """The result of calling one of NAMES; raises RefusedError for a call that plain data does not need."""
    match name, arguments:
        case "dtype", (str(kind), *_) if _DTYPE.fullmatch(kind):
            return np.dtype(object if kind[0] == "O" else "<" + kind)
        case "reconstruct", (Name(name="ndarray"), (0,), b"b"):
            return np.empty(0, np.int8)  # BUILD puts the content in
        case "ndarray", ((0,), np.dtype(name="int8")):  # how we write them
            return np.empty(0, np.int8)
        case scalar, (value,) if scalar in SCALARS and isinstance(value, SCALARS[scalar]):
            return getattr(np, scalar)(value)
        case "scalar", (np.dtype() as dtype, bytes(content)) if not dtype.hasobject:
            return filled_array(content, dtype, (1,), False)[0]
        case "frombuffer", (content, np.dtype() as dtype, shape, ("C" | "F") as order):
            return filled_array(content, dtype, shape, order == "F")
        case "bytes", ():
            return b""
        case "encode", (str(text), "latin1"):
            return text.encode("latin1")
    raise RefusedError(f"it builds a {name} in an unknown way")


def set_state(target: Any, state: Any) -> None:
    """Set the state of an array or dtype in place (BUILD); raises RefusedError for anything else."""
    match target, state:
        case np.dtype(), (int(), "<" | "|" | "=", None, None, None, int(), int(), int()):
            return  # little-endian or without byte order, no fields: as it already is
        case np.ndarray(shape=(0,), dtype=np.dtype(name="int8")), (
            int(),
            shape,
            np.dtype() as dtype,
            flag,
            content,
        ):
            _checked(content, dtype, shape)  # NumPy's own code lacks this
            fortran = bool(flag) and not dtype.hasobject  # pickled lists are in C order, whatever the flag says
            # In place, because the memo refers to the array. NumPy takes large bytes as they are, without a copy.
            target.__setstate__((1, shape, dtype, fortran, content))  # type: ignore[arg-type] # typed too narrowly
            return
    raise RefusedError("it sets the state of an object that has none")
