"""One publication: the feeds and posts that store, files and settings lead to.

This module writes nothing; a file that cannot be read costs its item and no other.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from aggregator.errors import TagwireError
from aggregator.model import Deleted, Feed, Origin, Post, Problem
from aggregator.publish import moved
from aggregator.publish.queries import Queries
from aggregator.steps import compose, frontmatter, indexing, markdown, select, text
from aggregator.steps.keep import Newest
from aggregator.steps.taxonomy import Taxonomy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from aggregator.model import Also, Record, Tag
    from aggregator.ports import Store
    from aggregator.settings import Settings


class Library:
    """Item files, read and rendered; those of the newest items are remembered."""

    def __init__(self, read: Callable[[Record], str]) -> None:
        self._read = read
        self._bodies = Newest[str](len)

    def body(self, record: Record) -> str:
        """Return the text of the record's file as HTML. Raises what `read` raises, and `EntryError`."""
        return self._bodies.get((record.key, record.file_hash), record.published, lambda: self._render(record))

    def markdown(self, record: Record) -> str:
        """Return the text of the record's file as it is written. Raises what `read` raises, and `EntryError`."""
        return frontmatter.body(self._read(record), record.source)

    def _render(self, record: Record) -> str:
        body = self.markdown(record)
        html_body = markdown.to_html(body)
        return text.clean(html_body) if "&" in body else html_body  # references bring back what was cleaned away


class Edition:
    """A view of the store in which every feed is built from the same tags, sources and states."""

    def __init__(self, settings: Settings, store: Store, library: Library) -> None:
        self.settings = settings
        self.states = store.states()
        self.held = store.sources()
        """Source id → number of items."""
        self._sources = settings.by_id
        self._store = store
        self._library = library
        self.taxonomy = Taxonomy(store.tags(), settings.tags, most=settings.publish.max_feeds)
        self._queries = Queries(settings, store, library.markdown)
        self.buried = store.history.buried(select.BURIED)
        """The latest tombstones."""
        self._origins: dict[str, Origin] = {}
        self._posts = Newest[Post | None](lambda post: len(post.html) if post else 0)
        self._problems: dict[str, Problem] = {}
        self._members: frozenset[str] = frozenset()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Items that were left out so far, by path, and tags that have no feed."""
        found = tuple(self._problems[path] for path in sorted(self._problems))
        if not (surplus := self.taxonomy.surplus):
            return found
        message = f"{surplus} tags have no feed: the limit is {self.settings.publish.max_feeds}, the largest come first"
        return (*found, Problem(where="publish.max_feeds", message=message))

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
        """Return a feed with its posts, with at most `most` of them if given."""
        kind, _, name = member.partition(":")
        if kind == "moved":
            label, day = self.taxonomy.moved[name]
            return moved.notice(self.settings, path, self.taxonomy.tag(label), day)
        title, tag = self._headings(kind, name)
        site, publish = self.settings.site, self.settings.publish
        policy = select.policy(self.settings, member)
        found = self._records(kind, name, most or publish.max, policy)
        records = select.window(found, publish, stories=policy)
        posts = tuple(self.posts(records[:most] if most else records, path))
        deleted = tuple(self._deleted(member, path, max((post.updated for post in posts), default=compose.EMPTY_SINCE)))
        return Feed(
            path=path,
            id=compose.feed_id(site.tag_authority, path),
            title=title,
            subtitle=tag.description if tag else "",
            icon=tag.icon if tag else "",
            logo=tag.logo if tag else "",
            updated=max(
                (*(post.updated for post in posts), *(one.when for one in deleted)), default=compose.EMPTY_SINCE
            ),
            lang=site.language,
            home=site.base_url,
            author=site.author,
            hub=publish.hub,
            formats=publish.formats,
            deleted=deleted,
            posts=posts,
        )

    def posts(self, records: list[Record], path: str) -> Iterator[Post]:
        """Give the posts of records whose files can be read, as they stand in the feed with that path."""
        own_ids = self.settings.publish.entry_ids == "per-feed"
        for record in records:
            make = partial(self._post, record)
            # The sync that found a file broken told so.
            post = None if record.broken else self._posts.get(record.key, record.published, make)
            if post is not None and own_ids:
                authority = self.settings.site.tag_authority
                post = replace(post, id=compose.item_id(authority, record.key, path))
            if post is not None:
                yield post

    def _headings(self, kind: str, name: str) -> tuple[str, Tag | None]:
        site = text.one_line(self.settings.site.title) or "tagwire"
        if kind == "tag":
            tag = self.taxonomy.get(name)
            return (f"{tag.label} · {site}" if tag else site), tag
        if kind == "source":
            return f"{self.origin(name).title} · {site}", None
        return (f"{self._queries.title(name)} · {site}" if kind == "query" else site), None

    def _deleted(self, member: str, path: str, newest: datetime) -> Iterator[Deleted]:
        """The tombstones of a feed whose newest entry is from `newest`; their number and age are bounded."""
        mine = [record for record in self.buried if member in indexing.feeds(record)]
        for record in select.tombstones(mine, newest):
            own = compose.item_id(self.settings.site.tag_authority, record.key, path)
            shared = self.settings.publish.entry_ids != "per-feed"
            yield Deleted(id=compose.entry_id(record.entry_id) if shared else own, when=record.updated)

    def _records(self, kind: str, name: str, most: int, stories: str) -> list[Record]:
        """The newest records, enough of them to fill a feed with `most` after copies were collapsed."""
        if kind == "query":
            return self._queries.records(name, most, stories)
        where: dict[str, Any] = {kind: name} if name else {}
        limit = most + most // 4 + 1
        while True:
            records = self._store.items(**where, limit=limit)
            if len(records) < limit or len(select.collapse(records, stories=stories)) >= most:
                return records
            limit *= 2

    def _post(self, record: Record) -> Post | None:
        try:
            html_body = self._library.body(record)
        except (TagwireError, OSError, ValueError) as error:
            line = getattr(error, "line", 0)
            self._problems[record.path] = Problem(where=record.path, message=str(error), line=line)
            return None
        source = self._sources.get(record.source) or self._sources.get(record.via)
        post = compose.post(
            record,
            html_body,
            origin=self.origin(record.source),
            tags=tuple(dict.fromkeys(map(self.taxonomy.tag, record.tags))),
            content=source.content if source else "full",
            also=self._also(record),
        )
        page = compose.item_page(record, self.settings.publish)
        return replace(post, page=page) if page else post

    def _also(self, record: Record) -> tuple[Also, ...]:
        """The copies and related items of one, as they are shown with it."""
        wanted = (*record.copies, *record.related)
        known = {one.key: one for one in self._store.known(wanted, [], [])} if wanted else {}
        shown = (known[key] for key in wanted if key in known and not known[key].gone)
        return tuple(
            one for other in shown if (one := compose.also(record, other, self.origin(other.source).title)).link
        )

    def origin(self, source_id: str) -> Origin:
        """Return where the entries of a source come from."""
        found = self._origins.get(source_id)
        if found is None:
            source, state = self._sources.get(source_id), self.states.get(source_id)
            authority = self.settings.site.tag_authority
            found = self._origins[source_id] = compose.origin(source_id, source, state, authority=authority)
        return found
