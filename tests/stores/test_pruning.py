"""What the index needs no more goes, and nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator import stores
from aggregator.errors import StoreError
from aggregator.model import Dropped, Record, Revision, Saved, Sketched
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


def prune(root):
    return stores.prune(URL, str(root), ["kept"], sketched=NOW - timedelta(days=30), topics=NOW - timedelta(days=3))


def test_what_nobody_asks_for_any_more_is_dropped_and_counted(filled):
    """Once: the second time there is nothing left."""
    assert prune(filled) == {"sketches": 1, "revisions": 2, "filtered": 1, "states": 1}
    assert prune(filled) == {"sketches": 0, "revisions": 0, "filtered": 0, "states": 0}
    with stores.open_store(URL, str(filled)) as store:
        assert set(store.states()) == {"kept", "held"}
        assert {one.source for one in store.drops.listed()} == {"kept", "held"}
        assert store.revisions.of("2" * 16)
        assert not store.revisions.of("3" * 16)
        assert [row.key for row in store.sketches.find([[-7]])[0]] == ["2" * 16]
        assert {one.key for one in store.known(["2" * 16, "3" * 16], [], [])} == {"2" * 16, "3" * 16}, "tombstones stay"


def test_a_site_without_index_is_told(tmp_path):
    with pytest.raises(StoreError, match="no index yet"):
        prune(tmp_path)
    assert not (tmp_path / "index.db").exists()
    assert set(stores.prune("memory:", "", [], sketched=NOW, topics=NOW).values()) == {0}


def test_rows_of_the_index_of_copies_are_gone_after_their_time(tmp_path):
    """Sketch, places and topic; a refresh forgets them by itself."""
    with stores.open_store(URL, str(tmp_path)) as store:
        rows = [sketched(f"{number:08x}" * 2, NOW - timedelta(days=number)) for number in range(60)]
        store.sketches.keep(rows, looked=[])
        assert store.sketches.forget(NOW - timedelta(days=30), NOW - timedelta(days=3)) == 29
    count = "SELECT (SELECT count(*) FROM near_sketch), (SELECT count(DISTINCT mark) FROM near_place)"
    with closing(sqlite3.connect(tmp_path / "index.db")) as connection:
        assert connection.execute(count).fetchall() == [(31, 31)]
