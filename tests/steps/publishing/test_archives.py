"""Months and their parts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from aggregator.steps.publishing import archives
from aggregator.steps.publishing.archives import Month, Part

if TYPE_CHECKING:
    from aggregator.model.item import Row

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = int(datetime(2025, 2, 1, tzinfo=UTC).timestamp())


def rows(*sizes: int) -> list[Row]:
    return [(START + 3600 * number, str(number), size) for number, size in enumerate(sizes)]


def test_a_month_begins_and_ends_in_the_sites_zone():
    assert archives.month_of(datetime(2025, 1, 31, 16, tzinfo=UTC), SHANGHAI) == Month(2025, 2)
    assert Month(2025, 2).begin(SHANGHAI) == datetime(2025, 1, 31, 16, tzinfo=UTC)
    assert Month(2025, 12).end(SHANGHAI) == Month(2026, 1).begin(SHANGHAI)


@pytest.mark.parametrize(("number", "name"), [(0, "2025-02"), (1, "2025-02-2"), (11, "2025-02-12")])
def test_parts_are_named_after_their_month(number, name):
    assert Part(Month(2025, 2), number).name == name
    assert archives.part_named(name) == Part(Month(2025, 2), number)


@pytest.mark.parametrize("name", ["2025", "2025-13", "2025-02-1", "2025-02-0", "2025-02-x", "notes", "2025-2"])
def test_other_names_are_no_parts(name):
    assert archives.part_named(name) is None


def test_parts_fill_from_the_oldest_on_and_none_is_empty():
    months = rows(1000, 1000, 1000, 90_000, 10)
    parts = archives.divide(months, 6000)
    assert [(part.after[1], part.last[1]) for part in parts] == [("", "1"), ("1", "2"), ("2", "3"), ("3", "4")]
    assert archives.divide(months[:4], 6000) == parts[:3]
    assert archives.divide([], 6000) == []


@pytest.mark.parametrize(
    ("standing", "edge", "outside"),
    [("2", 3, True), ("12", 3, True), ("012", 3, False), ("0", 0, False)],
)
def test_rows_that_are_in_no_feed_are_found(standing, edge, outside):
    assert archives.outside(rows(1, 1, 1), frozenset(standing), START + 3600 * edge) is outside
