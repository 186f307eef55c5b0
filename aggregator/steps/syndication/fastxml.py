"""Well-formed RSS 0.9x and 2.0 and Atom 1.0 by lxml: what `feedxml` returns for them, several times faster.

Equal or nothing: whatever feedparser may read otherwise (document types, RDF, markup where there should be none, its
own elements in places of their own) is declined, and `steps.syndication.feedxml` reads it. Entities are never expanded,
nothing is ever loaded. How entries are read stands in `fastxml_entry`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lxml import etree

from aggregator.steps.syndication import feedxml
from aggregator.steps.syndication.fastxml_entry import COMMON, ENTRY
from aggregator.steps.syndication.fastxml_names import Actions, Names, Unsure, attributes, scope
from aggregator.steps.syndication.fastxml_people import owner
from aggregator.steps.syndication.fastxml_place import Place, nothing, unknown, vet
from aggregator.steps.syndication.fastxml_texts import clean, leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LARGEST = 4_000_000
"""Bytes: a tree takes some forty times as much at worst."""
_ATOM = "{http://www.w3.org/2005/Atom}feed"
_RSS1 = "http://purl.org/rss/1.0/"
_ROOT = re.compile(rb"<\w")
_DECLARATION = re.compile(rb"<!(?!--)")
_C1 = re.compile(rb"\xc2[\x80-\x9f]")
_C1_REFERENCE = re.compile(rb"&#(?:0*1(?:2[89]|[345][0-9])|x0*[89][0-9a-f]);", re.IGNORECASE)
_ODD_INSTRUCTION = re.compile(rb"<\?[!-~]*[\x80-\xff]")
"""Names that libxml2 allows (XML 1.0, fifth edition) and expat does not."""
_XLINK = b"http://www.w3.org/1999/xlink"
_IMAGE = frozenset(("title", "link", "url", "width", "height", "description"))
_INPUT = frozenset(("title", "link", "name", "description"))
_KEPT = frozenset(("icon", "logo", "ttl", "sy_updateperiod", "sy_updatefrequency", "sy_updatebase"))
"""Elements without a handler whose text counts."""
_ACTING = frozenset(("about", "href", "lastmod"))
"""Attributes by which feed and entry say something (Channel Definition Format, RDF)."""


class _Full(Exception):
    """As many entries as were asked for."""


class _Reader:
    """One document."""

    def __init__(self, root: Any, names: Names, limit: int) -> None:
        self.entries: list[dict[str, Any]] = []
        self.feed: dict[str, Any] = {}
        self.names = names
        self.place = Place(atom=root.tag == _ATOM, names=names, context=self.feed)
        self._limit = limit
        self._in_entry = Actions(names, ENTRY, unknown)
        self._in_feed = Actions(names, {**_FEED, "item": self._entry, "entry": self._entry}, self._said)
        given = attributes(root, based=True)
        self.place.lang, self.place.base = scope(given, None, "")
        if self.place.lang:
            self.feed["language"] = self.place.lang.replace("_", "-")

    def read(self, channel: Any) -> None:
        """Read feed and entries."""
        given = attributes(channel, based=True)
        if given.keys() & _ACTING:
            raise Unsure("a channel with attributes")
        self.place.lang, self.place.base = scope(given, self.place.lang, self.place.base)
        for child in channel:
            self._in_feed[child.tag](self.place, child)

    def _entry(self, place: Place, element: Any) -> None:
        """Read an entry."""
        if self._limit and len(self.entries) >= self._limit:
            raise _Full
        around = place.lang, place.base
        if element.keys():
            given = attributes(element, based=True)
            if given.keys() & _ACTING:
                raise Unsure("an entry with attributes")
            place.lang, place.base = scope(given, place.lang, place.base)
        place.context = {}
        place.inside, place.depth, place.title_depth, place.title_kept = True, 2, -1, 0
        self.entries.append(place.context)
        actions = self._in_entry
        for child in element:
            actions[child.tag](place, child)
        place.context, place.inside, place.depth, place.has_content = self.feed, False, 1, False
        place.lang, place.base = around

    def _said(self, place: Place, element: Any) -> None:
        """Keep the text of a few elements that have no handler."""
        name = self.names[element.tag]
        if name in _KEPT:
            vet(place, element)
            text = leaf(element)
            self.feed[name] = dict(element.items()) or text
        elif name in _SKIPS:
            vet(place, element)
            _skips(place, element, _SKIPS[name])
        else:
            unknown(place, element)


_SKIPS = {"skiphours": "hour", "skipdays": "day"}


def _skips(place: Place, element: Any, unit: str) -> None:
    """Keep hours or days to be skipped."""
    found = place.hours if unit == "hour" else place.days
    for child in element:
        if place.names[child.tag] != unit:
            raise Unsure("other things among hours and days")
        vet(place, child)
        found.append(leaf(child))


def _image(place: Place, element: Any) -> None:
    """Keep the address of RSS's image."""
    image = place.context.setdefault("image", {})
    for name, text in _box(place, element, _IMAGE):
        if name == "url":
            image["href"] = text


