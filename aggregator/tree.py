"""The item tree: one Markdown file per item, copies of other sources' articles under `.duplicates/`.

Files are the truth. A file is written where its record's path says, which never changes after the first write. A file
that its owner edited is left alone, a file that its owner deleted stays deleted: such decisions are appended to
`.tagwire.jsonl`, beside the items, so that they survive the loss of the index.

This module knows no index, no feeds and no format beyond `steps.frontmatter`.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import files, journal
from aggregator.errors import EntryError
from aggregator.model import Adopted, Duplicate, New, Saved, Updated
from aggregator.steps import frontmatter
from aggregator.steps.slugs import slug, tag_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from aggregator.model import Change, Record

ASIDE = ".duplicates"
STAGING = ".staging"
"""Where files are written before they are renamed into place."""
SLUG_BYTES = 60
KEY = re.compile(r"(?<![0-9a-z])[0-9a-f]{16}(?![0-9a-z])")


class ItemTree:
    """The directory of items; `pattern` is `[storage] path`, `zone` the site's.

    `dry` keeps in memory what it would write.
    """

    def __init__(self, root: str | Path, pattern: str, zone: ZoneInfo, *, dry: bool = False) -> None:
        self.root = Path(root)
        self._pattern = pattern
        self._zone = zone
        self._disk = _Disk(self.root, dry=dry)

    def save(self, changes: Sequence[Change], now: datetime) -> list[Saved]:
        """Write the files of one source's changes and return the rows to commit; replaying it changes nothing."""
        saved: list[Saved] = []
        fresh: list[tuple[str, bytes]] = []
        for change in changes:
            if isinstance(change, New | Duplicate):
                saved += [self._set_aside(record) for record in (change.displaces if isinstance(change, New) else ())]
                record, data = self._lay_out(change)
                fresh.append((record.path, data))
                saved.append(Saved(record=record))
            elif isinstance(change, Updated):
                saved.append(self._rewrite(change, now))
            elif isinstance(change, Adopted):
                saved.append(self._adopt(change, now))
        self._disk.write(fresh)
        return [replace(one, record=self._disk.facts(one.record)) for one in saved]

    def read(self, record: Record) -> str:
        """Return the text of an item's file. Raises OSError, or UnicodeDecodeError for an edit that is not UTF-8."""
        return self._disk.read(record.path).decode("utf-8")

    def listing(self) -> dict[str, tuple[int, int]]:
        """Return relative path → (size, mtime_ns) of every item file, copies that are set aside included."""
        found: dict[str, tuple[int, int]] = {}
        if self.root.is_dir():
            found.update(_walk(self.root, ""))
            if (self.root / ASIDE).is_dir():
                found.update(_walk(self.root / ASIDE, f"{ASIDE}/"))
        return found

    def text(self, path: str) -> tuple[str, bytes]:
        """Return a file's text and bytes. Raises `errors.EntryError` if it is not UTF-8, OSError."""
        data = files.read_bytes(self.root / path)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise EntryError(f"{path} is not UTF-8: {error.reason}", line=line) from error
        return text, data

    def bury(self, records: Iterable[Record], now: datetime) -> list[Record]:
        """Write down that the owner deleted these files for good, and return their tombstones."""
        gone = [replace(record, gone=True, path="", size=0, mtime_ns=0) for record in records]
        if gone and not self._disk.dry:
            journal.deleted(self.root, gone, now)
        return gone

    def remove(self, record: Record) -> None:
        """Delete an item's file, if it is there: its owner asked for it."""
        (self.root / record.path).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove temporary files that a crash left behind."""
        if self.root.is_dir() and not self._disk.dry:
            files.sweep(self.root)

    def path_of(self, record: Record) -> str:
        """Return where a new item goes, relative to the root."""
        return self._pattern.format(
            source=_folder(record.source),
            date=record.published.astimezone(self._zone),
            slug=slug(record.title, SLUG_BYTES),
            key=record.key,
        )

    def _lay_out(self, change: New | Duplicate) -> tuple[Record, bytes]:
        """Return the record with its path and hash, and the bytes to write."""
        record = change.record
        path = self.path_of(record)
        if record.duplicate_of:
            path = f"{ASIDE}/{path}"
        data = frontmatter.dump(change.item, self._zone).encode()
        return replace(record, path=path, file_hash=files.digest(data)), data

    def _rewrite(self, change: Updated, now: datetime) -> Saved:
        """Rewrite an updated item's file unless its owner touched it meanwhile."""
        record, previous = change.record, change.previous
        gone_tags = tuple(tag for tag in previous.tags if tag_key(tag) not in {tag_key(new) for new in record.tags})
        try:
            present = files.digest(self._disk.read(previous.path))
        except FileNotFoundError:
            return Saved(record=self.bury([previous], now)[0], removed_tags=previous.tags)
        data = frontmatter.dump(change.item, self._zone).encode()
        wanted = files.digest(data)
        if previous.edited or present not in {previous.file_hash, wanted}:
            return Saved(record=replace(previous, edited=True, content_hash=record.content_hash))
        self._disk.write([(previous.path, data)])
        return Saved(record=replace(record, file_hash=wanted), removed_tags=gone_tags)

    def _adopt(self, change: Adopted, now: datetime) -> Saved:
        """Compare a file that the index knows by sight only with what its source writes."""
        try:
            present = self._disk.read(change.record.path)
        except FileNotFoundError:
            return Saved(record=self.bury([change.record], now)[0], removed_tags=change.record.tags)
        same = present == frontmatter.dump(change.item, self._zone).encode()
        return Saved(record=replace(change.record, edited=not same))

    def _set_aside(self, record: Record) -> Saved:
        """Move a copy out of the way of the article's owner."""
        if record.path.startswith(f"{ASIDE}/"):
            return Saved(record=record)
        target = f"{ASIDE}/{record.path}"
        self._disk.move(record.path, target)
        return Saved(record=replace(record, path=target))


