"""Reads pickles and .npy files of plain data; nothing in such a file can run code.

The original keeps its data in pickled dicts and object arrays. Python's own unpickler runs whatever a pickle names, so
they are read by ours (see unpickler).
"""

from __future__ import annotations

import mmap
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from clonestrike.errors import ClonestrikeError
from clonestrike.files import AtomicFile
from clonestrike.formats.original.pickled_arrays import MOST_DIMENSIONS, SCALARS, RefusedError, filled_array
from clonestrike.formats.original.unpickler import Unpickler

Content = TypeVar("Content")
PROTOCOL = 3
"""Pickle protocol of what is written: that of NumPy 1.18, which the original uses."""


def read_npy(path: Path) -> Any:
    """The content of a .npy file: an array, or the value of a 0-d object array (a dict in the original's metadata).

    Raises ClonestrikeError when the file is missing, truncated, or holds anything but plain data.
    """
    return _read(path, _npy)


def npy_shape(path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and dtype in a .npy file's header; raises ClonestrikeError when it is not such a file."""
    return _read(path, lambda data: _npy_header(data)[:2])


def read_pickle(path: Path) -> Any:
    """The content of a pickle (a ``.p`` file) of protocol 2 to 5; raises ClonestrikeError as read_npy does."""
    return _read(path, lambda data: Unpickler(data, 0).read())


def write_npy(path: Path, content: Any) -> None:
    """Write a dict or an object array as the original's np.save does, whole or not at all; every NumPy reads it.

    Its folder is made where it is missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    array = content if isinstance(content, np.ndarray) else np.array(content, object)
    header = np.lib.format.header_data_from_array_1_0(array)
    with AtomicFile(path) as partial, partial.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        _Pickler(file, PROTOCOL).dump(array)


def table(rows: Sequence[Sequence[Any]]) -> NDArray[Any]:
    """N rows of k values each -> objects (N, k), whatever the values are; np.array would look into them."""
    array = np.empty((len(rows), len(rows[0])), object)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            array[i, j] = value
    return array


class _Pickler(pickle.Pickler):
    """Pickles NumPy's objects by their public names; the private ones of NumPy 2 do not exist in NumPy 1."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return np.ndarray, ((0,), np.dtype(np.int8)), value.__reduce__()[2]
        if isinstance(value, np.generic) and _name(type(value)) in SCALARS:
            return type(value), (value.item(),)
        if isinstance(value, type) and issubclass(value, np.generic):
            return _name(value)
        return NotImplemented


def _name(kind: type) -> str:
    return {"bool": "bool_"}.get(kind.__name__, kind.__name__)  # numpy.bool was Python's own


def _read(path: Path, read: Callable[[mmap.mmap], Content]) -> Content:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return read(data)
    except RefusedError as error:
        raise ClonestrikeError(f"{path} is refused ({error})", "fetch it again, or name a file of plain data") from None
    except OSError as error:
        raise ClonestrikeError(f"{path} cannot be read ({error.strerror or error})", "name another file") from None
    except ValueError as error:  # an empty file, or another format
        raise ClonestrikeError(f"{path} is not a readable file of its kind ({error})", "fetch it again") from None


def _npy_header(data: mmap.mmap) -> tuple[tuple[int, ...], np.dtype[Any], bool]:
    data.seek(0)
    version = np.lib.format.read_magic(data)
    if version not in {(1, 0), (2, 0)}:
        raise RefusedError(f"its .npy version is {version}")
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = header(data)
    if len(shape) > MOST_DIMENSIONS or any(n < 0 for n in shape):
        raise RefusedError(f"it declares a shape of {shape}")
    return shape, dtype, fortran


def _npy(data: mmap.mmap) -> Any:
    shape, dtype, fortran = _npy_header(data)
    if dtype.names is not None or dtype.kind not in "biufSUO":
        raise RefusedError(f"its dtype is {dtype}")
    if not dtype.hasobject:
        return filled_array(data[data.tell() :], dtype, shape, fortran)
    array = Unpickler(data, data.tell()).read()
    if not isinstance(array, np.ndarray) or not array.dtype.hasobject or array.shape != shape:
        raise RefusedError("the pickled array is not the one that its header declares")
    return array.item() if shape == () else array
