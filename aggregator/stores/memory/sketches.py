"""`ports.Sketches` and `ports.Revisions` in plain dicts. This module compares no texts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aggregator.steps import indexing
from aggregator.steps.copies import topics
from aggregator.steps.copies.candidates import COMMON, REPRESENTATIVES, candidates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from aggregator.model import Link, Revision, Sketched

REVISIONS = 10
"""So many are kept of an item."""


@dataclass(slots=True)
class MemorySketches:
    """`ports.Sketches` in plain dicts."""

    waiting: set[str] = field(default_factory=set)
    _kept: dict[str, Sketched] = field(default_factory=dict)
    _links: dict[tuple[str, str, str], Link] = field(default_factory=dict)

    def fresh(self) -> list[str]:
        """See `ports.Sketches.fresh`."""
        return sorted(self.waiting)

    def keep(self, rows: Sequence[Sketched], looked: Iterable[str]) -> None:
        """See `ports.Sketches.keep`."""
        self._kept.update((row.key, replace(row, at=indexing.whole(row.at))) for row in rows)
        self.waiting.difference_update(looked)

    def find(self, asked: Sequence[Sequence[int]]) -> list[list[Sketched]]:
        """See `ports.Sketches.find`."""
        return [self._like(places) for places in asked]

    def _like(self, places: Sequence[int]) -> list[Sketched]:
        order = sorted(self._kept, key=indexing.number)
        shared: defaultdict[int, list[int]] = defaultdict(list)
        for number, row in enumerate(map(self._kept.__getitem__, order)):
            for place in set(places).intersection(row.places + row.topic_places):
                shared[place].append(number)
        rare = {place: numbers for place, numbers in shared.items() if len(numbers) <= COMMON}
        common = {place: shared[place][:REPRESENTATIVES] for place in shared.keys() - rare if place < topics.FIRST}
        return [_bare(self._kept[order[number]]) for number in candidates(rare, common)]

    def get(self, keys: Iterable[str]) -> Mapping[str, Sketched]:
        """See `ports.Sketches.get`."""
        return {key: _bare(self._kept[key]) for key in sorted(set(keys)) if key in self._kept}

    def link(self, links: Iterable[Link], renewed: Iterable[str] = (), parted: Iterable[str] = ()) -> set[str]:
        """See `ports.Sketches.link`."""
        renewed, parted = set(renewed), set(parted)
        before = self.links(renewed | parted)
        for link in before:
            ends = {link.small, link.big}
            still = all(key in self._kept for key in ends - renewed)
            if (ends & parted) if link.bond == "merged" else (ends & renewed and still):
                del self._links[link.small, link.big, link.bond]
        self._links.update(((link.small, link.big, link.bond), link) for link in links)
        return {key for link in before for key in (link.small, link.big)}

    def links(self, keys: Iterable[str]) -> list[Link]:
        """See `ports.Sketches.links`."""
        wanted = set(keys)
        return [link for name, link in sorted(self._links.items()) if wanted.intersection(name[:2])]

    def forget(self, sketched: datetime, topics: datetime) -> int:
        """See `ports.Sketches.forget`."""
        old = [key for key, row in self._kept.items() if row.at < sketched]
        for key in old:
            del self._kept[key]
        faded = {key: row for key, row in self._kept.items() if row.at < topics}
        self._kept.update((key, replace(row, topic=b"", topic_places=())) for key, row in faded.items())
        return len(old)


@dataclass(slots=True)
class MemoryRevisions:
    """`ports.Revisions` in a dict."""

    kept: dict[str, dict[tuple[datetime, bool], Revision]] = field(default_factory=dict)

    def of(self, key: str) -> list[Revision]:
        """See `ports.Revisions.of`."""
        found = self.kept.get(key, {})
        return [found[name] for name in sorted(found)]

    def remember(self, revision: Revision) -> None:
        """Keep a revision, and of its item only the newest."""
        settled = replace(revision, at=indexing.whole(revision.at))
        found = {**self.kept.get(revision.key, {}), (settled.at, settled.held): settled}
        self.kept[revision.key] = {name: found[name] for name in sorted(found)[-REVISIONS:]}


def _bare(row: Sketched) -> Sketched:
    return replace(row, places=(), topic_places=())
