"""Publishes: feeds that changed become files below the published directory, and only bytes that differ are written.

What stands in a feed is decided by `steps.select` and `edition`, how it looks by `outputs/`, how it reaches the disk by
`shelf`. Published bytes are a pure function of the items, the states of the sources and the configuration: publishing
twice writes nothing. This module does not decide when to publish and announces nothing.
"""

from __future__ import annotations

import itertools
import logging
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from aggregator.errors import PublishError, Stopped
from aggregator.model.published import Published
from aggregator.outputs import html
from aggregator.publish import press
from aggregator.publish.catalogue import documents
from aggregator.publish.edition import Edition
from aggregator.publish.fragments import Fragments
from aggregator.publish.items import ItemPages
from aggregator.publish.past import ARCHIVED, PAGES, Past, archived, paged_archive
from aggregator.publish.posts import Library
from aggregator.publish.seals import Seals
from aggregator.publish.shelf import KEPT, Shelf
from aggregator.publish.standing import Standing
from aggregator.steps import indexing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from aggregator.model import Feed, Record
    from aggregator.ports import Output, Store
    from aggregator.settings import Settings

__all__ = ["FRAGMENTS", "Publisher"]

FRAGMENTS = "var/fragments.db"
"""Where a site keeps rendered entries; losing them costs time only."""

log = logging.getLogger(__name__)


