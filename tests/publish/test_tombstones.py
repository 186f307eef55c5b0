"""Deleted items leave tombstones (RFC 6721) in the feeds that they stood in, few and for some time."""

from __future__ import annotations

from datetime import timedelta

AT = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


def refs(press, name: str) -> list[str]:
    return [element.get("ref") for element in press.feed(name).findall(AT)]


def test_a_deleted_item_leaves_a_tombstone_where_it_stood(press, day):
    press.add(1, day(2, 1), "港口")
    press.publish_changed()
    press.bury(press.add(2, day(2, 2), "航运"), day(2, 3))
    press.publish_changed()
    (stone,) = press.feed("tags/航运").findall(AT)
    assert (stone.get("ref"), stone.get("when")) == ("https://harbour.example.org/2", "2025-02-03T12:00:00+00:00")
    assert press.feed("tags/航运").findtext("{*}updated") == "2025-02-03T12:00:00+00:00"
    assert refs(press, "all") == refs(press, "sources/harbour") == ["https://harbour.example.org/2"]
    press.publish()
    assert refs(press, "tags/港口") == []
    assert press.publish(check=True).written == ()


def test_a_copy_that_was_set_aside_leaves_none_since_its_article_is_still_there(press, day):
    press.add(1, day(2, 1))
    press.bury(press.add(2, day(2, 1), duplicate_of=f"{1:016x}"), day(2, 2))
    press.publish()
    assert refs(press, "all") == []


def test_tombstones_are_few_and_vanish_with_time(press, day):
    for number in range(60):
        press.bury(press.add(number, day(2, 1)), day(2, 1) + timedelta(minutes=number))
    press.publish()
    assert len(refs(press, "all")) == 50
    assert refs(press, "all")[0] == "https://harbour.example.org/59"
    press.add(99, day(3, 20))
    press.publish_changed()
    assert refs(press, "all") == []


def test_where_ids_are_per_feed_so_are_those_of_tombstones(press, day):
    press.configure(entry_ids="per-feed")
    press.bury(press.add(2, day(2, 2), "x"), day(2, 3))
    press.publish()
    assert refs(press, "tags/x") == [f"tag:localhost,2026:item/{2:016x}/tags/x"]
