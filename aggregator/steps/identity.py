"""Which entry is which: keys that depend on a source and an identity alone, and the hash that tells a real change.

An entry's identity is the first of these that it has and shares with no *other* entry of its document:

    guid    as written, trimmed; another entry is one with another title or another URL
    url     canonical form of its link (`steps.urls.canonical`); another entry is one with another title
            (of two entries without title, one with other content)
    title   title and date as written; another entry is one with other content
    text    everything it says

So feeds that give all entries one guid, or one link, lose nothing. Exact repeats share their key. Neither the order of
the entries nor the time plays a part.

Nothing is decided here about duplicates across sources (`steps.dedupe`).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from aggregator.errors import EntryError
from aggregator.steps.text import fold
from aggregator.steps.urls import canonical, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from aggregator.model import Entry, Item


def identify(source_id: str, entries: Sequence[Entry]) -> list[str]:
    """Return the key of each entry of one document, in their order. Never raises.

    An item file is known by its own source (its first category, else `source_id`), `guid` and link, like an entry that
    says the same; a file without readable front matter by its text.
    """
    faces = [_face_of_file(source_id, entry.file) if entry.file else _face(source_id, entry) for entry in entries]
    guids = _contested(faces, lambda face: face.guid, lambda face: (face.name, face.url))
    links = _contested(faces, lambda face: face.url, lambda face: face.name)
    titles = _contested(faces, lambda face: face.title, lambda face: face.text)
    keys = []
    for face in faces:
        ladder = (("guid", face.guid, guids), ("url", face.url, links), ("title", face.title, titles))
        steps = ((kind, value) for kind, value, contested in ladder if value and (face.source, value) not in contested)
        kind, value = next(steps, None) or ("text", face.text)  # hashed only where it is needed
        keys.append(item_key(face.source, kind, value))
    return keys


def item_key(source_id: str, kind: str, value: str) -> str:
    """Return the key of the item that a source knows by this identity: 16 hex digits."""
    return _digest((source_id, kind, value), size=8)


def apart(item: Item, texts: dict[str, str], source_id: str, path: str) -> str:
    """Return the key under which the item of a folder's file is kept: mostly its own.

    A file without guid and link is known by title and date. If a file before it in the folder has both the same and
    another text, it is known by its `path` instead. `texts` are the texts of the files before it, by key; its own is
    added.
    """
    if item.guid or item.link or texts.setdefault(item.key, item.file) == item.file:
        return item.key
    return item_key(source_id, "file", path)


def content_hash(item: Item) -> str:
    """Return 32 hex digits that change when an item says something else: title, text, link or enclosures.

    Dates, tags, thumbnail and tracking parameters do not count. For items that came as files every character does,
    since the file is kept as it is.
    """
    if item.file:
        return _digest((item.file,), size=16)
    enclosures = (canonical(enclosure.href) or enclosure.href for enclosure in item.enclosures)
    return _digest((item.title, item.body, canonical(item.link), *enclosures), size=16)


@dataclass(frozen=True, slots=True)
class _Face:
    """What an entry can be known by; empty where it lacks it."""

    source: str
    guid: str
    url: str
    title: str
    """Title and date as written; empty if it has neither."""
    heading: str
    """The title alone."""
    shown: tuple[str, ...]
    """What stands in for a missing title."""
    said: tuple[str, ...]
    """Everything it says."""

    @property
    def name(self) -> str:
        """What tells it from others at a glance: the title alone, folded; without title the text."""
        return fold(self.heading) or _digest(self.shown, size=16)

    @property
    def text(self) -> str:
        """What tells it from all others."""
        return _digest(self.said, size=16)


def _face(source: str, entry: Entry) -> _Face:
    title, written, link = entry.title.strip(), (entry.published or entry.updated).strip(), entry.link.strip()
    return _Face(
        source=source,
        guid=entry.guid.strip(),
        url=canonical(resolve(entry.base, link)) or link,
        title=f"{title}\n{written}" if title or written else "",
        heading=title,
        shown=(entry.summary, entry.content),
        said=(title, written, link, entry.summary, entry.content, *(one.href for one in entry.enclosures)),
    )


def _face_of_file(source: str, content: str) -> _Face:
    """What an item file can be known by: its text alone if its front matter cannot be read."""
    from aggregator.steps import frontmatter  # noqa: PLC0415 - 25 ms that a round without news need not pay

    said = (content,)
    try:
        item = frontmatter.load(content, UTC, name=source)
    except EntryError:
        return _Face(source=source, guid="", url="", title="", heading="", shown=said, said=said)
    written = item.published.isoformat() if item.published else ""
    return _Face(
        source=item.source,
        guid=item.guid,
        url=canonical(item.link),
        title=f"{item.title}\n{written}" if item.title or written else "",
        heading=item.title,
        shown=said,
        said=said,
    )


def _contested(
    faces: Iterable[_Face], value: Callable[[_Face], str], other: Callable[[_Face], Hashable]
) -> set[tuple[str, str]]:
    """The (source, value) pairs that stand on entries which differ otherwise; of most there is only one."""
    claimants: defaultdict[tuple[str, str], list[_Face]] = defaultdict(list)
    for face in faces:
        claimants[face.source, value(face)].append(face)
    return {claim for claim, ones in claimants.items() if len(ones) > 1 and len(set(map(other, ones))) > 1}


def _digest(parts: Iterable[str], *, size: int) -> str:
    joined = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=size).hexdigest()
