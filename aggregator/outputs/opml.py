"""OPML 2.0: the feeds that we publish, and the sources that we read. Not an adapter: an OPML file is no feed.

No dates are written, so that the same feeds give the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import SimpleNamespace

    from aggregator.model.catalogue import Catalogue

FEEDS = "feeds.opml"
SOURCES = "sources.opml"

_Outline = dict[str, str]


def feeds(catalogue: Catalogue, words: SimpleNamespace) -> bytes:
    """Return the OPML of the feeds that we publish: all, then groups for queries, tags and sources, named in `words`.

    Tags with a parent stand in a group of that parent's, behind the group of the others. Of a source stands its own
    feed, not the one of the tag that is its id: who subscribes to all of them gets its entries once.
    """
    main = catalogue.feed
    labels = {tag.slug: tag.label for tag in catalogue.topics}
    families: dict[str, list[_Outline]] = {"": []}
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


def _ours(catalogue: Catalogue, title: str, path: str, description: str = "") -> _Outline:
    address = catalogue.feed.home + quote(path)
    page = f"{address}.html" if "html" in catalogue.feed.formats else catalogue.feed.home
    suffix = ".xml" if "atom" in catalogue.feed.formats else ".json"
    return _feed(title, address + suffix, page, description=description)


def _feed(title: str, url: str, page: str, *, language: str = "", description: str = "") -> _Outline:
    outline = {
        "type": "rss",
        "text": title,
        "title": title,
        "xmlUrl": url,
        "htmlUrl": page,
        "language": language,
        "description": description,
    }
    return {name: value for name, value in outline.items() if value}


def _document(title: str, owner: str, loose: Iterable[_Outline], groups: list[tuple[str, list[_Outline]]]) -> bytes:
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = title
    if owner:
        etree.SubElement(head, "ownerName").text = owner
    body = etree.SubElement(root, "body")
    for outline in loose:
        etree.SubElement(body, "outline", outline)
    for name, outlines in groups:
        group = etree.SubElement(body, "outline", text=name)
        for outline in outlines:
            etree.SubElement(group, "outline", outline)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written
