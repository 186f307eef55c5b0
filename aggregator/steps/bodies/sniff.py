"""What a document looks like, from its first bytes: for choosing a parser, and for telling people what came instead.

This module parses nothing: it looks at the beginning only, and may be wrong.
"""

from __future__ import annotations

import re

from aggregator.errors import NotAFeed
from aggregator.steps.bodies import decode

_LOOK = 2048
_SHOWN = 40

_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"RIFF", "a media file"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"\x7fELF", "a program"),
)
_ROOTS = {
    "html": "an HTML page",
    "opml": "an OPML list of feeds",
    "urlset": "a sitemap",
    "sitemapindex": "a sitemap",
    "svg": "an SVG image",
}
_OF_PAGES = frozenset({"head", "body", "title", "meta", "link", "script", "style", "div", "p", "h1", "center", "table"})
"""What HTML pages begin with that leave out <html>, as they may (HTML §13.1.2.4)."""
_TEXTS = (
    (re.compile(r"\A[{\[]"), "JSON"),
    (re.compile(r"\A<\?xml"), "XML without a root element near its beginning"),
    (re.compile(r"<(?:html|body|head|div|p|script)\b", re.IGNORECASE), _ROOTS["html"]),
    (re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]"), "binary data"),
)
_PROLOG = re.compile(
    r"\s*(?:<\?[^>]*>|<!--.*?-->|<!doctype\s+(?P<doctype>[\w:.-]+)[^>]*>|\s)*<(?P<root>[\w:.-]+)",
    re.IGNORECASE | re.DOTALL,
)


def first_text(body: bytes) -> str:
    """Return the beginning of `body` as text without leading white space, for looking at."""
    return decode.decode(body[:_LOOK]).lstrip("\ufeff \t\r\n\x00\x0b\x0c")


def root(body: bytes) -> str:
    """Return the first element's name in lower case, without prefix; empty if there is none near the beginning."""
    found = _PROLOG.match(first_text(body))
    return _name(found) if found else ""


def _name(found: re.Match[str]) -> str:
    return found["root"].rpartition(":")[2].lower()


def looks_like(body: bytes) -> str:
    """Return in words what `body` seems to be: "an HTML page", "a PNG image", "empty"."""
    if not body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        return "empty"
    for magic, words in _MAGIC:
        if body.startswith(magic):
            return words
    text = first_text(body)
    if found := _PROLOG.match(text):
        name = _name(found)
        page = name in _OF_PAGES or (found["doctype"] or "").lower() == "html"
        return _ROOTS.get("html" if page else name, f"XML with the root element <{name[:40]}>")
    return next((words for pattern, words in _TEXTS if pattern.search(text)), "text")


def not_a_feed(name: str, body: bytes) -> NotAFeed:
    """Return the error that says what `body` is instead of a feed, with its first characters."""
    found = looks_like(body)
    if found == "empty":
        return NotAFeed("the document is empty", url=name)
    return NotAFeed(f"this is {found}, it begins with {shown(body)}", url=name)


def shown(body: bytes) -> str:
    """Return the first characters as text, in quotes, where what cannot be printed is escaped; of no text the bytes."""
    if any(body.startswith(magic) for magic, _ in _MAGIC):
        return " ".join(f"{byte:02x}" for byte in body[:8])
    return repr(first_text(body)[:_SHOWN])
