"""What headers say about when to come back: each rule of RFC 9111 §4.2 and RFC 9110 §10.2.3 that we follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps.visits.caching import LONGEST, age, http_date, max_age, retry_after

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(seconds):
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "public"}, None),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "public, MAX-AGE = 600"}, 600),
        ({"cache-control": 'max-age="600"'}, 600),
        ({"cache-control": "max-age=600, max-age=5"}, 600),
        ({"cache-control": "s-maxage=9, max-age=600"}, 600),
        ({"cache-control": 'ext="max-age=9", max-age=600'}, 600),
        ({"cache-control": "max-age=600", "age": "100"}, 600),
        ({"cache-control": "max-age=soon"}, 0),
        ({"cache-control": "max-age"}, 0),
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": "max-age=31536000"}, LONGEST),
        ({"cache-control": "max-age=" + "9" * 5000}, LONGEST),
        ({"cache-control": "no-cache, max-age=600"}, 0),
        ({"cache-control": "no-store"}, 0),
        ({"cache-control": "max-age=600", "expires": at(5)}, 600),
        ({"expires": at(300)}, 300),
        ({"expires": at(300), "date": at(-60)}, 360),
        ({"expires": at(-300)}, 0),
        ({"expires": "0"}, 0),
        ({"expires": "-1"}, 0),
        ({"expires": at(300), "date": "yesterday"}, 300),
        ({"expires": at(10**9)}, LONGEST),
    ],
)
def test_freshness(headers, seconds):
    assert max_age(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("said", "seconds"), [("100", 100), ("9" * 5000, LONGEST), ("-5", 0), ("soon", 0), ("", 0), (" 60 ", 60)]
)
def test_age(said, seconds):
    assert age({"age": said}) == seconds
    assert age({}) == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("1.5", 1.5),
        ("+3", 3),
        ("0", 0),
        ("9" * 20, LONGEST),
        ("9" * 6000, LONGEST),
        ("1." + "9" * 6000, 2),
        (at(90), 90),
        (at(0), 0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", LONGEST),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after({"retry-after": value}, NOW) == pytest.approx(seconds)
    if value.isdecimal():
        assert retry_after({"retry-after": value, "date": at(-86400)}, NOW) == seconds


@pytest.mark.parametrize("off", [-86400, 0, 86400])
def test_an_instant_to_retry_after_is_seen_from_the_servers_own_clock(off):
    """One that is a day behind or ahead says the same."""
    assert retry_after({"retry-after": at(off + 7200), "date": at(off)}, NOW) == 7200
    assert retry_after({"retry-after": at(off - 1), "date": at(off)}, NOW) is None
    assert retry_after({"retry-after": at(300), "date": "yesterday"}, NOW) == 300
    assert retry_after({"date": at(off)}, NOW) is None


@pytest.mark.parametrize("value", ["", "soon", "NaN", "1e9", "Wed, 99 Foo 2026", "-5", "-" + "9" * 30, at(-90)])
def test_an_unreadable_retry_after_says_nothing(value):
    assert retry_after({"retry-after": value}, NOW) is None


@pytest.mark.parametrize(
    "value",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_all_three_forms_of_http_dates_are_read(value):
    assert http_date(value) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@given(st.text())
def test_no_text_raises_and_every_answer_is_in_range(text):
    headers = {"cache-control": text, "expires": text, "age": text, "date": text}
    headers["retry-after"] = text
    for seconds in (max_age(headers, NOW), max_age({"expires": text}, NOW), retry_after(headers, NOW), age(headers)):
        assert seconds is None or 0 <= seconds <= LONGEST
