"""Texts of well-formed feeds as feedparser gives them, for `steps.syndication.fastxml`: plain, HTML and XHTML.

Windows-1252 in disguise, which feedparser repairs, makes us unsure. Nothing is sanitised.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from feedparser.api import StrictFeedParser

from aggregator.steps.html import plain
from aggregator.steps.syndication.fastxml_names import Unsure, attributes, scope

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES = {
    **dict.fromkeys(("text", "plain", "text/plain"), "text/plain"),
    **dict.fromkeys(("html", "text/html"), "text/html"),
    **dict.fromkeys(("xhtml", "application/xhtml+xml"), "application/xhtml+xml"),
}
HTML = frozenset(said for said, kind in _TYPES.items() if kind != "text/plain")
"""What says that something is HTML."""
_XHTML = "{http://www.w3.org/1999/xhtml}"
_C1 = re.compile("[\x80-\x9f]")
_BARRED = frozenset(("body", "svg", "math"))
"""Elements of XHTML that feedparser treats apart."""
_QUOTE = {'"': "&quot;"}


def clean(text: str | None) -> str:
    """Return an element's text as feedparser stores it: stripped, and decoded once more if it was encoded twice."""
    return _decoded(text.strip()) if text else ""


def _decoded(text: str) -> str:
    if not text.isascii():
        try:
            text = text.encode("iso-8859-1").decode()
        except UnicodeError:
            return text
        if _C1.search(text):
            raise Unsure("control characters in UTF-8 encoded twice")
    return text


def leaf(element: Any) -> str:
    """Return the text of an element without markup; `Unsure` if there is some."""
    return clean(_alone(element))


def _alone(element: Any) -> str:
    if len(element):
        raise Unsure(f"markup in <{element.tag}>")
    return element.text or ""


def construct(element: Any, default: str, *, atom: bool, lang: str | None, base: str) -> dict[str, Any]:
    """Return a text construct (RFC 4287 §3.1) as feedparser's `_detail`: type, language, base and value."""
    said = default
    if element.keys():
        given = attributes(element, based=True)
        lang, base = scope(given, lang, base)
        said = given.get("type", default)
        if "mode" in given or "src" in given:
            raise Unsure("mode or src")
    kind = _TYPES.get(said)
    if kind is None:
        raise Unsure(f"an odd type {said}")
    if kind != "application/xhtml+xml":
        value = _decoded(plain.trimmed(_alone(element)))
    elif atom:
        value = _decoded(plain.trimmed("".join(_inside(_wrapped(element)))))
    else:
        raise Unsure("XHTML outside Atom")
    if not atom and kind == "text/plain" and ("<" in value or "&" in value):
        if value != plain.trimmed(element.text):
            raise Unsure("perhaps HTML, encoded twice")
        if StrictFeedParser.looks_like_html(value):
            kind = "text/html"
    return {"type": kind, "language": lang and lang.replace("_", "-"), "base": base, "value": value}


def _wrapped(element: Any) -> Any:
    """The element whose inside counts: feedparser drops a `div` that holds everything."""
    if len(element) == 1 and element[0].tag == f"{_XHTML}div" and not (element.text or "").strip():
        only = element[0]
        if not (only.tail or "").strip():
            _tag(only)
            return only
    return element


def _inside(element: Any) -> Iterator[str]:
    """The markup inside an element as feedparser writes it again; empty elements get two tags."""
    yield escape(element.text or "")
    for child in element:
        name, start = _tag(child)
        yield start
        yield from _inside(child)
        yield f"</{name}>{escape(child.tail or '')}"


def _tag(element: Any) -> tuple[str, str]:
    """Name and start tag of an element of XHTML."""
    space, _, local = element.tag.rpartition("}")
    name = local.lower()
    if f"{space}}}" != _XHTML or name in _BARRED or not name.isascii() or any("{" in key for key, _ in element.items()):
        raise Unsure("markup beyond plain XHTML")
    given = attributes(element)
    return name, "".join((f"<{name}", *(f' {key}="{escape(given[key], _QUOTE)}"' for key in given), ">"))