class _Disk:
    """Files below a folder; a `dry` one remembers what it would have written."""

    def __init__(self, root: Path, *, dry: bool) -> None:
        self.dry = dry
        self._root = str(root)
        self._unwritten: dict[str, bytes] = {}

    def read(self, path: str) -> bytes:
        """Return a file's bytes. Raises OSError."""
        return self._unwritten.get(path) or files.read_bytes(f"{self._root}/{path}")

    def write(self, pairs: list[tuple[str, bytes]]) -> None:
        """Write files whole or not at all. Raises OSError."""
        if self.dry:
            self._unwritten.update(pairs)
        else:
            named = [(f"{self._root}/{path}", data) for path, data in pairs]
            files.write_all(named, staging=f"{self._root}/{STAGING}")

    def move(self, path: str, target: str) -> None:
        """Rename a file, if it is there: a replay after a crash finds it moved."""
        if path in self._unwritten:
            self._unwritten[target] = self._unwritten.pop(path)
        elif not self.dry and os.path.exists(f"{self._root}/{path}"):  # noqa: PTH110
            Path(f"{self._root}/{target}").parent.mkdir(parents=True, exist_ok=True)
            Path(f"{self._root}/{path}").replace(f"{self._root}/{target}")

    def facts(self, record: Record) -> Record:
        """Return the record with size and time of its file as they are on disk."""
        if record.gone or self.dry:
            return record
        try:
            facts = os.stat(f"{self._root}/{record.path}")  # noqa: PTH116 - a Path costs more than the call
        except FileNotFoundError:
            return record
        return replace(record, size=facts.st_size, mtime_ns=facts.st_mtime_ns)


_folder = lru_cache(maxsize=1024)(slug)


def key_in(path: str) -> str:
    """Return the key in an item's path, or an empty string: files that people put there need none."""
    found = KEY.findall(path)
    return str(found[-1]) if found else ""


def source_in(path: str) -> str:
    """Return the source that a file without category belongs to: the folder that it lies in, as the pattern begins."""
    folders = [part for part in Path(path).parts[:-1] if part != ASIDE]
    return folders[0] if folders else Path(path).stem


def _walk(directory: Path, prefix: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the Markdown files below a directory; dot files and dot directories are not items."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/")
            elif entry.name.endswith(".md") and entry.is_file(follow_symlinks=False):
                facts = entry.stat(follow_symlinks=False)
                yield prefix + entry.name, (facts.st_size, facts.st_mtime_ns)
