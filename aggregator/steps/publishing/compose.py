"""A record and its file become a post; sources become origins; feeds get their paths, ids and titles.

Everything published is cleaned here, once. This module reads no files and renders no format.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit, urlunsplit

from aggregator.model import Also, Origin, Person, Post
from aggregator.steps import ids, slugs, text, urls

if TYPE_CHECKING:
    from aggregator.model import FetchState, Record, Source, Tag
    from aggregator.settings import Publish

EMPTY_SINCE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""`updated` of a feed without entries: Atom demands an instant, and any real one would change or be implausible."""

ITEMS: Final = "items"
"""Folder of the items' own pages."""

_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def post(
    record: Record,
    html: str,
    *,
    origin: Origin,
    tags: tuple[Tag, ...],
    content: str = "full",
    also: tuple[Also, ...] = (),
) -> Post:
    """Return the post of an item whose body was rendered to `html`, sanitised.

    `content` is the source's: "summary" leaves out the text, "link" the summary too. The title is never empty.
    """
    link = _web(record.link)
    summary = text.clean(record.summary)
    return Post(
        key=record.key,
        id=entry_id(record.entry_id),
        title=text.one_line(record.title)
        or (text.one_line(summary, 80) if content != "link" else "")
        or link
        or record.key,
        link=link,
        published=record.published,
        updated=record.updated,
        summary=summary if content != "link" else "",
        html=html if content == "full" else "",
        origin=origin,
        tags=tags,
        authors=tuple(map(_person, record.authors)),
        lang=record.lang,
        thumbnail=_web(record.thumbnail),
        enclosures=tuple(replace(one, href=href) for one in record.enclosures if (href := _web(one.href))),
        also=also,
    )


def also(record: Record, other: Record, source: str) -> Also:
    """Return how another item is shown with one; `source` is the other's source's title. Its link may be empty."""
    same = bool(other.url) and other.url == record.url
    copy = other.key in record.copies
    return Also(
        kind="same" if copy and same else "copy" if copy else "related",
        title=text.one_line(other.title) or source,
        source=source,
        link=_web(other.link),
    )


def origin(source_id: str, source: Source | None, state: FetchState | None, *, authority: str) -> Origin:
    """Return where entries of a source come from; `source` is None for sources that are named in files only.

    The id is the upstream feed's own if that can be published, else the feed's URL, else a `tag:` URI (RFC 4151).
    """
    address = public(source.url) if source and source.kind == "feed" else ""
    feed_id = ids.publishable(state.feed_id) if state else ""
    return Origin(
        id=feed_id or ids.publishable(address) or f"tag:{authority}:source/{quote(source_id, safe='')}",
        title=title(source_id, source, state),
        link=_web(state.link) if state else "",
        feed_url=address,
        icon=_web(state.icon) if state else "",
    )


def title(source_id: str, source: Source | None, state: FetchState | None) -> str:
    """Return a source's title for people: the configured one, else the feed's own, else the id."""
    names = (source.title if source else "", state.title if state else "", source_id)
    return next((line for name in names if (line := text.one_line(name))), "source")


def entry_id(iri: str) -> str:
    """Return the id as published: unchanged, but square brackets outside the host escaped (RFC 3987 §2.2)."""
    if "[" not in iri and "]" not in iri:
        return iri
    host = _AUTHORITY.match(iri)
    start = host.end() if host else 0
    return iri[:start] + iri[start:].replace("[", "%5B").replace("]", "%5D")


def feed_id(authority: str, path: str) -> str:
    """Return a feed's Atom id (RFC 4151): ASCII, since validators know no other."""
    return f"tag:{authority}:feed/{quote(path)}"


def item_id(authority: str, key: str, path: str) -> str:
    """Return the id of an item in one feed, where ids are per feed."""
    return f"tag:{authority}:item/{key}/{quote(path)}"


def source_path(source_id: str) -> str:
    """Return the path of a source's feed: its id, made safe for file systems if it is not."""
    name = slugs.slug(source_id)
    return f"sources/{source_id if name == source_id.casefold() else name}"


def item_page(record: Record, publish: Publish) -> str:
    """Return the path of an item's own page without suffix, empty if it has none: copies set aside have none."""
    wanted = publish.item_pages and "html" in publish.formats and not (record.duplicate_of or record.broken)
    return f"{ITEMS}/{record.key}" if wanted else ""


def query_path(slug: str) -> str:
    """Return the path of the feed of a query."""
    return f"queries/{slug}"


def public(url: str) -> str:
    """Return the URL without user and password, empty if it is no http(s) URL."""
    if not urls.is_web(url):
        return ""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])) if "@" in parts.netloc else url


def _web(url: str) -> str:
    """The URL in ASCII, brackets outside the host escaped, empty if it is no http(s) URL."""
    return entry_id(urls.iri_to_uri(url)) if urls.is_web(url) else ""


def _person(person: Person) -> Person:
    return Person(name=text.one_line(person.name), email=text.one_line(person.email), uri=_web(person.uri))
