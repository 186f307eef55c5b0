"""The archive documents of feeds, rendered, with the feed's own Atom file behind them.

This module writes nothing and does not know which parts there are (`archives`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from aggregator.outputs.html.pages import PAGED
from aggregator.publish.archives import Archive
from aggregator.publish.edition import newest
from aggregator.steps import select
from aggregator.steps.publishing import archives

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Mapping

    from aggregator.model import Feed, Record
    from aggregator.ports import Output, Store
    from aggregator.publish.edition import Edition
    from aggregator.publish.press import Press
    from aggregator.publish.shelf import Shelf
    from aggregator.settings import Publish
    from aggregator.steps.publishing.archives import Part

ARCHIVED: Final = "atom"
"""The format of archive documents: RFC 5005 knows no other."""
PAGES: Final = "html"
"""The format that is not for subscribing."""
_ENTRY: Final = (b"<entry>", b"<entry ")


def paged_archive(path: str, formats: Collection[str]) -> bool:
    """Whether the archive documents of the feed with that path have pages for people."""
    return path in PAGED and PAGES in formats


def archived(member: str, publish: Publish) -> bool:
    """Whether the feed, named as in the outbox, has an archive as soon as it does not show everything."""
    return publish.archive != "off" and ARCHIVED in publish.formats and member.partition(":")[0] in ("all", "tag")


class Past:
    """What lies behind the feeds of one publication; `days` are those touched, None for all."""

    def __init__(self, store: Store, edition: Edition, press: Press, shelf: Shelf, days: frozenset[str] | None) -> None:
        self.stale: list[str] = []
        """Archive files that no feed has any more, as far as feeds were rendered."""
        self._settings = edition.settings
        self._publish = edition.settings.publish
        self._zone = ZoneInfo(edition.settings.site.timezone)
        self._store = store
        self._edition = edition
        self._press = press
        self._shelf = shelf
        self._days = days

    def documents(
        self, member: str, feed: Feed, outputs: Mapping[str, Output]
    ) -> Generator[tuple[str, bytes], None, Feed]:
        """Give (name, bytes) of the archive documents to write, then of the feed, which names the newest of them.

        Returns the feed with its link to them.
        """
        output = outputs[ARCHIVED]
        if not archived(member, self._publish):
            yield feed.path + output.SUFFIX, self._press.render(feed, output, self._publish.max_size)
            return feed
        archive = Archive(member.partition(":")[2], self._store.history, self._zone, self._publish.max_size)
        policy = select.policy(self._settings, member)
        data, feed = self._fitted(archive, feed, output, stories=policy)
        there = self._there(feed.path, output.SUFFIX)
        chosen = set(archive.everything() if self._days is None else archive.touched(self._days, there))
        paged = paged_archive(feed.path, self._publish.formats)
        for part in sorted(chosen, key=lambda part: (part not in there, part)):  # new ones last: they tell what is done
            document = self._document(archive, part, feed, policy)
            if paged:  # first, since it leaves the entries of both
                page = replace(document, formats=(ARCHIVED, PAGES))
                yield document.path + outputs[PAGES].SUFFIX, self._press.render(page, outputs[PAGES])
            yield document.path + output.SUFFIX, self._press.render(document, output)
        gone = there - chosen if self._days is None else set(archive.gone(there))
        names = [_path(feed, part) + output.SUFFIX for part in gone]
        if paged:
            left = self._there(feed.path, outputs[PAGES].SUFFIX)
            names += [_path(feed, part) + outputs[PAGES].SUFFIX for part in gone if part in left]
        self.stale += sorted(names)
        yield feed.path + output.SUFFIX, data
        return feed

    def _fitted(self, archive: Archive, feed: Feed, output: Output, *, stories: str) -> tuple[bytes, Feed]:
        """The feed, rendered, with the archive that begins where its entries end."""
        limit = self._publish.max_size
        entries = tuple(_within(self._press.entries(feed, output), limit))
        standing = len(entries)
        while True:
            records = [record for record, _ in entries[:standing]]
            archive.begin(records, self._covered(records, stories))
            linked = replace(feed, previous=_path(feed, archive.newest) if archive.newest else "")
            data = output.render(linked, limit=limit, entries=(entry for _, entry in entries))
            count = sum(map(data.count, _ENTRY))
            if count >= standing:
                return data, linked
            standing = count  # the size cut it, and links to an archive may do so once more

    def _covered(self, records: Iterable[Record], stories: str) -> Iterator[str]:
        """The keys of copies that are shown with the records, and not by themselves."""
        copies = {key for record in records for key in record.copies}
        if stories == "collapse" or not copies:
            return iter(copies)
        return (record.key for record in self._store.known(copies, (), ()) if record.duplicate_of)

    def _there(self, path: str, suffix: str) -> set[Part]:
        """The parts of which there is a file."""
        names = (name.rpartition("/")[2] for name in self._shelf.names(path) if name.endswith(suffix))
        return {part for name in names if (part := archives.part_named(name.removesuffix(suffix)))}

    def _document(self, archive: Archive, part: Part, feed: Feed, stories: str) -> Feed:
        known = self._store.known([key for _, key, _ in archive.rows(part)], (), ())
        records = select.ordered(select.collapse(known, stories=stories))
        posts = self._edition.posts.window(records, feed.path)
        previous, following = archive.previous(part), archive.following(part)
        # Validators want an archive document to lead somewhere: the only one leads on to the feed.
        newer = _path(feed, following) if following else feed.path if previous is None else ""
        return replace(
            feed,
            path=_path(feed, part),
            current=feed.path,
            previous=_path(feed, previous) if previous else "",
            following=newer,
            updated=newest(posts.records),
            formats=(ARCHIVED,),
            hub="",
            deleted=(),
            posts=posts,
        )


def _within(entries: Iterable[tuple[Record, bytes]], limit: int) -> Iterator[tuple[Record, bytes]]:
    """The first of the entries, one more than `limit` bytes have room for."""
    size = 0
    for record, entry in entries:
        yield record, entry
        size += len(entry)
        if limit and size > limit:
            return


def _path(feed: Feed, part: Part) -> str:
    return f"{feed.path}/{part.name}"
