"""Item files read under the site's rules: as entries of their folder or source, and anew when the rules changed.

This module writes nothing and gives no tags itself (`steps.tag`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from aggregator.errors import Stopped
from aggregator.model import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from aggregator.model import Item, Record
    from aggregator.ports import Store
    from aggregator.settings import Settings
    from aggregator.steps.normalize import Context
    from aggregator.sync import Read, Retag


def context(settings: Settings, now: datetime) -> Context:
    """Return what reading an item file needs; filters are not among it, for what is kept stays."""
    from aggregator import reading  # noqa: PLC0415 - 100 ms that a site whose files nobody touched need not pay

    return reading.context(
        zone=settings.site.timezone,
        now=now,
        rules=settings.tags,
        defaults=settings.frontmatter.defaults,
        language=settings.site.language,
    )


def source_of(settings: Settings, source: str, via: str) -> Source:
    """Return the source whose tags and rules hold for an item: the one that brought it, under the item's own name."""
    declared = settings.by_id.get(via) or settings.by_id.get(source) or Source(id=source)
    return replace(declared, id=source)


def tags(settings: Settings, store: Store) -> list[str]:
    """Return what is a tag here, or may become one, those of the most items first."""
    held = sorted(store.tags().values(), key=lambda tag: -tag[1])
    named = (rule.name for rule in settings.tags)
    given = (name for source in settings.sources for name in (source.id, *source.tags))
    return list(dict.fromkeys([*(label for label, _ in held), *named, *given]))


def reader(settings: Settings, now: datetime, stopping: Callable[[], bool] = lambda: False) -> Read:
    """Return how item files are read (`sync.Read`): what their source's tags and the rules give them is added.

    Once `stopping` says so, reading raises `errors.Stopped`.
    """
    given = cache(partial(context, settings, now))

    def read(text: str, key: str, source: str, via: str) -> Item:
        from aggregator.steps import normalize  # noqa: PLC0415 - as in `context`

        _go_on(stopping)
        return normalize.from_file(text, key, source_of(settings, source, via), given())

    return read


def ours(settings: Settings, record: Record) -> bool:
    """Whether nobody but tagwire wrote an item's file: a source that is no folder brought it, and no owner edited it.

    After the index was lost nobody knows, until the source has brought the item again.
    """
    source = settings.by_id.get(record.via)
    known = bool(record.content_hash) and record.categories is not None
    return known and not record.edited and source is not None and source.kind != "folder"


def retagger(settings: Settings, now: datetime, stopping: Callable[[], bool] = lambda: False) -> Retag:
    """Return how files of ours get the tags of changed rules (`sync.Retag`): from the categories as they wrote them.

    Everything else in the file stays; one that would come out otherwise is left alone. `stopping` as in `reader`.
    """
    given = cache(partial(context, settings, now))

    def retag(record: Record, text: str) -> tuple[Item, bytes] | None:
        from aggregator.steps import frontmatter, normalize  # noqa: PLC0415 - as in `context`

        _go_on(stopping)
        if not ours(settings, record):
            return None
        zone = given().zone
        written = frontmatter.load(text, zone, key=record.key, name=record.source)
        if frontmatter.dump(written, zone) != text:
            return None
        source = source_of(settings, record.source, record.via)
        read = normalize.from_file(text, record.key, source, given(), categories=record.categories)
        item = replace(written, tags=read.tags, categories=read.categories)
        return item, frontmatter.dump(item, zone).encode()

    return retag


def _go_on(stopping: Callable[[], bool]) -> None:
    if stopping():
        raise Stopped("reading item files was ended; they are read the next time")
