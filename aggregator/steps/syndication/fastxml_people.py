"""People of feeds and entries as feedparser's handlers leave them, for `steps.syndication.fastxml`.

Author lines are not taken apart here (`steps.syndication.people`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aggregator.steps.syndication.fastxml_names import Unsure
from aggregator.steps.syndication.fastxml_place import nothing, unknown, vet
from aggregator.steps.syndication.fastxml_texts import clean, leaf

if TYPE_CHECKING:
    from aggregator.steps.syndication.fastxml_place import Place

_PARTS = {"name": "name", "itunes_name": "name", "email": "email", "itunes_email": "email"}
_ADDRESSES = frozenset(("uri", "url", "homepage"))


def author(place: Place, element: Any) -> None:
    """Keep an author: RSS's line, or Atom's person."""
    vet(place, element)
    someone: dict[str, str] = {}
    for child in element:
        _person(place, child, someone)
    if not len(element):
        someone["text"] = clean(element.text)
    elif not someone:
        raise Unsure("an author without name")
    place.context.setdefault("authors", []).append(someone)


def person(place: Place, element: Any) -> None:
    """Skip a contributor."""
    vet(place, element)
    for child in element:
        _person(place, child, {})


def _person(place: Place, child: Any, someone: dict[str, str]) -> None:
    """One part of a person construct (RFC 4287 §3.2)."""
    name = place.names[child.tag]
    if key := _PARTS.get(name):
        nothing(place, child)
        someone[key] = (child.text or "").strip()
    elif name in _ADDRESSES:
        vet(place, child)
        someone["href"] = leaf(child)
    else:
        unknown(place, child)


def owner(place: Place, element: Any) -> None:
    """Read iTunes' owner: feedparser gives name and address to the last author."""
    vet(place, element)
    for child in element:
        if key := _PARTS.get(place.names[child.tag]):
            nothing(place, child)
            place.context.setdefault("authors", [{}])[-1][key] = (child.text or "").strip()
        else:
            unknown(place, child)
