"""Whether the tables of a file are those of its schema's number, which says only what they should be.

A file that somebody edited, or that a version of tagwire wrote which was never released, may have others. This module
changes nothing.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from functools import lru_cache

from aggregator.stores.sqlite import schema

_OBJECTS = """
    SELECT name, CASE type
        WHEN 'table' THEN (SELECT group_concat(name || '/' || pk) FROM pragma_table_xinfo(one.name))
        WHEN 'index' THEN tbl_name ELSE sql END
    FROM sqlite_master AS one WHERE name NOT GLOB 'sqlite_*'
"""
"""Of tables the columns, in their order and with their place in the key; of indexes, which change no answer, the table
alone; of triggers the text."""
_COMMENT = re.compile("--[^\n]*")


def strange(connection: sqlite3.Connection, version: int) -> list[str]:
    """Return the names of our tables, indexes and triggers that are not as schema `version` has them; sorted.

    What has a name that no schema knows is its owner's affair. Raises sqlite3's own errors.
    """
    there, wanted = _objects(connection), _made(schema.MIGRATIONS[:version])
    known = wanted.keys() | _made(schema.MIGRATIONS).keys()
    return sorted(name for name in known if there.get(name) != wanted.get(name))


def _objects(connection: sqlite3.Connection) -> dict[str, str]:
    return {name: " ".join(_COMMENT.sub("", said or "").split()) for name, said in connection.execute(_OBJECTS)}


@lru_cache(maxsize=8)
def _made(migrations: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statements in migrations:
            for statement in statements:
                connection.execute(statement)
        return _objects(connection)
