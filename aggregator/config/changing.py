"""Configuration files changed by one command at a time, and written where they really lie.

What a change was planned on must still be so when it is written: reading, checking and writing all belong inside
`alone`. This module does not know what is changed.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from aggregator import files, locks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aggregator.config.reading import Place

LOCK: Final = "var/config.lock"
"""Apart from the site's lock, which a refresh holds for minutes."""
PATIENCE: Final = 10.0
"""Seconds to wait for others: a change takes a fraction of one."""


@contextmanager
def alone(place: Place, who: str) -> Iterator[None]:
    """Change files of the site's configuration inside of the block while no other command does, as `who`.

    Raises `errors.Locked`, naming the holder, if the others are not done within `PATIENCE` seconds.
    """
    with locks.lock(place.root / LOCK, wait=PATIENCE, who=who):
        yield


def write(path: Path, text: str) -> None:
    """Write a configuration file, as `files.rewrite` does: mode, owner and symbolic link stay. Raises OSError."""
    files.rewrite(path, text.encode())
