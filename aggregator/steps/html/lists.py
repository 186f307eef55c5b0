"""Lists as Markdown can say them: text in their items alone, and the numbers that these have.

Markdown numbers on from a list's first item, and joins lists that touch. Where one begins anew, its items begin with
`text.UNHEARD`, from which `steps.html.markdown` makes the other delimiter (CommonMark §5.3: `1)` for `1.` is another
list). Works on lxml trees, like the other cures of `steps.html.prepare`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from aggregator.steps.html import nodes
from aggregator.steps.text import UNHEARD

if TYPE_CHECKING:
    from aggregator.steps.html.nodes import Element, Node

_NUMBER: Final = re.compile(r"[0-9]{1,9}")
"""What CommonMark takes for the number of an item."""
_OPAQUE: Final = nodes.BLOCKS - {"p", "div"}
"""Elements before which a sign would stand in a line of its own, apart from the item's number."""


def said(written: str | None, default: int) -> int:
    """Return the number that an attribute says, `default` if it says none."""
    return int(written) if written and _NUMBER.fullmatch(written) else default


def gather(root: Element) -> bool:
    """Put text and inline elements that stand beside the items of a list into the item before, or before the list.

    Return whether anything changed.
    """
    changed = False
    for listing in list(root.iter("ol", "ul")):
        if (listing.text or "").strip() or any(_is_stray(child) for child in listing):
            _regroup(listing)
            changed = True
    return changed


def _is_stray(child: Element) -> bool:
    return bool((child.tail or "").strip()) or child.tag not in nodes.BLOCKS | {"br"}


def _regroup(listing: Element) -> None:
    """Move strays to the end of the item before them; those before the first item go before the list."""
    before: list[Node] = []
    item: Element | None = None
    for node in nodes.contents(listing):
        if isinstance(node, str) or node.tag not in nodes.BLOCKS:
            if item is None:
                before.append(node)
            elif not isinstance(node, str) or node.strip():
                nodes.fill(item, [" ", node])
        else:
            item = node
            listing.append(item)
    if any(not isinstance(node, str) or node.strip() for node in before):
        paragraph = listing.makeelement("p")
        nodes.fill(paragraph, before)
        listing.addprevious(paragraph)


def number(root: Element) -> bool:
    """Make every item that says its number, and every list, begin where it says; return whether anything changed."""
    changed = False
    for listing in list(root.iter("ol")):
        if listing.get("start") is not None and not _NUMBER.fullmatch(listing.get("start", "")):
            del listing.attrib["start"]
            changed = True
        changed |= _split(listing)
    for listing in root.iter("ol"):
        changed |= _part(listing)
    return changed


def _split(listing: Element) -> bool:
    """A list for each run of items whose numbers follow each other."""
    changed, current, number = False, listing, _start(listing)
    for item in list(listing.iterchildren("li")):
        if (value := said(item.get("value"), number)) != number:
            number, changed = value, True
            if current is not listing or item.getprevious() is not None:
                following = listing.makeelement("ol")
                following.tail, current.tail = current.tail, None
                current.addnext(following)
                current = following
            current.set("start", item.get("value"))
        if current is not listing:
            current.append(item)
        number += 1
    return changed


def _part(listing: Element) -> bool:
    """Sign the items of a list that touches another, unless it goes on where that ends or that one is signed itself."""
    before = listing.getprevious()
    if before is None or before.tag != "ol" or (before.tail or "").strip():
        return False
    last = _start(before) + sum(1 for _ in before.iterchildren("li"))
    first = next(before.iterchildren("li"), None)
    if last == _start(listing) or (first is not None and nodes.text_of(first).lstrip().startswith(UNHEARD)):
        return False
    for item in listing.iterchildren("li"):
        _sign(item)
    return True


def _sign(item: Element) -> None:
    place = item
    while not (place.text or "").strip() and len(place) and place[0].tag in {"p", "div"}:
        place = place[0]
    if (place.text or "").strip() or not len(place) or place[0].tag not in _OPAQUE:
        place.text = UNHEARD + (place.text or "").lstrip(" \t\n")


def _start(listing: Element) -> int:
    return said(listing.get("start"), 1)
