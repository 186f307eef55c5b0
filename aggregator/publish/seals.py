"""Seals: digests of all that documents are made from, told without making them.

An item's seal covers its record (whose hash, size and time stand for its file), what posts add to it, and the items
that it is shown with; a feed's covers every item that it could show, wherever its window and its archives begin. Code,
templates and the settings of the site are none of it: those are the stamp of the cache in which seals are kept.

This module remembers nothing and renders nothing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from aggregator.steps import indexing, slugs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregator.model.item import Outline
    from aggregator.ports import Store
    from aggregator.publish.edition import Edition

_SOME: Final = 1000
"""Items looked at at a time."""


class Seals:
    """The seals of one edition, made all at once: every item is looked at, most of them for several feeds."""

    def __init__(self, edition: Edition, store: Store) -> None:
        self._edition = edition
        self._members: dict[str, str] = {}
        self._shown: defaultdict[str, list[str]] = defaultdict(list)
        self._items: dict[str, bytes] = {}
        tied = [one for one in self._noted(store) if one.others]
        self._items |= {one.key: indexing.seal(self._joined((one.key, *one.others))) for one in tied}

    def item(self, key: str) -> bytes:
        """Return the seal of an item, empty if there is none with that key."""
        return self._items.get(key, b"")

    def feed(self, member: str, path: str) -> bytes:
        """Return the seal of the feed, named as in the outbox, with the files at `path` and the archive behind it."""
        head = f"{member}\n{path}\n{self._edition.facts(member)}".encode("utf-8", "surrogatepass")
        shown = (self._joined(self._shown.get(part, ())) for part in sorted(self._edition.cover(member)))
        return indexing.seal(b"\n".join((head, *shown)))

    def _noted(self, store: Store) -> Iterator[Outline]:
        """Every item, once it was put among those of its feeds, with a seal that does not know the others yet."""
        mark, after = self._edition.posts.mark, ""
        while found := store.history.outlines(after, _SOME):
            for one in found:
                self._items[one.key] = indexing.seal(one.seal + mark(one.source, one.via, one.tags))
                self._shown["all"].append(one.key)
                self._shown[f"source:{one.source}"].append(one.key)
                for member in {self._member(name) for name in one.tags}:
                    self._shown[member].append(one.key)
                yield one
            after = found[-1].key

    def _joined(self, keys: Iterable[str]) -> bytes:
        return b"".join([self._items.get(key, b"-") for key in keys])

    def _member(self, name: str) -> str:
        found = self._members.get(name)
        if found is None:
            found = self._members[name] = f"tag:{slugs.tag_key(name)}"
        return found
