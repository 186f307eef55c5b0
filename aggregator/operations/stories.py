"""Copies and related items found: what came into the index is sketched, compared, linked, and its stories are settled.

A refresh brings the sketches of its items along; others (files that people put there, a rebuilt index) are made here
from the files. All that belongs together is settled anew whenever one of it changes, so that neither the order of
sources nor that of fetches decides. What the owner said in `items/.tagwire.jsonl` counts before all rules.

This module decides nothing (`steps.near`, `steps.copies.topics`, `steps.copies.stories`) and publishes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from aggregator import journal
from aggregator.errors import TagwireError
from aggregator.model import Link
from aggregator.steps import near
from aggregator.steps.copies import stories, topics
from aggregator.steps.urls import host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Bond, Record, Sketch, Sketched, Source
    from aggregator.ports import Store
    from aggregator.settings import Settings
    from aggregator.tree import ItemTree

BATCH = 2_000
"""Items that are looked at in one transaction."""
ASKED = 100
"""Items for which others are looked for in one query: what they have in common is read once."""
Known = tuple["Record", "Sketch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What a review found: items that turned out to be copies of others, and items that were related to some."""

    copies: int = 0
    related: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a review works with; `sketched` are the sketches at hand."""

    settings: Settings
    store: Store
    tree: ItemTree
    now: datetime
    sketched: Mapping[str, Sketched] = field(default_factory=dict)
    stopping: Callable[[], bool] = lambda: False

    def look(self, edited: Iterable[str] = ()) -> Reviewed:
        """Look at all that is fresh or was `edited`, and settle the stories that it touches.

        Once `stopping` says so the rest is left for the next time. Raises `errors.StoreError`.
        """
        sketches = self.store.sketches
        fresh = set(sketches.fresh())
        touched = set(edited) | self._remembered(fresh)
        wanted = sorted(fresh | self.sketched.keys() | touched)
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            touched |= self._batch(batch)
            if self.stopping():
                break
        sketches.forget(self.now - timedelta(days=near.DAYS), self.now - timedelta(hours=topics.HOURS))
        return self.settle(touched)

    def settle(self, touched: Iterable[str]) -> Reviewed:
        """Settle all stories that have to do with these items; the store marks the feeds that change."""
        touched = set(touched)
        if not touched:
            return Reviewed()
        records, links, wanted = self._neighbourhood(touched)
        hosts = {source.id: host(source.url) for source in self.settings.sources}
        changed = stories.settle(records, links, hosts, wanted)
        if changed:
            self.store.replace(changed)
        before = [records[one.key] for one in changed]
        return Reviewed(
            copies=sum(_is_copy(new) and not _is_copy(old) for old, new in zip(before, changed, strict=True)),
            related=sum(bool(new.related) and not old.related for old, new in zip(before, changed, strict=True)),
        )

    def _batch(self, keys: Sequence[str]) -> set[str]:
        """Sketch some items, find what is like them, and return the keys that were or are linked with them."""
        sketches = self.store.sketches
        records = {one.key: one for one in self.store.known(keys, [], [])}
        sources = self.settings.by_id
        rows = [row for one in records.values() if _looked_at(one, sources) and (row := self._sketch(one))]
        sketches.keep(rows, looked=keys)
        links = self._found(rows, records)
        before = sketches.link(links, renewed=keys)
        aside = {key for key, one in records.items() if one.duplicate_of or one.copies}
        return before.union(aside, *((link.small, link.big) for link in links))

    def _sketch(self, record: Record) -> Sketched | None:
        """Return an item's sketch: the one at hand, else of its file; None if that cannot be read, as the sync told."""
        if record.key in self.sketched:
            return self.sketched[record.key]
        from aggregator import reading  # noqa: PLC0415 - 50 ms that a round without news need not pay
        from aggregator.steps import frontmatter  # noqa: PLC0415 - as above

        try:
            body = frontmatter.body(self.tree.read(record), record.source)
        except (TagwireError, OSError, ValueError):
            return None
        rebuilt = not (record.content_hash and record.via)  # known from its file only: it may have been here for long
        at = min(record.first_seen, record.published) if rebuilt else record.first_seen
        return reading.sketched(reading.Text(key=record.key, at=at, title=record.title, body=body))

    def _found(self, rows: Sequence[Sketched], records: dict[str, Record]) -> list[Link]:
        """Return the links of some items, with each other and with all others."""
        pairs: dict[tuple[str, str], tuple[Sketch, Sketch]] = {}
        for start in range(0, len(rows), ASKED):
            few = rows[start : start + ASKED]
            alike = self.store.sketches.find([row.places for row in few])
            close = self.store.sketches.find([row.topic_places for row in few])
            for row, same, topical in zip(few, alike, close, strict=True):
                mine = near.unpack(row.body, row.topic)
                for other, theirs in (*_alike(row.key, mine, same), *_close(row.key, mine, topical)):
                    both = (mine, theirs) if row.key < other else (theirs, mine)
                    pairs[min(row.key, other), max(row.key, other)] = both
        missing = {key for pair in pairs for key in pair} - records.keys()
        records.update((one.key, one) for one in self.store.known(missing, [], []))
        linked = (
            _link((records[a], one), (records[b], other))
            for (a, b), (one, other) in pairs.items()
            if a in records and b in records  # sketches of purged items stay until they are old
        )
        return [link for link in linked if link]

    def _neighbourhood(self, touched: set[str]) -> tuple[dict[str, Record], list[Link], set[str]]:
        """Return records, links, and the keys to settle: the stories of some items whole, and those related to them.

        Beyond these stand, with their stories, the records that they are related to in turn.
        """
        links: dict[tuple[str, str, str], Link] = {}
        records = self._closure(touched, links)
        related = {key for link in links.values() if link.bond == "related" for key in (link.small, link.big)}
        related |= {key for one in records.values() for key in one.related}
        records |= self._closure(related - records.keys(), links)
        wanted = set(records)
        beyond = {key for link in links.values() for key in (link.small, link.big)} - wanted
        records |= self._closure(beyond, links)
        return records, list(links.values()), wanted

    def _closure(self, keys: set[str], links: dict[tuple[str, str, str], Link]) -> dict[str, Record]:
        """Return all records that hang together with some, as copies; `links` grows by theirs."""
        records: dict[str, Record] = {}
        frontier = keys
        while frontier:
            known = self.store.known(frontier, [], [])
            urls = {one.url for one in known if one.url and not one.gone}
            known += [one for one in self.store.known([], urls, []) if one.key not in frontier and one.duplicate_of]
            records.update((one.key, one) for one in known)
            found = self.store.sketches.links(one.key for one in known)
            links.update(((link.small, link.big, link.bond), link) for link in found)
            ends = {key for link in found if link.bond != "related" for key in (link.small, link.big)}
            others = {key for one in known for key in (*one.copies, one.duplicate_of) if key}
            frontier = (ends | others) - records.keys() - keys
            keys = keys | frontier
        return records

    def _remembered(self, fresh: set[str]) -> set[str]:
        """Carry out what the owner said about items that came into the index again; return their keys."""
        if not fresh or not (self.tree.root / journal.NAME).is_file():
            return set()
        said = journal.bonds(journal.read(self.tree.root))
        apart = fresh & said.alone
        rows = [replace(one, alone=True) for one in self.store.known(apart, [], []) if not one.alone and not one.gone]
        if rows:
            self.store.replace(rows)
        pairs = [pair for pair in said.together if fresh.intersection(pair)]
        self.store.sketches.link([merged(*pair) for pair in pairs])
        return apart | {key for pair in pairs for key in pair}


