"""Decides what each item of a source is: new, updated, unchanged, a copy of another source's article, or a repeat.

Within a source an item is known by its key; where a guid has rotated, by canonical URL and title. Across sources the
same canonical URL, confirmed by title or text, is one article: its owner is the source whose host is the link's host,
else the first seen (in the same round: the first by name). The owner's file stands in the item tree, copies are set
aside. An item on its own source's host is never set aside for a source on another host, and nobody's item is
overwritten by another source.

This module performs nothing: decisions are values that `tree` and the store carry out. Near duplicates are not its
business.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.model import Adopted, Duplicate, Item, New, Problem, Record, Repeated, Unchanged, Updated
from aggregator.steps.copies.stories import owns
from aggregator.steps.identity import content_hash
from aggregator.steps.ids import entry_id, tag_id
from aggregator.steps.text import fold
from aggregator.steps.urls import canonical, host, same_site

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Change

RESTLESS = 24
"""An item that its source changed so often is rewritten once a day only: some texts count their readers."""
FEW = 2
"""Fewer new entries are no reason for suspicion."""
REST = timedelta(days=1)
LEAD = 64
"""Characters of folded summary that are compared to confirm that two copies are the same article."""
LEAD_ENOUGH = 20
"""A shorter common beginning proves nothing."""


def decide(
    items: Sequence[Item],
    records: Sequence[Record],
    known: Iterable[Record],
    hosts: Mapping[str, str],
    *,
    authority: str,
    faces: bool = False,
) -> list[Change]:
    """Return one decision per item, in order.

    `records` are the items' rows by `record_of`, `known` those that share a key, canonical URL or entry id with any of
    them; `hosts` maps source ids to the host of their URL. With `faces`, for sources that change guids and links at
    once, title, date and beginning are enough to know an item again. Deciding again on what was decided gives
    `Unchanged`.
    """
    desk = _Desk(known, hosts, {item.key for item in items}, authority=authority, faces=faces)
    changes: list[Change] = []
    seen: set[str] = set()
    for item, record in zip(items, records, strict=True):
        if item.key in seen:
            changes.append(Repeated(key=item.key, why="the same entry stands in the document twice"))
            continue
        seen.add(item.key)
        previous = desk.previous(record)
        change = revise(item, record, previous, authority) if previous else desk.place(item, record)
        changes.append(change)
        desk.note(change)
    return changes


def record_of(item: Item, *, via: str, now: datetime, authority: str) -> Record:
    """Return the row for an item that was never seen: without path and file facts, first seen now."""
    published = item.published or now
    return Record(
        key=item.key,
        source=item.source,
        path="",
        title=item.title,
        link=item.link,
        url=canonical(item.link),
        entry_id=entry_id(item, authority),
        published=published,
        updated=max(item.updated or published, published),
        first_seen=now,
        via=via,
        tags=item.tags,
        categories=item.categories,
        lang=item.lang,
        summary=item.summary,
        thumbnail=item.thumbnail,
        enclosures=item.enclosures,
        authors=item.authors,
        content_hash=content_hash(item),
    )


def revise(item: Item, record: Record, previous: Record, authority: str) -> Adopted | Unchanged | Updated:
    """Return what a known item has become; path, id, first-seen instant and published date stay as they were."""
    same = record.content_hash == previous.content_hash
    if previous.gone or (same and previous.via) or _restless(previous, record):
        return Unchanged(key=previous.key)
    if same or not previous.content_hash:
        kept = replace(
            previous,
            content_hash=record.content_hash,
            via=record.via,
            authors=record.authors,
            categories=record.categories,
        )
        if item.file:  # what rules and the folder gave it lived in the index only
            kept = replace(
                kept,
                source=record.source,
                title=record.title,
                summary=record.summary,
                tags=record.tags,
                lang=record.lang,
                thumbnail=record.thumbnail,
            )
        return Adopted(item=_settled(item, kept, authority), record=kept)
    now = record.first_seen
    said = record.updated if item.updated and record.updated > previous.updated else now
    kept = replace(
        record,
        key=previous.key,
        path=previous.path,
        entry_id=previous.entry_id,
        published=record.published if item.file and item.published and not item.ahead else previous.published,
        updated=max(said, previous.updated),
        first_seen=previous.first_seen,
        duplicate_of=previous.duplicate_of,
        edited=previous.edited,
        edits=previous.edits + 1,
        contested=previous.contested,
        alone=previous.alone,
        story=previous.story,
        copies=previous.copies,
        related=previous.related,
        circle=previous.circle,
    )
    return Updated(item=_settled(item, kept, authority), record=kept, previous=previous)


def suspicious(changes: Sequence[Change]) -> bool:
    """Whether so much of a document is new that its source may have given old entries new ids and links."""
    new = sum(isinstance(change, New | Duplicate) for change in changes)
    return new > FEW and new * 2 > len(changes)


def notices(changes: Iterable[Change]) -> list[Problem]:
    """Return what people should know, once: items that change at every fetch."""
    found = [one.record for one in changes if isinstance(one, Updated) and one.record.edits == RESTLESS]
    message = f"changed {RESTLESS} times; from now on its file is rewritten once a day at most"
    return [Problem(where=record.link or record.key, message=message) for record in found]


def _restless(previous: Record, record: Record) -> bool:
    """Whether an item that changes at every fetch was rewritten today: then it waits."""
    return previous.edits >= RESTLESS and record.first_seen - previous.updated < REST


def confirmed(one: Record, other: Record) -> bool:
    """Whether two copies under one URL are one article: equal titles, or texts that begin alike."""
    if fold(one.title) == fold(other.title):
        return True
    leads = [fold(record.summary.removesuffix("...")) for record in (one, other)]
    length = min(*map(len, leads), LEAD)
    return length >= LEAD_ENOUGH and leads[0][:length] == leads[1][:length]


def _settled(item: Item, record: Record, authority: str) -> Item:
    """Return the item as it is saved: the id as guid where nothing gives it, dates remembered but in others' files."""
    published = item.published if item.file else record.published
    same = item.key == record.key and item.published == published
    kept = item if same else replace(item, key=record.key, published=published)
    if record.contested:  # a stranger's claim leaves no trace in the file
        return kept
    for guid in (item.guid, "", record.entry_id):
        kept = kept if kept.guid == guid else replace(kept, guid=guid)
        if entry_id(kept, authority) == record.entry_id:
            break
    return kept


