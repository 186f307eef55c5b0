"""What becomes of an article when its file moves or goes: who is the same item still, who goes with it, who follows.

Deleting the file of an article deletes the article: copies that were set aside for it go too, but for those that their
owner edited. When a source goes, its articles stay with the copies of others. Whoever follows takes over the entry id,
so that readers see nothing new; the journal says so, not the file.

A file that cannot be read when the index meets it first is still its item's, if its name or the journal tells the key:
so the entry is not kept a second time beside it, until the file is mended.

This module writes nothing to the index.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import files, journal
from aggregator.errors import EntryError
from aggregator.model import Record
from aggregator.steps.identity import item_key
from aggregator.steps.ids import tag_id
from aggregator.steps.urls import canonical
from aggregator.tree import ASIDE, source_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from aggregator.model import Item
    from aggregator.ports import Store
    from aggregator.tree import ItemTree

    Read = Callable[[str, str, str, str], Item]

UNREAD = 0
"""Time of a file that was never read under its path, so that it is looked at again each time."""


def unread(path: str, key: str, mtime_ns: int, now: datetime, authority: str) -> Record:
    """Return the row of an item of which nothing is known but the file, which cannot be read."""
    written = min(datetime.fromtimestamp(mtime_ns // 1_000_000_000, UTC), now)
    return Record(
        key=key,
        source=source_in(path),
        path=path,
        title=Path(path).stem,
        link="",
        url="",
        entry_id=tag_id(key, authority),
        published=written,
        updated=written,
        first_seen=now,
        mtime_ns=UNREAD,
        broken=True,
        edited=True,
    )


def never_read(record: Record) -> bool:
    """Whether a row is from `unread`."""
    return record.broken and not record.file_hash


def put_by(found: Record, known: Record, missing: Collection[str]) -> list[Record]:
    """Return the row of a known item whose file was found at another path and cannot be read; none if nothing is new.

    A file of the same name beside it, which cannot be read, is none of it. `missing` are paths of files that are gone.
    """
    if _is_there(known, missing):
        return []
    of = (known.duplicate_of or known.key) if found.path.startswith(f"{ASIDE}/") else ""
    return [replace(known, path=found.path, size=0, mtime_ns=UNREAD, broken=True, gone=False, duplicate_of=of)]


def told_apart(record: Record, by_key: Mapping[str, Record], missing: Collection[str]) -> Record:
    """Return the record, under a key of its own if its owner made a copy of a file that is still there.

    `missing` are paths of files that are gone.
    """
    other = by_key.get(record.key)
    if other is None or other.path == record.path or not _is_there(other, missing):
        return record
    return replace(record, key=item_key(record.source, "path", record.path))


def _is_there(known: Record, missing: Collection[str]) -> bool:
    return bool(known.path) and known.path not in missing


def mended(read: Record, known: Record) -> Record:
    """Return the row of a file that was never read before, `read` as it says now; what came of it meanwhile stays."""
    return replace(
        read,
        via=known.via,
        first_seen=known.first_seen,
        content_hash=known.content_hash,
        edited=known.edited,
        edits=known.edits,
    )


def reread(seen: Record, known: Record, now: datetime) -> Record:
    """Return the row of a known item, `seen` as its file reads now: the file is right, id and first sight stay."""
    return replace(
        seen,
        entry_id=known.entry_id,
        updated=max(now, known.updated),
        first_seen=known.first_seen,
        authors=known.authors,
        content_hash=known.content_hash,
        duplicate_of=known.duplicate_of,
        edited=True,
        edits=known.edits,
        contested=known.contested,
        alone=known.alone,
        story=known.story,
        copies=known.copies,
        related=known.related,
        circle=known.circle,
    )


def in_file(seen: Record, path: str, data: bytes, facts: tuple[int, int]) -> Record:
    """Return the row with what is known of its file."""
    return replace(seen, path=path, file_hash=files.digest(data), size=facts[0], mtime_ns=facts[1])


def follows(store: Store, key: str, file_hash: str) -> bool:
    """Whether an item's file holds exactly what was held back from it last: then it is its source's again."""
    held = [one for one in store.revisions.of(key) if one.held]
    return bool(held) and files.digest(held[-1].text.encode()) == file_hash


def copies_of(store: Store, gone: Collection[Record], latest: Mapping[str, Record]) -> dict[str, list[Record]]:
    """Return the copies that stand aside for items that go, by those items' keys, the first seen first.

    `latest` are rows by key that the index does not know yet.
    """
    owners, going = {record.key for record in gone if not record.duplicate_of}, {record.key for record in gone}
    found: defaultdict[str, list[Record]] = defaultdict(list)
    rows = (latest.get(one.key, one) for one in (store.items(aside=True) if owners else ()))
    for row in sorted(rows, key=lambda one: (one.first_seen, one.key)):
        if row.duplicate_of in owners and row.key not in going:
            found[row.duplicate_of].append(row)
    return found


def inherit(tree: ItemTree, owner: Record, copies: Sequence[Record], now: datetime) -> list[Record]:
    """Put the first of the copies in the owner's place, and the others below it; return their rows. Raises OSError."""
    if not copies:
        return []
    heir = replace(copies[0], entry_id=owner.entry_id, contested=True)
    if not tree.dry:
        journal.renamed(tree.root, [heir], now)
    return [tree.bring_back(heir), *(replace(one, duplicate_of=heir.key) for one in copies[1:])]


