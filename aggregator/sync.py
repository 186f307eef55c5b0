"""Brings the index in line with the item tree: files are the truth.

A file that its owner edited is read again, one that appeared is taken in, one that vanished is buried for good; for a
lost index every file appeared. When the rules changed, files of ours are rewritten; of all others the index learns it.

This module fetches and publishes nothing; the store marks the feeds that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aggregator import copied, files, journal, succession
from aggregator.disk import strangers
from aggregator.errors import EntryError, TreeError
from aggregator.model import Entry, Item, Problem, Record, Updated
from aggregator.steps.dedupe import record_of
from aggregator.steps.differences import differences
from aggregator.steps.identity import identify
from aggregator.steps.ids import tag_id
from aggregator.steps.sightings import Sighting, published, sighting
from aggregator.tree import ASIDE, key_in, source_in

if TYPE_CHECKING:
    from aggregator.ports import Store
    from aggregator.steps.differences import Differences, Facts
    from aggregator.tree import ItemTree

Read = Callable[[str, str, str, str], Item]
"""(text, key, source that it belongs to if it names none, source that brought it) → item; `errors.EntryError`."""
Retag = Callable[[Record, str], tuple[Item, bytes] | None]
"""(row, text) → the item under the present rules and its file to be; None if the file is not ours alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What was found: numbers of files that were taken in, read again and buried, and those that are no items."""

    added: int = 0
    edited: int = 0
    deleted: int = 0
    retagged: int = 0
    """Items whose tags changed because the rules did."""
    rewritten: tuple[str, ...] = ()
    """Paths of item files that got their new tags."""
    left: tuple[str, ...] = field(default=(), compare=False)
    """Paths of files that are not ours to write, whose items have other tags now."""
    problems: tuple[Problem, ...] = ()
    touched: tuple[str, ...] = field(default=(), compare=False)
    """Keys of the items that say something else now, or are gone."""


def sync(
    tree: ItemTree,
    store: Store,
    read: Read,
    *,
    now: datetime,
    authority: str,
    accept_deletions: bool = False,
    retag: Retag | None = None,
    since: datetime | None = None,
) -> Synced:
    """Compare the tree with the index and bring the index up to date in one transaction.

    With `retag` files that did not change are read again too, since the rules did. With `since` files that were deleted
    before are not remembered: the index has forgotten them for good. Raises `errors.TreeError`, and changes nothing, if
    over half of the known files vanished at once (an unmounted disk looks like that), unless `accept_deletions`.
    """
    strange: set[str] = set()
    found = differences(tree.listing(strange), store.files(), every=retag is not None)
    told = (*journal.check(tree.root), *strangers(tree.root, strange))
    missing, touched = found.missing, found.touched
    appeared = sorted(found.appeared, key=lambda path: (path.startswith(ASIDE), path))
    if not (missing or appeared or touched):
        return Synced(problems=told)
    unread = {path for path, (_, mtime_ns) in touched.items() if mtime_ns == succession.UNREAD}
    named = {path: key for path in appeared if (key := key_in(path)) in missing.values()}
    astray = set(missing.values()).difference(named.values())
    moves = succession.moves(tree, store, astray, sorted(set(appeared) - named.keys()), read)
    moved = {*named.values(), *moves.values()}
    lost = [path for path, key in missing.items() if key not in moved]
    if len(lost) * 2 > found.known and not accept_deletions:
        raise TreeError(
            f"{len(lost)} of {found.known} item files are gone from {tree.root}; nothing was changed. If a disk is not "
            "mounted, mount it. If you deleted them, say so: tagwire reindex --accept-deletions"
        )
    desk = _Desk(tree, store, read, now=now, authority=authority, since=since)
    desk.problems += told
    desk.take_in([*appeared, *sorted(unread)], found, moves)
    desk.look_again({path: key for path, (key, _) in touched.items() if path not in unread}, found.facts, retag)
    desk.bury([missing[path] for path in lost])
    desk.write_down()
    store.replace(desk.records)
    return Synced(
        added=desk.added,
        edited=desk.edited,
        deleted=len(lost),
        retagged=desk.retagged,
        rewritten=tuple(sorted(desk.rewritten)),
        left=tuple(sorted(desk.left)),
        problems=tuple(sorted(desk.problems, key=str)),
        touched=(*desk.reread, *(missing[path] for path in lost)),
    )


class _Desk:
    """Collects the rows of one comparison."""

    def __init__(
        self, tree: ItemTree, store: Store, read: Read, *, now: datetime, authority: str, since: datetime | None
    ) -> None:
        self.records: list[Record] = []
        self.problems: list[Problem] = []
        self.reread: list[str] = []
        self.rewritten: list[str] = []
        self.left: list[str] = []
        self.added = self.edited = self.retagged = 0
        self._tree, self._store, self._read, self._now, self._authority = tree, store, read, now, authority
        said = journal.read(tree.root)
        self._ids, self._places, self._urls = journal.ids(said), journal.places(said), journal.urls(said)
        self._alone, self._first = journal.bonds(said).alone, journal.first_seen(said)
        self._kept_ids: list[Record] = []
        self._unsaid: list[Sighting | None] = []
        self._copied = copied.read(tree.root)
        self._moves: dict[str, str] = {}
        self._buried = {line["key"]: line for line in journal.buried(said, since)}

    def take_in(self, paths: Iterable[str], found: Differences, moves: Mapping[str, str]) -> None:
        """Make rows for files that the index does not know; `moves` are the keys of those that it knew elsewhere."""
        self._moves |= moves
        fresh = [record for path in paths if (record := self._found(path, found.facts[path]))]
        urls, ids = [record.url for record in fresh if record.url], [record.entry_id for record in fresh]
        present = self._store.known([record.key for record in fresh], urls, ids)
        by_key = {record.key: record for record in present}
        taken = {record.entry_id: record.key for record in present}
        taken |= {self._ids[record.key]: record.key for record in fresh if self._goes_by(record)}
        owners = {record.url: record.key for record in present if succession.may_own(record, self._alone)}
        for one in fresh:
            if succession.never_read(one) and (known := by_key.get(one.key)):
                self.records += succession.put_by(one, known, found.missing)
                continue
            record = succession.told_apart(one, by_key, found.missing)
            known = by_key.get(record.key)
            if known and not succession.never_read(known):
                row = self._moved(record, known)
            else:
                row = self._settle(record, taken, owners)
                row = succession.mended(row, known) if known else row
            by_key[row.key] = row
            taken[row.entry_id] = row.key
            self.records.append(row)
            self.added += not row.broken
            if succession.may_own(row, self._alone):
                owners.setdefault(row.url, row.key)

    def look_again(self, paths: Mapping[str, str], facts: Mapping[str, Facts], retag: Retag | None) -> None:
        """Make rows for known files, given with their keys, that were touched; with `retag` write those of ours."""
        rows = {record.key: record for record in self._store.known(paths.values(), [], [])}
        intents = self._tree.intents.read() if paths else {}
        changes: list[Updated] = []
        for path, key in paths.items():
            record = rows[key]
            pair = self._load(path, record.key, record.source, record.via)
            if pair is None:
                self.records += [] if record.broken else [replace(record, broken=True)]
                continue
            item, data = pair
            self._moves |= {} if self._key_at(path, data) == key else {path: key}
            ours, wanted = self._ours(record, data, retag) if retag else (None, data)
            item = replace(item, tags=ours.tags, categories=ours.categories) if ours else item
            seen = record_of(item, via=record.via, now=self._now, authority=self._authority)
            seen = replace(seen, published=published(self._first, item, record.published))
            row = self._as_read(record, succession.in_file(seen, path, data, facts[path]))
            self._unsaid.append(sighting(item, row, UTC))
            same = row.file_hash == record.file_hash or ours is not None
            if same and not retag and not record.broken:  # rules may have changed while it could not be read
                row = replace(record, size=row.size, mtime_ns=row.mtime_ns, broken=False)
            elif same:
                row = replace(row, updated=record.updated, edited=record.edited, categories=record.categories)
                self.retagged += row.tags != record.tags
            elif intents.get(path) == row.file_hash:  # we were killed before the index heard of it
                row = replace(row, edited=record.edited)
            elif succession.follows(self._store, key, row.file_hash):
                row = replace(row, edited=False)
            self.edited += row.edited and not same
            self.left += [path] if retag and not ours and set(row.tags) != set(record.tags) else []
            self.reread += [] if same else [key]
            if ours and wanted != data:
                changes.append(Updated(item=ours, record=row, previous=record))
            else:
                self.records.append(row)
        self.records += [saved.record for saved in self._tree.save(changes, self._now)]
        self.rewritten += [change.record.path for change in changes]

    def _ours(self, record: Record, data: bytes, retag: Retag) -> tuple[Item | None, bytes]:
        """Return the item to write, if the file is what we wrote last, or what we were about to write in a crash."""
        pair = retag(record, data.decode("utf-8"))
        if pair and (files.digest(data) == record.file_hash or pair[1] == data):
            return pair
        return None, data

    def bury(self, keys: Iterable[str]) -> None:
        """Make tombstones for files that their owner deleted, and for decisions that the index lost."""
        lost = [record for record in self._store.known(keys, [], []) if not record.gone]
        self.records += self._tree.bury(lost, self._now)
        latest = {record.key: record for record in self.records}
        copies = succession.copies_of(self._store, lost, latest)
        after = [row for one in lost for row in succession.bury(self._tree, one, copies.get(one.key, []), self._now)]
        self.reread += [row.key for row in after]
        self.records = [*(latest | {row.key: row for row in after}).values()]
        forgotten = self._buried.keys() - {record.key for record in self.records}
        forgotten -= {record.key for record in self._store.known(forgotten, [], [])}
        lines = (self._buried[key] for key in sorted(forgotten))
        self.records += [succession.tombstone(line, self._authority, self._now) for line in lines]

    def write_down(self) -> None:
        """Append what files do not say to the journal and the notes, also what these should have said before."""
        if not self._tree.dry:
            journal.renamed(self._tree.root, self._kept_ids, self._now)
            journal.seen(self._tree.root, filter(None, self._unsaid), self._now)
            journal.moved(self._tree.root, [(key, path) for path, key in self._moves.items()], self._now)
            copied.note(self._tree.root, copied.pairs(self.records))

    def _found(self, path: str, facts: tuple[int, int]) -> Record | None:
        """Return the row of a file that appeared; without a date it is as old as its first sight, else as the file.

        What its folder's file said as well, when it was copied, is known to be its source's word still.
        """
        pair = self._load(path, "", source_in(path), "")
        if pair is None:
            key = self._key_at(path)
            return succession.unread(path, key, facts[1], self._now, self._authority) if key else None
        item, data = pair
        written = datetime.fromtimestamp(facts[1] // 1_000_000_000, UTC)
        first = published(self._first, item, item.published or min(written, self._now))
        dated = item if item.published == first else replace(item, published=first, updated=first)
        seen = record_of(dated, via="", now=self._now, authority=self._authority)
        self._unsaid.append(sighting(item, seen, UTC))
        row = succession.in_file(seen, path, data, facts)
        return row if self._copied.get(row.key) == row.file_hash else replace(row, content_hash="")

    def _load(self, path: str, key: str, source: str, via: str) -> tuple[Item, bytes] | None:
        """Return the item in a file, and the bytes; None, and a problem told, if it is none."""
        where = str(self._tree.root / path)
        try:
            text, data = self._tree.text(path)
            return self._read(text, key or self._key_at(path, data), source, via), data
        except EntryError as error:
            self.problems.append(Problem(where=where, message=str(error), line=error.line))
        except OSError as error:
            self.problems.append(Problem(where=where, message=error.strerror or str(error)))
        return None

    def _key_at(self, path: str, data: bytes = b"") -> str:
        """Return the key that is known of a file before it is read, if any; else that of its text, if that is given.

        So it is found again without the index, whatever else it says by now.
        """
        known = self._moves.get(path) or self._places.get(path) or key_in(path)
        return known or (identify(source_in(path), [Entry(file=data.decode("utf-8"))])[0] if data else "")

    def _moved(self, record: Record, known: Record) -> Record:
        """Return the row of a file that was found elsewhere: only its place is new, unless it was edited, too."""
        aside = record.path.startswith(f"{ASIDE}/")
        known = replace(known, gone=False, duplicate_of=(known.duplicate_of or known.key) if aside else "")
        if record.file_hash != known.file_hash:
            self.reread.append(known.key)
            return self._as_read(known, replace(record, via=known.via))
        return replace(known, path=record.path, size=record.size, mtime_ns=record.mtime_ns, broken=False)

    def _settle(self, record: Record, taken: Mapping[str, str], owners: Mapping[str, str]) -> Record:
        """Return the row of a new file with an entry id of its own, below its owner if it stands aside."""
        if self._goes_by(record):
            record = replace(record, entry_id=self._ids[record.key], contested=True)
        if taken.get(record.entry_id, record.key) != record.key:
            record = replace(record, entry_id=tag_id(record.key, self._authority))
        if record.path.startswith(f"{ASIDE}/"):
            record = replace(record, duplicate_of=owners.get(record.url) or self._urls.get(record.url, record.key))
        return record

    def _goes_by(self, record: Record) -> bool:
        """Whether the journal gives a file's item another id; of copies set aside their place says enough."""
        return record.key in self._ids and not record.path.startswith(f"{ASIDE}/")

    def _as_read(self, record: Record, seen: Record) -> Record:
        """Return the row of a known file, `seen` as it reads now: the file is right, id and first sight stay."""
        row = succession.reread(seen, record, self._now)
        edited = row.file_hash != record.file_hash and not row.duplicate_of
        if edited and (row.url != record.url or row.entry_id not in {seen.entry_id, self._ids.get(row.key)}):
            row = replace(row, contested=True)
            self._kept_ids.append(replace(row, url=record.url))
        return row
