"""A page's text without white space: where its elements are in it, and where texts are that somebody took from it.

Nothing is chosen here (`steps.webpages.mainpart`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONG, _NEAR = 12, 200
"""Characters of a text that says where it is by itself, and how far behind another one a shorter text is looked for."""
_SILENT = frozenset(("head", "noscript", "script", "select", "style", "svg", "template", "textarea"))


@dataclass(slots=True)
class PageText:
    """A page's text without white space, and which part of it stands in which element."""

    signs: str = ""
    spans: dict[Any, tuple[int, int]] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    """Where the extracted texts begin, and where they end, each ascending."""
    links: list[int] = field(default_factory=list)
    """Where links end, ascending."""
    linked: list[int] = field(default_factory=lambda: [0])
    """How many characters stand in the links so far."""

    def holds(self, element: Any) -> bool:
        """Whether some of the extracted text stands within an element."""
        start, end = self.spans.get(element, (0, 0))
        return self._any(start, end)

    def beside(self, element: Any) -> bool:
        """Whether some of the extracted text stands in an element, but in none of its children."""
        at, end = self.spans[element]
        for child in element:
            start, after = self.spans.get(child, (at, at))
            if self._any(at, start):
                return True
            at = after
        return self._any(at, end)

    def links_in(self, element: Any) -> tuple[int, float]:
        """Return how many links end within an element, and the share of its text that stands in them."""
        start, end = self.spans.get(element, (0, 0))
        first, last = bisect_right(self.links, start), bisect_right(self.links, end)
        return last - first, (self.linked[last] - self.linked[first]) / max(end - start, 1)

    def _any(self, start: int, end: int) -> bool:
        return end > start and bisect_left(self.starts, end) > bisect_right(self.ends, start)


def squeezed(text: str) -> str:
    """Return a text without white space."""
    return "".join(text.split())


def read(root: Any) -> PageText:
    """Return the text of a page; an element's span opens where a walk enters it, and closes where it leaves it."""
    text = PageText()
    parts: list[str] = []
    length, silent = 0, 0
    opened: list[int] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        said = element.text if event == "start" else element.tail
        if event == "start":
            opened.append(length)
            silent += element.tag in _SILENT
        else:
            silent -= element.tag in _SILENT
            text.spans[element] = (opened.pop(), length)
            if element.tag == "a":
                text.links.append(length)
                text.linked.append(text.linked[-1] + length - text.spans[element][0])
        if said and not silent:
            parts.append(squeezed(said))
            length += len(parts[-1])
    text.signs = "".join(parts)
    return text


def located(signs: str, wanted: Sequence[str]) -> list[tuple[int, int]]:
    """Return where texts begin and end in a page's `signs`, without those that are not there; all are squeezed.

    Those that stand in one place only come first, the others by what stands before and behind.
    """
    places: list[int] = []
    for one in wanted:
        first = signs.find(one) if len(one) >= _LONG else -1
        places.append(first if first >= 0 and signs.find(one, first + 1) < 0 else -1)
    later = [place if place >= 0 else len(signs) + 1 for place in places]
    for number in range(len(later) - 2, -1, -1):
        later[number] = min(later[number], later[number + 1])
    end = -1
    for number, one in enumerate(wanted):
        if places[number] < 0:
            places[number] = _between(signs, one, end, later[number])
        if places[number] >= 0:
            end = places[number] + len(one)
    return [(place, place + len(one)) for place, one in zip(places, wanted, strict=True) if place >= 0]


def _between(signs: str, text: str, before: int, behind: int) -> int:
    """The place of a text that is short, or that stands in the page more than once; -1 if that is not to be told."""
    if before < 0:
        place = signs.rfind(text, 0, min(behind, len(signs)))
        return place if behind <= len(signs) and (len(text) >= _LONG or behind - place <= _NEAR) else -1
    place = signs.find(text, before)
    return place if len(text) >= _LONG or place - before <= _NEAR else -1
