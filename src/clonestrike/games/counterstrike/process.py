"""The process of a running game: its command line, modules, and memory, which is only read."""

from __future__ import annotations

import ctypes
import struct
from abc import ABC, abstractmethod
from collections.abc import Mapping
from ctypes import wintypes
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from clonestrike.errors import ClonestrikeError
from clonestrike.games.desktop.backend import Closable
from clonestrike.games.desktop.windows.win32 import last_error, library

QUERY, READ = 0x0400, 0x0010
SYNCHRONISE = 0x00100000
BASIC_INFORMATION = 0
ALL_MODULES = 3
STILL_RUNS = 0x102
MOST_PROCESSES = 8192


@dataclass(frozen=True)
class Module:
    """A loaded DLL: its base address, and the time at which it was linked (seconds since 1970)."""

    base: int
    linked: int


class Memory(ABC):
    """Read access to the memory of a process; integers are little-endian."""

    @abstractmethod
    def read(self, address: int, size: int) -> bytes:
        """Read ``size`` bytes; raises ClonestrikeError when the address cannot be read."""

    def unpack(self, layout: str, address: int) -> tuple[Any, ...]:
        """Read values as ``struct.unpack`` does; raises ClonestrikeError as ``read`` does."""
        return struct.unpack("<" + layout, self.read(address, struct.calcsize("<" + layout)))

    @property
    @abstractmethod
    def modules(self) -> Mapping[str, Module]:
        """Loaded DLLs by name in lower case."""


class Process(Memory, Closable):
    """The first process of an executable, such as ``csgo.exe``, opened for reading only."""

    def __init__(self, executable: str) -> None:
        self.name = executable
        self._kernel = library("kernel32")
        found = _find(executable)
        if found is None:
            raise ClonestrikeError(f"{executable} does not run", "start the game with -insecure, on a map of your own")
        self.pid, path = found
        self.path = Path(path)
        self._handle: int | None = self._kernel.OpenProcess(QUERY | READ | SYNCHRONISE, False, self.pid)
        if not self._handle:
            raise ClonestrikeError(
                f"the memory of {executable} may not be read ({last_error()})",
                "start Clonestrike as the user of the game",
            )

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return bool(self._kernel.WaitForSingleObject(self._handle, 0) == STILL_RUNS)

    @property
    def arguments(self) -> list[str]:
        """The command line, executable first; raises ClonestrikeError when Windows does not tell it."""
        block = ctypes.create_string_buffer(48)
        status = library("ntdll").NtQueryInformationProcess(self._handle, BASIC_INFORMATION, block, 48, None)
        (environment,) = struct.unpack_from("<Q", block.raw, 8)
        if status != 0 or not environment:
            raise ClonestrikeError(f"Windows does not tell how {self.name} was started", "start it as your own user")
        (parameters,) = self.unpack("Q", environment + 0x20)
        length, _, _, address = self.unpack("HHIQ", parameters + 0x70)
        text = self.read(address, length).decode("utf-16-le", "replace") if length else ""
        if not text:  # for no text CommandLineToArgvW returns the name of this program
            return []
        count = ctypes.c_int()
        parts = library("shell32").CommandLineToArgvW(text, ctypes.byref(count))
        try:
            return [parts[i] or "" for i in range(count.value)]
        finally:
            library("kernel32").LocalFree(ctypes.cast(parts, ctypes.c_void_p))

    def read(self, address: int, size: int) -> bytes:
        buffer = ctypes.create_string_buffer(size)
        got = ctypes.c_size_t()
        done = self._kernel.ReadProcessMemory(self._handle, address, buffer, size, ctypes.byref(got))
        if not done or got.value != size:
            why = f"there is no memory at {address:#x}" if self.running else "it was closed or died"
            raise ClonestrikeError(f"{self.name} cannot be read ({why})", "start the game again")
        return buffer.raw

    @property
    def modules(self) -> Mapping[str, Module]:
        system, handles, needed = library("psapi"), (ctypes.c_void_p * 1024)(), wintypes.DWORD()
        if not system.EnumProcessModulesEx(
            self._handle, handles, ctypes.sizeof(handles), ctypes.byref(needed), ALL_MODULES
        ):
            raise ClonestrikeError(
                f"the modules of {self.name} cannot be listed ({last_error()})", "wait until it has started"
            )
        found = {}
        for base in handles[: needed.value // ctypes.sizeof(ctypes.c_void_p)]:
            name = ctypes.create_unicode_buffer(260)
            if base and system.GetModuleBaseNameW(self._handle, base, name, 260):
                found[name.value.lower()] = base
        return {name: Module(base, self._linked(base)) for name, base in found.items() if name.endswith(".dll")}

    def _linked(self, base: int) -> int:
        (header,) = self.unpack("I", base + 0x3C)
        return int(self.unpack("I", base + header + 8)[0])

    def close(self) -> None:
        if self._handle:
            self._kernel.CloseHandle(self._handle)
            self._handle = None


def _find(executable: str) -> tuple[int, str] | None:
    """Process number and path of the first process of this executable; None if there is none."""
    pids, needed = (wintypes.DWORD * MOST_PROCESSES)(), wintypes.DWORD()
    library("psapi").EnumProcesses(pids, ctypes.sizeof(pids), ctypes.byref(needed))
    kernel = library("kernel32")
    for pid in pids[: needed.value // ctypes.sizeof(wintypes.DWORD)]:
        handle = kernel.OpenProcess(0x1000, False, pid) if pid else None  # only to ask for its name
        if not handle:
            continue
        path, length = ctypes.create_unicode_buffer(1024), wintypes.DWORD(1024)
        known = kernel.QueryFullProcessImageNameW(handle, 0, path, ctypes.byref(length))
        kernel.CloseHandle(handle)
        if known and PureWindowsPath(path.value).name.lower() == executable.lower():
            return pid, path.value
    return None
