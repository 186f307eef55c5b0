"""Which archive documents a feed has, and which of them one publication has to render.

A feed and its archive hold every item together: parts that begin before the feed's oldest entry are its archive, so an
entry may stand in both. This module renders and writes nothing; how months are divided is `steps.publishing.archives`'
business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

from aggregator.steps import indexing
from aggregator.steps.publishing import archives
from aggregator.steps.publishing.archives import Month, Part, Stretch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

    from aggregator.model import Record
    from aggregator.model.item import Row
    from aggregator.ports import History

_SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Archive:
    """The archive of one feed: of the tag with the key `tag`, of everything if that is empty."""

    tag: str
    history: History
    zone: ZoneInfo
    limit: int
    """Bytes that one document may have, about."""
    newest: Part | None = None
    """The part with the newest item that the feed does not show; None while it shows all."""
    _months: dict[Month, list[Stretch]] = field(default_factory=dict)

    def begin(self, records: Sequence[Record], covered: Iterable[str] = ()) -> None:
        """Find the newest part, given the records that stand in the feed, newest first.

        `covered` are the keys of copies that the feed shows with them: those alone make no part.
        """
        self.newest = None
        if not records:
            return
        shown = frozenset({*covered, *(record.key for record in records)})
        edge = min(record.published for record in records)
        month = archives.month_of(edge, self.zone)
        parts = self._parts(month)
        part = Part(month, len(parts) - 1) if parts else self._before(month)
        while part and not archives.outside(self.rows(part), shown, indexing.seconds(edge)):
            part = self.previous(part)
        self.newest = part

    def rows(self, part: Part) -> list[Row]:
        """Return the rows of a part, asked for each time: those of all parts may be as many as items."""
        within = self._parts(part.month)[part.number]
        since, until = (indexing.EPOCH + timedelta(seconds=second) for second, _ in (within.after, within.last))
        rows = self.history.span(self.tag, since, until + _SECOND, after=within.after[1])
        return list(takewhile(lambda row: row[:2] <= within.last, rows))

    def previous(self, part: Part) -> Part | None:
        """Return the part before, None for the oldest."""
        return Part(part.month, part.number - 1) if part.number else self._before(part.month)

    def following(self, part: Part) -> Part | None:
        """Return the part behind, None for the newest."""
        if part.number + 1 < len(self._parts(part.month)):
            found: Part | None = Part(part.month, part.number + 1)
        else:
            found = self._after(part.month)
        return found if found and self.newest and found <= self.newest else None

    def everything(self) -> Iterator[Part]:
        """Give every part, the newest first."""
        part = self.newest
        while part is not None:
            yield part
            part = self.previous(part)

    def touched(self, days: Iterable[str], there: Collection[Part]) -> Iterator[Part]:
        """Give the parts to render after items of these `days` (`YYYY-MM-DD` in UTC) came, changed or went.

        `there` are those that have a file. Some are given more than once.
        """
        if self.newest is not None and max(there, default=None) != self.newest:
            for part in self.everything():  # what left the feed since it was published last has no file yet
                yield part
                if part in there:
                    break
        for month, since in self._earliest(days).items():
            yield from self._from(month, since, there)

    def gone(self, there: Iterable[Part]) -> Iterator[Part]:
        """Give those of the parts that are none of this archive's, as far as their months were looked at."""
        for part in there:
            parts = self._months.get(part.month)
            if self.newest is None or part > self.newest or (parts is not None and part.number >= len(parts)):
                yield part

    def _from(self, month: Month, since: datetime, there: Collection[Part]) -> Iterator[Part]:
        """The month's parts with items at or after the instant, and the neighbours whose links change with them.

        The part before them may have lost such an item. Links change where parts came or went: where each has its file
        already, and no other is there, none did.
        """
        if self.newest is None or month > self.newest.month:
            return
        found = self._parts(month)
        old = sum(one.last < (indexing.seconds(since), "") for one in found)
        parts = [part for number in range(len(found)) if (part := Part(month, number)) <= self.newest]
        yield from parts[max(old - 1, 0) :]
        if {part for part in there if part.month == month} != set(parts):
            beside = (self._before(month), self._after(month))
            yield from (part for part in beside if part is not None and part <= self.newest)

    def _earliest(self, days: Iterable[str]) -> dict[Month, datetime]:
        """The earliest instant of the days in each month that they touch."""
        found: dict[Month, datetime] = {}
        for day in sorted(days):
            begin = datetime.fromisoformat(day).replace(tzinfo=UTC)
            for instant in (begin, begin + timedelta(days=1) - _SECOND):
                found.setdefault(archives.month_of(instant, self.zone), begin)
        return found

    def _before(self, month: Month) -> Part | None:
        """The last part before the month."""
        older = self.history.before(self.tag, month.begin(self.zone))
        if older is None:
            return None
        month = archives.month_of(older, self.zone)
        return Part(month, len(self._parts(month)) - 1)

    def _after(self, month: Month) -> Part | None:
        """The first part behind the month."""
        newer = self.history.after(self.tag, month.end(self.zone))
        return None if newer is None else Part(archives.month_of(newer, self.zone), 0)

    def _parts(self, month: Month) -> list[Stretch]:
        found = self._months.get(month)
        if found is None:
            rows = self.history.span(self.tag, month.begin(self.zone), month.end(self.zone))
            found = self._months[month] = archives.divide(rows, self.limit)
        return found
