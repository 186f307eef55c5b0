"""The full-text index in SQLite with FTS5: `index` keeps it, `matching` asks it."""

from aggregator.searches.sqlite.index import open_search

__all__ = ["open_search"]
