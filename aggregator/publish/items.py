"""The items' own pages, where they are configured: those of the days that were touched.

This module writes nothing and decides nothing about feeds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from aggregator.model import Feed
from aggregator.steps.publishing import compose
from aggregator.steps.publishing.compose import ITEMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.model import Post
    from aggregator.outputs.html import Pages
    from aggregator.ports import Store
    from aggregator.publish.edition import Edition
    from aggregator.publish.shelf import Shelf
    from aggregator.publish.standing import Standing

_SOME: Final = 200
"""Items looked up at a time, so that few are in memory."""
_ALWAYS: Final = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


class ItemPages:
    """The items' pages of one publication; `days` are those touched, in UTC, None for all."""

    def __init__(
        self,
        edition: Edition,
        store: Store,
        shelf: Shelf,
        days: frozenset[str] | None,
        standing: Standing | None = None,
    ) -> None:
        self.stale: list[str] = []
        """Files of items that are gone or have no page any more, once `documents` was gone through."""
        self._edition = edition
        self._store = store
        self._shelf = shelf
        self._days = days
        self._standing = standing

    def documents(self, pages: Pages) -> Iterator[tuple[str, bytes]]:
        """Give (name, bytes) of the pages to write."""
        there = set(self._shelf.names(ITEMS))
        publish = self._edition.settings.publish
        if not publish.item_pages or pages.FORMAT not in publish.formats:
            self.stale = sorted(there)
            return
        written: set[str] = set()
        for keys in self._keys():
            stand = {key for key in keys if self._stands(key, pages)}
            written.update(f"{ITEMS}/{key}{pages.SUFFIX}" for key in stand)
            records = self._store.known([key for key in keys if key not in stand], (), ())
            for post in self._edition.posts.window([one for one in records if compose.item_page(one, publish)], ITEMS):
                name = post.page + pages.SUFFIX
                written.add(name)
                document = name, pages.item(post, self._frame(post))
                yield from self._standing.item(post.key, document) if self._standing else [document]
            if self._days is not None:
                without = (f"{ITEMS}/{one.key}{pages.SUFFIX}" for one in records if not compose.item_page(one, publish))
                self.stale += [name for name in without if name in there]
        if self._days is None:
            self.stale = sorted(there - written)
        else:
            gone = (f"{ITEMS}/{record.key}{pages.SUFFIX}" for record in self._edition.buried)
            self.stale += [name for name in gone if name in there]

    def _stands(self, key: str, pages: Pages) -> bool:
        return self._standing is not None and self._standing.stands(f"{ITEMS}/{key}{pages.SUFFIX}", key)

    def _keys(self) -> Iterator[list[str]]:
        """Keys of the items to look at, some at a time."""
        spans = [_ALWAYS] if self._days is None else [_day(name) for name in sorted(self._days)]
        for begin, end in spans:
            rows = self._store.history.span("", begin, end)
            while keys := [key for _, key, _ in islice(rows, _SOME)]:
                yield keys

    def _frame(self, post: Post) -> Feed:
        site = self._edition.settings.site
        return Feed(
            path=post.page,
            id="",
            title=f"{post.title} · {site.title}",
            updated=post.updated,
            lang=site.language,
            home=site.base_url,
            formats=self._edition.settings.publish.formats,
        )


def _day(name: str) -> tuple[datetime, datetime]:
    begin = datetime.fromisoformat(name).replace(tzinfo=UTC)
    return begin, begin + timedelta(days=1)
