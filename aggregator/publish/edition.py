"""One publication: the feeds, posts and site-wide documents that store, files and settings lead to.

This module writes nothing; a file that cannot be read costs its item and no other.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aggregator.errors import TagwireError
from aggregator.model import Feed, FetchState, Origin, Post, Problem
from aggregator.model.catalogue import Catalogue, Channel
from aggregator.outputs import html, opml, status
from aggregator.publish import moved
from aggregator.steps import compose, frontmatter, markdown, select, text
from aggregator.steps.keep import Newest
from aggregator.steps.taxonomy import Taxonomy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aggregator.model import Record, Source
    from aggregator.model.catalogue import Health
    from aggregator.ports import Store
    from aggregator.settings import Settings

_NEWEST: Final = 30
"""Posts on the index page."""


class Library:
    """Item files, read and rendered; those of the newest items are remembered."""

    def __init__(self, read: Callable[[Record], str]) -> None:
        self._read = read
        self._bodies = Newest[str](len)

    def body(self, record: Record) -> str:
        """Return the text of the record's file as HTML. Raises what `read` raises, and `EntryError`."""
        return self._bodies.get((record.key, record.file_hash), record.published, lambda: self._render(record))

    def _render(self, record: Record) -> str:
        body = frontmatter.body(self._read(record), record.source)
        html_body = markdown.to_html(body)
        return text.clean(html_body) if "&" in body else html_body  # references bring back what was cleaned away


