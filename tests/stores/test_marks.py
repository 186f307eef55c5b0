"""Places that an older index kept under row numbers are found under the items' own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

from aggregator import stores
from aggregator.model.sketch import Sketch
from aggregator.steps import indexing, near
from aggregator.stores.sqlite import schema


def test_sketches_of_an_older_index_are_found(tmp_path, monkeypatch) -> None:
    """Keys in either half of the numbers, also as the sign has it."""
    then = next(n for n, steps in enumerate(schema.MIGRATIONS) if any("near_mark" in one for one in steps))
    url, now = "sqlite:///index.db", datetime(2025, 3, 3, tzinfo=UTC)
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:then])
        stores.open_store(url, str(tmp_path)).__exit__(None, None, None)
    found = Sketch(tokens=9, hashes=(8, 16, 24), lead=7)
    keys = ["0123456789abcdef", "fedcba9876543210"]
    with closing(sqlite3.connect(tmp_path / "index.db")) as connection, connection:
        for number, key in enumerate(keys, 1):
            row = (number, indexing.number(key), indexing.seconds(now), near.pack(found))
            connection.execute("INSERT INTO near_sketch VALUES (?, ?, ?, ?, NULL)", row)
            connection.executemany(
                "INSERT INTO near_place VALUES (?, ?)", [(one, number) for one in near.places(found)]
            )
    with stores.open_store(url, str(tmp_path)) as store:
        assert {row.key for row in store.sketches.find([[-7]])[0]} == set(keys)
        assert store.sketches.forget(now.replace(year=2026), now) == 2
        assert store.sketches.find([[-7]])[0] == []
