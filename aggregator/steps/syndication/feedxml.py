"""feedparser's reading of RSS, RDF and Atom, without its guesses: raw links, raw dates, raw authors, and bounded work.

feedparser's handlers are driven by expat directly, as its own `parse` drives them through SAX, and by its loose
parser where a document is not well-formed. What it would compute and we compute ourselves (dates, absolute URLs, mail
addresses in author lines, safe HTML) is left out: those are also the places where it takes quadratic time.

This module maps nothing to `model` (`parsers.syndication`), decodes nothing (`steps.bodies.decode`) and opens nothing:
bodies are never taken for paths or URLs, external entities are never loaded, nested ones never expanded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from feedparser.api import LooseFeedParser, StrictFeedParser

from aggregator.errors import ParseError
from aggregator.steps.html import plain
from aggregator.steps.syndication import doctype

_CONTROLS = bytes(range(9)) + b"\x0b\x0c" + bytes(range(14, 32))
_NONCHARACTER = re.compile(rb"\xef\xbf[\xbe\xbf]")
_INLINE = {"math": "http://www.w3.org/1998/Math/MathML", "svg": "http://www.w3.org/2000/svg"}
_BETWEEN = "\x1f"
"""Separates namespace, name and prefix in expat's names; cannot stand in XML."""
_FAILURES = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, OverflowError)
"""What feedparser is known or able to raise on hostile input; anything else is a bug of ours."""
_TEXTS = frozenset({"title", "summary", "description", "content"})
"""Elements, as feedparser calls them, whose text people read."""
_DEEPEST = 120_000
"""Elements within elements: so many take two seconds, no feed comes near, and more would keep other sources waiting."""
_OPEN = 50_000
"""Elements that are never closed, where a document is not well-formed."""
_BARE = re.compile(rb"<!\[CDATA\[(?:[^\]]|\](?!\]>))*+|&(?!(?:[A-Za-z][A-Za-z0-9]*|#[0-9]+|#[xX][0-9A-Fa-f]+);)")
"""An ampersand that begins no reference, or CDATA, where it may stand, ended or not (else it were sought for ever)."""
TAGS = 500
"""Categories taken of one entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """What feedparser found; `error` says why the XML is not well-formed, `cut` that its last entry never ended."""

    version: str
    feed: dict[str, Any]
    entries: list[dict[str, Any]]
    hours: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)
    error: str = ""
    line: int = 0
    cut: bool = False
    full: bool = False
    """Reading stopped at `limit` entries."""


class _FullError(Exception):
    """As many entries as were asked for."""


class _DeepError(Exception):
    """More elements stand within each other than any feed has."""


class _SkippedError(Exception):
    """expat would leave out an entity that the document does not declare itself."""


class _RawDates:
    """Dates as they were written; feedparser would try nine readings on each."""

    def _end_published(self: Any) -> None:
        self.pop("published")

    def _end_updated(self: Any) -> None:
        self.pop("updated")

    def _end_created(self: Any) -> None:
        self.pop("created")

    def _end_expirationdate(self: Any) -> None:
        self.pop("expired")

    def _start_dc_date(self: Any, _attrs: dict[str, str]) -> None:
        self.push("dc_date", 1)  # feedparser takes it for the date of a change

    def _end_dc_date(self: Any) -> None:
        self.pop("dc_date")

    _end_issued = _end_pubdate = _end_published
    _end_modified = _end_lastbuilddate = _end_updated


class _AllHints:
    """Every hour and day to be skipped; feedparser keeps the last of them."""

    def __init__(self, *args: Any) -> None:
        self.hours: list[str] = []
        self.days: list[str] = []
        super().__init__(*args)

    def _start_hour(self: Any, _attrs: dict[str, str]) -> None:
        self.push("hour", 1)

    def _end_hour(self: Any) -> None:
        self.hours.append(self.pop("hour") or "")

    def _start_day(self: Any, _attrs: dict[str, str]) -> None:
        self.push("day", 1)

    def _end_day(self: Any) -> None:
        self.days.append(self.pop("day") or "")


class _Quiet(_RawDates, _AllHints):
    """What feedparser's two parsers have in common with us. The names are feedparser's: two handlers an element."""

    resolve_relative_uris = False
    sanitize_html = False
    limit, deepest = 0, _DEEPEST

    def unknown_starttag(self: Any, tag: str, attrs: list[tuple[str, str]]) -> None:
        if self.depth >= self.deepest:
            raise _DeepError
        super().unknown_starttag(tag, attrs)  # type: ignore[misc]  # feedparser's, next in line

    def resolve_uri(self, uri: str) -> str:
        return uri

    def pop(self: Any, element: str, strip_whitespace: int = 1) -> Any:
        return super().pop(element, strip_whitespace and element not in _TEXTS)  # type: ignore[misc]

    def decode_entities(self: Any, element: str, data: str) -> str:
        if element in _TEXTS:  # feedparser would take U+3000, which indents
            data = plain.trimmed(data)
        return super().decode_entities(element, data)  # type: ignore[misc,no-any-return]

    def unknown_endtag(self: Any, tag: str) -> None:
        super().unknown_endtag(tag)  # type: ignore[misc]  # feedparser's, next in line
        if not self.basestack or not self.basestack[-1]:
            self.baseuri = ""  # feedparser never leaves an xml:base whose outer one is empty

    def _start_item(self: Any, attrs: dict[str, str]) -> None:
        if self.limit and len(self.entries) >= self.limit:
            raise _FullError
        super()._start_item(attrs)  # type: ignore[misc]  # feedparser's, next in line

    def _start_media_description(self: Any, attrs: dict[str, str]) -> None:
        attrs.setdefault("type", "plain")  # Media RSS 1.5.1: text unless it says html
        self._start_description(attrs)

    def _sync_author_detail(self: Any, key: str = "author") -> None:
        people = self._get_context().get("authors")
        if key == "author" and not self.inauthor and people and not people[-1]:
            people[-1]["text"] = self._get_context().get("author", "")

    def _add_tag(self: Any, term: str | None, scheme: str | None, label: str | None) -> None:
        tags = self._get_context().setdefault("tags", [])
        if (term or scheme or label) and len(tags) < TAGS:
            tags.append({"term": term, "label": label})

    _start_entry = _start_item


class _Strict(_Quiet, StrictFeedParser):  # type: ignore[misc]  # feedparser is untyped
    """Driven by expat; element names are looked up once a document, not once an element."""

    def read(self, data: bytes) -> None:
        """Read a document. Raises `expat.ExpatError` where it is not well-formed, or has entities from elsewhere."""
        self._tags: dict[str, str] = {}
        parser = expat.ParserCreate("utf-8", _BETWEEN)
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.StartNamespaceDeclHandler = self._declare
        parser.StartElementHandler = self._open
        parser.EndElementHandler = self._close
        parser.CharacterDataHandler = self.handle_data
        parser.SkippedEntityHandler = parser.ExternalEntityRefHandler = self._skipped
        try:
            parser.Parse(data, True)
        except _SkippedError:
            error = expat.ExpatError()
            error.code, error.lineno = (
                expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY],
                parser.CurrentLineNumber,
            )
            raise error from None

    def _skipped(self, *_entity: object) -> int:
        raise _SkippedError

    def _declare(self, prefix: str | None, uri: str) -> None:
        self.startPrefixMapping(prefix, uri or "")
        self._tags.clear()

    def _open(self, name: str, attrs: dict[str, str]) -> None:
        """An element begins: hand on its attributes, under feedparser's names and under the document's own."""
        tag = self._tags.get(name) or self._tag(name)
        found: dict[str, str] = dict(self.decls)
        self.decls: dict[str, str] = {}
        local = tag.rpartition(":")[2]
        if local in _INLINE and name.startswith(_INLINE[local] + _BETWEEN):
            found["xmlns"] = _INLINE[local]
        given: dict[str, str] = {}
        for key, value in attrs.items():
            uri, between, rest = key.lower().partition(_BETWEEN)
            if between:  # under feedparser's prefix and, winning over it, under the document's own
                inner, _, own = rest.partition(_BETWEEN)
                prefix = self._matchnamespaces.get(uri)
                found[f"{prefix}:{inner}" if prefix else inner] = value
                given[f"{own}:{inner}"] = value
            else:
                given[uri] = value
        found.update(given)
        self.unknown_starttag(tag, list(found.items()))

    def _close(self, name: str) -> None:
        self.unknown_endtag(self._tags.get(name) or self._tag(name))

    def _tag(self, name: str) -> str:
        """The element's name under feedparser's prefix for its namespace, else under the document's own."""
        uri, between, rest = name.partition(_BETWEEN)
        local = (rest.partition(_BETWEEN)[0] if between else uri).lower()
        if between:
            prefix = "" if "backend.userland.com/rss" in uri.lower() else self._matchnamespaces.get(uri.lower())
            if prefix is None:
                own = (known for known, value in self.namespaces_in_use.items() if known and value == uri)
                prefix = next(own, "").lower()
            local = f"{prefix}:{local}" if prefix else local
        self._tags[name] = local
        return local


