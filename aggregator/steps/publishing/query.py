"""Queries of `[[feeds]]`: an expression over tags, sources, languages and words, parsed and asked of records.

    expression = all { "or" all }
    all        = one { [ "and" ] one }              side by side means "and"
    one        = "not" one | "(" expression ")" | term
    term       = name | "tag:" name                 the item has the tag, by any spelling of its name
               | "source:" name                     the item came from the source with this id
               | "lang:" name                       its language, `lang:zh` for zh-CN and zh-TW too (RFC 4647 §3.3.1)
               | '"' words '"'                      title, summary or text hold these words
    name       = a word without spaces, quotes and parentheses; in quotes behind a colon: tag:"open source"

A word that begins with `-`, which excludes in a search, is a mistake.

`and`, `or` and `not` may be written in capitals. This module asks no store and reads no files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from aggregator.steps.slugs import tag_key
from aggregator.steps.tag import spelling
from aggregator.steps.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aggregator.model import Record

EVERYTHING: Final = frozenset({"all"})
"""What `Query.cover` says of a query that any item may match."""
DEPTH: Final = 50
"""Parentheses and `not` inside each other, at most."""
TERMS: Final = 200
"""Terms of one query, at most."""

_WORDS = re.compile(
    r"\s*(?:(?P<open>\()|(?P<close>\))|(?P<field>[^\W\d_]+):(?:\"(?P<quoted>[^\"]*)\"|(?P<value>[^\s()\"]+))?"
    r"|\"(?P<phrase>[^\"]*)(?P<end>\"?)|(?P<word>[^\s()\"]+))"
)
_MARKDOWN = re.compile(r"\]\([^)\s]*\)|[*_`\\\[\]]")


class QueryError(ValueError):
    """The query is none; `offset` counts the characters before the mistake."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One expression; build it with `parse`."""

    cover: frozenset[str]
    """Feeds, named as in the outbox: every match stands in at least one of them. `EVERYTHING` if none can be named."""
    test: Callable[[Record, Callable[[], str]], bool]
    """(record, what returns the folded text of its file) → whether it matches."""
    cost: int = 0
    """1 if the text may be asked for; what costs more is asked last."""


def parse(text: str, names: Mapping[str, str] | None = None) -> Query:
    """Return the query; `names` gives the tag key that a spelling (`tag.spelling`) stands for. Raises `QueryError`."""
    reader = _Reader(text, names or {})
    query = reader.either(0)
    if reader.kind:
        raise QueryError('expected "and", "or" or the end, found )', reader.at)
    return query


def folded(*texts: str) -> str:
    """Return texts, Markdown among them, as phrases are compared with them."""
    return fold(_MARKDOWN.sub("", "\n".join(texts)))