class Publisher:
    """Publishes one site.

    `read` returns the text of a record's file and may raise `OSError`, `ValueError` or `TagwireError`. Rendered entries
    are kept in the file `cache`, see `fragments`; without one, for the time of one publication. `ahead` is told, before
    any file is replaced, the URLs of all feeds that may change; it may raise `errors.PublishError`.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        read: Callable[[Record], str],
        outputs: Mapping[str, Output],
        *,
        cache: str = "",
        ahead: Callable[[Sequence[str]], None] = lambda _: None,
    ) -> None:
        unknown = [name for name in settings.publish.formats if name not in outputs]
        if unknown:
            raise PublishError(
                f"publish.formats: no output is called {', '.join(unknown)}; there are {', '.join(outputs)}"
            )
        self._settings = settings
        self._store = store
        self._outputs = outputs
        self._library = Library(read)
        self._cache = cache
        self._ahead = ahead

    def publish(
        self, feeds: Iterable[str] | None = None, *, check: bool = False, stopping: Callable[[], bool] = lambda: False
    ) -> Published:
        """Publish the outbox members `feeds`, None for every feed; then index, OPML, status and style.

        Feeds of tags and sources that are gone are removed, as far as we wrote them. With `check` nothing is written.
        Named feeds are flushed to the disk, since nobody may ask for them again; all of them at once are not: that can
        be repeated, and would wait for gigabytes. Raises `errors.PublishError` naming the files that could not be
        written, after the others were; every feed is whole in any case, new or as it was. `stopping` is asked before
        every document: once it says so `errors.Stopped` is raised, and only some of the files are the new ones.
        """
        with Fragments(self._cache, press.stamp(self._settings), check=check) as fragments:
            return self._publish(feeds, fragments, check=check, stopping=stopping)

    def _publish(
        self, feeds: Iterable[str] | None, fragments: Fragments, *, check: bool, stopping: Callable[[], bool]
    ) -> Published:
        edition = Edition(self._settings, self._store, self._library)
        own_ids = self._settings.publish.entry_ids == "per-feed"
        printer = press.Press(self._outputs, fragments, own_ids=own_ids)
        shelf = Shelf(self._settings.root, self._settings.publish.dir, check=check)
        members, days = _sorted_out(None if feeds is None else {*feeds, *self._turned(edition, shelf)})
        members = edition.members() if members is None else edition.touched(members)
        known = [(member, path) for member in _ordered(members, edition) if (path := edition.path(member))]
        past = Past(self._store, edition, printer, shelf, days)
        again = feeds is None and bool(self._cache)
        standing = Standing(fragments, shelf, edition, Seals(edition, self._store)) if again else None
        items = ItemPages(edition, self._store, shelf, days, standing)
        made = ((member, path, self._documents(edition.feed, member, path, printer, past)) for member, path in known)
        found = itertools.chain(
            itertools.chain.from_iterable(standing.feed(*one) if standing else one[2] for one in made),
            items.documents(html.open_output(self._settings)),
            documents(edition, self._store),
        )
        ended: list[Stopped] = []
        with self._telling(known, shelf, check=check):
            written = shelf.put(_until(stopping, found, ended), sync=feeds is not None, noting=standing is not None)
        topics = () if check else self._topics(known, frozenset(written))
        for stopped in ended:
            stopped.topics = topics
            raise stopped
        vanished = len(known) < len(members) or edition.taxonomy.surplus > 0
        stale = self._stale(edition, shelf) if feeds is None or vanished else ()
        removed = shelf.clear(dict.fromkeys((*stale, *past.stale, *items.stale)))
        if standing:
            standing.keep()
        try:
            shelf.settle()
        except PublishError as error:
            error.topics = topics
            raise
        for path in written:
            log.debug("%s %s", "would write" if check else "wrote", path)
        return Published(
            written=written,
            removed=removed,
            feeds=len(known),
            standing=standing.count if standing else 0,
            topics=topics,
            problems=edition.problems,
        )

    @contextmanager
    def _telling(self, feeds: Sequence[tuple[str, str]], shelf: Shelf, *, check: bool) -> Iterator[None]:
        """Tell ahead which feeds may change in the block; the error that ends it has those that did."""
        if not check:
            self._ahead(self._topics(feeds))
        try:
            yield
        except PublishError as error:
            error.topics = self._topics(feeds, shelf.replaced)
            raise

    def _topics(self, feeds: Iterable[tuple[str, str]], written: frozenset[str] | None = None) -> tuple[str, ...]:
        """The URLs of the feed files that were written, of all without `written`; pages not counted."""
        publish = self._settings.publish
        suffixes = [self._outputs[name].SUFFIX for name in publish.formats if name != PAGES]
        names = (path + suffix for _, path in feeds for suffix in suffixes)
        home = os.path.relpath(Path(self._settings.root, publish.dir), self._settings.root)
        changed = (name for name in names if written is None or Path(home, name).as_posix() in written)
        return tuple(self._settings.site.base_url + quote(name) for name in changed)

    def _documents(
        self, build: Callable[[str, str], Feed], member: str, path: str, printer: press.Press, past: Past
    ) -> Iterator[tuple[str, bytes]]:
        """(name, bytes) of a feed's files, rendered when asked for, so that few are in memory at a time."""
        publish, feed = self._settings.publish, build(member, path)
        if ARCHIVED in publish.formats:
            feed = yield from past.documents(member, feed, self._outputs)
        for output in (self._outputs[name] for name in publish.formats if name != ARCHIVED):
            yield path + output.SUFFIX, printer.render(feed, output, publish.max_size)

    def _turned(self, edition: Edition, shelf: Shelf) -> set[str]:
        """Tags that got or lost their feed since others have fewer or more items, and the feeds that link to them.

        None while every tag has a feed.
        """
        if not edition.taxonomy.surplus:
            return set()
        suffix = self._outputs[self._settings.publish.formats[0]].SUFFIX
        there = {
            name.removeprefix("tags/").removesuffix(suffix) for name in shelf.names("tags") if name.endswith(suffix)
        }
        turned = edition.taxonomy.turned(there)
        records = (record for key in turned for record in self._store.items(tag=key))
        return {f"tag:{key}" for key in turned}.union(*map(indexing.feeds, records))

    def _stale(self, edition: Edition, shelf: Shelf) -> Iterator[str]:
        """Names of feed files that no known feed has."""
        suffixes = {output.SUFFIX for output in self._outputs.values()}
        publish = self._settings.publish
        formats = publish.formats
        ours = {self._outputs[name].SUFFIX for name in formats}
        paths = {path: member for member in edition.members() if (path := edition.path(member))}
        for name in shelf.names("", *KEPT):
            stem, dot, suffix = name.rpartition(".")
            feed_file = dot + suffix in suffixes and (stem == "all" or "/" in stem)
            if feed_file and not (stem in paths and dot + suffix in ours):
                yield name
        for folder in ("all", *shelf.folders("tags")):
            kept = archived(paths.get(folder, ""), publish)
            there = [ARCHIVED, *([PAGES] if paged_archive(folder, formats) else [])] if kept else []
            gone = tuple(self._outputs[name].SUFFIX for name in (ARCHIVED, PAGES) if name not in there)
            yield from (name for name in shelf.names(folder) if name.endswith(gone))


def _until(
    stopping: Callable[[], bool], documents: Iterable[tuple[str, bytes]], ended: list[Stopped]
) -> Iterator[tuple[str, bytes]]:
    """Yield the documents until it is time to end; then the error that says so joins `ended`."""
    for document in documents:
        if stopping():
            ended.append(Stopped("publishing was ended; the rest is published the next time"))
            return
        yield document


def _sorted_out(touched: Iterable[str] | None) -> tuple[frozenset[str] | None, frozenset[str] | None]:
    """The feeds and the days of what was touched, both None for everything."""
    if touched is None:
        return None, None
    touched = frozenset(touched)
    days = frozenset(member for member in touched if member.startswith("day:"))
    return touched - days, frozenset(day.removeprefix("day:") for day in days)


def _ordered(members: Iterable[str], edition: Edition) -> list[str]:
    """Members by name: a source and the tag of its name show the same entries, which are at hand for the second.

    Those with archives come last: archives need entries in fewer formats than the feeds that show them, too.
    """

    def place(member: str) -> tuple[bool, str, str]:
        kind, _, name = member.partition(":")
        tag = edition.taxonomy.get(name) if kind == "tag" else None
        return member == "all" or (tag is not None and tag.count > edition.settings.publish.max), name, member

    return sorted(members, key=place)
