"""Whether a document that is not well-formed is cut, or has lost something: what never ends swallows what follows.

Most ill-formed feeds are read as well as others: a bare ampersand, HTML's own entities, a stray end tag cost nothing.
Here stands what does cost something, so that nobody takes the rest for all there is. This module reads no feed.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from aggregator.steps.syndication.feedxml import Raw

_HIDING = re.compile(rb"<!--|<!\[CDATA\[")
_UNTIL = {b"<!--": b"-->", b"<![CDATA[": b"]]>"}
_CALLED = {b"<!--": "comment", b"<![CDATA[": "CDATA section"}
_END_TAG = re.compile(rb"</(?:[\w.-]+:)?(rss|feed|rdf|channel|item|entry)\s*>", re.IGNORECASE)
_ROOTS = {b"rss", b"feed", b"rdf"}
_ENTRY = re.compile(rb"<(/?)(?:[\w.-]+:)?(?:item|entry)(?=[\s>/])[^<>]*(?<!/)>", re.IGNORECASE)
_TEXT = re.compile(
    rb"<(/?)(title|guid|id|description|summary|content|content:encoded)(?=[\s>/])[^<>]*(?<!/)>", re.IGNORECASE
)
"""Elements that take the next ones along if they are not closed. Links and dates do not, and HTML has such links."""


class Damage(NamedTuple):
    """What a document has lost, for people; both are empty if that is nothing."""

    cut: str = ""
    """Why we believe that its end never came."""
    within: str = ""
    """What is wrong within one that came to its end: its author has to mend it, asking again brings the same."""


def told(raw: Raw, body: bytes) -> Damage:
    """Return what is damaged about a document in UTF-8 that was read."""
    if not raw.error or raw.full:
        return Damage()
    place = f"({raw.error}, line {raw.line})"
    open_text, hidden = _open_text(body)
    if _ended(open_text):
        swallowing = _swallowing(open_text, len(raw.entries))
        return Damage(within=f"{swallowing}, so that others are missing or wrong {place}" if swallowing else "")
    if not hidden:
        return Damage(cut=f"the XML ends too early, its root element is never closed {place}")
    line = 1 + body.count(b"\n", 0, hidden.start())
    message = f"the {_CALLED[hidden[0]]} that begins in line {line} is never closed and hides the rest {place}"
    return Damage(within=message) if _ended(body[hidden.end() :]) else Damage(cut=message)


def _ended(text: bytes) -> bool:
    """Whether the last end tag of those that a feed is made of is its root's."""
    last = b""
    for match in _END_TAG.finditer(text):
        last = match[1].lower()
    return last in _ROOTS


def _open_text(body: bytes) -> tuple[bytes, re.Match[bytes] | None]:
    """Return what stands outside of comments and CDATA, and where the one begins that is never closed."""
    pieces, at = list[bytes](), 0
    while hidden := _HIDING.search(body, at):
        pieces.append(body[at : hidden.start()])
        end = body.find(_UNTIL[hidden[0]], hidden.end())
        if end < 0:
            return b"".join(pieces), hidden
        at = end + len(_UNTIL[hidden[0]])
        pieces.append(b"-")  # something was there
    return b"".join((*pieces, body[at:])), None


def _swallowing(text: bytes, found: int) -> str:
    """Return which element was not closed, or not opened, so that something is missing; empty if there is none."""
    entries, depth, ended = 0, 0, 0  # entries may stand within each other: Simple Sharing Extensions
    for tag in _ENTRY.finditer(text):
        if tag[1] and not depth and text[ended : tag.start()].strip():
            return "an entry is never opened"
        depth, ended = max(depth - 1, 0) if tag[1] else depth + 1, tag.end()
        entries += not tag[1]
    if found < entries:
        return "an entry is never closed"
    left = Counter[bytes]()
    for tag in _TEXT.finditer(text):
        left[tag[2].lower()] += -1 if tag[1] else 1
    return next((f"a <{name.decode()}> is never closed" for name, count in left.items() if count > 0), "")
