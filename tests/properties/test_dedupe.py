"""Deciding again on what was decided changes nothing, whatever the items and however often they repeat each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Duplicate, Item, New, Record, Repeated, Unchanged, Updated
from aggregator.steps import dedupe
from aggregator.steps.identity import item_key

NOW = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)
HOSTS = {"a": "a.example", "b": "b.example", "c": ""}
FEW = st.sampled_from(["1", "2", "3"])


@st.composite
def batches(draw: st.DrawFn) -> list[list[Item]]:
    """Items of one source each, that share guids, links, titles and texts more often than not."""
    drawn = []
    for source in draw(st.lists(st.sampled_from(sorted(HOSTS)), min_size=1, max_size=4)):
        items = [
            Item(
                key=item_key(source, "guid", draw(FEW)),
                source=source,
                title=f"title {draw(FEW)}",
                link=draw(
                    st.sampled_from(["", "https://a.example/{}", "http://www.b.example/{}/", "https://z.example/{}"])
                ).format(draw(FEW)),
                guid=draw(st.sampled_from(["", "urn:isbn:1", "https://a.example/1"])),
                published=draw(st.sampled_from([None, NOW - timedelta(days=1)])),
                body=draw(FEW),
                summary=f"a text that is long enough to be told from another one {draw(FEW)}",
            )
            for _ in range(draw(st.integers(0, 4)))
        ]
        drawn.append(items)
    return drawn


def decide(items: list[Item], index: dict[str, Record], now: datetime):
    rows = [dedupe.record_of(one, via=one.source, now=now, authority="h,2026") for one in items]
    return dedupe.decide(items, rows, index.values(), HOSTS, authority="h,2026")


def keep(index: dict[str, Record], changes) -> None:
    for change in changes:
        if isinstance(change, New | Updated | Duplicate):
            index[change.record.key] = replace(change.record, path=change.record.path or f"{change.record.key}.md")
            index.update({record.key: record for record in (change.displaces if isinstance(change, New) else ())})


@given(batches())
def test_the_same_document_twice_is_unchanged(drawn: list[list[Item]]) -> None:
    """For every document, at once after it was saved."""
    index: dict[str, Record] = {}
    for items in drawn:
        keep(index, decide(items, index, NOW))
        again = decide(items, index, NOW + timedelta(hours=1))
        assert all(isinstance(change, Unchanged | Repeated) for change in again)


@given(batches())
def test_no_two_items_share_an_id_and_nobody_is_lost(drawn: list[list[Item]]) -> None:
    """Ids are unique, copies point at an item that stands, and an item on its source's host stands itself."""
    index: dict[str, Record] = {}
    for items in drawn:
        keep(index, decide(items, index, NOW))
        assert {item.key for item in items} <= index.keys() | _renamed(items, index)
    ids = [record.entry_id for record in index.values()]
    assert len(ids) == len(set(ids))
    for record in index.values():
        if record.duplicate_of:
            owner = index[record.duplicate_of]
            assert not owner.duplicate_of
            assert record.source != owner.source


def _renamed(items: list[Item], index: dict[str, Record]) -> set[str]:
    """Keys of items that are known under another guid: same source, URL and title."""
    known = {(record.source, record.url, record.title) for record in index.values() if record.url}
    rows = [dedupe.record_of(one, via="", now=NOW, authority="h,2026") for one in items]
    return {row.key for row in rows if (row.source, row.url, row.title) in known}
