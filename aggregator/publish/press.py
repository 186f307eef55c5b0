"""Feeds rendered from cached entries: an item's file is read, and its post made, only if one of them is missing.

The seal of an entry is a digest of what it is rendered from: the item's record (whose `file_hash`, size and time stand
for its file), and what the edition adds to it (origin, tags, related items, how much of the text is published). Its
place is one of the format and what of the feed the format looks at. What renders it is in the stamp of the whole cache.

This module writes no feeds and knows no format.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aggregator import __version__, files
from aggregator.publish.fragments import number_of
from aggregator.publish.window import Window
from aggregator.steps import indexing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aggregator.model import Feed, Record
    from aggregator.ports import Output
    from aggregator.publish.fragments import Fragments
    from aggregator.settings import Settings

_DIGEST: Final = 16
_PACKAGE: Final = Path(__file__).parents[1]
_RENDERERS: Final = ("model", "outputs", "publish", "steps")
"""Folders of the package that have a part in how an entry looks."""


class Press:
    """Renders feeds in the formats of `outputs`; with `own_ids` an entry's id is another one in each feed."""

    def __init__(self, outputs: Mapping[str, Output], fragments: Fragments, *, own_ids: bool) -> None:
        self._outputs = outputs
        self._fragments = fragments
        self._own_ids = own_ids

    def render(self, feed: Feed, output: Output, limit: int = 0) -> bytes:
        """Return the feed's file; a `limit` in bytes drops the oldest posts, but never the newest one."""
        entries = (entry for _, entry in self.entries(feed, output)) if isinstance(feed.posts, Window) else None
        return output.render(feed, limit=limit, entries=entries)

    def entries(self, feed: Feed, output: Output) -> Iterator[tuple[Record, bytes]]:
        """Give the entries of a feed whose posts are a `Window`, with their records; unreadable ones are left out."""
        assert isinstance(feed.posts, Window)
        window, wanted = feed.posts, output.FORMAT
        places = {name: self._place(feed, self._outputs[name]) for name in feed.formats}
        for record in window.records:
            found = window.entries.get(record.key)
            if found is None or wanted not in found:
                found = window.entries[record.key] = self._entries(record, feed, window, places)
            if found:
                yield record, found[wanted]

    def _entries(self, record: Record, feed: Feed, window: Window, places: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """The record's entry in every format of the feed, since all will be asked for; none if it is unreadable."""
        seal = window.facts(record)
        name = f"{record.key} {feed.path}" if self._own_ids else record.key
        number = number_of(indexing.seconds(record.published), name)
        kept = {place: one for place, one in self._fragments.get(number).items() if one[0] == seal}
        found = {name: kept[place][1] for name, place in places.items() if place in kept}
        if len(found) < len(places):
            post = window.post(record)
            if post is None:
                return {}
            missing = {name: self._outputs[name].entry(post, feed) for name in places if name not in found}
            self._fragments.put(number, {**kept, **{places[name]: (seal, data) for name, data in missing.items()}})
            found |= missing
        return found

    def _place(self, feed: Feed, output: Output) -> bytes:
        """A digest of format and feed, as far as entries look at the feed."""
        told = (output.FORMAT, feed.path if self._own_ids else "", output.frame(feed))
        return blake2b("\n".join(told).encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest()


def stamp(settings: Settings) -> str:
    """Return a digest of what has a part in every entry: our code and templates, the owner's, and the site's settings.

    Our files are known by their sizes and times, which change with every installation.
    """
    told = (__version__, settings.site, settings.publish, settings.templates, _ours())
    return files.digest(repr(told).encode("utf-8", "surrogatepass"))


@cache
def _ours() -> list[tuple[str, int, int]]:
    """Our files with sizes and times, looked at once: what is installed while a process runs does not render in it."""
    return [
        (path.as_posix(), facts.st_size, facts.st_mtime_ns)
        for name in _RENDERERS
        for path in sorted((_PACKAGE / name).rglob("*"))
        if path.suffix not in {".pyc", ""} and (facts := path.stat())
    ]
