"""Archives (RFC 5005 §4): a feed and what its prev-archive links lead to hold every item, and little is rewritten."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.settings import TagRule

FH = "{http://purl.org/syndication/history/1.0}"


def fill(press, day):
    """Two items a month from January to April, four in March."""
    for number, (month, date) in enumerate(
        [(1, 3), (1, 20), (2, 5), (2, 6), (3, 1), (3, 2), (3, 3), (3, 30), (4, 1), (4, 2)]
    ):
        press.add(number, day(month, date), "航运")


def test_a_feed_that_shows_everything_has_no_archive(press, day):
    press.add(1, day(1, 1), "航运")
    press.publish()
    assert press.link("tags/航运", "prev-archive") == ""
    assert not press.files("2025*")


def test_months_are_linked_and_marked_and_hold_what_the_feed_does_not(press, day):
    fill(press, day)
    press.publish()
    assert press.numbers("tags/航运") == [9, 8]
    assert press.files("*/航运/*") == {f"tags/航运/2025-0{month}.xml" for month in (1, 2, 3)}
    assert press.link("tags/航运", "prev-archive") == "tags/航运/2025-03"
    march = press.feed("tags/航运/2025-03")
    assert march.find(f"{FH}archive") is not None
    assert press.feed("tags/航运").find(f"{FH}archive") is None
    assert march.findtext("{*}id") == press.feed("tags/航运").findtext("{*}id")
    links = {rel: press.link("tags/航运/2025-02", rel) for rel in ("self", "current", "prev-archive", "next-archive")}
    assert links == {
        "self": "tags/航运/2025-02",
        "current": "tags/航运",
        "prev-archive": "tags/航运/2025-01",
        "next-archive": "tags/航运/2025-03",
    }
    assert press.link("tags/航运/2025-03", "next-archive") == press.link("tags/航运/2025-01", "prev-archive") == ""
    assert press.numbers("tags/航运/2025-03") == [7, 6, 5, 4]


@pytest.mark.parametrize("name", ["all", "tags/航运", "tags/harbour"])
def test_feed_and_archive_hold_every_item(press, day, name):
    fill(press, day)
    press.publish()
    assert press.history(name) == list(range(10))


def test_feeds_of_sources_have_no_archive_since_every_source_is_a_tag(press, day):
    fill(press, day)
    press.publish()
    assert press.link("sources/harbour", "prev-archive") == ""
    assert not [name for name in press.files() if name.startswith("sources/harbour/")]


def test_months_are_those_of_the_sites_zone(press, day):
    for number in range(4):
        press.add(number, day(1, 31, 17), "航运")  # February in Shanghai
    press.publish()
    assert press.files("*/航运/*") == {"tags/航运/2025-02.xml"}


def test_a_month_that_grows_too_long_is_split_and_its_full_parts_stay(press, day):
    press.configure(max_size=8000)
    for number in range(12):
        press.add(number, day(1, 1, number), "航运", body="潮" * 300)
    press.publish_changed()
    parts = sorted(press.files("*/航运/*"))
    assert parts[:2] == ["tags/航运/2025-01-2.xml", "tags/航运/2025-01-3.xml"]
    assert len(parts) >= 4
    assert press.history("tags/航运") == list(range(12))
    first = press.root / "feeds" / "tags/航运/2025-01.xml"
    before = first.stat().st_mtime_ns
    for number in range(12, 20):
        press.add(number, day(1, 1, number), "航运", body="潮" * 300)
        press.publish_changed()
    assert first.stat().st_mtime_ns == before
    assert press.history("tags/航运") == list(range(20))


def test_items_of_one_second_are_divided_like_others_and_each_stands_in_one_part(press, day):
    press.configure(max_size=8000)
    for number in range(12):
        press.add(number, day(1, 1), "航运", body="潮" * 300)
    press.publish_changed()
    parts = [press.numbers(name.removesuffix(".xml")) for name in sorted(press.files("*/航运/*"))]
    assert len(parts) >= 4
    assert sorted(number for part in parts for number in part) == list(range(12))


def test_entries_that_the_size_limit_keeps_out_of_the_feed_are_in_its_archive(press, day):
    press.configure(entries=50, max=50, max_size=6000)
    for number in range(8):
        press.add(number, day(1, 1 + number), "航运", body="潮" * 400)
    press.publish()
    assert len(press.numbers("tags/航运")) < 8
    assert press.history("tags/航运") == list(range(8))


def test_a_new_item_touches_only_its_month(press, day):
    fill(press, day)
    press.publish()
    press.store.outbox(press.store.outbox())
    press.add(10, day(2, 7), "航运")
    written = {name for name in press.publish_changed().written if "2025" in name}
    documents = {f"feeds/{feed}/2025-02.xml" for feed in ("all", "tags/航运", "tags/harbour")}
    assert written == documents | {"feeds/all/2025-02.html"}
    assert press.publish(check=True) == replace(press.publish(check=True), written=(), removed=())


def test_what_leaves_the_feed_gets_its_archive_though_nobody_touched_it(press, day):
    fill(press, day)
    press.publish_changed()
    assert "tags/航运/2025-04.xml" not in press.files()
    for number in (10, 11):
        press.add(number, day(5, number), "航运")
    press.publish_changed()
    assert press.numbers("tags/航运/2025-04") == [9, 8]
    assert press.link("tags/航运/2025-03", "next-archive").endswith("/2025-04")


def test_archives_that_are_not_needed_any_more_go(press, day):
    fill(press, day)
    press.publish_changed()
    gone = [press.add(number, day(1 + number // 2, 3), "航运") for number in range(8)]
    press.store.replace([], removed=[record.key for record in gone])
    press.publish_changed()
    assert press.files("2025*") == set()
    assert not (press.root / "feeds/tags/航运").exists()


def test_without_archives_configured_or_without_atom_there_are_none(press, day):
    fill(press, day)
    press.publish()
    assert press.files("2025*")
    press.configure(archive="off")
    press.publish()
    assert press.files("2025*") == set()
    assert press.link("all", "prev-archive") == ""
    press.configure(archive="monthly", formats=("json",))
    press.publish()
    assert press.files("2025*") == set()


def test_the_archive_of_a_tag_that_is_gone_goes_but_others_files_stay(press, day):
    fill(press, day)
    press.publish()
    mine = press.root / "feeds/tags/航运/notes.xml"
    mine.write_text("<x/>")
    press.store.replace([], removed=[f"{number:016x}" for number in range(10)])
    press.publish()
    assert press.files("*/航运/*") == {"tags/航运/notes.xml"}


@pytest.mark.parametrize("stories", ["collapse", "keep"])
def test_copies_that_the_feed_shows_with_their_owner_alone_make_no_archive(press, day, stories):
    press.configure(stories=stories)
    aside, copy, owner = (f"{number:016x}" for number in (1, 2, 3))
    press.add(1, day(1, 1), "航运", duplicate_of=owner)
    told = {"story": owner, "copies": (aside, owner)} if stories == "collapse" else {}
    press.add(2, day(2, 1), "航运", **told)
    press.add(3, day(2, 2), "航运", copies=(aside, copy) if told else (aside,), story=owner if told else "")
    press.publish_changed()
    assert press.numbers("tags/航运") == ([3] if told else [3, 2])
    assert press.link("tags/航运", "prev-archive") == ""
    assert press.files("2025*") == set()
    press.add(4, day(1, 2), "航运")
    press.configure(entries=1, max=1)
    press.publish_changed()
    assert press.history("tags/航运") == ([1, 3, 4] if told else [1, 2, 3, 4])
    at_once = press.publish(check=True)
    assert (at_once.written, at_once.removed) == ((), ())


def test_a_tag_that_moved_keeps_its_notice_and_loses_its_archive(press, day):
    fill(press, day)
    press.publish()
    mine = press.root / "feeds/tags/航运/notes.xml"
    mine.write_text("<x/>")
    press.settings = replace(
        press.settings, tags=(TagRule(name="船", aliases=("航运",), was=(("航运", "2025-05-01"),)),)
    )
    for record in press.store.items():
        press.store.replace([replace(record, tags=("harbour", "船"))])
    months = {f"feeds/tags/航运/2025-0{month}.xml" for month in (1, 2, 3)}
    assert months <= set(press.publish(check=True).removed)
    assert months <= set(press.publish().removed)
    assert press.files("*/航运/*") == {"tags/航运/notes.xml"}
    assert len(press.feed("tags/航运").findall("{*}entry")) == 1
    assert press.history("tags/船") == list(range(10))
    assert press.publish(check=True).removed == ()


def test_a_part_is_made_again_when_its_newest_item_goes(press, day):
    records = [press.add(number, day(1, number), "ai") for number in range(1, 10)]
    press.publish_changed()
    press.bury(records[3], day(3, 1))
    for record in records[4:6]:
        press.store.replace([], removed=[record.key])
    assert "feeds/tags/ai/2025-01.xml" in press.publish_changed().written
    assert press.publish(check=True).written == ()


def test_a_new_item_touches_no_archive_in_which_it_does_not_stand(press, day):
    for number in range(1, 7):
        press.add(number, day(number, 1), "ai")
    press.publish()
    press.publish_changed()
    spoilt = press.root / "feeds/tags/ai/2025-01.xml"
    spoilt.write_bytes(b"not made again")
    press.add(7, day(6, 2), "ai")
    press.publish_changed()
    assert spoilt.read_bytes() == b"not made again"


INSTANTS = st.integers(0, 150 * 24).map(lambda hours: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
STEPS = st.lists(st.tuples(st.integers(0, 15), INSTANTS, st.sampled_from(["a", "b"]), st.booleans()), max_size=25)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.integers(1, 4), st.sampled_from([5000, 20000, 1024 * 1024]))
def test_publishing_step_by_step_gives_what_publishing_at_once_gives(make_press, steps, every, size):
    with tempfile.TemporaryDirectory() as root:
        press = make_press(Path(root))
        press.configure(formats=("atom",), max_size=size)
        press.publish()
        for number, (item, instant, tag, stays) in enumerate(steps):
            record = press.add(item, instant, tag, body="潮" * 150)
            if not stays:
                press.store.replace([], removed=[record.key])
            if number % every == 0:
                press.publish_changed()
        press.publish_changed()
        at_once = press.publish(check=True)
        assert (at_once.written, at_once.removed) == ((), ())
        standing = sorted(int(record.key, 16) for record in press.store.items())
        assert press.history("all") == standing
