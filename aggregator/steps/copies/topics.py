"""Whether two items are about one event: cosine of their topics within 72 hours, and titles that share words.

Such items are shown as related and never merged. Recurring titles of one source ("Markets, 3 March") say nothing about
events, so items of one source are related only under titles that differ in more than numbers. Pure Python.
"""

from __future__ import annotations

import re
from math import sqrt
from typing import TYPE_CHECKING, Final

from aggregator.steps import summary
from aggregator.steps.words.folding import KANA_AND_HANZI, comparable, pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import Record

HOURS: Final = 72
TERMS: Final = 8
"""Terms of a topic under which it is searched and found."""
CJK: Final = 0.12
"""Least cosine of two Chinese, Japanese or Korean texts; measured: the seeds .14, others below .10."""
WORDS: Final = 0.2
"""Least cosine of other texts."""
FIRST: Final = 1 << 32
"""The least number of a term in the index of places: those of shingles are below it."""
_SHARED: Final = 2
"""Pairs and words that the titles of two related items have in common at least."""
_LONG: Final = 4
"""Letters of an English word that says something."""
_RUNS = re.compile(rf"[{KANA_AND_HANZI}]+|[^\W\d_]{{2,}}")
_DIGITS = re.compile(r"[\d\W]+")

Topic = tuple[tuple[int, int], ...]


def places(topic: Topic) -> list[int]:
    """Return the numbers under which a topic is searched and found, beside those of shingles."""
    return [FIRST + term for term, _ in topic[:TERMS]]


def cosine(one: Topic, other: Topic) -> float:
    """Return how alike two topics are, from 0 to 1."""
    weights = dict(other)
    product = sum(weight * weights.get(term, 0) for term, weight in one)
    length = sqrt(_square(one) * _square(other))
    return product / length if length else 0.0


def related(one: Record, other: Record, score: float) -> bool:
    """Whether two items, whose topics are so alike, are about one event; the order does not matter."""
    cjk = summary.is_cjk(one.lang) and summary.is_cjk(other.lang)
    if score < (CJK if cjk else WORDS):
        return False
    if abs((one.published - other.published).total_seconds()) > HOURS * 3600:
        return False
    titles = [comparable(record.title) for record in (one, other)]
    if one.source == other.source and len({_DIGITS.sub("", title) for title in titles}) == 1:
        return False
    return len(_terms(titles[0]) & _terms(titles[1])) >= _SHARED


def _terms(title: str) -> set[str]:
    """The pairs of East Asian characters in a title, and its words of other scripts that are long enough."""
    found: set[str] = set()
    for run in _RUNS.findall(title):
        worth = len(run) >= _LONG or (len(run) > 1 and not run.isascii())
        found.update(pairs(run) or ([run] if worth else []))
    return found


def _square(topic: Sequence[tuple[int, int]]) -> int:
    return sum(weight * weight for _, weight in topic)