def _face(record: Record) -> tuple[object, ...]:
    """What an entry still shows when its guid and link have changed."""
    return record.source, record.title, record.published, record.summary


class _Desk:
    """The records known so far, the decisions just made included."""

    def __init__(
        self, known: Iterable[Record], hosts: Mapping[str, str], batch: set[str], *, authority: str, faces: bool
    ) -> None:
        self._hosts = hosts
        self._batch = batch
        self._authority = authority
        self._faces = faces
        self._by_key: dict[str, Record] = {}
        self._by_url: dict[str, list[Record]] = {}  # those that have one
        self._by_face: dict[tuple[object, ...], Record] = {}
        self._ids: dict[str, str] = {}
        for record in known:
            self._add(record)

    def previous(self, record: Record) -> Record | None:
        """Return what is known of an item: by its key, else the same article of its source under another guid.

        That has the same URL and title, or, where links change too, the same title, date and beginning; and its guid
        is not in use any more.
        """
        if known := self._by_key.get(record.key):
            return known
        for other in self._by_url.get(record.url, ()):
            same = other.source == record.source and other.key not in self._batch
            if same and fold(other.title) == fold(record.title):
                return other
        twin = self._by_face.get(_face(record)) if self._faces else None
        return twin if twin and twin.key not in self._batch else None

    def place(self, item: Item, record: Record) -> New | Duplicate:
        """Return where an item goes that its own source has not brought before.

        It is set aside if another source owns the article. Else it is new: it displaces the copies of a former owner,
        and gets the entry id that it asks for if nobody has it, or if who has it has to give it back.
        """
        copies = [
            other
            for other in self._by_url.get(record.url, ())
            if other.source != record.source and not (other.gone or other.alone) and confirmed(record, other)
        ]
        owner = next((other for other in copies if not other.duplicate_of), None)
        if owner and not self._precedes(record, owner):
            aside = replace(self._yielding(record), duplicate_of=owner.key)
            why = f"{owner.source} has {owner.url or owner.link} already, with the same title or text"
            return Duplicate(item=_settled(item, aside, self._authority), record=aside, why=why)
        displaced = {copy.key: replace(copy, duplicate_of=record.key) for copy in copies} if owner else {}
        holder = self._holder(record)
        if holder and (holder.key in displaced or self._takes_back(record, holder)):
            displaced[holder.key] = self._without_id(displaced.get(holder.key, holder))
        else:
            record = self._yielding(record)
        return New(item=_settled(item, record, self._authority), record=record, displaces=tuple(displaced.values()))

    def note(self, change: Change) -> None:
        """Remember a decision for the items that follow."""
        if isinstance(change, New | Updated | Duplicate):
            self._add(change.record)
        if isinstance(change, New):
            for record in change.displaces:
                self._add(record)

    def _holder(self, record: Record) -> Record | None:
        """Return the record that has the entry id for which a new one asks."""
        return self._by_key.get(self._ids.get(record.entry_id, ""))

    def _takes_back(self, record: Record, holder: Record) -> bool:
        """Whether the id that two items ask for is the new one's: an address on the host of its own source.

        Then it does not matter who claimed it before (design §4, "the owner").
        """
        own, other = self._hosts.get(record.source, ""), self._hosts.get(holder.source, "")
        place = host(record.entry_id)
        return same_site(own, place) and not same_site(other, place)

    def _yielding(self, record: Record) -> Record:
        """Return the record, with its `tag:` id if another item has the one that it asks for."""
        holder = self._holder(record)
        if holder is None:
            return record
        return replace(self._without_id(record), contested=holder.source != record.source)

    def _without_id(self, record: Record) -> Record:
        """Return the record with its `tag:` id, since the one that it had or asked for is another source's."""
        return replace(record, entry_id=tag_id(record.key, self._authority), contested=True)

    def _precedes(self, record: Record, owner: Record) -> bool:
        """Whether a newcomer takes over: it is on the link's host and the other is not; else the first seen stands.

        Of two that were first seen in the same round the source's name decides, since the order in which servers answer
        must not.
        """
        mine, theirs = owns(record, self._hosts), owns(owner, self._hosts)
        if mine is not theirs:
            return mine
        return record.first_seen == owner.first_seen and record.source < owner.source

    def _add(self, record: Record) -> None:
        self._by_key[record.key] = record
        self._ids[record.entry_id] = record.key
        if self._faces and record.path:  # what this document brings is told apart by its guids
            self._by_face[_face(record)] = record
        if record.url:
            others = [other for other in self._by_url.get(record.url, []) if other.key != record.key]
            self._by_url[record.url] = [*others, record]
