"""Queries in the words of FTS5, and the order of what they find. Pure; this module opens no database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aggregator.files import digest
from aggregator.steps import indexing
from aggregator.steps.words.search_query import comparable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aggregator.model.search import FilterKind, Page, Query

_ALL: Final = "all"
"""A mark that every page has: FTS5 cannot exclude from nothing."""
_HALF_LIFE: Final = 30 * 86400.0
"""Seconds after which being new counts half."""
_NEWNESS: Final = 1.0
"""How much being new adds, at most, as a part of the rest."""
_IN_TITLE: Final = 2.0
"""How often a hit in the title counts where bm25 does not tell."""

Row = tuple[int, int, str, float]
"""Number, published in seconds, tokens of the title, bm25 or 0."""


def expression(query: Query) -> str:
    """Return the MATCH expression; only tokens, which are letters and digits, and marks of ours stand in it."""
    wanted = [f"{{title body}} : {_phrase(one.tokens)}" for one in query.words if not one.excluded]
    wanted += [f"marks : {_mark(one.kind, one.value)}" for one in query.filters if not one.excluded]
    unwanted = [f"{{title body}} : {_phrase(one.tokens)}" for one in query.words if one.excluded]
    unwanted += [f"marks : {_mark(one.kind, one.value)}" for one in query.filters if one.excluded]
    found = " AND ".join(f"({part})" for part in wanted) or f'(marks : "{_ALL}")'
    return f"({found}) NOT ({' OR '.join(f'({part})' for part in unwanted)})" if unwanted else found


def marks(page: Page) -> str:
    """Return what filters look for, as tokens; a language has a mark for itself and for the one that it belongs to."""
    found = [_mark("source", comparable("source", page.source))]
    found += [_mark("tag", comparable("tag", tag)) for tag in page.tags]
    lang = comparable("lang", page.lang)
    found += [_mark("lang", name) for name in {lang, lang.partition("-")[0]} if name]
    return " ".join([_ALL, *(mark.strip('"') for mark in dict.fromkeys(found))])


def order(rows: Sequence[Row], query: Query, now: datetime) -> list[int]:
    """Return the numbers of the rows, best first: bm25, or the title where there is none, raised by newness."""
    phrases = [f" {' '.join(one.tokens)} " for one in query.words if not one.excluded]
    today = indexing.seconds(now)

    def score(row: Row) -> float:
        _, published, title, rank = row
        relevance = -rank or (_IN_TITLE if phrases and all(phrase in title for phrase in phrases) else 1.0)
        age = max(today - published, 0)
        return float(relevance * (1 + _NEWNESS * 0.5 ** min(age / _HALF_LIFE, 1000.0)))

    return [row[0] for row in sorted(rows, key=lambda row: (-score(row), -row[1], row[0]))]


def _phrase(tokens: tuple[str, ...]) -> str:
    return f'"{" ".join(tokens)}"'


def _mark(kind: FilterKind, value: str) -> str:
    return f'"{kind}{digest(value.encode())[:16]}"'
