"""The items of feeds by query: candidates from the store, newest first, asked until there are enough.

A query over tags or sources looks at their items only, and is published anew only when one of them was. This module
parses no query and renders nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aggregator.errors import TagwireError
from aggregator.steps import select
from aggregator.steps.publishing import compose, query
from aggregator.steps.slugs import tag_key
from aggregator.steps.tag import spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from aggregator.model import Record
    from aggregator.ports import Store
    from aggregator.settings import Settings

DEEPEST: Final = 20_000
"""Newest items, of everything or of each tag or source that a query allows, that are looked at for one feed."""


class Queries:
    """The feeds by query of one site; `body` returns the Markdown of a record's file and may raise as `read` does."""

    def __init__(self, settings: Settings, store: Store, body: Callable[[Record], str]) -> None:
        names = {spelling(alias): tag_key(rule.name) for rule in settings.tags for alias in rule.aliases}
        names |= {spelling(rule.name): tag_key(rule.name) for rule in reversed(settings.tags)}
        self._queries = {feed.slug: query.parse(feed.query, names) for feed in settings.feeds}
        self._titles = {feed.slug: feed.title or feed.query for feed in settings.feeds}
        self._store = store
        self._body = body
        self.failures = 0
        """How often a file could not be read so far."""

    def members(self) -> set[str]:
        """Return every feed by query, as `query:<slug>`."""
        return {f"query:{slug}" for slug in self._queries}

    def touched(self, members: Collection[str]) -> set[str]:
        """Return the feeds by query that may show others items now that the feeds `members` changed."""
        return {f"query:{slug}" for slug, one in self._queries.items() if not one.cover.isdisjoint(members)}

    def cover(self, slug: str) -> frozenset[str]:
        """Return the feeds whose items the query looks at."""
        return self._queries[slug].cover

    def path(self, slug: str) -> str:
        """Return the path of a feed's files without suffix, empty if it is not configured any more."""
        return compose.query_path(slug) if slug in self._queries else ""

    def title(self, slug: str) -> str:
        """Return the configured title, else the query."""
        return self._titles[slug]

    def records(self, slug: str, most: int, stories: str) -> list[Record]:
        """Return the newest records that match, at least `most` after copies were collapsed, if there are."""
        found = self._queries[slug]
        limit = 2 * most
        while True:
            records, complete = self._candidates(found.cover, limit)
            matching = [record for record in records if found.test(record, partial(self._text, record))]
            if complete or limit >= DEEPEST or len(select.collapse(matching, stories=stories)) >= most:
                return matching
            limit = min(4 * limit, DEEPEST)

    def _candidates(self, cover: frozenset[str], limit: int) -> tuple[list[Record], bool]:
        """The newest records of the covering feeds down to where one of them was cut off, and whether none was."""
        found: dict[str, Record] = {}
        cut: list[datetime] = []
        for where in map(_where, sorted(cover)):
            records = self._store.items(**where, limit=limit)
            found.update((record.key, record) for record in records)
            if len(records) == limit:
                cut.append(records[-1].published)
        return [record for record in found.values() if not cut or record.published >= max(cut)], not cut

    def _text(self, record: Record) -> str:
        try:
            body = "" if record.broken else self._body(record)
        except (TagwireError, OSError, ValueError):
            self.failures += 1
            body = ""  # told where it is published
        return query.folded(record.title, record.summary, body)


def _where(member: str) -> Mapping[str, Any]:
    kind, _, name = member.partition(":")
    return {kind: name} if name else {}