class _Loose(_Quiet, LooseFeedParser):  # type: ignore[misc]  # feedparser is untyped
    """For what is not well-formed."""

    deepest = _OPEN

    def handle_charref(self, ref: str) -> None:
        """Take a character reference; those that name no character become U+FFFD (feedparser would raise)."""
        try:
            chr(int(ref[1:], 16) if ref[:1] in "xX" else int(ref)).encode()
        except (ValueError, OverflowError):
            self.handle_data("\ufffd")
        else:
            super().handle_charref(ref)


def read(body: bytes, *, limit: int = 0) -> Raw:
    """Return what feedparser finds in a document in UTF-8 (`decode.utf8`), at most `limit` entries (0: all).

    Raises `errors.ParseError` where feedparser itself fails.
    """
    body = body.lstrip().translate(None, _CONTROLS)
    if b"\xef\xbf" in body:
        body = _NONCHARACTER.sub("\ufffd".encode(), body)
    version, body, entities = doctype.without(body)
    try:
        return _read(body, entities, version, limit)
    except _DeepError:
        raise ParseError("thousands of elements within each other: this is no feed that can be read") from None
    except _FAILURES as error:
        raise ParseError(f"feedparser cannot read this: {type(error).__name__}: {error}"[:300]) from error


def _mended(found: re.Match[bytes]) -> bytes:
    return b"&amp;" if found[0] == b"&" else found[0]


def _read(body: bytes, entities: dict[str, str], version: str, limit: int) -> Raw:
    """Read strictly, and what is not well-formed loosely."""
    parser: Any = _Strict("", None, "utf-8")
    parser.limit = limit
    error, line, full = "", 0, False
    try:
        parser.read(body)
    except expat.ExpatError as bad:
        error, line = expat.ErrorString(bad.code), bad.lineno
        parser = _Loose("", None, "utf-8", entities)
        parser.limit = limit
        try:
            parser.feed(_BARE.sub(_mended, body).decode("utf-8", "replace"))
        except _FullError:
            full = True
    except _FullError:
        full = True
    return Raw(
        version=version or parser.version,
        feed=dict(parser.feeddata),
        entries=[dict(entry) for entry in parser.entries],
        hours=parser.hours,
        days=parser.days,
        error=error,
        line=line,
        cut=bool(parser.inentry) and not full,
        full=full,
    )
