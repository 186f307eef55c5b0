"""The site-wide documents: index page, OPML, status and style, from one edition. This module writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregator.model import FetchState
from aggregator.model.catalogue import Catalogue, Channel
from aggregator.outputs import html, opml, status
from aggregator.steps import compose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.model import Origin, Source
    from aggregator.model.catalogue import Health
    from aggregator.publish.edition import Edition

_NEWEST: Final = 30
"""Posts on the index page."""


def documents(edition: Edition) -> Iterator[tuple[str, bytes]]:
    """Give (name, bytes) of the site-wide documents."""
    settings, held = edition.settings, edition.held
    catalogue = Catalogue(
        feed=edition.feed("all", "all", most=_NEWEST),
        tags=edition.taxonomy.largest(),
        channels=tuple(_channel(edition, source) for source in settings.sources),
        named=tuple(_named(edition, name) for name in held if name not in settings.by_id),
        queries=tuple((edition.path(f"query:{one.slug}"), one.title or one.query) for one in settings.feeds),
    )
    yield html.INDEX, html.index(catalogue)
    yield html.STYLESHEET, html.stylesheet()
    yield opml.FEEDS, opml.feeds(catalogue)
    yield opml.SOURCES, opml.sources(catalogue)
    yield status.NAME, status.render(catalogue)


def _channel(edition: Edition, source: Source) -> Channel:
    state = edition.states.get(source.id) or FetchState(source=source.id)
    return _shown(source, state, origin=edition.origin(source.id), items=edition.held.get(source.id, 0))


def _named(edition: Edition, name: str) -> Channel:
    """A source that only item files name: nobody fetches it, so nothing can be wrong with it."""
    path, items = compose.source_path(name), edition.held[name]
    return Channel(id=name, title=edition.origin(name).title, health="ok", path=path, items=items)


def _shown(source: Source, state: FetchState, *, origin: Origin, items: int) -> Channel:
    health = health_of(source, state)
    failing = health == "failing"
    return Channel(
        id=source.id,
        title=origin.title,
        health=health,
        path=compose.source_path(source.id) if source.kind != "folder" or items else "",
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
