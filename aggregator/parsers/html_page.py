"""Web pages, read as declared: CSS selectors for the list and for each field of an entry.

`selector@attribute` takes an attribute, `@attribute` one of the entry's own element; without, a link gives its `href`,
an image its address, a `time` its `datetime`, content and summary their HTML, everything else its text. Nothing is
fetched here, and nothing sanitised.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lxml import etree

from aggregator.errors import ParseError
from aggregator.steps import urls
from aggregator.steps.bodies import sniff
from aggregator.steps.html import plain
from aggregator.steps.webpages import declared, pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import Document, Parsed

_AT = re.compile(r"(?P<selector>.*?)\s*@(?P<attribute>[A-Za-z][\w:.-]*)", re.DOTALL)
_ATTRIBUTES = {
    "link": ("href",),
    "image": ("data-src", "data-original", "src", "content", "href"),
    "date": ("datetime", "content"),
    "updated": ("datetime", "content"),
}
"""Attributes that a field takes by itself, the first that is there."""
_MARKUP = frozenset({"content", "summary"})
_MANY = frozenset({"author", "tags", "content"})


def recognizes(document: Document) -> bool:
    """Whether the document was declared to be a page."""
    return document.declared is not None and document.declared.kind == "html"


def parse(document: Document) -> Parsed:
    """Return the entries that the declaration finds; without a list the whole page is one.

    Raises `errors.ParseError`, naming key and selector, for what is no page and for pages of another shape.
    """
    how = document.declared
    root = pages.tree_of(document)
    if how is None:
        raise ParseError("this page was not declared", url=document.name)
    base = pages.base_of(root, document.name)
    for selector in how.remove:
        for element in _select(selector, root):
            pages.drop(element)
    if not how.each:
        return declared.read_page(document, root, _find, lambda row: _matches(row, how.skip), base)
    rows = _select(how.each, root)
    if not rows:
        message = f"{how.key}.list: {how.each!r} finds nothing: the site may have changed"
        raise ParseError(f"{message}; this is {sniff.looks_like(document.body)}", url=document.name)
    parsed = declared.read_list(document, rows, _find, lambda row: _matches(row, how.skip), base)
    after = _find(root, "link", how.next) if how.next else ()
    title = " ".join((root.findtext(".//title") or "").split())
    return replace(
        parsed,
        title=plain.sound(title),
        link=document.name,
        next=urls.resolve(base, after[0]) if after else "",
    )


def split(expression: str) -> tuple[str, str]:
    """Return selector and attribute of an expression, each empty where it has none."""
    found = _AT.fullmatch(expression)
    return (found["selector"], found["attribute"]) if found else (expression, "")


def mistake(expression: str) -> str:
    """Return what is wrong with an expression, in words; empty if it can be used."""
    from cssselect import SelectorError  # noqa: PLC0415 - for declared sources only

    selector, attribute = split(expression)
    try:
        if selector or not attribute:
            _compiled(selector)
    except (SelectorError, etree.LxmlError) as error:
        return f"expected a CSS selector: {' '.join(str(error).split())}"
    return ""


def _select(selector: str, row: Any) -> list[Any]:
    return list(_compiled(selector)(row))


@lru_cache(maxsize=256)
def _compiled(selector: str) -> Any:
    from lxml.cssselect import CSSSelector  # noqa: PLC0415 - for declared sources only

    return CSSSelector(selector, translator="html")


def _matches(row: Any, conditions: tuple[str, ...]) -> bool:
    return any(_select(condition, row) for condition in conditions)


def _find(row: Any, name: str, expression: str) -> declared.Values:
    selector, attribute = split(expression)
    chosen = _outermost(_select(selector, row)) if selector else [row]
    texts = [text for element in chosen if (text := plain.trimmed(_value(element, name, attribute)))]
    return tuple(texts if name in _MANY else texts[:1])


def _outermost(elements: Sequence[Any]) -> list[Any]:
    """The elements that stand in none of the others, in document order."""
    taken = set(elements)
    return [element for element in elements if taken.isdisjoint(element.iterancestors())]


def _value(element: Any, name: str, attribute: str) -> str:
    for wanted in (attribute,) if attribute else _ATTRIBUTES.get(name, ()):
        if value := element.get(wanted):
            return str(value)
    if attribute or name in {"link", "image"}:
        return ""
    return pages.inside(element) if name in _MARKUP else " ".join("".join(element.itertext()).split())