def _text_input(place: Place, element: Any) -> None:
    """Skip a form; its title counts for which title is the first."""
    for _ in _box(place, element, _INPUT):
        pass


def _box(place: Place, element: Any, allowed: frozenset[str]) -> Iterable[tuple[str, str]]:
    """Names and texts of the elements in an image or a form, which have no markup of their own."""
    vet(place, element)
    place.title_depth = -1
    for child in element:
        name, text = place.names[child.tag], leaf(child)
        if name not in allowed:
            raise Unsure(f"<{name}> in an image or a form")
        vet(place, child)
        if name == "title" and text:
            place.title_depth = place.depth + 1
        yield name, text


def _categories(place: Place, element: Any) -> None:
    """Skip a category of the feed, with its subcategories."""
    for child in element.iter():
        if child is not element and place.names[child.tag] != "itunes_category":
            raise Unsure("markup in a category")
        vet(place, child)
        clean(child.text)


_FEED: dict[str, Callable[..., None]] = {
    **COMMON,
    **dict.fromkeys(("category", "keywords", "dc_subject", "itunes_keywords", "cloud"), nothing),
    **dict.fromkeys(("admin_generatoragent", "admin_errorreportsto"), nothing),
    **dict.fromkeys(("creativecommons_license", "creativeCommons_license"), nothing),
    "itunes_category": _categories,
    "itunes_owner": owner,
    "image": _image,
    "textinput": _text_input,
}


def read(body: bytes, *, limit: int = 0) -> feedxml.Raw | None:
    """Return what `feedxml.read` returns for a document in UTF-8; None where that is not certain."""
    try:
        return _read(body.lstrip(), limit)
    except Unsure:
        return None


def _read(body: bytes, limit: int) -> feedxml.Raw:
    root = _tree(body)
    reader = _Reader(root, Names(_declared(root, body)), limit)
    full = False
    try:
        reader.read(_channel(root, reader))
    except _Full:
        full = True
    return feedxml.Raw(
        version="atom10" if reader.place.atom else "rss",
        feed=reader.feed,
        entries=reader.entries,
        hours=reader.place.hours,
        days=reader.place.days,
        full=full,
    )


def _tree(body: bytes) -> Any:
    """The root of a well-formed document of a kind that we read."""
    start = _ROOT.search(body)
    if start is None or _DECLARATION.search(body, 0, start.start()):
        raise Unsure("a document type, or no markup")
    if len(body) > _LARGEST or _XLINK in body or _ODD_INSTRUCTION.search(body):
        raise Unsure("large, XLink, or an odd processing instruction")
    if _C1.search(body) or _C1_REFERENCE.search(body):
        raise Unsure("control characters")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Unsure(f"not well-formed: {error}") from None
    about = root.getroottree().docinfo
    if about.internalDTD is not None or about.xml_version != "1.0":
        raise Unsure("a document type, or another version of XML")
    if root.tag not in {_ATOM, "rss"}:
        raise Unsure(f"root {root.tag}")
    return root


def _declared(root: Any, body: bytes) -> Iterable[tuple[str | None, str]]:
    """All namespaces that are declared anywhere, with their prefixes."""
    declared: Iterable[tuple[str | None, str]] = root.nsmap.items()
    if body.count(b"xmlns") > len(root.nsmap):
        declared = [pair for _, pair in etree.iterwalk(root, events=("start-ns",))]
    if root.tag == _ATOM and any(uri.lower() == _RSS1 for _, uri in declared):
        raise Unsure("Atom and RSS 1.0")
    return declared


def _channel(root: Any, reader: _Reader) -> Any:
    """The element that holds the entries; beside RSS's channel stands nothing that we know."""
    if reader.place.atom:
        return root
    channels = [child for child in root if reader.names[child.tag] == "channel"]
    if len(channels) != 1:
        raise Unsure("not one channel")
    for child in root:
        if child is not channels[0]:
            if reader.names[child.tag] in _KEPT:
                raise Unsure("a feed's element outside of the channel")
            unknown(reader.place, child)
    return channels[0]
