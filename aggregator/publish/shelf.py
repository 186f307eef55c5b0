"""The published directory: files are put there if they differ, and taken away if we wrote them.

This module does not know what a feed is.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aggregator import files, witness
from aggregator.errors import PublishError
from aggregator.steps import remedies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregator.witness import Facts

_MARK = re.compile(rb"generator\b[^{}]{0,60}tagwire")
"""Stands near the beginning of every feed that we write, whatever its format."""
_MARK_WITHIN: Final = 8192
_TOLD: Final = 3
"""Files that are named of those with one cause; the others are counted."""
KEPT: Final = ("tags", "sources", "queries")
"""Folders of feeds."""


class Shelf:
    """One published directory; with `check` nothing is touched, only told."""

    def __init__(self, root: str, directory: str, *, check: bool) -> None:
        self._root = Path(root)
        self._home = self._root / directory
        self._place = os.fspath(self._home)
        self._check = check
        self._failed: dict[str, str] = {}
        self._noted: dict[str, Facts] = {}
        self._replaced: set[str] = set()
        self._shown_home = Path(os.path.relpath(self._home, self._root)).as_posix()

    def put(
        self, documents: Iterable[tuple[str, bytes]], *, sync: bool = False, noting: bool = False
    ) -> tuple[str, ...]:
        """Make the files hold these bytes; return the paths of those that did not, relative to the site directory.

        With `sync` they survive a power cut; `noting` costs another look at each, for who asks what was `noted`. A file
        that cannot be written is told by `settle`, and the others are written; a disk that takes no more raises
        `PublishError` naming the file, or one shortly after it. Every file is whole in any case, old or new.
        """
        at = ""

        def pairs() -> Iterator[tuple[str, bytes]]:
            nonlocal at
            for at, data in documents:
                yield f"{self._place}/{at}", data

        try:
            if self._check:
                return tuple(self._shown(path) for path, data in pairs() if not _holds(path, data))
            failed: dict[str, OSError] = {}
            told = self._noted if noting else None
            written = files.write_all(pairs(), sync=sync, failed=failed, noted=told, replaced=self._replaced)
        except OSError as error:
            place = self._shown(os.fspath(self._home / at))
            raise PublishError(f"{place} cannot be written: {remedies.cause(error)}") from error
        for path, cause in failed.items():
            self._failed[self._shown(path)] = f"cannot be written: {remedies.cause(cause)}"
        return tuple(map(self._shown, written))

    @property
    def replaced(self) -> frozenset[str]:
        """The paths of all that was written, also by a `put` that something ended; relative to the site directory."""
        return frozenset(map(self._shown, self._replaced))

    def facts(self, name: str) -> Facts | None:
        """Return what the file system says of a file, None if it says nothing."""
        return witness.facts(f"{self._place}/{name}")

    def noted(self, name: str) -> Facts | None:
        """Return what it said when the file was `put`, None if it was not, or nobody was `noting`."""
        return self._noted.get(f"{self._place}/{name}")

    def names(self, *folders: str) -> list[str]:
        """Return the files in these folders of the directory, sorted, as names relative to it."""
        found: list[str] = []
        for folder in folders:
            try:
                with os.scandir(self._home / folder) as entries:
                    found += [f"{folder}/{entry.name}".lstrip("/") for entry in entries if entry.is_file()]
            except (FileNotFoundError, NotADirectoryError):
                continue
        return sorted(found)

    def folders(self, folder: str) -> list[str]:
        """Return the folders in a folder of the directory, sorted, as names relative to it."""
        try:
            with os.scandir(self._home / folder) as entries:
                return sorted(f"{folder}/{entry.name}".lstrip("/") for entry in entries if entry.is_dir())
        except (FileNotFoundError, NotADirectoryError):
            return []

    def clear(self, names: Iterable[str]) -> tuple[str, ...]:
        """Remove those of the files that we wrote; return their paths. What cannot be removed is told by `settle`."""
        removed: list[str] = []
        for name in names:
            path = self._home / name
            try:
                if not _is_ours(path):
                    continue
                if not self._check:
                    path.unlink()
                    _leave(path.parent, self._home)
            except OSError as error:
                self._failed[self._shown(path)] = f"cannot be removed: {remedies.cause(error)}"
                continue
            removed.append(self._shown(path))
        return tuple(removed)

    def settle(self) -> None:
        """Raise `PublishError` if files could not be written or removed: a line for each cause, with its cure."""
        causes: defaultdict[str, list[str]] = defaultdict(list)
        for path, reason in self._failed.items():
            causes[reason].append(path)
        if causes:
            raise PublishError("\n".join(f"{_some(paths)} {reason}" for reason, paths in causes.items()))

    def _shown(self, path: str | Path) -> str:
        return self._shown_home + os.fspath(path).removeprefix(os.fspath(self._home))


def _some(paths: list[str]) -> str:
    more = f" and {len(paths) - _TOLD} more" if len(paths) > _TOLD else ""
    return f"{', '.join(paths[:_TOLD])}{more}"


def _leave(folder: Path, home: Path) -> None:
    """Remove a folder of archives that became empty; those of feeds stay."""
    if folder != home and folder.name not in KEPT:
        with suppress(OSError):  # it is not empty
            folder.rmdir()


def _holds(path: str, data: bytes) -> bool:
    try:
        return files.read_bytes(path) == data
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # the last is replaced, if its folder allows that
        return False


def _is_ours(path: Path) -> bool:
    return _MARK.search(files.read_bytes(path)[:_MARK_WITHIN]) is not None
