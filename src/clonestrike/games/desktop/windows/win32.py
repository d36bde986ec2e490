"""Windows functions that are called here, with their types for ctypes. Libraries are loaded on first use."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from ctypes import wintypes
from functools import cache
from typing import Any

from clonestrike.errors import ClonestrikeError

HANDLE, HWND, BOOL, DWORD, UINT, INT = (
    ctypes.c_void_p, ctypes.c_void_p, wintypes.BOOL, wintypes.DWORD, ctypes.c_uint, ctypes.c_int,
)  # fmt: skip
POINTER, SIZE, TEXT = ctypes.c_void_p, ctypes.c_size_t, wintypes.LPCWSTR
LRESULT, WPARAM, LPARAM = ctypes.c_ssize_t, ctypes.c_size_t, ctypes.c_ssize_t

PROTOTYPES: dict[str, dict[str, tuple[Any, ...]]] = {
    "user32": {
        "ClientToScreen": (BOOL, HWND, POINTER),
        "CreateWindowExW": (HWND, DWORD, TEXT, TEXT, DWORD, INT, INT, INT, INT, HWND, HANDLE, HANDLE, POINTER),
        "DefWindowProcW": (LRESULT, HWND, UINT, WPARAM, LPARAM),
        "DestroyWindow": (BOOL, HWND),
        "DispatchMessageW": (LRESULT, POINTER),
        "EnumWindows": (BOOL, POINTER, LPARAM),
        "GetAsyncKeyState": (ctypes.c_short, INT),
        "GetClientRect": (BOOL, HWND, POINTER),
        "GetDC": (HANDLE, HWND),
        "GetForegroundWindow": (HWND,),
        "GetMessageW": (INT, POINTER, HWND, UINT, UINT),
        "GetRawInputData": (UINT, HANDLE, UINT, POINTER, POINTER, UINT),
        "GetSystemMetrics": (INT, INT),
        "GetWindowRect": (BOOL, HWND, POINTER),
        "GetWindowTextW": (INT, HWND, wintypes.LPWSTR, INT),
        "GetWindowThreadProcessId": (DWORD, HWND, POINTER),
        "IsIconic": (BOOL, HWND),
        "IsWindow": (BOOL, HWND),
        "IsWindowVisible": (BOOL, HWND),
        "MapVirtualKeyW": (UINT, UINT, UINT),
        "PostMessageW": (BOOL, HWND, UINT, WPARAM, LPARAM),
        "PostQuitMessage": (None, INT),
        "RegisterClassW": (ctypes.c_ushort, POINTER),
        "RegisterRawInputDevices": (BOOL, POINTER, UINT, UINT),
        "ReleaseDC": (INT, HWND, HANDLE),
        "SendInput": (UINT, UINT, POINTER, INT),
        "SetForegroundWindow": (BOOL, HWND),
        "SetProcessDPIAware": (BOOL,),
        "SystemParametersInfoW": (BOOL, UINT, UINT, POINTER, UINT),
        "UnregisterClassW": (BOOL, TEXT, HANDLE),
    },
    "gdi32": {
        "BitBlt": (BOOL, HANDLE, INT, INT, INT, INT, HANDLE, INT, INT, DWORD),
        "CreateCompatibleDC": (HANDLE, HANDLE),
        "CreateDIBSection": (HANDLE, HANDLE, POINTER, UINT, POINTER, HANDLE, DWORD),
        "DeleteDC": (BOOL, HANDLE),
        "DeleteObject": (BOOL, HANDLE),
        "SelectObject": (HANDLE, HANDLE, HANDLE),
    },
    "kernel32": {
        "CloseHandle": (BOOL, HANDLE),
        "CreateMutexW": (HANDLE, POINTER, BOOL, TEXT),
        "GetModuleHandleW": (HANDLE, TEXT),
        "LocalFree": (HANDLE, HANDLE),
        "OpenProcess": (HANDLE, DWORD, BOOL, DWORD),
        "QueryFullProcessImageNameW": (BOOL, HANDLE, DWORD, wintypes.LPWSTR, POINTER),
        "ReadProcessMemory": (BOOL, HANDLE, POINTER, POINTER, SIZE, POINTER),
        "WaitForSingleObject": (DWORD, HANDLE, DWORD),
    },
    "psapi": {
        "EnumProcesses": (BOOL, POINTER, DWORD, POINTER),
        "EnumProcessModulesEx": (BOOL, HANDLE, POINTER, DWORD, POINTER, DWORD),
        "GetModuleBaseNameW": (DWORD, HANDLE, HANDLE, wintypes.LPWSTR, DWORD),
    },
    "ntdll": {"NtQueryInformationProcess": (ctypes.c_long, HANDLE, INT, POINTER, DWORD, POINTER)},
    "shell32": {"CommandLineToArgvW": (ctypes.POINTER(wintypes.LPWSTR), TEXT, POINTER)},
}
"""Result and argument types by library and function."""


class Library:
    """A DLL with its functions in PROTOTYPES as attributes."""

    def __init__(self, name: str) -> None:
        if not hasattr(ctypes, "WinDLL"):
            raise ClonestrikeError("this needs Windows", "on Linux, play openarena, doom or window:TITLE")
        # typeshed declares it on Windows only, and types are checked on all systems.
        library = ctypes.WinDLL(name, use_last_error=True)  # type: ignore[attr-defined, unused-ignore]
        for function, (result, *arguments) in PROTOTYPES[name].items():
            bound = getattr(library, function)
            bound.restype, bound.argtypes = result, arguments
            setattr(self, function, bound)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(f"{name} is not in PROTOTYPES")


@cache
def library(name: str) -> Library:
    """The DLL user32, gdi32, kernel32, psapi, ntdll or shell32; raises ClonestrikeError outside Windows."""
    return Library(name)


def last_error() -> str:
    """Windows' message for the last failed call of this thread."""
    # typeshed declares it on Windows only, and types are checked on all systems.
    code = ctypes.get_last_error()  # type: ignore[attr-defined, unused-ignore]
    return str(ctypes.WinError(code))  # type: ignore[attr-defined, unused-ignore]


