"""The full-text index as a file: made anew when it is of no use, cheap to search however common the words are."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import StoreError
from aggregator.model.search import Page
from aggregator.searches import open_search
from aggregator.searches.sqlite import index
from aggregator.steps.words import search_query

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def page(number, title="tide", body="", **changes):
    fields = {
        "key": f"{number:04}",
        "path": "a.md",
        "size": 1,
        "mtime_ns": 1,
        "source": "a",
        "title": title,
        "link": "",
        "lang": "en",
        "published": NOW - timedelta(minutes=number),
        "body": body,
    }
    return Page(**(fields | changes))


def find(search, text, **window):
    return search.find(search_query.parse(text, NOW), NOW, **window)


@pytest.mark.parametrize("damage", [b"", b"no database, but some text that is long enough" * 9, None, "foreign"])
def test_a_file_that_is_of_no_use_is_made_anew(tmp_path, damage):
    path = tmp_path / "var" / "search.db"
    path.parent.mkdir()
    if isinstance(damage, bytes):
        path.write_bytes(damage)
    if damage == "foreign":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE somebody (else_s)")
    for _ in range(2):
        with open_search(str(path)) as search:
            search.renew("")
            search.put([page(1)])
            assert find(search, "tide").total == 1


def test_a_file_that_cannot_be_opened_is_told(tmp_path):
    (tmp_path / "search.db").mkdir()
    with pytest.raises(StoreError, match=r"search\.db"):
        open_search(str(tmp_path / "search.db"))


def test_an_index_that_breaks_while_it_is_open_is_told(tmp_path):
    with index.open_search(str(tmp_path / "search.db")) as search:
        search._connection.execute("DROP TABLE page")
        with pytest.raises(StoreError, match="delete it"):
            search.known()
        with pytest.raises(StoreError):
            find(search, "tide")
        with pytest.raises(StoreError):
            search.put([page(1)])
        assert not search._connection.in_transaction


def test_of_very_many_hits_the_newest_are_ranked(tmp_path, monkeypatch):
    monkeypatch.setattr(index, "CANDIDATES", 10)
    with open_search(str(tmp_path / "search.db")) as search:
        search.put([page(number) for number in range(30)])
        found = find(search, "tide", limit=100)
    assert (found.total, found.more) == (10, True)
    assert [hit.key for hit in found.hits] == [f"{number:04}" for number in range(10)]


def test_common_characters_are_ranked_by_title_and_newness(tmp_path, monkeypatch):
    """Where bm25 would read too much, a title still counts more than a text."""
    monkeypatch.setattr(index, "_COSTLY", 0)
    with open_search(str(tmp_path / "search.db")) as search:
        search.put([page(1, "x", "潮水"), page(9, "潮水"), page(20, "y", "潮水")])
        assert [hit.key for hit in find(search, "潮水").hits] == ["0009", "0001", "0020"]


def test_when_many_pages_were_replaced_all_is_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(index, "CANDIDATES", 5)
    with open_search(str(tmp_path / "search.db")) as search:
        search.renew("s")
        for size in range(5):
            search.put([page(1, size=size), page(2, size=size)])
        search.renew("s")
        assert search.known() == {}


def test_more_items_than_an_hour_has_numbers_for_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(index, "_HOUR_BITS", 2)
    with open_search(str(tmp_path / "search.db")) as search:
        search.put([page(number, published=NOW) for number in range(3)])
        search.put([page(9, published=NOW + timedelta(hours=1))])
        search.put([page(number, published=NOW) for number in range(3, 9)])
        assert find(search, "tide", limit=100).total == 10


def test_many_may_make_it_at_once(tmp_path):
    def opened(path):
        with open_search(str(path)) as search:
            return search.known()

    with ThreadPoolExecutor(8) as pool:
        paths = [tmp_path / f"{number}.db" for number in range(20) for _ in range(8)]
        assert list(pool.map(opened, paths)) == [{}] * len(paths)
