"""The language of searches: words, "phrases", -exclusions, tag: source: lang: since:.

    苹果 "large model" -广告 tag:科技 source:qq lang:zh since:7d

Everything that is none of these is words, and a text of any kind gives some query: nothing is an error. All parts
have to hold. This module searches nothing.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

from aggregator.model.search import Filter, FilterKind, Query, Words
from aggregator.steps import dates, slugs, text
from aggregator.steps.words.tokens import tokens

if TYPE_CHECKING:
    from datetime import datetime

LONGEST: Final = 500
"""Characters of a search that are read."""
_PARTS: Final = 16
"""Parts of a search that are read."""
_PART: Final = re.compile(
    r'(?P<no>-)?(?:(?P<name>tag|source|lang|since):)?(?:"(?P<phrase>[^"]*)"?|(?P<word>\S+))', re.IGNORECASE
)
_SAME: Final = str.maketrans({"“": '"', "”": '"', "„": '"', "「": '"', "」": '"', "：": ":", "＂": '"', "－": "-"})
"""What an input method may give for quotation marks, colon and hyphen."""
_SPAN: Final = re.compile(r"(\d{1,5})(min|h|d|w)")
_SECONDS: Final = {"min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def parse(search: str, now: datetime) -> Query:
    """Return what is searched for; `since:7d` is counted back from `now`. Never raises.

    Parts that mean nothing, such as `since:soon` and `-since:7d`, are `Query.ignored`. What stands beyond the first
    `LONGEST` characters and the first 16 parts is not read.
    """
    words: list[Words] = []
    filters: list[Filter] = []
    ignored: list[str] = []
    since: datetime | None = None
    for part in list(_PART.finditer(text.clean(search)[:LONGEST].translate(_SAME)))[:_PARTS]:
        excluded, name = bool(part["no"]), (part["name"] or "").lower()
        value = part["phrase"] if part["phrase"] is not None else part["word"]
        if name == "since":
            instant = None if excluded else _instant(value, now)
            since = instant or since
            understood = instant is not None
        elif name:
            kind = cast("FilterKind", name)
            wanted = comparable(kind, value)
            if understood := bool(wanted):
                filters.append(Filter(kind=kind, value=wanted, excluded=excluded))
        else:
            found = tuple(tokens(value))
            if understood := bool(found):
                words.append(Words(tokens=found, excluded=excluded))
        if not understood and any(character.isalnum() for character in part[0]):
            ignored.append(part[0])
    return Query(words=tuple(words), filters=tuple(filters), since=since, ignored=tuple(ignored))


def comparable(kind: FilterKind, value: str) -> str:
    """Return a tag, source or language in the form in which filters compare it."""
    return slugs.tag_key(value) if kind == "tag" else text.fold(value)


def _instant(value: str, now: datetime) -> datetime | None:
    """The instant that `7d`, `2026-11-01` or `2026-11-01T08:00` means; UTC if it says no zone."""
    if span := _SPAN.fullmatch(value.lower()):
        try:
            return now - timedelta(seconds=int(span[1]) * _SECONDS[span[2]])
        except OverflowError:
            return None
    return dates.typed(value)