class _Reader:
    """Recursive descent over the words of one query."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self.kind, self.value, self.at = "", "", 0
        self._text = text
        self._names = names
        self._words = self._split()
        self._terms = 0
        self._step()

    def either(self, depth: int) -> Query:
        """Return what stands up to the end or a closing parenthesis."""
        parts = [self._all(depth)]
        while self.kind == "or":
            self._step()
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else _any(parts)

    def _all(self, depth: int) -> Query:
        parts = [self._one(depth)]
        while self.kind not in ("", "or", "close"):
            if self.kind == "and":
                self._step()
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else _every(parts)

    def _one(self, depth: int) -> Query:
        """One term, one negation, or one expression in parentheses."""
        kind, value, at = self.kind, self.value, self.at
        if depth > DEPTH:
            raise QueryError(f"expected at most {DEPTH} parentheses inside each other", at)
        if kind in ("", "and", "or", "close"):
            found = {"": "the end", "close": ")"}.get(kind, f'"{kind}"')
            raise QueryError(f"expected a tag, source:…, lang:… or words in quotes, found {found}", at)
        self._step()
        if kind == "not":
            return _without(self._one(depth + 1))
        if kind == "open":
            inner = self.either(depth + 1)
            if self.kind != "close":
                raise QueryError("expected ) for this (", at)
            self._step()
            return inner
        self._terms += 1
        if self._terms > TERMS:
            raise QueryError(f"expected at most {TERMS} terms", at)
        return _TERMS[kind](self._names.get(spelling(value), value) if kind == "tag" else value)

    def _step(self) -> None:
        self.kind, self.value, self.at = next(self._words, ("", "", len(self._text)))

    def _split(self) -> Iterator[tuple[str, str, int]]:
        """Words of the query as (kind, value, offset)."""
        end = len(self._text.rstrip())
        at = 0
        while at < end:
            match = _WORDS.match(self._text, at)
            assert match is not None  # any character begins a word
            start = match.end() - len(match[0].lstrip())
            yield (*_word(match, start), start)
            at = match.end()


def _word(match: re.Match[str], start: int) -> tuple[str, str]:
    """Kind and value of one word of a query. Raises `QueryError` for what is none."""
    found = match.groupdict()
    if found["open"] or found["close"]:
        return "open" if found["open"] else "close", ""
    if found["phrase"] is not None:
        if not found["end"]:
            raise QueryError("expected a closing quote", start)
        if not folded(found["phrase"]):
            raise QueryError("expected words between the quotes", start)
        return "phrase", found["phrase"]
    if found["word"]:
        word = found["word"].casefold()
        if word.startswith("-"):  # as searches exclude; a tag of that name is asked for as tag:-name
            meant = f"not {found['word'].removeprefix('-')}".rstrip()
            raise QueryError(f'expected "{meant}": a query excludes with "not"', start)
        return (word, "") if word in ("and", "or", "not") else ("tag", found["word"])
    field, value = found["field"].casefold(), found["quoted"] or found["value"] or ""
    if field not in ("tag", "source", "lang"):
        raise QueryError(f'expected tag:, source: or lang:, found "{found["field"]}:"', start)
    if not tag_key(value):
        raise QueryError(f"expected a name behind {field}:", start)
    return field, value


def _tag(name: str) -> Query:
    key = tag_key(name)
    return Query(
        cover=frozenset({f"tag:{key}"}), test=lambda record, _: any(tag_key(tag) == key for tag in record.tags)
    )


def _source(name: str) -> Query:
    return Query(cover=frozenset({f"source:{name}"}), test=lambda record, _: record.source == name)


def _lang(name: str) -> Query:
    prefix = f"{name.lower()}-"
    return Query(cover=EVERYTHING, test=lambda record, _: f"{record.lang.lower()}-".startswith(prefix))


def _phrase(words: str) -> Query:
    wanted = folded(words)
    return Query(cover=EVERYTHING, test=lambda _, text: wanted in text(), cost=1)


_TERMS: Final = {"tag": _tag, "source": _source, "lang": _lang, "phrase": _phrase}


def _without(part: Query) -> Query:
    return Query(cover=EVERYTHING, test=lambda record, text: not part.test(record, text), cost=part.cost)


def _every(parts: list[Query]) -> Query:
    """All of them; a match is covered by each part's cover, so the smallest is enough."""
    covers = [part.cover for part in parts if part.cover != EVERYTHING]
    return Query(
        cover=min(covers, key=lambda cover: (len(cover), sorted(cover)), default=EVERYTHING),
        test=partial(_holds, all, sorted(parts, key=lambda part: part.cost)),
        cost=max(part.cost for part in parts),
    )


def _any(parts: list[Query]) -> Query:
    covers = [part.cover for part in parts]
    return Query(
        cover=EVERYTHING if EVERYTHING in covers else frozenset[str]().union(*covers),
        test=partial(_holds, any, sorted(parts, key=lambda part: part.cost)),
        cost=max(part.cost for part in parts),
    )


def _holds(how: Callable[[Iterator[bool]], bool], parts: list[Query], record: Record, text: Callable[[], str]) -> bool:
    return how(part.test(record, text) for part in parts)
