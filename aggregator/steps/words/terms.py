"""Terms found in a text: words by Aho-Corasick, and expressions, written `re:…`, by RE2 in linear time.

Both are looked for in folded text. Where a word begins or ends with a letter of a script that writes with spaces, the
text needs a border there: `AI` is found in `AI功能`, not in `MAIL`. Of words inside each other only the longest counts:
`阿里` is not found in `阿里山` if both are words of one vocabulary. With the extra `zh` a Traditional and a Simplified
spelling are the same (`steps.words.han`).

This module does not know what a term is looked for.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ahocorasick_rs import AhoCorasick

from aggregator.steps import text
from aggregator.steps.words import han

if TYPE_CHECKING:
    from collections.abc import Iterable

EXPRESSION = "re:"
"""How a term begins that is an expression (RE2 syntax, upper and lower case are the same)."""

Span = tuple[int, int]
"""Begin and end in a folded text."""


def folded(written: str) -> str:
    """Return the form of a text in which terms are found: `steps.text.fold`, then Simplified. Idempotent."""
    return han.simplify(text.fold(written))


def key(term: str) -> str:
    """Return what two spellings of one term have in common; expressions are what they are."""
    return term if term.startswith(EXPRESSION) else folded(term)


def check(term: str) -> None:
    """Raise `ValueError`, saying what is wrong, for an expression that RE2 cannot compile or that finds nothing."""
    if term.startswith(EXPRESSION) and _compiled(term).search("") is not None:
        raise ValueError("expected an expression that does not match the empty text, for that is everywhere")


class Vocabulary:
    """A set of terms, made ready to be found; empty words are none."""

    def __init__(self, written: Iterable[str]) -> None:
        terms = {key(term) for term in written} - {""}
        self._expressions = {term: _compiled(term) for term in sorted(terms) if term.startswith(EXPRESSION)}
        self._words = sorted(terms - self._expressions.keys())
        self._automaton = AhoCorasick(self._words, store_patterns=False) if self._words else None

    def find(self, within: str) -> dict[str, Span]:
        """Return the terms (`key`) that stand in the folded text, each with its first place."""
        found = self._found(within)
        for term, expression in self._expressions.items():
            match = expression.search(within)
            if match is not None:
                found[term] = match.span()
        return found

    def _found(self, within: str) -> dict[str, Span]:
        """The words that stand in the text, each with its first place; a hit that lies within another hit is none."""
        if self._automaton is None:
            return {}
        hits = [
            (first, -end, number)
            for number, first, end in self._automaton.find_matches_as_indexes(within, overlapping=True)
            if _bordered(within, first, end)
        ]
        hits.sort()
        found: dict[str, Span] = {}
        reached = 0
        for first, negative_end, number in hits:
            if -negative_end > reached:
                reached = -negative_end
                found.setdefault(self._words[number], (first, reached))
        return found


def _bordered(within: str, first: int, end: int) -> bool:
    opens = first == 0 or not (_spaced(within[first]) and _spaced(within[first - 1]))
    return opens and (end == len(within) or not (_spaced(within[end - 1]) and _spaced(within[end])))


def _spaced(character: str) -> bool:
    """Whether the character belongs to words that stand between spaces: digits, Latin, Greek, Cyrillic, Armenian."""
    return (character < "\u0590" and character.isalnum()) or character == "_"


@lru_cache(maxsize=1024)
def _compiled(term: str) -> Any:
    """Return the expression as RE2 has it. Raises `ValueError`."""
    import re2  # noqa: PLC0415 - few sites have expressions

    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        return re2.compile(han.simplify(term.removeprefix(EXPRESSION)), options)
    except re2.error as error:
        said = error.args[0]
        reason = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        expected = "expected an expression as RE2 knows them (no look-around, no back-references)"
        raise ValueError(f"{expected}: {reason}") from None
