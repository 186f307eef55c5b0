"""Against which address the relative URLs of an entry are resolved, and which of them are lost since none is known.

A document from the web has an address, and what it says of its own counts within that site only. A file has none: there
its own word counts, whatever site it names. This module changes no entry and resolves nothing (`steps.urls`).
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from aggregator.model import Problem
from aggregator.steps import urls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.model import Entry, Parsed

_REFERENCE = re.compile(
    r"""<[a-z][^<>]*?\s(?:href|src|poster)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""", re.IGNORECASE
)
_SCHEME = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|#|$)", re.IGNORECASE)
"""How what is no relative URL begins: with a scheme, with the `#` of a place within the text, or not at all."""
_SHOWN = 80


def base_of(entry: Entry, parsed: Parsed, base_url: str) -> str:
    """Return what an entry's own fields are relative to; `base_url` is where the document was found, maybe a path.

    From the web: xml:base within the site, else the feed's link, else where it was found. In a file: xml:base, else the
    feed's link, else where the feed says that it is, else the entry's own link if that is absolute; empty if nothing
    of all this leads to the web.
    """
    home = home_of(parsed, base_url)
    if urls.is_web(base_url):
        near = entry.base and urls.same_site(urls.host(entry.base), urls.host(home))
        return entry.base if near else home
    return next(filter(urls.is_web, (entry.base, home, entry.link.strip())), "")


def text_base_of(entry: Entry, parsed: Parsed, base_url: str) -> str:
    """Return what URLs in an entry's HTML are relative to: its own page in formats that leave it open, else `base_of`.

    Its own page counts within the site only, as xml:base does, which wins; empty where `base_of` is.
    """
    base = base_of(entry, parsed, base_url)
    if not parsed.open_bases or (entry.base and base == entry.base):
        return base
    return _own_page(entry, base) or base


def page_of(entry: Entry, parsed: Parsed, base_url: str) -> str:
    """Return the page that a reference within the text (`#fn:1`) leads to: the entry's own, wherever it is.

    That is its link, or a guid on the feed's site where the link leads away from it; without both what `base_of` says.
    """
    base = base_of(entry, parsed, base_url)
    return _own_page(entry, base) or _resolved(base, entry.link) or base


def _own_page(entry: Entry, base: str) -> str:
    """The address of an entry's page on the site of `base`; empty if neither link nor guid is one."""
    site = urls.host(base)
    pages = (_resolved(base, entry.link), entry.guid.strip())
    return next((page for page in pages if urls.same_site(urls.host(page), site)), "")


def _resolved(base: str, link: str) -> str:
    address = urls.resolve(base, link)
    return address if urls.is_web(address) else ""


def home_of(parsed: Parsed, base_url: str) -> str:
    """Return the address of the site that a document is of; empty if neither it nor the document's own is known."""
    return _home(parsed.link, base_url if urls.is_web(base_url) else parsed.base)


@lru_cache(maxsize=16)
def _home(link: str, base: str) -> str:
    """The site of a document: all its entries ask."""
    return urls.resolve(base, link) if link and urls.is_web(urls.resolve(base, link)) else base


def lost(parsed: Parsed, base_url: str, where: str) -> tuple[Problem, ...]:
    """Return what is to be told of relative URLs that nothing in a file gives a base to; nothing if there are none."""
    if urls.is_web(base_url):
        return ()
    found = [
        (number, url)
        for number, entry in zip(parsed.numbers or range(1, len(parsed.entries) + 1), parsed.entries, strict=True)
        if not entry.file and not base_of(entry, parsed, base_url)
        for url in _relative(entry)
    ]
    if not found:
        return ()
    number, url = found[0]
    shown = url if len(url) <= _SHOWN else f"{url[:_SHOWN]}…"
    many = f"{len(found)} relative URLs" if len(found) > 1 else "one relative URL"
    message = f"{many} lost, {shown!r} in entry {number} first: nothing says what it is relative to"
    return (Problem(where=where, message=f"{message}; xml:base or an absolute link of the feed would"),)


def _relative(entry: Entry) -> Iterator[str]:
    """The relative URLs that an entry names."""
    named = (entry.link, entry.image, *(one.href for one in entry.enclosures))
    yield from (url.strip() for url in named if not _SCHEME.match(url))
    for text in dict.fromkeys((entry.content or entry.summary,)):
        for found in _REFERENCE.finditer(text):
            url = html.unescape(found[1] or found[2] or found[3] or "")
            if not _SCHEME.match(url):
                yield url.strip()
