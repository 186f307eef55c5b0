"""The posts of one feed, rendered one at a time when somebody looks at them: most are not, since entries are cached.

This module renders no format and decides nothing about which records stand in a feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from aggregator.model import Post

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from aggregator.model import Record


class Window(Sequence[Post]):
    """Records that stand in a feed, newest first, as posts.

    `render` makes the post of a record, None if its file is unreadable: then it is none of the feed's any more. `facts`
    returns a digest of what that post is made from.
    """

    def __init__(
        self, records: Iterable[Record], render: Callable[[Record], Post | None], facts: Callable[[Record], bytes]
    ) -> None:
        self._records = {record.key: record for record in records}
        self._render = render
        self._facts = facts
        self.entries: dict[str, Mapping[str, bytes]] = {}
        """Record key → format → entry, as far as they were rendered: a feed's formats are made one after another."""

    @property
    def records(self) -> list[Record]:
        """The records, as far as their files could be read."""
        return list(self._records.values())

    def facts(self, record: Record) -> bytes:
        """Return a digest of everything that the record's post is made from; equal posts may have different ones."""
        return self._facts(record)

    def post(self, record: Record) -> Post | None:
        """Return the record's post, None if its file cannot be read."""
        post = self._render(record)
        if post is None:
            self._records.pop(record.key, None)
        return post

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Post]:
        return (post for record in self.records if (post := self.post(record)) is not None)

    @overload
    def __getitem__(self, place: int) -> Post: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Post]: ...

    def __getitem__(self, place: int | slice) -> Post | Sequence[Post]:
        return tuple(self)[place]
