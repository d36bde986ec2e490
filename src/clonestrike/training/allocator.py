"""Settings of glibc's memory allocator while training on a CPU."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Parameters of ``mallopt``, from glibc's malloc.h."""


def keep_freed_memory() -> None:
    """Keep freed memory in the process from now on, for reuse.

    By default glibc returns large blocks to the system and requests them again, and the system clears every page:
    half of the time of an update of the paper's network. Does nothing with other C libraries.
    """
    if library := _glibc():
        library.mallopt(M_MMAP_MAX, 0)
        library.mallopt(M_TRIM_THRESHOLD, -1)


def return_freed_memory() -> None:
    """Return free memory to the system: training is over, and games may need it."""
    if library := _glibc():
        library.malloc_trim(ctypes.c_size_t(0))


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
