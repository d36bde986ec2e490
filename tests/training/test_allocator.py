"""Freed memory stays with the process, and goes back when it is asked for."""

import subprocess
import sys

import pytest

COUNT = """
import ctypes, resource
from clonestrike.training.allocator import keep_freed_memory, return_freed_memory

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
SIZE = 200_000_000

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = libc.malloc(SIZE)
    ctypes.memset(block, 1, SIZE)
    libc.free(block)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

print(faults(), faults())
keep_freed_memory()
print(faults(), faults(), resident() > SIZE)
return_freed_memory()
print(resident() > SIZE)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc only")
def test_blocks_are_used_again_without_new_pages() -> None:
    printed = subprocess.run([sys.executable, "-c", COUNT], check=True, capture_output=True, text=True).stdout
    (first, second), (third, fourth, kept), (after,) = (line.split() for line in printed.splitlines())
    assert int(second) > 0.9 * int(first)
    assert int(fourth) < 0.1 * int(third)
    assert (kept, after) == ("True", "False")