WINDOW_PROCEDURE = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)(LRESULT, HWND, UINT, WPARAM, LPARAM)
WINDOW_VISITOR = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)(BOOL, HWND, LPARAM)


class MouseInput(ctypes.Structure):
    """MOUSEINPUT."""

    _fields_ = (
        ("dx", wintypes.LONG), ("dy", wintypes.LONG), ("data", DWORD), ("flags", DWORD), ("time", DWORD),
        ("extra", ctypes.c_size_t),
    )  # fmt: skip


class KeyInput(ctypes.Structure):
    """KEYBDINPUT."""

    _fields_ = (
        ("key", wintypes.WORD), ("scan", wintypes.WORD), ("flags", DWORD), ("time", DWORD), ("extra", ctypes.c_size_t),
    )  # fmt: skip


class _Either(ctypes.Union):
    _fields_ = (("mouse", MouseInput), ("key", KeyInput))


class Input(ctypes.Structure):
    """INPUT."""

    _fields_ = (("type", DWORD), ("either", _Either))


class RawDevice(ctypes.Structure):
    """RAWINPUTDEVICE."""

    _fields_ = (("page", ctypes.c_ushort), ("usage", ctypes.c_ushort), ("flags", DWORD), ("target", HWND))


class RawHeader(ctypes.Structure):
    """RAWINPUTHEADER."""

    _fields_ = (("type", DWORD), ("size", DWORD), ("device", HANDLE), ("parameter", WPARAM))


class RawMouse(ctypes.Structure):
    """RAWMOUSE."""

    _fields_ = (
        ("flags", ctypes.c_ushort), ("padding", ctypes.c_ushort), ("buttons", ctypes.c_ushort),
        ("wheel", ctypes.c_ushort), ("raw_buttons", wintypes.ULONG), ("x", wintypes.LONG), ("y", wintypes.LONG),
        ("extra", wintypes.ULONG),
    )  # fmt: skip


class RawKeyboard(ctypes.Structure):
    """RAWKEYBOARD."""

    _fields_ = (
        ("scan", ctypes.c_ushort), ("flags", ctypes.c_ushort), ("reserved", ctypes.c_ushort), ("key", ctypes.c_ushort),
        ("message", UINT), ("extra", wintypes.ULONG),
    )  # fmt: skip


class _RawData(ctypes.Union):
    _fields_ = (("mouse", RawMouse), ("keyboard", RawKeyboard))


class RawInput(ctypes.Structure):
    """RAWINPUT of a mouse or a keyboard."""

    _fields_ = (("header", RawHeader), ("data", _RawData))


class WindowClass(ctypes.Structure):
    """WNDCLASSW."""

    _fields_ = (
        ("style", UINT), ("procedure", WINDOW_PROCEDURE), ("class_extra", INT), ("window_extra", INT),
        ("instance", HANDLE), ("icon", HANDLE), ("cursor", HANDLE), ("background", HANDLE), ("menu", TEXT),
        ("name", TEXT),
    )  # fmt: skip
