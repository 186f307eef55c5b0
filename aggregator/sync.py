"""Brings the index in line with the item tree: files are the truth.

A file that its owner edited is read again, one that appeared is taken in, one that vanished is buried for good. An
index that was lost is rebuilt by the same road: every file appeared.

This module fetches and publishes nothing; the store marks the feeds that changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aggregator import files, journal
from aggregator.errors import EntryError, TreeError
from aggregator.model import Entry, Problem, Record
from aggregator.steps.dedupe import record_of
from aggregator.steps.identity import identify, item_key
from aggregator.steps.ids import tag_id
from aggregator.tree import ASIDE, key_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from aggregator.model import Item
    from aggregator.ports import Store
    from aggregator.tree import ItemTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What was found: numbers of files that were taken in, read again and buried, and those that are no items."""

    added: int = 0
    edited: int = 0
    deleted: int = 0
    problems: tuple[Problem, ...] = ()


def sync(tree: ItemTree, store: Store, *, now: datetime, authority: str, accept_deletions: bool = False) -> Synced:
    """Compare the tree with the index and bring the index up to date in one transaction.

    Raises `errors.TreeError`, and changes nothing, if over half of the known files vanished at once (an unmounted
    disk looks like that), unless `accept_deletions`.
    """
    listing, known = tree.listing(), store.files()
    missing = {path: known[path][0] for path in known if path not in listing}
    appeared = sorted((path for path in listing if path not in known), key=lambda path: (path.startswith(ASIDE), path))
    touched = [path for path, facts in listing.items() if path in known and known[path][1:] != facts]
    if not (missing or appeared or touched):
        return Synced()
    moved = {key for path in appeared if (key := key_in(path)) in missing.values()}
    lost = [path for path, key in missing.items() if key not in moved]
    if len(lost) * 2 > len(known) and not accept_deletions:
        raise TreeError(
            f"{len(lost)} of {len(known)} item files are gone from {tree.root}; nothing was changed. If a disk is not "
            "mounted, mount it. If you deleted them, say so: tagwire reindex --accept-deletions"
        )
    desk = _Desk(tree, store, now, authority)
    desk.take_in(appeared, listing)
    desk.look_again(touched, known, listing)
    desk.bury([missing[path] for path in lost])
    store.replace(desk.records)
    return Synced(
        added=desk.added, edited=desk.edited, deleted=len(lost), problems=tuple(sorted(desk.problems, key=str))
    )


