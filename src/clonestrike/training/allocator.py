"""How the C library hands out memory while training on a processor."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Of malloc.h."""


def keep_freed_memory() -> None:
    """From now on the process keeps what it frees, to use it again.

    By default glibc gives large blocks back to the system and asks for them again, and the system clears every page of
    them: half of the time of an update of the paper's network. Other C libraries are left as they are.
    """
    if library := _glibc():
        library.mallopt(M_MMAP_MAX, 0)
        library.mallopt(M_TRIM_THRESHOLD, -1)


def give_back_memory() -> None:
    """Return now what is free: training is over, and games may need it."""
    if library := _glibc():
        library.malloc_trim(ctypes.c_size_t(0))


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
