"""Where a page says that its feeds are: `link rel=alternate`, the Link header, and paths that are common.

The order is that of trust, and within a document its own; feeds of comments come last. This module fetches nothing and
does not know whether a candidate is a feed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lxml import etree

from aggregator.steps import text, urls
from aggregator.steps.bodies import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LOOK = 512 * 1024
"""Bytes of a page that are read; links stand in its head."""
MOST = 20
"""Candidates of one page."""
COMMON = ("feed", "rss", "atom.xml", "feed.xml", "rss.xml", "index.xml", "feed.json")
"""Paths tried below the page's directory and below the root, in this order."""

_TYPES = frozenset(
    {
        "application/atom+xml",
        "application/rss+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/xml",
        "text/xml",
    }
)
_JSON_FEED = re.compile(r"feed|\.json\b", re.IGNORECASE)
_COMMENTS = re.compile(r"comment|replies|评论|評論", re.IGNORECASE)
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+\s*=\s*(?:\"[^\"]*\"|[^\s\",;]+))*)")
_PARAMETER = re.compile(r";\s*([\w!#$&+.^`|~*-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address where a feed may be, and where we have it from."""

    url: str
    title: str = ""
    found: Literal["header", "page", "path"]


def candidates(body: bytes, charset: str, base: str, header: str) -> list[Candidate]:
    """Return the feeds that a page and its Link header (RFC 8288) name, without repeats; feeds of comments last."""
    found = _distinct([*_in_header(header, base), *_in_page(body[:LOOK], charset, base)], base)
    return sorted(found, key=lambda one: bool(_COMMENTS.search(f"{one.url} {one.title}")))[:MOST]


def common(base: str) -> list[Candidate]:
    """Return the addresses that are tried if a page names none."""
    below = (urls.resolve(base, name) for name in COMMON)
    at_root = (urls.resolve(base, f"/{name}") for name in COMMON)
    return _distinct(
        (Candidate(url=url, found="path") for pair in zip(at_root, below, strict=True) for url in pair), base
    )


def _in_header(header: str, base: str) -> Iterator[Candidate]:
    for match in _LINK.finditer(header):
        said = {name.lower(): quoted or token for name, quoted, token in _PARAMETER.findall(match[2])}
        if _is_feed(said.get("rel", ""), said.get("type", ""), match[1]):
            title = text.one_line(said.get("title", ""), 200)
            yield Candidate(url=urls.resolve(base, match[1]), title=title, found="header")


def _in_page(body: bytes, charset: str, base: str) -> Iterator[Candidate]:
    page = decode.utf8(body, charset)
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)
    root = etree.fromstring(page, parser) if page.strip() else None
    if root is None:
        return
    stated = root.find(".//base[@href]")
    said = urls.resolve(base, stated.get("href")) if stated is not None else ""
    base = said if urls.is_web(said) else base
    for link in root.iter("link"):
        address = link.get("href") or ""
        if _is_feed(link.get("rel") or "", link.get("type") or "", address):
            title = text.one_line(link.get("title") or "", 200)
            yield Candidate(url=urls.resolve(base, address), title=title, found="page")


def _is_feed(relation: str, media_type: str, address: str) -> bool:
    relations = relation.lower().split()
    kind = media_type.partition(";")[0].strip().lower()
    if "alternate" not in relations or "stylesheet" in relations:
        return False
    return kind in _TYPES or (kind == "application/json" and bool(_JSON_FEED.search(address)))


def _distinct(found: Iterable[Candidate], page: str) -> list[Candidate]:
    """The candidates with an http(s) URL, each once, the page itself never."""
    seen = {page.partition("#")[0]}
    distinct = []
    for one in found:
        address = one.url.partition("#")[0]
        if urls.is_web(address) and address not in seen:
            seen.add(address)
            distinct.append(one)
    return distinct
