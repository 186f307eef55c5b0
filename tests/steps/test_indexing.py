"""What indexes derive: whole seconds, due times, tag keys, feeds."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pytest

from aggregator.model import FetchState, Record
from aggregator.steps import indexing

NOW = datetime(2025, 3, 1, tzinfo=UTC)


def record(**changes):
    fields = {"key": "k", "source": "qq", "path": "", "title": "", "link": "", "url": "", "entry_id": ""}
    return Record(**(fields | dict.fromkeys(("published", "updated", "first_seen"), NOW) | changes))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00+00:00", 0),
        ("1970-01-01T08:00:01.999999+08:00", 1),
        ("1969-12-31T23:59:59.5+00:00", -1),
        ("9999-12-31T23:59:59+00:00", 253402300799),
    ],
)
def test_seconds_count_from_1970_rounded_down(text, expected):
    assert indexing.seconds(datetime.fromisoformat(text)) == expected


def test_rows_with_whole_seconds_are_returned_as_they_are():
    state = FetchState(source="a", next_at=NOW)
    assert indexing.settle(state) is state
    assert indexing.settle(record()).published is NOW


def test_every_instant_of_a_row_is_settled():
    odd = NOW.replace(microsecond=5).astimezone(timezone(timedelta(hours=8)))
    names = [field.name for field in fields(FetchState) if "datetime" in str(field.type)]
    settled = indexing.settle(replace(FetchState(source="a"), **cast("Any", dict.fromkeys(names, odd))))
    assert "next_at" in names
    assert {getattr(settled, name) for name in names} == {NOW}
    assert settled.next_at is not None
    assert settled.next_at.tzinfo is UTC


def test_instants_without_zone_are_refused():
    with pytest.raises(TypeError, match="without time zone"):
        indexing.settle(record(published=NOW.replace(tzinfo=None)))


def test_due_is_the_later_of_plan_and_plea():
    later = NOW + timedelta(seconds=9)
    assert indexing.due_at(FetchState(source="a")) == 0
    assert indexing.due_at(FetchState(source="a", next_at=NOW)) == indexing.seconds(NOW)
    assert indexing.due_at(FetchState(source="a", next_at=NOW, retry_at=later)) == indexing.seconds(later)
    assert indexing.due_at(FetchState(source="a", next_at=later, retry_at=NOW)) == indexing.seconds(later)


def test_feeds_are_all_the_source_and_each_tag_once():
    one = record(tags=("AI", "ai", "Open Source", " "))
    assert indexing.tags(one.tags) == {"ai": "AI", "open-source": "Open Source"}
    assert indexing.feeds(one) == {"all", "source:qq", f"day:{one.published:%Y-%m-%d}", "tag:ai", "tag:open-source"}
