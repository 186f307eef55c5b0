"""Which feeds stand as they were written: when everything is published again, those are neither made nor read.

A feed's documents are remembered under its seal, each with what the file system says of it (`witness`). As long as the
seal is the same and the file system says the same of every document, all of them hold the bytes that they would get; a
file that somebody changed, took away or brought back from a backup is made anew with the others of its feed. Whatever
was remembered is lost with the cache in which it lies, and with its stamp.

This module decides nothing about what stands in a feed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from aggregator.witness import Facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aggregator.publish.edition import Edition
    from aggregator.publish.fragments import Fragments
    from aggregator.publish.seals import Seals
    from aggregator.publish.shelf import Shelf

Remembered = tuple[bytes, dict[str, Facts]]
"""A seal, and the documents made under it."""
Document = tuple[str, bytes]
"""Name and bytes."""
_DECODER: Final = msgspec.msgpack.Decoder(Remembered)
_ENCODER: Final = msgspec.msgpack.Encoder()


class Standing:
    """What is remembered of one site's documents, in groups that one seal each is responsible for."""

    def __init__(self, fragments: Fragments, shelf: Shelf, edition: Edition, seals: Seals) -> None:
        self.count = 0
        """Groups that were found to stand."""
        self._fragments = fragments
        self._shelf = shelf
        self._edition = edition
        self._seals = seals
        self._known = dict(self._decoded())
        self._made: dict[str, tuple[bytes, list[str]]] = {}
        self._seen: set[str] = set()

    def feed(self, member: str, path: str, documents: Iterable[Document]) -> Iterator[Document]:
        """Give on the documents of a feed with its archive, none if they stand: then they are not asked for."""
        seal = self._seals.feed(member, path)
        if not self._stands(member, seal, path):
            yield from self._making(member, seal, documents)

    def stands(self, name: str, key: str) -> bool:
        """Whether the one document that is made of an item stands."""
        return self._stands(name, self._seals.item(key))

    def item(self, key: str, document: Document) -> Iterator[Document]:
        """Give on the one document that is made of an item."""
        return self._making(document[0], self._seals.item(key), [document])

    def keep(self) -> None:
        """Remember what was made and put on the shelf, and forget the groups that nobody asked for."""
        made: dict[str, bytes] = {}
        newest = 0
        for group, (seal, names) in self._made.items():
            found = {name: facts for name in names if (facts := self._shelf.noted(name))}
            if len(found) == len(names):
                made[group] = _ENCODER.encode((seal, found))
                newest = max([newest, *(facts[2] for facts in found.values())])
        self._fragments.remember(made, self._known.keys() - self._seen, since=newest)

    def _decoded(self) -> Iterator[tuple[str, Remembered]]:
        for group, data in self._fragments.remembered().items():
            try:
                yield group, _DECODER.decode(data)
            except msgspec.MsgspecError:
                continue

    def _stands(self, group: str, seal: bytes, folder: str = "") -> bool:
        """Whether the group's documents are those that would be made now, and nothing else lies in their folder."""
        self._seen.add(group)
        known, documents = self._known.get(group, (b"", {}))
        if not seal or known != seal:  # an item without seal came after these were made
            return False
        within = sorted(name for name in documents if name.startswith(f"{folder}/")) if folder else []
        if folder and self._shelf.names(folder) != within:
            return False
        stands = all(self._shelf.facts(name) == facts for name, facts in documents.items())
        self.count += stands
        return stands

    def _making(self, group: str, seal: bytes, documents: Iterable[Document]) -> Iterator[Document]:
        """Give on the documents, to be remembered as the group's unless an item could not be read for them."""
        failures, names = self._edition.failures, []
        for name, data in documents:
            names.append(name)
            yield name, data
        if failures == self._edition.failures:
            self._made[group] = seal, names
