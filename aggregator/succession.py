"""What becomes of an article when its file moves or goes: who is the same item still, who goes with it, who follows.

Deleting the file of an article deletes the article: copies that were set aside for it go too, but for those that their
owner edited. When a source goes, its articles stay with the copies of others. Whoever follows takes over the entry id,
so that readers see nothing new; the journal says so, not the file.

This module writes nothing to the index.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator import files, journal
from aggregator.errors import EntryError
from aggregator.model import Record
from aggregator.steps.ids import tag_id
from aggregator.steps.urls import canonical
from aggregator.tree import source_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Item
    from aggregator.ports import Store
    from aggregator.tree import ItemTree

    Read = Callable[[str, str, str, str], Item]


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

    Edited ones inherit. Raises OSError.
    """
    kept = [one for one in copies if one.edited]
    lost = [one for one in copies if not one.edited]
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
    return heirs


def tombstone(line: Mapping[str, str], authority: str, now: datetime) -> Record:
    """Return the tombstone that a decision of the journal stands for."""
    return Record(
        key=line["key"],
        source=line.get("source", ""),
        path="",
        title=line.get("title", ""),
        link=line.get("link", ""),
        url="",
        entry_id=line.get("id", tag_id(line["key"], authority)),
        published=now,
        updated=now,
        first_seen=now,
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
