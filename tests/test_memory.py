"""Freed memory goes back to the system."""

from __future__ import annotations

import ctypes
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


def test_where_nothing_can_be_given_back_nothing_is(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    memory.give_back()