class Edition:
    """A view of the store in which every feed is built from the same tags, sources and states."""

    def __init__(self, settings: Settings, store: Store, library: Library) -> None:
        self._settings = settings
        self._sources = settings.by_id
        self._store = store
        self._library = library
        self._states = store.states()
        self._held = store.sources()
        self._taxonomy = Taxonomy(store.tags(), settings.tags)
        self._origins: dict[str, Origin] = {}
        self._posts = Newest[Post | None](lambda post: len(post.html) if post else 0)
        self._problems: dict[str, Problem] = {}
        self._members: frozenset[str] = frozenset()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Items that were left out so far, by path."""
        return tuple(self._problems[path] for path in sorted(self._problems))

    def members(self) -> frozenset[str]:
        """Return every feed that there is: all, known tags, notices at former slugs, configured and other sources."""
        if not self._members:
            sources = {source.id for source in self._settings.sources if source.kind == "feed"} | self._held.keys()
            tags = {f"tag:{key}" for key in self._taxonomy}
            former = {f"moved:{slug}" for slug in self._taxonomy.moved}
            self._members = frozenset({"all"} | tags | former | {f"source:{name}" for name in sources})
        return self._members

    def path(self, member: str) -> str:
        """Return the path of a feed's files without suffix, empty if its tag or source is gone."""
        kind, _, name = member.partition(":")
        if kind == "tag":
            tag = self._taxonomy.get(name)
            return f"tags/{tag.slug}" if tag else ""
        if kind == "moved":
            return f"tags/{name}" if name in self._taxonomy.moved else ""
        if kind == "source":
            source = self._sources.get(name)
            known = (source and source.kind == "feed") or name in self._held
            return compose.source_path(name) if known else ""
        return "all"

    def feed(self, member: str, path: str, *, most: int = 0) -> Feed:
        """Return a feed with its posts, with at most `most` of them if given."""
        kind, _, name = member.partition(":")
        if kind == "moved":
            label, day = self._taxonomy.moved[name]
            return moved.notice(self._settings, path, self._taxonomy.tag(label), day)
        title, subtitle = self._headings(kind, name)
        site, publish = self._settings.site, self._settings.publish
        records = select.window(self._records({kind: name} if name else {}, most or publish.max), publish)
        posts = tuple(self._posts_of(records[:most] if most else records, path))
        return Feed(
            path=path,
            id=compose.feed_id(site.tag_authority, path),
            title=title,
            subtitle=subtitle,
            updated=max((post.updated for post in posts), default=compose.EMPTY_SINCE),
            lang=site.language,
            home=site.base_url,
            author=site.author,
            hub=publish.hub,
            formats=publish.formats,
            posts=posts,
        )

    def documents(self) -> Iterator[tuple[str, bytes]]:
        """Give (name, bytes) of the site-wide documents."""
        catalogue = Catalogue(
            feed=self.feed("all", "all", most=_NEWEST),
            tags=self._taxonomy.largest(),
            channels=tuple(map(self._channel, self._settings.sources)),
            named=tuple(self._named(name) for name in self._held if name not in self._sources),
        )
        yield html.INDEX, html.index(catalogue)
        yield html.STYLESHEET, html.stylesheet()
        yield opml.FEEDS, opml.feeds(catalogue)
        yield opml.SOURCES, opml.sources(catalogue)
        yield status.NAME, status.render(catalogue)

    def _headings(self, kind: str, name: str) -> tuple[str, str]:
        site = text.one_line(self._settings.site.title) or "tagwire"
        if kind == "tag":
            tag = self._taxonomy.get(name)
            return (f"{tag.label} · {site}", tag.description) if tag else (site, "")
        if kind == "source":
            return f"{self._origin(name).title} · {site}", ""
        return site, ""

    def _records(self, where: dict[str, Any], most: int) -> list[Record]:
        """The newest records, enough of them to fill a feed with `most` after copies were collapsed."""
        limit = most + most // 4 + 1
        while True:
            records = self._store.items(**where, limit=limit)
            if len(records) < limit or len(select.collapse(records)) >= most:
                return records
            limit *= 2

    def _posts_of(self, records: list[Record], path: str) -> Iterator[Post]:
        own_ids = self._settings.publish.entry_ids == "per-feed"
        for record in records:
            make = partial(self._post, record)
            # The sync that found a file broken told so.
            post = None if record.broken else self._posts.get(record.key, record.published, make)
            if post is not None and own_ids:
                authority = self._settings.site.tag_authority
                post = replace(post, id=compose.item_id(authority, record.key, path))
            if post is not None:
                yield post

    def _post(self, record: Record) -> Post | None:
        try:
            html_body = self._library.body(record)
        except (TagwireError, OSError, ValueError) as error:
            line = getattr(error, "line", 0)
            self._problems[record.path] = Problem(where=record.path, message=str(error), line=line)
            return None
        source = self._sources.get(record.source) or self._sources.get(record.via)
        return compose.post(
            record,
            html_body,
            origin=self._origin(record.source),
            tags=tuple(dict.fromkeys(map(self._taxonomy.tag, record.tags))),
            content=source.content if source else "full",
        )

    def _origin(self, source_id: str) -> Origin:
        found = self._origins.get(source_id)
        if found is None:
            source, state = self._sources.get(source_id), self._states.get(source_id)
            authority = self._settings.site.tag_authority
            found = self._origins[source_id] = compose.origin(source_id, source, state, authority=authority)
        return found

    def _channel(self, source: Source) -> Channel:
        state = self._states.get(source.id) or FetchState(source=source.id)
        return _channel(source, state, origin=self._origin(source.id), items=self._held.get(source.id, 0))

    def _named(self, name: str) -> Channel:
        """A source that only item files name: nobody fetches it, so nothing can be wrong with it."""
        path, items = compose.source_path(name), self._held[name]
        return Channel(id=name, title=self._origin(name).title, health="ok", path=path, items=items)


def _channel(source: Source, state: FetchState, *, origin: Origin, items: int) -> Channel:
    health = _health(source, state)
    failing = health == "failing"
    return Channel(
        id=source.id,
        title=origin.title,
        health=health,
        path=compose.source_path(source.id) if source.kind == "feed" or items else "",
        url=origin.feed_url,
        link=origin.link,
        lang=source.lang,
        items=items,
        error=state.error if failing else None,
        failing_since=state.failing_since if failing else None,
        moved_to=compose.public(state.moved_to),
    )


def _health(source: Source, state: FetchState) -> Health:
    if not source.enabled:
        return "paused"
    if state.error is not None:
        return "failing"
    return "new" if state.ok_at is None else "ok"
