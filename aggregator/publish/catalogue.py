"""The site-wide documents: index, tags and status pages, OPML, status and style, from one edition.

Days are counted back from that of the newest item, never from today: what is published follows from items, states and
configuration alone. This module writes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from aggregator.model import FetchState
from aggregator.model.catalogue import Catalogue, Channel
from aggregator.outputs import html, opml, status
from aggregator.outputs.html.pages import TAGS
from aggregator.steps import select, slugs
from aggregator.steps.publishing import compose, days

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.model import Origin, Post, Record, Source
    from aggregator.model.catalogue import Health
    from aggregator.ports import Store
    from aggregator.publish.edition import Edition

_NEWEST: Final = 30
"""Posts on the index page."""
_HEADLINES: Final = 300
"""Posts that its search box knows."""
_FORTNIGHT: Final = 14
"""Days of a tag's bars."""
_MONTH: Final = 30
"""Days of the chart on the status page."""


def documents(edition: Edition, store: Store) -> Iterator[tuple[str, bytes]]:
    """Give (name, bytes) of the site-wide documents."""
    catalogue = _counted(_catalogue(edition, store), edition, store)
    yield from html.open_output(edition.settings).documents(catalogue)
    yield opml.FEEDS, opml.feeds(catalogue, html.words(catalogue.feed.lang))
    yield opml.SOURCES, opml.sources(catalogue)
    yield status.NAME, status.render(catalogue)


def _catalogue(edition: Edition, store: Store) -> Catalogue:
    settings, held = edition.settings, edition.held
    return Catalogue(
        feed=edition.feed("all", "all", most=_NEWEST),
        headlines=tuple(_headlines(edition, store)),
        tags=tuple(tag for _, tag in edition.taxonomy.largest),
        channels=tuple(_channel(edition, source) for source in settings.sources),
        named=tuple(_named(edition, name) for name in held if name not in settings.by_id),
        queries=tuple((edition.path(f"query:{one.slug}"), one.title or one.query) for one in settings.feeds),
    )


def _headlines(edition: Edition, store: Store) -> Iterator[Post]:
    """The newest posts, without their texts: no file is read for them."""
    records = store.items(aside=False, limit=_HEADLINES + _HEADLINES // 4)
    known = edition.settings.by_id
    for record in select.ordered(select.collapse(records))[:_HEADLINES]:
        if not record.broken:
            source = known.get(record.source) or known.get(record.via)
            page = compose.item_page(record, edition.settings.publish)
            yield _headline(record, edition.posts.origin(record.source), source.content if source else "full", page)


@lru_cache(maxsize=2 * _HEADLINES)
def _headline(record: Record, origin: Origin, content: str, page: str) -> Post:
    return replace(compose.post(record, "", origin=origin, tags=(), content=content), page=page)


def _counted(catalogue: Catalogue, edition: Edition, store: Store) -> Catalogue:
    """The same with the site's topics and days, and the days of the largest topics."""
    if not catalogue.headlines:
        return catalogue
    zone = ZoneInfo(edition.settings.site.timezone)
    day = catalogue.headlines[0].published.astimezone(zone).date()
    sources = {slugs.tag_key(name) for name in (*edition.settings.by_id, *edition.held)}
    topics = [(key, tag) for key, tag in edition.taxonomy.largest if key not in sources]
    counts = store.history.counts([key for key, _ in topics[:TAGS]], days.edges(day, _FORTNIGHT, zone))
    return replace(
        catalogue,
        topics=tuple(replace(tag, days=found) if (found := counts.get(key)) else tag for key, tag in topics),
        day=day,
        days=store.history.counts([""], days.edges(day, _MONTH, zone))[""],
    )


def _channel(edition: Edition, source: Source) -> Channel:
    state = edition.states.get(source.id) or FetchState(source=source.id)
    own, more = edition.held.get(source.id, 0), edition.brought.get(source.id, 0)
    return _shown(source, state, origin=edition.posts.origin(source.id), own=own, items=own + more)


def _named(edition: Edition, name: str) -> Channel:
    """A source that only item files name: nobody fetches it, so nothing can be wrong with it."""
    path, items = compose.source_path(name), edition.held[name]
    return Channel(id=name, title=edition.posts.origin(name).title, health="ok", path=path, items=items)


def _shown(source: Source, state: FetchState, *, origin: Origin, own: int, items: int) -> Channel:
    health = health_of(source, state)
    failing = health == "failing"
    return Channel(
        id=source.id,
        title=origin.title,
        health=health,
        path=compose.source_path(source.id) if source.kind != "folder" or own else "",
        url=origin.feed_url,
        link=origin.link,
        lang=source.lang,
        items=items,
        error=state.error if failing else None,
        failing_since=state.failing_since if failing else None,
        moved_to=compose.public(state.adopted or state.moved_to),
    )


def health_of(source: Source, state: FetchState) -> Health:
    """Return how a configured source is, in one word."""
    if not source.enabled:
        return "paused"
    if state.error is not None:
        return "failing"
    return "new" if state.ok_at is None else "ok"
