"""The archive documents of feeds, rendered, with the feed's own Atom file behind them.

This module writes nothing and does not know which parts there are (`archives`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from aggregator.outputs.html.pages import PAGED
from aggregator.publish.archives import Archive
from aggregator.steps import archives, compose, select

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping

    from aggregator.model import Feed
    from aggregator.ports import Output, Store
    from aggregator.publish.edition import Edition
    from aggregator.publish.shelf import Shelf
    from aggregator.settings import Settings
    from aggregator.steps.archives import Part

ARCHIVED: Final = "atom"
"""The format of archive documents: RFC 5005 knows no other."""
PAGES: Final = "html"
"""The format that is not for subscribing."""
_ENTRY: Final = (b"<entry>", b"<entry ")


def paged_archive(path: str, formats: Collection[str]) -> bool:
    """Whether the archive documents of the feed with that path have pages for people."""
    return path in PAGED and PAGES in formats


class Past:
    """What lies behind the feeds of one publication; `days` are those touched, None for all."""

    def __init__(
        self, settings: Settings, store: Store, edition: Edition, shelf: Shelf, days: frozenset[str] | None
    ) -> None:
        self.stale: list[str] = []
        """Archive files that no feed has any more, as far as feeds were rendered."""
        self._settings = settings
        self._publish = settings.publish
        self._zone = ZoneInfo(settings.site.timezone)
        self._store = store
        self._edition = edition
        self._shelf = shelf
        self._days = days

    def documents(
        self, member: str, feed: Feed, outputs: Mapping[str, Output]
    ) -> Generator[tuple[str, bytes], None, Feed]:
        """Give (name, bytes) of the archive documents to write, then of the feed, which names the newest of them.

        Returns the feed with its link to them.
        """
        output = outputs[ARCHIVED]
        kind, _, key = member.partition(":")
        archived = self._publish.archive != "off" and kind in ("all", "tag")
        if not archived:
            yield feed.path + output.SUFFIX, output.render(feed, limit=self._publish.max_size)
            return feed
        archive = Archive(key, self._store.history, self._zone, self._publish.max_size)
        data, feed = self._fitted(archive, feed, output)
        there = self._there(feed.path, output.SUFFIX)
        chosen = set(archive.everything() if self._days is None else archive.touched(self._days, there))
        paged = paged_archive(feed.path, self._publish.formats)
        for part in sorted(chosen):
            document = self._document(archive, part, feed, select.policy(self._settings, member))
            yield document.path + output.SUFFIX, output.render(document)
            if paged:
                page = replace(document, formats=(ARCHIVED, PAGES))
                yield document.path + outputs[PAGES].SUFFIX, outputs[PAGES].render(page)
        gone = there - chosen if self._days is None else set(archive.gone(there))
        names = [_path(feed, part) + output.SUFFIX for part in gone]
        if paged:
            left = self._there(feed.path, outputs[PAGES].SUFFIX)
            names += [_path(feed, part) + outputs[PAGES].SUFFIX for part in gone if part in left]
        self.stale += sorted(names)
        yield feed.path + output.SUFFIX, data
        return feed

    def _fitted(self, archive: Archive, feed: Feed, output: Output) -> tuple[bytes, Feed]:
        """The feed, rendered, with the archive that begins where its entries end."""
        standing = len(feed.posts)
        while True:
            archive.begin(feed.posts[:standing])
            linked = replace(feed, previous=_path(feed, archive.newest) if archive.newest else "")
            data = output.render(linked, limit=self._publish.max_size)
            entries = sum(map(data.count, _ENTRY))
            if entries >= standing:
                return data, linked
            standing = entries  # the size cut it, and links to an archive may do so once more

    def _there(self, path: str, suffix: str) -> set[Part]:
        """The parts of which there is a file."""
        names = (name.rpartition("/")[2] for name in self._shelf.names(path) if name.endswith(suffix))
        return {part for name in names if (part := archives.part_named(name.removesuffix(suffix)))}

    def _document(self, archive: Archive, part: Part, feed: Feed, stories: str) -> Feed:
        known = self._store.known(archive.keys(part), (), ())
        records = select.ordered(select.collapse(known, stories=stories))
        posts = tuple(self._edition.posts(records, feed.path))
        previous, following = archive.previous(part), archive.following(part)
        # Validators want an archive document to lead somewhere: the only one leads on to the feed.
        newer = _path(feed, following) if following else feed.path if previous is None else ""
        return replace(
            feed,
            path=_path(feed, part),
            current=feed.path,
            previous=_path(feed, previous) if previous else "",
            following=newer,
            updated=max((post.updated for post in posts), default=compose.EMPTY_SINCE),
            formats=(ARCHIVED,),
            hub="",
            deleted=(),
            posts=posts,
        )


def _path(feed: Feed, part: Part) -> str:
    return f"{feed.path}/{part.name}"
