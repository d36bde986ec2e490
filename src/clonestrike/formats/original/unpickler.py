"""An interpreter for pickles of plain data; anything else raises RefusedError.

It knows only the opcodes that plain data needs, and builds only what pickled_arrays allows: nothing in a pickle can
run code.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from clonestrike.formats.original.pickled_arrays import NAMES, Name, RefusedError, constructed, set_state

MOST_MARKS = 1000
"""Largest depth of nested containers."""


class Unpickler:
    """Interprets one pickle in ``data``, from byte ``start`` on."""

    def __init__(self, data: mmap.mmap | bytes, start: int) -> None:
        self._data, self._place, self._end = data, start, len(data)
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def read(self) -> Any:
        """The value that the pickle holds; raises RefusedError when it is damaged or not plain data."""
        operations = self._OPERATIONS
        try:
            while True:
                code = self._take(1)
                if code == b".":
                    if self._marks or len(self._stack) != 1:
                        raise RefusedError("it does not end in one value")
                    return self._plain(self._stack.pop())
                operation = operations.get(code)
                if operation is None:
                    raise RefusedError(f"it uses the pickle opcode {code!r}, which plain data does not need")
                operation(self)
        except (IndexError, KeyError, TypeError, ValueError, struct.error, MemoryError, OverflowError) as error:
            raise RefusedError(f"it is a damaged pickle ({type(error).__name__} at byte {self._place})") from None

    def _take(self, size: int) -> bytes:
        place = self._place
        if size > self._end - place:
            raise RefusedError("it is truncated, or declares more bytes than it has")
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
        if isinstance(value, Name):
            raise RefusedError(f"it holds the name {value.name} as a value")
        return value

    def _mark(self) -> None:
        if len(self._marks) >= MOST_MARKS:
            raise RefusedError("it is nested too deeply")
        self._marks.append(self._stack)
        self._stack = []

    def _to_mark(self) -> list[Any]:
        found = self._stack
        self._stack = self._marks.pop()
        return found

    def _append(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise RefusedError("it appends to something other than a list")
        target.extend(map(self._plain, values))

    def _set_items(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not dict:
            raise RefusedError("it sets items of something other than a dict")
        if len(items) % 2:
            raise RefusedError("a dict has a key without a value")
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Simple types only: hashing a deeply nested tuple would overflow the stack.
            if not isinstance(key, (str, bytes, int, float, np.generic, type(None))):
                raise RefusedError(f"a key of a dict is a {type(key).__name__}")
            target[key] = self._plain(value)

    def _set_item(self) -> None:
        value = self._stack.pop()
        key = self._stack.pop()
        self._set_items([key, value])

    def _tuple(self, values: list[Any]) -> None:
        self._stack.append(tuple(values))

    def _last(self, size: int) -> list[Any]:
        if len(self._stack) < size:
            raise RefusedError("it takes values that are not there")
        values = self._stack[-size:]
        del self._stack[-size:]
        return values

    def _name(self, module: Any, name: Any) -> None:
        known = NAMES.get((module, name)) if isinstance(module, str) and isinstance(name, str) else None
        if known is None:
            raise RefusedError(f"it names {str(module)[:60]}.{str(name)[:60]}, which plain data does not need")
        self._stack.append(Name(known))

    def _line(self) -> str:
        end = self._data.find(b"\n", self._place, min(self._end, self._place + 300))
        if end < 0:
            raise RefusedError("a name in it does not end")
        return self._take(end + 1 - self._place)[:-1].decode("utf-8")

    def _stack_global(self) -> None:
        name = self._stack.pop()
        self._name(self._stack.pop(), name)

    def _reduce(self) -> None:
        arguments, callee = self._stack.pop(), self._stack.pop()
        if not isinstance(callee, Name) or type(arguments) is not tuple:
            raise RefusedError("it calls something other than a constructor of plain data")
        self._stack.append(constructed(callee.name, arguments))

    def _build(self) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        set_state(target, state)

    def _remember(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    _OPERATIONS: ClassVar[dict[bytes, Callable[[Unpickler], None]]] = {
        b"\x80": lambda self: self._check(2 <= self._number(1) <= 5, "its pickle protocol is unknown"),
        b"\x95": lambda self: self._check(self._number(8) <= self._end - self._place, "it is truncated"),
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
            raise RefusedError(why)
