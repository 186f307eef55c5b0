"""Memory that was freed, given back to the system: a process that runs for years need not stay as large as it ever was.

What publishing needs is many small pieces for a moment. They are freed, but the C library keeps the pages that they
came from, and more of them each time. This module frees nothing that is in use.
"""

from __future__ import annotations

import ctypes
import gc

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""Names of mallopt(3)."""
_LARGE = 128 * 1024
"""Bytes from which on a piece is the system's: where glibc begins, before it learns to keep megabytes."""


def keep_little() -> None:
    """Have the C library keep less of what is freed from now on: threads share one heap, large pieces leave at once.

    To be called before there are threads. Where there is no mallopt(3) nothing happens.
    """
    choose = getattr(ctypes.CDLL(None), "mallopt", None)
    if choose is not None:
        choose(_ARENA_MAX, 1)
        choose(_MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """Collect cycles and hand unused pages back; where the C library has no means for that (glibc does) it keeps them.

    Takes some hundredths of a second for a site of thousands of sources.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