def bury(tree: ItemTree, owner: Record, copies: Sequence[Record], now: datetime) -> list[Record]:
    """Bury the copies of an article whose file was deleted, but for those that were edited; return their rows.

    Edited ones inherit, and so do those that cannot be read: nobody else wrote that. Raises OSError.
    """
    kept = [one for one in copies if one.edited or one.broken]
    lost = [one for one in copies if not (one.edited or one.broken)]
    tombs = tree.bury(lost, now)
    for one in lost:
        tree.remove(one)
    return [*tombs, *inherit(tree, owner, kept, now)]


def purge(tree: ItemTree, store: Store, gone: Sequence[Record], now: datetime) -> list[Record]:
    """Delete the files of items that go with their source, and let copies inherit; return the heirs' rows."""
    copies = copies_of(store, gone, {})
    heirs = [row for one in gone for row in inherit(tree, one, copies.get(one.key, []), now)]
    for record in gone:
        tree.remove(record)
        if not tree.dry:
            _tidy(tree.root, record.path)
    return heirs


def _tidy(root: Path, path: str) -> None:
    """Remove the folders that lost their last file; what else lies in one keeps it."""
    with suppress(OSError):
        for folder in list(Path(path).parents)[:-1]:
            (root / folder).rmdir()


def may_own(record: Record, alone: Collection[str]) -> bool:
    """Whether copies that were set aside can be those of an item: one that its owner split has none."""
    return bool(record.url) and not record.duplicate_of and record.key not in alone


def tombstone(line: Mapping[str, str], authority: str, now: datetime) -> Record:
    """Return the tombstone that a decision of the journal stands for, as old as the decision."""
    then = min(journal.said_at(line), now)
    return Record(
        key=line["key"],
        source=line.get("source", ""),
        path="",
        title=line.get("title", ""),
        link=line.get("link", ""),
        url="",
        entry_id=line.get("id", tag_id(line["key"], authority)),
        published=then,
        updated=then,
        first_seen=then,
        tags=tuple(filter(None, line.get("tags", "").split("\n"))),
        duplicate_of=line.get("of", ""),
        gone=True,
    )


def moves(
    tree: ItemTree, store: Store, missing: Collection[str], appeared: Sequence[str], read: Read
) -> dict[str, str]:
    """Return path → key of files that appeared and are items, among those with the keys `missing`, that vanished.

    They have the same bytes, or the same source and canonical link. Each item has one new file at most.
    """
    if not (missing and appeared):
        return {}
    lost = {one.key: one for one in sorted(store.known(missing, [], []), key=lambda one: one.path)}
    found: dict[str, str] = {}
    unlike: list[tuple[str, str]] = []
    for path in appeared:
        try:
            text, data = tree.text(path)
        except (EntryError, OSError):  # told when it is taken in
            continue
        digest = files.digest(data)
        twin = next((key for key, record in lost.items() if record.file_hash == digest), "")
        if twin:
            found[path] = twin
            del lost[twin]
        else:
            unlike.append((path, text))
    return found | _by_link(lost, unlike, read)


def _by_link(lost: dict[str, Record], texts: Iterable[tuple[str, str]], read: Read) -> dict[str, str]:
    found: dict[str, str] = {}
    pages = {(record.source, record.url): key for key, record in lost.items() if record.url}
    for path, text in texts if pages else ():
        try:
            item = read(text, "", source_in(path), "")
        except EntryError:  # told when it is taken in
            continue
        if key := pages.pop((item.source, canonical(item.link)), ""):
            found[path] = key
    return found
