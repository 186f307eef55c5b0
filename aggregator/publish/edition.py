"""One publication: the feeds and posts that store, files and settings lead to.

This module writes nothing; a file that cannot be read costs its item and no other.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from aggregator.model import Deleted, Feed, Problem
from aggregator.publish import moved
from aggregator.publish.posts import Posts
from aggregator.publish.queries import Queries
from aggregator.steps import indexing, select, text
from aggregator.steps.publishing import compose
from aggregator.steps.publishing.taxonomy import Taxonomy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from aggregator.model import Record, Tag
    from aggregator.ports import Store
    from aggregator.publish.posts import Library
    from aggregator.settings import Settings


class Edition:
    """A view of the store in which every feed is built from the same tags, sources and states."""

    def __init__(self, settings: Settings, store: Store, library: Library) -> None:
        self.settings = settings
        self.states = store.states()
        self.held = store.sources()
        """Source id → number of items."""
        self.brought = store.history.brought()
        """Source id → number of items that it brought under other names."""
        self._sources = settings.by_id
        self._store = store
        self.taxonomy = Taxonomy(store.tags(), settings.tags, most=settings.publish.max_feeds)
        self._queries = Queries(settings, store, library.markdown)
        self.buried = store.history.buried(select.BURIED)
        """The latest tombstones."""
        living = {one.entry_id for one in store.known([], [], {one.entry_id for one in self.buried}) if not one.gone}
        self._gone = _by_feed(self.buried)
        self._living = frozenset(living) if settings.publish.entry_ids != "per-feed" else frozenset[str]()
        """Ids of tombstones that other items took over."""
        self.posts = Posts(settings, store, library, taxonomy=self.taxonomy, states=self.states)
        self._members: frozenset[str] = frozenset()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Items that were left out so far, by path, and tags that have no feed."""
        found = self.posts.problems
        if not (surplus := self.taxonomy.surplus):
            return found
        most = self.settings.publish.max_feeds
        message = (
            f"{surplus} tag{'' if surplus == 1 else 's'} without a feed: the limit is {most}, the largest come first"
        )
        return (*found, Problem(where="publish.max_feeds", message=message))

    @property
    def failures(self) -> int:
        """How often an item's file could not be read so far: what was made meanwhile may lack something."""
        return self.posts.failures + self._queries.failures

    def members(self) -> frozenset[str]:
        """Return every feed that there is: of all, tags, queries, former slugs, configured and other sources."""
        if not self._members:
            sources = {source.id for source in self.settings.sources if source.kind != "folder"} | self.held.keys()
            tags = {f"tag:{key}" for key in self.taxonomy} | {f"moved:{slug}" for slug in self.taxonomy.moved}
            self._members = frozenset({"all"} | tags | {f"source:{name}" for name in sources} | self._queries.members())
        return self._members

    def touched(self, members: Collection[str]) -> frozenset[str]:
        """Return the feeds to render when these were touched: the same, and those by query that look at them."""
        return frozenset(members) | self._queries.touched(members)

    def cover(self, member: str) -> frozenset[str]:
        """Return the feeds whose items a feed shows: its own, or those that its query looks at."""
        kind, _, name = member.partition(":")
        if kind == "query":
            return self._queries.cover(name)
        return frozenset() if kind == "moved" else frozenset({member})

    def facts(self, member: str) -> str:
        """Return all that a feed is made from besides its items and what holds for the whole site."""
        kind, _, name = member.partition(":")
        if kind == "moved":
            label, day = self.taxonomy.moved[name]
            return repr((day, self.taxonomy.tag(label)))
        title, tag = self._headings(kind, name)
        own = (tag.description, tag.icon, tag.logo) if tag else ()
        asked = (self.settings.feeds, self.settings.tags) if kind == "query" else ()
        gone = [one for one in self._gone.get(member, ()) if one.entry_id not in self._living]
        return repr((title, own, select.policy(self.settings, member), gone, asked))

    def path(self, member: str) -> str:
        """Return the path of a feed's files without suffix, empty if its tag or source is gone."""
        kind, _, name = member.partition(":")
        if kind == "tag":
            tag = self.taxonomy.get(name)
            return f"tags/{tag.slug}" if tag else ""
        if kind == "moved":
            return f"tags/{name}" if name in self.taxonomy.moved else ""
        if kind == "source":
            source = self._sources.get(name)
            known = (source and source.kind != "folder") or name in self.held
            return compose.source_path(name) if known else ""
        return self._queries.path(name) if kind == "query" else "all"

    def feed(self, member: str, path: str, *, most: int = 0) -> Feed:
        """Return a feed with its posts; with `most` at most so many, and without their texts."""
        kind, _, name = member.partition(":")
        if kind == "moved":
            label, day = self.taxonomy.moved[name]
            return moved.notice(self.settings, path, self.taxonomy.tag(label), day)
        title, tag = self._headings(kind, name)
        site, publish = self.settings.site, self.settings.publish
        policy = select.policy(self.settings, member)
        found = self._records(kind, name, most or publish.max, policy)
        records = select.window(found, publish, stories=policy)
        posts = self.posts.window(records[:most] if most else records, path, bare=bool(most))
        updated = newest(posts.records)
        deleted = tuple(self._deleted(member, path, updated))
        return Feed(
            path=path,
            id=compose.feed_id(site.tag_authority, path),
            title=title,
            subtitle=tag.description if tag else "",
            icon=tag.icon if tag else "",
            logo=tag.logo if tag else "",
            updated=max((updated, *(one.when for one in deleted))),
            lang=site.language,
            home=site.base_url,
            author=site.author,
            hub=publish.hub,
            formats=publish.formats,
            deleted=deleted,
            posts=posts,
        )

    def _headings(self, kind: str, name: str) -> tuple[str, Tag | None]:
        site = text.one_line(self.settings.site.title) or "tagwire"
        if kind == "tag":
            tag = self.taxonomy.get(name)
            return (f"{tag.label} · {site}" if tag else site), tag
        if kind == "source":
            return f"{self.posts.origin(name).title} · {site}", None
        return (f"{self._queries.title(name)} · {site}" if kind == "query" else site), None

    def _deleted(self, member: str, path: str, newest: datetime) -> Iterator[Deleted]:
        """The tombstones of a feed whose newest entry is from `newest`; their number and age are bounded."""
        gone = [one for one in self._gone.get(member, ()) if one.entry_id not in self._living]
        for record in select.tombstones(gone, newest):
            own = compose.item_id(self.settings.site.tag_authority, record.key, path)
            shared = self.settings.publish.entry_ids != "per-feed"
            yield Deleted(id=compose.entry_id(record.entry_id) if shared else own, when=record.updated)

    def _records(self, kind: str, name: str, most: int, stories: str) -> list[Record]:
        """The newest records, enough of them to fill a feed with `most` after copies were collapsed.

        Most feeds are slow: then few of them make its window.
        """
        if kind == "query":
            return self._queries.records(name, most, stories)
        where: dict[str, Any] = {kind: name} if name else {}
        publish = self.settings.publish
        few, limit = _with_copies(publish.entries), _with_copies(most)
        if few < limit:
            records = self._store.items(**where, limit=few)
            if len(records) < few or select.settled(records, publish, stories=stories):
                return records
        while True:
            records = self._store.items(**where, limit=limit)
            if len(records) < limit or len(select.collapse(records, stories=stories)) >= most:
                return records
            limit *= 2


def _with_copies(number: int) -> int:
    return number + number // 4 + 1


def newest(records: Iterable[Record]) -> datetime:
    """Return when the last change of these items was."""
    return max((record.updated for record in records), default=compose.EMPTY_SINCE)


def _by_feed(buried: Iterable[Record]) -> Mapping[str, list[Record]]:
    """Tombstones by the feeds that showed them, in order."""
    found: dict[str, list[Record]] = defaultdict(list)
    for record in buried:
        for feed in indexing.feeds(record):
            found[feed].append(record)
    return found
