"""Days of the site's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from aggregator.steps.publishing import days


def test_edges_are_the_midnights_around_the_days():
    found = [edge.astimezone(UTC) for edge in days.edges(date(2025, 3, 1), 2, ZoneInfo("Asia/Shanghai"))]
    assert found == [datetime(2025, 2, 27, 16, tzinfo=UTC) + timedelta(days=number) for number in range(3)]


def test_a_day_on_which_clocks_change_is_as_long_as_it_is():
    begin, end = (edge.astimezone(UTC) for edge in days.edges(date(2025, 3, 30), 1, ZoneInfo("Europe/Berlin")))
    assert end - begin == timedelta(hours=23)
