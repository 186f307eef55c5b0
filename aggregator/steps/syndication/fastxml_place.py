"""Where `steps.syndication.fastxml` is in a document, and what is done with elements that are hardly kept.

This module maps nothing: its names and flags are those of feedparser's handlers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aggregator.steps.syndication.fastxml_names import Unsure
from aggregator.steps.syndication.fastxml_texts import leaf

if TYPE_CHECKING:
    from aggregator.steps.syndication.fastxml_names import Names


@dataclass(slots=True)
class Place:
    """Where reading is: the feed's or entry's dictionary, and feedparser's flags."""

    atom: bool
    names: Names
    context: dict[str, Any]
    lang: str | None = None
    base: str = ""
    depth: int = 1
    """Of the elements being read: 1 in a feed, 2 in an entry, more in Media RSS."""
    inside: bool = False
    """In an entry."""
    title_depth: int = -1
    title_kept: int = 0
    """Depth of the title that the entry has, 0 if none."""
    has_content: bool = False
    vetted: set[str] = field(default_factory=set)
    hours: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)


def unknown(place: Place, element: Any) -> None:
    """Skip an element without a handler; `Unsure` if it, or one inside, has one."""
    for one in element.iter() if len(element) else (element,):
        place.names.unhandled(one.tag)
        vet(place, one)


def vet(place: Place, element: Any) -> None:
    """Raise `Unsure` for attributes that change what is outside of the element."""
    for key in element.keys():  # noqa: SIM118 - lxml's elements iterate over children
        if key not in place.vetted:
            if not key.isascii() or key.lower().rpartition("}")[2] == "base":
                raise Unsure("an odd attribute")
            place.vetted.add(key)


def nothing(place: Place, element: Any) -> None:
    """Skip an element that has a handler, but says nothing that is kept."""
    vet(place, element)
    leaf(element)


def text(place: Place, element: Any, *, key: str) -> None:
    """Keep a text; the last one counts."""
    vet(place, element)
    place.context[key] = leaf(element)
