from __future__ import annotations

import io
import os
import pickle
import pickletools
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clonestrike.errors import ClonestrikeError
from clonestrike.formats.original.pickles import read_npy, read_pickle, write_npy


@pytest.fixture
def load(tmp_path: Path) -> Callable[[bytes], Any]:
    """Reads a pickle from its bytes."""

    def read(content: bytes) -> Any:
        (tmp_path / "x.p").write_bytes(content)
        return read_pickle(tmp_path / "x.p")

    return read


def as_array(payload: bytes, shape: tuple[int, ...] = ()) -> bytes:
    """A .npy file of dtype object with any payload."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": shape})
    return file.getvalue() + payload


def short(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.builds(np.float64, st.floats(allow_nan=False))
    | st.builds(np.float32, st.floats(allow_nan=False, width=32))
    | st.builds(np.int32, st.integers(-(2**31), 2**31 - 1))
    | st.builds(np.bool_, st.booleans())
)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)


@given(PLAIN, st.integers(2, 5))
def test_plain_data_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, value: Any, protocol: int) -> None:
    path = tmp_path_factory.getbasetemp() / "plain.p"
    path.write_bytes(pickle.dumps(value, protocol))
    found = read_pickle(path)
    assert repr(found) == repr(value)
    assert type(found) is type(value)


@settings(max_examples=60)
@given(
    hnp.arrays(
        st.sampled_from([np.dtype(kind) for kind in ("u1", "f8", "f4", "i8", "?", "U3", "S2")]),
        hnp.array_shapes(max_side=4),
    ),
    st.integers(2, 5),
    st.booleans(),
)
def test_arrays_are_read_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, protocol: int, turned: bool
) -> None:
    array = np.asfortranarray(array) if turned else array
    path = tmp_path_factory.getbasetemp() / "array.p"
    path.write_bytes(pickle.dumps({"a": [array, array]}, protocol))
    found = read_pickle(path)["a"]
    assert found[0] is found[1]
    assert found[0].dtype == array.dtype
    np.testing.assert_array_equal(found[0], array)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_object_arrays_of_any_numpy(tmp_path: Path, protocol: int) -> None:
    rows = np.empty((3, 2), object)
    for i in range(3):
        rows[i] = [np.full((2, 3), i, np.uint8), {"x": np.float32(i), "keys": ["w", "a"]}]
    for names in ((b"numpy._core.", b"numpy.core."), (b"", b"")):
        payload = pickle.dumps(rows, protocol)
        if protocol < 4 and names[0]:
            payload = payload.replace(*names)  # as NumPy 1 wrote it
        (tmp_path / "x.npy").write_bytes(as_array(payload, rows.shape))
        found = read_npy(tmp_path / "x.npy")
        assert found.shape == (3, 2)
        assert repr(found) == repr(rows)
    turned = np.asfortranarray(rows)
    (tmp_path / "x.npy").write_bytes(as_array(pickle.dumps(turned, protocol), rows.shape))
    assert repr(read_npy(tmp_path / "x.npy").tolist()) == repr(rows.tolist())


def file_of(path: Path) -> bytes:
    """The pickle in a .npy file."""
    content = path.read_bytes()
    return content[content.index(b"\n") + 1 :]


@given(PLAIN | st.builds(np.str_, st.text()) | st.builds(np.uint64, st.integers(0, 2**64 - 1)))
def test_what_is_written_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "plain.npy"
    write_npy(path, {"a": value})
    for found in (read_npy(path), np.load(path, allow_pickle=True).item()):
        assert repr(found["a"]) == repr(value)
        assert type(found["a"]) is type(value)


@pytest.mark.parametrize("call", [(np.bytes_, (10**9,)), (np.str_, (1.5,)), (np.ndarray, ((10**9,), np.dtype("u1")))])
def test_scalars_and_arrays_are_built_of_what_they_hold_only(
    load: Callable[[bytes], Any], call: tuple[type, tuple[Any, ...]]
) -> None:
    class Called:
        def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
            return call

    with pytest.raises(ClonestrikeError, match="in an unknown way"):
        load(pickle.dumps(Called(), 3))


def test_what_is_written_is_what_numpy_reads(tmp_path: Path) -> None:
    content = {"file_num1_frame_0": [{"a": 1, "b": np.float32(2)}, [["w"], 0.5, 1.0, 0, 1], [0.0, 1.0]]}
    write_npy(tmp_path / "x.npy", content)
    assert np.load(tmp_path / "x.npy", allow_pickle=True).item() == content
    assert read_npy(tmp_path / "x.npy") == content
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]
    named = {name for _, name, _ in pickletools.genops(file_of(tmp_path / "x.npy")) if name and " " in str(name)}
    assert named == {"numpy float32", "numpy ndarray", "numpy dtype"}  # NumPy 1 has no numpy._core
    np.save(tmp_path / "y.npy", np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(read_npy(tmp_path / "y.npy"), np.arange(6.0).reshape(2, 3))


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("hide", [lambda x: x, lambda x: [{"a": (1, x)}], lambda x: np.array([1, x], object)])
def test_nothing_runs(tmp_path: Path, load: Callable[[bytes], Any], protocol: int, hide: Callable[[Any], Any]) -> None:
    mark = tmp_path / "it-ran"
    content = pickle.dumps(hide(Hostile(mark)), protocol)
    with pytest.raises(ClonestrikeError, match=r"x\.p is refused"):
        load(content)
    (tmp_path / "x.npy").write_bytes(as_array(content))
    with pytest.raises(ClonestrikeError, match=r"x\.npy is refused"):
        read_npy(tmp_path / "x.npy")
    assert not mark.exists()
    pickle.loads(content)  # noqa: S301 (the file is as hostile as it should be)
    assert mark.exists()


NDARRAY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
FLOATS = b"cnumpy\ndtype\nX\x02\x00\x00\x00f8K\x00K\x01\x87R"
OBJECTS = b"cnumpy\ndtype\nX\x02\x00\x00\x00O8K\x00K\x01\x87R"
HUGE = b"\x8a\x06" + struct.pack("<Q", 2**40)[:6]

REFUSED = {
    "a name alone": b"cos\nsystem\n.",
    "a name by the stack": short("os") + short("system") + b"\x93.",
    "a name through an attribute": short("numpy") + short("dtype.type") + b"\x93.",
    "a name from the memo": short("posix") + b"\x94" + short("system") + b"\x94h\x00h\x01\x93.",
    "a name of ours as a value": b"cnumpy\ndtype\n.",
    "a name of ours in a list": b"]cnumpy\ndtype\na.",
    "a name of ours as a key": b"}cnumpy\ndtype\nK\x01s.",
    "a call of what a file built": b"]\x85R.",
    "numpy's own evaluators": b"cnumpy.f2py.crackfortran\nmyeval\nX\x01\x00\x00\x001\x85R.",
    "numpy's own loader": b"cnumpy\nload\nX\x01\x00\x00\x00x\x85R.",
    "fromfunction": b"cnumpy.core.numeric\nfromfunction\n)R.",
    "runstring": b"cnumpy.testing._private.utils\nrunstring\n)R.",
    "another codec": b"c_codecs\nencode\nX\x01\x00\x00\x00xX\x03\x00\x00\x00hex\x86R.",
    "memmap as an array": b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nmemmap\nK\x00\x85C\x01b\x87R.",
    "an instance": b"(i__main__\nX\n.",
    "an object": b"(cos\nsystem\no.",
    "newobj": b"cnumpy\ndtype\n)\x81.",
    "newobj with keywords": b"cnumpy\ndtype\n)}\x92.",
    "a persistent id": b"X\x01\x00\x00\x00xQ.",
    "an extension": b"\x82\x01.",
    "an out-of-band buffer": b"\x97.",
    "a state for a dict": b"}}b.",
    "a state for a name": b"cnumpy\nndarray\n}b.",
    "a state with attributes": b"cnumpy\ndtype\nN}X\x01\x00\x00\x00aK\x01s\x86b.",
    "fields with objects": b"cnumpy\ndtype\n]X\x01\x00\x00\x00aX\x01\x00\x00\x00O\x86aK\x00K\x01\x87R.",
    "a dtype of a class": b"cnumpy\ndtype\ncnumpy\nndarray\n\x85R.",
    "a dtype with metadata": FLOATS + b"(K\x04X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00}tb.",
    "a big-endian dtype": FLOATS + b"(K\x03X\x01\x00\x00\x00>NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb.",
    "a scalar of objects": b"cnumpy.core.multiarray\nscalar\n" + OBJECTS + b"C\x08AAAAAAAA\x86R.",
    "objects out of bytes": NDARRAY + b"(K\x01K\x01\x85" + OBJECTS + b"\x89C\x08AAAAAAAAtb.",
    "fewer objects than declared": NDARRAY + b"(K\x01K\x05\x85" + OBJECTS + b"\x89]tb.",
    "a huge object array": NDARRAY + b"(K\x01" + HUGE + b"\x85" + OBJECTS + b"\x89]tb.",
    "a huge array": NDARRAY + b"(K\x01" + HUGE + b"\x85" + FLOATS + b"\x89C\x00tb.",
    "a huge array of nothing": NDARRAY + b"(K\x01" + HUGE + b"\x85cnumpy\ndtype\nX\x02\x00\x00\x00S0\x85R\x89C\x00tb.",
    "a negative size": NDARRAY + b"(K\x01J\xff\xff\xff\xff\x85" + FLOATS + b"\x89C\x00tb.",
    "many dimensions": NDARRAY + b"(K\x01(" + 70 * b"K\x01" + b"t" + FLOATS + b"\x89C\x08AAAAAAAAtb.",
    "huge bytes": b"\x8e" + struct.pack("<Q", 2**40) + b"x.",
    "huge text": b"X\xff\xff\xff\xffx.",
    "huge bytearray": b"\x96" + struct.pack("<Q", 2**62) + b".",
    "a huge number": b"\x8b\xff\xff\xff\x7f.",
    "a huge frame": b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"N.",
    "another protocol": b"\x80\x09N.",
    "nothing": b"\x80\x04",
    "cut short": pickle.dumps({"a": list(range(100))}, 4)[:-20],
    "two values": b"NN.",
    "no value": b".",
    "an open mark": b"(N.",
    "an empty stack": b"R.",
    "a memo that is empty": b"h\x05.",
    "a mark that is not there": b"Nt.",
    "a dict key that cannot be one": b"}]K\x01s.",
    "a deep tuple as a key": b"}N" + 300_000 * b"\x85" + b"K\x01s.",
    "deep marks": 100_000 * b"(" + b".",
    "a name without an end": b"c" + 1000 * b"a",
    "broken text": b"X\x01\x00\x00\x00\xff.",
    "half a dict": b"}(K\x01u.",
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused_before_it_takes_memory(load: Callable[[bytes], Any], content: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ClonestrikeError) as told:
            load(content)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
    assert "\n" not in str(told.value)


def test_deep_lists_and_memos_do_no_harm(load: Callable[[bytes], Any]) -> None:
    deep = load(b"]" + 200_000 * b"]" + 200_000 * b"a" + b".")
    assert len(deep) == 1
    assert load(b"]r\xff\xff\xff\x7fj\xff\xff\xff\x7f\x86.") == ([], [])  # a memo by index takes no room for the others


def test_a_shape_that_is_only_declared_is_refused(tmp_path: Path) -> None:
    for descr, shape in (("<f8", (2**40,)), ("|O", (2**40,)), ("<f8", (-1,))):
        file = io.BytesIO()
        np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
        (tmp_path / "x.npy").write_bytes(file.getvalue() + pickle.dumps([]))
        with pytest.raises(ClonestrikeError, match=r"x\.npy is refused"):
            read_npy(tmp_path / "x.npy")


@settings(max_examples=300)
@given(st.data())
def test_damaged_files_give_one_error_or_plain_data(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(pickle.dumps([{"a": np.arange(3.0), "b": np.float32(1)}, ["w", 1.5, (None, True)]], 3))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.p"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        read_pickle(path)
    except ClonestrikeError as error:
        assert "\n" not in str(error)  # noqa: PT017


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"")
    with pytest.raises(ClonestrikeError, match="not a readable file of its kind"):
        read_npy(tmp_path / "x.npy")
    (tmp_path / "x.npy").write_bytes(b"hello, this is no array")
    with pytest.raises(ClonestrikeError, match="not a readable file of its kind"):
        read_npy(tmp_path / "x.npy")
    with pytest.raises(ClonestrikeError, match="cannot be read"):
        read_npy(tmp_path / "missing.npy")
