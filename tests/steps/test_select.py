"""The window, and one copy of each article."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Record
from aggregator.settings import Publish
from aggregator.steps import select

START = datetime(2025, 2, 13, 12, tzinfo=UTC)


def record(number: int, *, age: timedelta = timedelta(), **changes) -> Record:
    instant = START - age
    fields = {
        "key": f"{number:016x}",
        "source": "a",
        "path": f"a/{number}.md",
        "title": "t",
        "link": "",
        "url": "",
        "entry_id": f"urn:x:{number:04}",
        "published": instant,
        "updated": instant,
        "first_seen": instant,
    }
    return Record(**{**fields, **changes})


def numbers(records: list[Record]) -> list[int]:
    return [int(found.key, 16) for found in records]


def test_nothing_gives_nothing():
    assert select.window([], Publish()) == []


def test_newest_first_then_by_entry_id_whatever_the_order():
    records = [record(1), record(2, age=timedelta(hours=1)), record(0), record(3, age=timedelta(hours=-1))]
    for seed in range(5):
        random.Random(seed).shuffle(records)
        assert numbers(select.window(records, Publish())) == [3, 0, 1, 2]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (range(100), 50),  # 8 within the week of the newest: at least 50
        ([day / 100 for day in range(100)], 100),  # all within the week
        ([day / 100 for day in range(300)], 200),  # at most 200
        ([day * 7 / 60 for day in range(100)], 61),  # the last one exactly a week older
        (range(3), 3),
    ],
)
def test_a_week_but_at_least_50_and_at_most_200(days, expected):
    records = [record(number, age=timedelta(days=day)) for number, day in enumerate(days)]
    found = select.window(records, Publish(entries=50, max=200, window=7 * 86400))
    assert numbers(found) == list(range(expected))


def test_the_owners_record_stands_for_its_copies():
    owner = record(1, age=timedelta(hours=5))
    copies = [record(2, duplicate_of=owner.key), record(3, duplicate_of=owner.key)]
    assert select.window([*copies, owner], Publish()) == [owner]


def test_without_the_owner_the_first_seen_copy_stands():
    late = record(2, duplicate_of="f" * 16, first_seen=START)
    early = record(3, duplicate_of="f" * 16, first_seen=START - timedelta(days=1))
    assert select.window([late, early], Publish()) == [early]
    assert select.collapse([late, early]) == select.collapse([early, late]) == [early]


def test_copies_do_not_use_up_the_window():
    copies = [record(number, duplicate_of="f" * 16) for number in range(1, 60)]
    others = [record(number, age=timedelta(days=30)) for number in range(100, 160)]
    assert len(select.window([*copies, *others], Publish(entries=50))) == 50


@given(
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["", "own", 0, 1, 2]), st.booleans()), max_size=14),
    st.integers(1, 14),
    st.sampled_from(["collapse", "keep"]),
)
def test_the_window_of_a_settled_beginning_is_that_of_all(drawn, length, stories):
    publish = Publish(entries=2, max=4, window=86400)
    key = "{:016x}".format
    records = [
        record(
            number,
            age=timedelta(hours=12 * age),
            story=key(number) if story == "own" else story if story == "" else key(story),
            duplicate_of=key(number // 2) if aside and number else "",
            first_seen=START - timedelta(hours=number * 7919 % 97),
        )
        for number, (age, story, aside) in enumerate(drawn)
    ]
    records = select.newest_first(records)
    if select.settled(records[:length], publish, stories=stories):
        assert select.window(records[:length], publish, stories=stories) == select.window(
            records, publish, stories=stories
        )


def test_a_beginning_is_settled_once_it_is_old_and_long_enough_and_nobody_older_can_own_it():
    publish = Publish(entries=3, window=86400)
    slow = [record(number, age=timedelta(days=number)) for number in range(4)]
    assert select.settled(slow, publish)
    assert not select.settled(slow[:2], publish)
    assert not select.settled([record(number, age=timedelta(hours=number)) for number in range(4)], publish)
    assert not select.settled([replace(slow[0], story="f" * 16), *slow[1:]], publish)
    assert select.settled([replace(slow[0], story=slow[3].key), *slow[1:]], publish)
    assert not select.settled([], publish)
