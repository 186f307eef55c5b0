"""Atom ids: which one an item is published under (RFC 4287 §4.2.6), and in what spelling.

An id never changes, so it is settled once, when an item is first seen, in a form that every reader and validator takes.
Who gets an id that two items ask for is decided elsewhere (`steps.dedupe`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aggregator.steps import urls

if TYPE_CHECKING:
    from aggregator.model import Item

_URI = re.compile(r"[a-z][a-z0-9+.-]*:[\w;/?:@&=+$.!~*'()%,#-]+", re.ASCII)
_SCHEMES = frozenset({"ftp", "news", "nntp", "cid", "mid", "dns", "info", "xmpp", "opaquelocktoken"})
"""Schemes beside http, https, urn and tag under which ids are seen and that are registered with IANA."""
_URN = re.compile(
    r"urn:(?!uuid:)[a-z0-9][a-z0-9-]{1,31}:(?:[\w()+,.:=@;$!*'-]|%[0-9a-f]{2})+", re.IGNORECASE | re.ASCII
)
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TAG = re.compile(
    r"tag:(?:[a-z0-9._-]+@)?[a-z0-9.-]+,\d{4}(?:-\d{2}(?:-\d{2})?)?:[\w;/?:@&=+$.!~*'(),%-]*(?:#[\w;/?:@&=+$.!~*'(),%-]*)?",
    re.ASCII,
)


def entry_id(item: Item, authority: str) -> str:
    """Return the id that an item asks for: its guid if that can be published, else its link, else a tag URI."""
    return publishable(item.guid) or publishable(item.link) or tag_id(item.key, authority)


def tag_id(key: str, authority: str) -> str:
    """Return the tag URI (RFC 4151) of an item that cannot have the id it asks for."""
    return f"tag:{authority}:item/{key}"


def publishable(iri: str) -> str:
    """Return an absolute IRI as it can stand in a feed, empty if it cannot.

    Web addresses become URIs in their normal form (RFC 3986 §6.2); URNs must follow RFC 8141, UUIDs RFC 9562, tags
    RFC 4151, and other schemes must be registered: readers and validators complain about anything else.
    """
    scheme = iri.partition(":")[0].lower()
    if scheme in {"http", "https"}:
        return urls.settled(iri)
    patterns = (
        (_UUID, _URN) if scheme == "urn" else (_TAG,) if scheme == "tag" else (_URI,) if scheme in _SCHEMES else ()
    )
    return iri if any(pattern.fullmatch(iri) for pattern in patterns) else ""
