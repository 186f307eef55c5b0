"""Web pages as trees: any encoding read, what their URLs are relative to, and HTML out of them again.

Nothing is sanitised here, and nothing chosen: that is for those who know what they look for.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from lxml import etree

from aggregator.errors import ParseError
from aggregator.steps import urls
from aggregator.steps.bodies import decode, sniff
from aggregator.steps.html import limits, nodes, plain

if TYPE_CHECKING:
    from aggregator.model import Document

_CHARSET = re.compile(rb"<meta\b[^>]{0,200}?\bcharset\s*=\s*[\"']?\s*([\w:.-]{2,40})", re.IGNORECASE)


def text_of(document: Document) -> str:
    """Return the markup of a page in whatever encoding, so that UTF-8 can carry it."""
    said = _CHARSET.search(document.body[:4096])
    label = document.charset or (said[1].decode("ascii", "replace") if said else "")
    return plain.sound(decode.decode(document.body, label))


def tree_of(document: Document) -> Any:
    """Return the root element of a page. Raises `errors.ParseError` for what is none: binary data, JSON, blanks."""
    text = text_of(document)
    kind = sniff.looks_like(document.body)
    if "\x00" in text or kind in {"empty", "JSON"} or "<" not in text:
        found = f"it begins with {sniff.shown(document.body)}" if kind != "empty" else "there is nothing"
        raise ParseError(f"not a web page: this is {kind}, {found}", url=document.name)
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(limits.without_long_tags(text).encode(), parser)
    except (etree.LxmlError, ValueError) as error:
        raise ParseError(f"not a web page: {error}", url=document.name) from error
    if root is None:
        raise ParseError("not a web page: no element in it", url=document.name)
    return root


def base_of(root: Any, url: str) -> str:
    """Return what the URLs of a page at `url` are relative to: its `base href` if that stays within the site."""
    said = urls.resolve(url, root.xpath("string(//base/@href)"))
    return said if said and urls.same_site(urls.host(said), urls.host(url)) else url


def drop(element: Any) -> None:
    """Take an element out of its tree, its tail left where it is; the root stays."""
    if element.getparent() is not None:
        nodes.replace(element, [])


def inside(element: Any) -> str:
    """Return the HTML within an element; the element itself if it can hold none."""
    if not len(element) and not element.text:
        return str(etree.tostring(element, encoding="unicode", method="html", with_tail=False))
    parts = (etree.tostring(child, encoding="unicode", method="html") for child in element)
    return html.escape(element.text or "", quote=False) + "".join(parts)