def _looked_at(record: Record, sources: Mapping[str, Source]) -> bool:
    source = sources.get(record.via) or sources.get(record.source)
    return not (record.gone or record.duplicate_of) and (source is None or source.near)


def merged(one: str, other: str) -> Link:
    """Return the link that the site's owner makes between two items."""
    small, big = sorted((one, other))
    return Link(small=small, big=big, bond="merged", score=1.0)


_unpack = lru_cache(maxsize=1024)(near.unpack)
"""Texts that many others look like are compared with each of them."""


def _alike(key: str, mine: Sketch, found: Sequence[Sketched]) -> list[tuple[str, Sketch]]:
    """Return key and sketch, without topic, of all that can be copies of an item."""
    theirs = ((one.key, _unpack(one.body)) for one in found if one.key != key)
    return [(other, sketch) for other, sketch in theirs if near.promising(mine, sketch)]


def _close(key: str, mine: Sketch, found: Sequence[Sketched]) -> list[tuple[str, Sketch]]:
    """Return key and sketch of all that can be about the same: of the closest alone, who comes first would tell."""
    theirs = ((one.key, _unpack(one.body, one.topic)) for one in found if one.key != key)
    return [(other, sketch) for other, sketch in theirs if topics.cosine(mine.topic, sketch.topic) >= topics.CJK]


def _link(one: Known, other: Known) -> Link | None:
    """Return how two items belong together, if they do."""
    small, big = sorted((one, other), key=lambda known: (known[1].tokens, known[1].hashes, known[0].key))
    if near.promising(one[1], other[1]):
        verdict = near.verdict(one, other)
        if verdict.near or verdict.failed == "length":
            bond: Bond = "near" if verdict.near else "within"
            return Link(small=small[0].key, big=big[0].key, bond=bond, score=verdict.score, part=verdict.part)
    score = topics.cosine(one[1].topic, other[1].topic)
    if topics.related(one[0], other[0], score):
        return Link(small=small[0].key, big=big[0].key, bond="related", score=round(score, 3))
    return None


def _is_copy(record: Record) -> bool:
    """Whether an item is a copy that stands: shown by its story's owner, not set aside."""
    return bool(record.story) and record.story != record.key and not record.duplicate_of
