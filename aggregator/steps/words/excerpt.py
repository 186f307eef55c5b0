"""The part of a text that shows why it was found, with what was searched for set apart. This module finds no texts."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from aggregator.steps.words import folding
from aggregator.steps.words.tokens import is_alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aggregator.model.search import Query

LENGTH: Final = 160
"""Characters of an excerpt, about."""
BEFORE: Final = 40
"""Characters of an excerpt that stand before the first hit."""
_READ: Final = 50_000
"""Characters of a text that are looked at."""


def pattern(query: Query) -> re.Pattern[str] | None:
    """Return what matches the words of a query in a text, None if there are none."""
    wanted = [words.tokens for words in query.words if not words.excluded]
    wanted.sort(key=len, reverse=True)
    parts = [r"[\W_]{0,3}".join(_one(token) for token in tokens) for tokens in wanted]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def cut(content: str, wanted: re.Pattern[str] | None, length: int = LENGTH) -> tuple[tuple[str, bool], ...]:
    """Return pieces of the text around its first hit, or its beginning; True marks hits."""
    content = content[:_READ]
    first = wanted.search(content) if wanted else None
    start = max(0, first.start() - BEFORE) if first else 0
    if start:  # not in the middle of a word, if there is a space near
        space = content.find(" ", start, first.start() if first else start)
        start = space + 1 if space >= 0 else start
    shown = content[start : start + length]
    pieces = list(_pieces(shown, wanted.finditer(shown) if wanted else ()))
    if start:
        pieces.insert(0, ("…", False))
    if start + length < len(content):
        pieces.append(("…", False))
    return tuple(pieces)


def _pieces(shown: str, hits: Iterable[re.Match[str]]) -> Iterable[tuple[str, bool]]:
    at = 0
    for hit in hits:
        if hit.start() > at:
            yield shown[at : hit.start()], False
        if hit.end() > hit.start():
            yield hit[0], True
        at = hit.end()
    if at < len(shown):
        yield shown[at:], False


def _one(token: str) -> str:
    if is_alone(token):
        return f"[{re.escape(_alike().get(token, '') + token)}]"
    return rf"(?<![a-z0-9à-ɏа-я]){re.escape(token)}(?![a-z0-9à-ɏа-я])"


@cache
def _alike() -> Mapping[str, str]:
    """Character → all that are folded into it."""
    found: dict[str, str] = {}
    for point, folded in folding.hanzi().items():
        found[chr(folded)] = found.get(chr(folded), "") + chr(point)
    return found
