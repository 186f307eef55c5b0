"""Days of the site's calendar, for charts. Nothing here knows what day it is today."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def edges(last: date, count: int, zone: ZoneInfo) -> list[datetime]:
    """Return the midnights around the `count` days that end with `last`: one more than there are days.

    A day on which clocks change has 23 or 25 hours, and so has the span that stands for it.
    """
    first = last - timedelta(days=count - 1)
    return [datetime.combine(first + timedelta(days=number), time(), tzinfo=zone) for number in range(count + 1)]
