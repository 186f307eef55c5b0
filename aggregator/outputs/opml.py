"""OPML 2.0: the feeds that we publish, and the sources that we read. Not an adapter: an OPML file is no feed.

No dates are written, so that the same feeds give the same bytes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import SimpleNamespace

    from aggregator.model.catalogue import Catalogue

FEEDS = "feeds.opml"
SOURCES = "sources.opml"

_REMEMBERED: Final = 4096
"""Outlines of our feeds that are remembered: of those of one publication, most come again in the next."""


def feeds(catalogue: Catalogue, words: SimpleNamespace) -> bytes:
    """Return the OPML of the feeds that we publish: all, then groups for queries, tags and sources, named in `words`.

    Tags with a parent stand in a group of that parent's, behind the group of the others. Of a source stands its own
    feed, not the one of the tag that is its id: who subscribes to all of them gets its entries once.
    """
    main = catalogue.feed
    labels = {tag.slug: tag.label for tag in catalogue.topics}
    families: dict[str, list[bytes]] = {"": []}
    for tag in catalogue.topics:
        outline = _ours(catalogue, tag.label, f"tags/{tag.slug}", tag.description)
        families.setdefault(tag.parent if tag.parent in labels else "", []).append(outline)
    groups = [
        (words.queries, [_ours(catalogue, title, path) for path, title in catalogue.queries]),
        (words.tags, families.pop("")),
        *((labels[parent], outlines) for parent, outlines in families.items()),
        (
            words.sources,
            [_ours(catalogue, one.title, one.path) for one in catalogue.channels + catalogue.named if one.path],
        ),
    ]
    full = [(name, outlines) for name, outlines in groups if outlines]
    return _document(main.title, main.author, [_ours(catalogue, main.title, main.path)], full)


def sources(catalogue: Catalogue) -> bytes:
    """Return the OPML of the feeds that we read, for use in other readers; files and user names are left out."""
    read = [
        _feed(source.title, source.url, source.link, language=source.lang)
        for source in catalogue.channels
        if source.url
    ]
    return _document(catalogue.feed.title, catalogue.feed.author, [], [(catalogue.feed.title, read)])


def _ours(catalogue: Catalogue, title: str, path: str, description: str = "") -> bytes:
    return _feed_of_ours(catalogue.feed.home, catalogue.feed.formats, title, path, description)


@lru_cache(maxsize=_REMEMBERED)
def _feed_of_ours(home: str, formats: tuple[str, ...], title: str, path: str, description: str) -> bytes:
    address = home + quote(path)
    page = f"{address}.html" if "html" in formats else home
    suffix = ".xml" if "atom" in formats else ".json"
    return _feed(title, address + suffix, page, description=description)


def _feed(title: str, url: str, page: str, *, language: str = "", description: str = "") -> bytes:
    outline = {
        "type": "rss",
        "text": title,
        "title": title,
        "xmlUrl": url,
        "htmlUrl": page,
        "language": language,
        "description": description,
    }
    return _element("outline", {name: value for name, value in outline.items() if value})


def _element(name: str, attributes: Mapping[str, str], text: str | None = None) -> bytes:
    element = etree.Element(name, attributes)
    element.text = text
    written: bytes = etree.tostring(element, encoding="UTF-8", xml_declaration=False)
    return written


def _document(title: str, owner: str, loose: Iterable[bytes], groups: list[tuple[str, list[bytes]]]) -> bytes:
    """The document around outlines, indented as lxml would: most of these are the same as the last time."""
    head = [_element("title", {}, title), *([_element("ownerName", {}, owner)] if owner else [])]
    body = list(loose)
    for name, outlines in groups:
        group = _element("outline", {"text": name})
        if outlines:
            body += [group.removesuffix(b"/>") + b">", *(b"  " + outline for outline in outlines), b"</outline>"]
        else:
            body.append(group)
    lines = [
        b"<?xml version='1.0' encoding='UTF-8'?>",
        b'<opml version="2.0">',
        b"  <head>",
        *(b"    " + line for line in head),
        b"  </head>",
        *([b"  <body>", *(b"    " + line for line in body), b"  </body>"] if body else [b"  <body/>"]),
        b"</opml>",
        b"",
    ]
    return b"\n".join(lines)
