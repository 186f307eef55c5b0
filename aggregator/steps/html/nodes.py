"""Edits on lxml trees that keep the text around what is edited; lxml hangs text on elements, as `text` and `tail`.

A *node* is an element without its tail, or a string. This module knows the kinds of elements, not what to do to them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from lxml import etree, html

from aggregator.steps.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml has no public name for its elements
Node: TypeAlias = "Element | str"

_BLOCK_NAMES = """
    address article aside blockquote caption center dd details div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6
    header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul
"""
BLOCKS = frozenset(_BLOCK_NAMES.split())
"""Elements that begin and end lines."""
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
CODE = frozenset({"code", "kbd", "pre", "samp"})
"""Elements whose text Markdown takes literally."""
EMPHASIS = {"b": "strong", "strong": "strong", "em": "em", "i": "em"}
"""Elements that Markdown writes with asterisks, and which of them mean the same."""


_VOID = re.compile(r"(<(?:br|col|hr|img|wbr)(?:\s[^<>]*)?)(?<!/)>")
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def parse(markup: str) -> Element:
    """Return a `div` that holds a fragment as the sanitiser writes it; never raises, whatever the fragment is.

    Read as XML, for lxml's HTML parser still rearranges as browsers did before HTML5: `<b><p>` loses its bold.
    """
    closed = _VOID.sub(r"\1/>", markup).replace("&nbsp;", "\xa0")
    try:
        return etree.fromstring(f"<div>{closed}</div>", _PARSER)
    except etree.XMLSyntaxError:  # not as the sanitiser writes it
        root: Element = html.fragment_fromstring(clean(markup), create_parent="div")
        return root


def serialize(root: Element) -> str:
    """Return the inner HTML of what `parse` returned."""
    return str(etree.tostring(root, encoding="unicode", method="html"))[len("<div>") : -len("</div>")]


def contents(element: Element) -> list[Node]:
    """Return what is in `element`, taken out of it."""
    found: list[Node] = [element.text] if element.text else []
    element.text = None
    for child in list(element):
        tail, child.tail = child.tail, None
        element.remove(child)
        found += [child, tail] if tail else [child]
    return found


def fill(element: Element, nodes: Iterable[Node]) -> None:
    """Append `nodes` to `element`."""
    for node in nodes:
        if not isinstance(node, str):
            element.append(node)
        elif len(element):
            element[-1].tail = (element[-1].tail or "") + node
        else:
            element.text = (element.text or "") + node


def wrapped(tag: str, run: list[Node]) -> list[Node]:
    """Return an element that holds all of `run`; `run` itself where that is nothing but blanks."""
    if all(isinstance(node, str) and not node.strip() for node in run):
        return run
    wrapper = etree.Element(tag)
    fill(wrapper, run)
    return [wrapper]


def replace(element: Element, nodes: Iterable[Node]) -> None:
    """Put `nodes` where `element` stands; it may be one of them."""
    parent = element.getparent()
    assert parent is not None
    mark = etree.Element("mark")
    mark.tail, element.tail = element.tail, None
    parent.replace(element, mark)
    for node in nodes:
        if isinstance(node, str):
            append_before(mark, node)
        else:
            mark.addprevious(node)
    tail, mark.tail = mark.tail, None
    if tail:
        append_before(mark, tail)
    parent.remove(mark)


def append_before(element: Element, text: str) -> None:
    """Put `text` right before `element`."""
    previous, parent = element.getprevious(), element.getparent()
    if previous is not None:
        previous.tail = (previous.tail or "") + text
    elif parent is not None:
        parent.text = (parent.text or "") + text


def unwrap(element: Element) -> None:
    """Replace `element` by what is in it."""
    replace(element, contents(element))


def text_of(element: Element) -> str:
    """Return all text below `element`."""
    return "".join(element.itertext())


def has(element: Element, names: Iterable[str]) -> bool:
    """Whether an element with one of the names is below `element`."""
    return next(element.iterdescendants(*names), None) is not None
