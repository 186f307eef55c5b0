"""What a file system says of files: it changes whenever somebody changes the file, and nobody can set it back.

This module reads no bytes of files and remembers nothing. The clock that it waits for is the file system's.
"""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Facts = tuple[int, int, int, int]
"""Size, time of the bytes and time of the inode in ns, number of the inode."""
_TRIES: Final = 20
_PAUSE: Final = 0.002
"""Seconds between them."""


def facts(path: str | Path) -> Facts | None:
    """Return the facts of a regular file, None if there is none, or nobody tells.

    They may be the same for changes before the clock has `passed` their times.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - a plain call costs half of pathlib's
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def all_of(paths: Iterable[str]) -> dict[str, Facts]:
    """Return the `facts` of those that have some, by path."""
    return {path: found for path in paths if (found := facts(path))}


def inode(path: str | Path) -> tuple[int, int] | None:
    """Return time, in ns, and number of a file's or folder's inode, None if there is none. Raises `OSError`.

    A folder has another time whenever a name in it comes or goes.
    """
    try:
        status = os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_ctime_ns, status.st_ino


def passed(path: str | Path, instant: int) -> bool:
    """Touch a file until the clock of its file system has gone past an instant in ns; return whether it soon did.

    Such clocks move every few milliseconds, so that two changes of a file may bear the same time. Raises `OSError`.
    """
    for _ in range(_TRIES):
        os.utime(path)
        if os.stat(path).st_ctime_ns > instant:  # noqa: PTH116
            return True
        time.sleep(_PAUSE)
    return False
