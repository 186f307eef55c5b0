"""Memory that was freed, given back to the system: a process that runs for years need not stay as large as it ever was.

What publishing needs is many small pieces for a moment. They are freed, but the C library keeps the pages that they
came from, and more of them each time. This module frees nothing that is in use.
"""

from __future__ import annotations

import ctypes
import gc


def give_back() -> None:
    """Collect cycles and hand unused pages back; where the C library has no means for that (glibc does) it keeps them.

    Takes some hundredths of a second for a site of thousands of sources.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