class _Desk:
    """Collects the rows of one comparison."""

    def __init__(self, tree: ItemTree, store: Store, now: datetime, authority: str) -> None:
        self.records: list[Record] = []
        self.problems: list[Problem] = []
        self.added = self.edited = 0
        self._tree, self._store, self._now, self._authority = tree, store, now, authority
        self._buried = {line["key"]: line for line in journal.read(tree.root) if line.get("event") == "deleted"}

    def take_in(self, paths: Iterable[str], listing: dict[str, tuple[int, int]]) -> None:
        """Make rows for files that the index does not know."""
        loaded = [(path, *pair) for path in paths if (pair := self._load(path))]
        fresh = [
            replace(
                record_of(item, via="", now=self._now, authority=self._authority),
                path=path,
                content_hash="",
                file_hash=files.digest(data),
                size=listing[path][0],
                mtime_ns=listing[path][1],
            )
            for path, item, data in loaded
        ]
        present = self._store.known(
            [r.key for r in fresh], [r.url for r in fresh if r.url], [r.entry_id for r in fresh]
        )
        by_key = {record.key: record for record in present}
        ids = {record.entry_id: record.key for record in present}
        owners = {record.url: record.key for record in present if record.url and not record.duplicate_of}
        for found in fresh:
            record = self._told_apart(found, by_key, listing)
            row = self._moved(record, by_key[record.key]) if record.key in by_key else self._settle(record, ids, owners)
            by_key[row.key] = row
            ids[row.entry_id] = row.key
            if row.url and not row.duplicate_of:
                owners.setdefault(row.url, row.key)
            self.records.append(row)
            self.added += 1

    def look_again(
        self, paths: Iterable[str], known: Mapping[str, tuple[str, int, int]], listing: dict[str, tuple[int, int]]
    ) -> None:
        """Make rows for files whose size or time changed."""
        rows = {record.key: record for record in self._store.known([known[path][0] for path in paths], [], [])}
        for path in paths:
            record = rows[known[path][0]]
            pair = self._load(path, record.key)
            if pair is None:
                continue
            item, data = pair
            size, mtime_ns = listing[path]
            digest = files.digest(data)
            if digest == record.file_hash:
                self.records.append(replace(record, size=size, mtime_ns=mtime_ns))
                continue
            self.edited += 1
            self.records.append(self._edited(record, item, file_hash=digest, size=size, mtime_ns=mtime_ns))

    def bury(self, keys: Iterable[str]) -> None:
        """Make tombstones for files that their owner deleted, and for decisions that the index lost."""
        lost = [record for record in self._store.known(keys, [], []) if not record.gone]
        self.records += self._tree.bury(lost, self._now)
        here = {record.key for record in self.records}
        forgotten = [key for key in self._buried if key not in here]
        remembered = {record.key for record in self._store.known(forgotten, [], [])} if forgotten else set()
        self.records += [self._tombstone(self._buried[key]) for key in forgotten if key not in remembered]

    def _load(self, path: str, key: str = "") -> tuple[Item, bytes] | None:
        try:
            item, data = self._tree.load(path)
        except EntryError as error:
            self.problems.append(Problem(where=str(self._tree.root / path), message=str(error), line=error.line))
            return None
        except OSError as error:
            self.problems.append(Problem(where=str(self._tree.root / path), message=error.strerror or str(error)))
            return None
        key = key or item.key or identify(item.source, [Entry(file=data.decode())])[0]
        return replace(item, key=key), data

    def _told_apart(self, record: Record, by_key: dict[str, Record], listing: dict[str, tuple[int, int]]) -> Record:
        """Return the record, under a key of its own if its owner made a copy of a file that is still there."""
        other = by_key.get(record.key)
        if other is None or other.path == record.path or other.path not in listing:
            return record
        return replace(record, key=item_key(record.source, "path", record.path))

    def _moved(self, record: Record, known: Record) -> Record:
        """Return the row of a file that was found elsewhere: only its place is new."""
        aside = record.path.startswith(f"{ASIDE}/")
        return replace(
            known,
            path=record.path,
            file_hash=record.file_hash,
            size=record.size,
            mtime_ns=record.mtime_ns,
            gone=False,
            edited=known.edited or record.file_hash != known.file_hash,
            duplicate_of=(known.duplicate_of or known.key) if aside else "",
        )

    def _settle(self, record: Record, ids: dict[str, str], owners: dict[str, str]) -> Record:
        """Return the row of a new file with an entry id of its own, below its owner if it stands aside."""
        if ids.get(record.entry_id, record.key) != record.key:
            record = replace(record, entry_id=tag_id(record.key, self._authority))
        if record.path.startswith(f"{ASIDE}/"):
            record = replace(record, duplicate_of=owners.get(record.url, record.key))
        return record

    def _edited(self, record: Record, item: Item, *, file_hash: str, size: int, mtime_ns: int) -> Record:
        """Return the row of a file that its owner changed: the file is right, id and first sight stay."""
        seen = record_of(item, via=record.via, now=self._now, authority=self._authority)
        return replace(
            seen,
            path=record.path,
            entry_id=record.entry_id,
            published=item.published or record.published,
            updated=max(self._now, record.updated),
            first_seen=record.first_seen,
            authors=record.authors,
            content_hash=record.content_hash,
            file_hash=file_hash,
            size=size,
            mtime_ns=mtime_ns,
            duplicate_of=record.duplicate_of,
            edited=True,
        )

    def _tombstone(self, line: dict[str, str]) -> Record:
        """Return the tombstone that a decision stands for."""
        return Record(
            key=line["key"],
            source=line.get("source", ""),
            path="",
            title=line.get("title", ""),
            link=line.get("link", ""),
            url="",
            entry_id=line.get("id", tag_id(line["key"], self._authority)),
            published=self._now,
            updated=self._now,
            first_seen=self._now,
            gone=True,
        )
