"""What the index needs no more goes, and nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator import stores
from aggregator.model import Dropped, Record, Revision, Saved, Sketched
from aggregator.model.item import Ages
from aggregator.model.sketch import Sketch
from aggregator.steps import near

NOW = datetime(2025, 3, 3, 8, tzinfo=UTC)
URL = "sqlite:///index.db"


def record(key: str, source: str, **changes) -> Record:
    made = Record(
        key=key, source=source, path=f"{key}.md", title="T", link="", url="", entry_id=key, published=NOW, updated=NOW,
        first_seen=NOW,
    )  # fmt: skip
    return replace(made, **changes)


def dropped(source: str) -> Dropped:
    return Dropped(key=f"{ord(source[0]):016x}", source=source, title="", link="", why="w", at=NOW)


def sketched(key: str, at: datetime) -> Sketched:
    found = Sketch(tokens=9, hashes=(8, 16, 24), lead=7)
    return Sketched(key=key, at=at, body=near.pack(found), places=tuple(near.places(found)))


@pytest.fixture
def filled(tmp_path):
    """A source that is configured, one that has an item, one that has a deleted item only."""
    with stores.open_store(URL, str(tmp_path)) as store:
        for number, (source, gone) in enumerate([("kept", False), ("held", False), ("left", True)], 1):
            key = f"{number}" * 16
            (state,) = store.claim([source], NOW, 60)
            revision = Revision(key=key, at=NOW, text="before")
            store.commit(state, [Saved(record=record(key, source, gone=gone), revision=revision)])
            store.drops.note([dropped(source)])
        store.replace([], removed=["1" * 16])
        store.sketches.keep([sketched("2" * 16, NOW), sketched("3" * 16, NOW - timedelta(days=31))], looked=[])
    return tmp_path


def prune(root, gone=None):
    with stores.open_store(URL, str(root)) as store:
        ages = Ages(sketched=NOW - timedelta(days=30), topics=NOW - timedelta(days=3), gone=gone)
        return store.upkeep.prune(["kept"], ages)


def test_what_nobody_asks_for_any_more_is_dropped_and_counted(filled):
    """Once: the second time there is nothing left."""
    assert prune(filled) == {"sketches": 1, "tombstones": 0, "revisions": 2, "filtered": 1, "states": 1}
    assert set(prune(filled).values()) == {0}
    with stores.open_store(URL, str(filled)) as store:
        assert set(store.states()) == {"kept", "held"}
        assert {one.source for one in store.drops.listed()} == {"kept", "held"}
        assert store.revisions.of("2" * 16)
        assert not store.revisions.of("3" * 16)
        assert [row.key for row in store.sketches.find([[-7]])[0]] == ["2" * 16]
        assert {one.key for one in store.known(["2" * 16, "3" * 16], [], [])} == {"2" * 16, "3" * 16}, "tombstones stay"


def test_what_is_gone_has_its_time_and_items_stay_for_ever(filled):
    """Of what is old only that is forgotten which no file stands for."""
    assert set(prune(filled, gone=NOW).values()) == {0, 1, 2}, "nothing is older than it is"
    assert prune(filled, gone=NOW + timedelta(seconds=1)) == {
        "sketches": 0, "tombstones": 1, "revisions": 1, "filtered": 2, "states": 0,
    }  # fmt: skip
    with stores.open_store(URL, str(filled)) as store:
        assert [one.key for one in store.known(["2" * 16, "3" * 16], [], [])] == ["2" * 16]
        assert store.drops.listed() == []
        assert store.revisions.of("2" * 16) == []
    assert set(prune(filled, gone=NOW + timedelta(seconds=1)).values()) == {0}


def test_many_tombstones_go_in_short_transactions(filled, monkeypatch):
    monkeypatch.setattr("aggregator.stores.sqlite.pruning._BATCH", 2)
    with stores.open_store(URL, str(filled)) as store:
        store.replace([record(f"{number:016x}", "left", gone=True, entry_id=f"{number}") for number in range(100, 105)])
    assert prune(filled, gone=NOW + timedelta(seconds=1))["tombstones"] == 6


def test_an_index_in_memory_needs_no_pruning():
    with stores.open_store("memory:", "") as store:
        assert set(store.upkeep.prune([], Ages(sketched=NOW, topics=NOW)).values()) == {0}


def test_rows_of_the_index_of_copies_are_gone_after_their_time(tmp_path):
    """Sketch, places and topic; a refresh forgets them by itself."""
    with stores.open_store(URL, str(tmp_path)) as store:
        rows = [sketched(f"{number:08x}" * 2, NOW - timedelta(days=number)) for number in range(60)]
        store.sketches.keep(rows, looked=[])
        assert store.sketches.forget(NOW - timedelta(days=30), NOW - timedelta(days=3)) == 29
    count = "SELECT (SELECT count(*) FROM near_sketch), (SELECT count(DISTINCT mark) FROM near_place)"
    with closing(sqlite3.connect(tmp_path / "index.db")) as connection:
        assert connection.execute(count).fetchall() == [(31, 31)]
