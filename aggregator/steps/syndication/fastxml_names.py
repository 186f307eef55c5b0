"""Element names as feedparser's handlers know them (`dc_creator`), and the attributes of elements, for `fastxml`.

feedparser's tables of namespaces and prefixes are not scoped; where that could matter we are unsure. This module says
what things are called, not what they mean.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from feedparser.api import StrictFeedParser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_KNOWN: dict[str, str] = {uri.lower(): prefix for uri, prefix in StrictFeedParser.namespaces.items()}
_USERLAND = "backend.userland.com/rss"
"""Part of the namespaces that feedparser takes for none."""
_HANDLED = frozenset(
    name.split("_", 2)[2] for name in dir(StrictFeedParser) if name.startswith(("_start_", "_end_"))
) | {"hour", "day"}
_CLASHING = frozenset(
    (
        *("date", "links", "authors", "contributors", "publisher", "title_detail", "summary_detail"),
        *("description_detail", "author_detail", "publisher_detail"),
    )
)
"""Names without a handler whose text feedparser would store where it keeps something else."""
LANG = "{http://www.w3.org/xml/1998/namespace}lang"
BASE = "{http://www.w3.org/xml/1998/namespace}base"
SCOPING = frozenset((LANG, BASE))
_PLAIN_BASE = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?(?:/(?!\.)[\w.~%-]*)*", re.ASCII)
"""Bases that joining with an outer one leaves alone."""
_MEANT = frozenset(
    (
        *("about", "base", "domain", "filesize", "href", "ispermalink", "label", "lang", "lastmod", "length"),
        *("medium", "mode", "rel", "scheme", "src", "term", "text", "type", "uri", "url", "xmlns"),
    )
)
"""Attributes that some handler reads, in lower case; feedparser finds them in unknown namespaces too."""


class Unsure(Exception):  # not an error: the other road is taken
    """feedparser may read this otherwise; says what."""


class Names(dict[str, str]):
    """lxml's tags to feedparser's names, found once a document. A look-up raises `Unsure` for odd names."""

    def __init__(self, declared: Iterable[tuple[str | None, str]]) -> None:
        super().__init__()
        self._labels: dict[str, str] = {"": ""}
        bound: dict[str, str] = {}
        standard: dict[str, str] = {}
        own: set[str] = set()
        for prefix, uri in declared:
            known = _standard(uri)
            label = (prefix or "").lower() if known is None else known
            if self._labels.setdefault(uri, label) != label or (prefix and bound.setdefault(prefix, uri) != uri):
                raise Unsure("a prefix of two namespaces, or the reverse")
            if not label.isascii() or not (prefix or "").isascii():
                raise Unsure("an odd prefix")
            if known is None:
                own.add(label)
            elif prefix:
                standard[prefix] = known
        known_labels = {label for uri, label in self._labels.items() if _standard(uri)}
        if own & known_labels or any(standard.get(label, label) != label for label in self._labels.values()):
            raise Unsure("a known prefix for another namespace")

    def __missing__(self, tag: Any) -> str:
        if not isinstance(tag, str) or not tag.isascii():
            raise Unsure("an odd element name")
        uri, _, local = tag.rpartition("}")
        if ":" in local:
            raise Unsure("an odd element name")
        label = self._labels[uri[1:]]
        name = f"{label}_{local.lower()}" if label else local.lower()
        self[tag] = name
        return name

    def unhandled(self, tag: str) -> None:
        """Raise `Unsure` if feedparser has a handler for such elements, or mistakes them for something else."""
        name = self[tag]
        if name in _HANDLED or name in _CLASHING:
            raise Unsure(f"<{name}> in an unusual place")


class Actions(dict[str, Any]):
    """lxml's tags to what is done with such elements, found once a document."""

    def __init__(self, names: Names, table: Mapping[str, Callable[..., None]], otherwise: Callable[..., None]) -> None:
        super().__init__()
        self._names, self._table, self._otherwise = names, table, otherwise

    def __missing__(self, tag: str) -> Callable[..., None]:
        action: Callable[..., None] = self._table.get(self._names[tag], self._otherwise)
        self[tag] = action
        return action


def _standard(uri: str) -> str | None:
    """The prefix that feedparser has for a namespace."""
    return "" if _USERLAND in uri.lower() else _KNOWN.get(uri.lower())


def attributes(element: Any, *, based: bool = False) -> dict[str, str]:
    """Return attributes as feedparser's handlers get them, without those that none reads.

    Raises `Unsure` for names that mean something in another namespace, and for xml:base unless `based`.
    """
    found: dict[str, str] = {}
    for key, value in element.items():
        name = key.lower()
        if name in {"base", BASE} and not based:
            raise Unsure("a base in an unusual place")
        if name in SCOPING or name[0] != "{":
            found[name] = value.lower() if name in {"rel", "type"} else value
        elif name.rpartition("}")[2] in _MEANT:
            raise Unsure(f"an attribute {name}")
        if not name.isascii():
            raise Unsure("an odd attribute name")
    return found


def scope(given: dict[str, str], lang: str | None, base: str) -> tuple[str | None, str]:
    """Return language and base in force inside an element with these attributes, from those around it."""
    said = given.get(LANG, given.get("lang"))
    base = given.get(BASE, given.get("base")) or base
    if base and not _PLAIN_BASE.fullmatch(base):
        raise Unsure("an odd base")
    return (lang if said is None else said or None), base
