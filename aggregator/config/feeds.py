"""Feeds by query built from checked tables: slugs that differ, queries that can be read.

This module does not look at items: a query that nothing matches is no mistake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.settings import QueryFeed
from aggregator.steps.publishing import query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.config.checking import Checker
    from aggregator.config.sources import Row


def build_feeds(rows: Sequence[Row], checker: Checker) -> tuple[QueryFeed, ...]:
    """Return the feeds by query; a query's mistake is told with the place in the file where it begins."""
    taken: dict[str, Row] = {}
    built: list[QueryFeed] = []
    for row in rows:
        slug, text = row.values.get("slug", ""), row.values.get("query", "")
        if slug and (other := taken.setdefault(slug, row)) is not row:
            checker.add(row.document, (*row.path, "slug"), f'the feed in line {other.line} has the slug "{slug}", too')
        try:
            if text:
                query.parse(text)
        except query.QueryError as error:
            checker.add(row.document, (*row.path, "query"), str(error), within=error.offset)
        if slug and text:
            built.append(QueryFeed(**row.values))
    return tuple(built)
