"""Freed memory goes back to the system."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from aggregator import memory


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1])


def test_small_pieces_that_were_freed_are_given_back():
    """Below the last one that is in use, where nothing would ever leave by itself."""
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "malloc_trim"):
        pytest.skip("this C library has no malloc_trim")
    libc.malloc.restype = ctypes.c_void_p
    pieces = [libc.malloc(100_000) for _ in range(500)]
    for piece in pieces:
        ctypes.memset(piece, 1, 100_000)
    full = resident()
    for piece in pieces[:-1]:
        libc.free(ctypes.c_void_p(piece))
    memory.give_back()
    assert resident() < full - 8_000
    libc.free(ctypes.c_void_p(pieces[-1]))


KEEPING = """
import ctypes, sys
from pathlib import Path
from aggregator import memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
if sys.argv[1] == "little":
    memory.keep_little()
libc.free(ctypes.c_void_p(libc.malloc(16_000_000)))  # of this glibc would learn to keep as much
pieces = [libc.malloc(200_000) for _ in range(250)]
for piece in pieces:
    ctypes.memset(piece, 1, 200_000)
full = resident()
for piece in pieces[:-1]:
    libc.free(ctypes.c_void_p(piece))
print(full - resident())
"""


@pytest.mark.parametrize(("how", "left"), [("little", True), ("much", False)])
def test_large_pieces_leave_at_once_where_little_is_kept(how, left):
    """Of 50 MB, freed below a piece that is in use; without our word they stay."""
    if not hasattr(ctypes.CDLL(None), "mallopt"):
        pytest.skip("this C library has no mallopt")
    told = subprocess.run([sys.executable, "-c", KEEPING, how], capture_output=True, text=True, check=True)
    assert (int(told.stdout) > 8_000) is left


def test_where_nothing_can_be_given_back_nothing_is(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    memory.keep_little()
    memory.give_back()
