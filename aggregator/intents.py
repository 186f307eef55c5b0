"""What is about to be written over item files, noted in `var/` first: a crash before the index heard is no edit.

One source is saved at a time, and the next one after the index has heard of it, so only the last save has to be known.
What stands here for longer is still what we wrote, and does no harm. This module writes no item.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from aggregator import files


class Intents:
    """The notes of one item tree, in `path`; a save begins with `begin`. Methods raise OSError."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._fresh = True

    def begin(self) -> None:
        """Forget what an earlier save was about, as soon as this one has something to note."""
        self._fresh = True

    def note(self, path: str, digest: str) -> None:
        """Write down that the file at `path` will hold the bytes with this digest."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("w" if self._fresh else "a", encoding="utf-8") as file:
            file.write(f"{digest} {path}\n")
        self._fresh = False

    def read(self) -> dict[str, str]:
        """Return path → digest of what the last save wanted to write; half a line says nothing."""
        with suppress(FileNotFoundError):
            lines = files.read_bytes(self._path).decode("utf-8", "replace").split("\n")[:-1]
            return {path: digest for digest, _, path in (line.partition(" ") for line in lines)}
        return {}
