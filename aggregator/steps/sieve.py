"""Which entries are kept: filters that drop what matches, and filters that keep only what matches.

A drop filter drops every entry that it matches. Where keep filters apply to a source, an entry has to match one of
them. Drop beats keep, so the order of the filters does not matter. A filter matches if one of its `match` terms stands
in its fields (without such terms: always) and none of its `not` terms does.

This module knows no items and forgets what it dropped; how terms are found is `steps.words.terms`' business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.steps.words import terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aggregator.settings import Filter


def compile(filters: tuple[Filter, ...]) -> Sieve | None:  # noqa: A001 - as in re.compile
    """Return the sieve of these filters, None if there are none."""
    return Sieve(filters) if filters else None


class Sieve:
    """Filters made ready: give it a source and an entry's texts, get the reason why it is dropped."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self._rules = [_Rule(number, one) for number, one in enumerate(filters, 1)]

    def verdict(self, source: str, texts: Mapping[str, str]) -> str:
        """Return why an entry is dropped, in words, or nothing; `texts` are its fields by their names in filters."""
        rules = [rule for rule in self._rules if rule.applies(source)]
        folded: dict[str, str] = {}
        for rule in rules:
            if rule.drops and (found := rule.match(texts, folded)) is not None:
                return f"filter {rule.number} drops what has {found}" if found else f"filter {rule.number} drops it"
        keepers = [rule for rule in rules if not rule.drops]
        if not keepers or any(rule.match(texts, folded) is not None for rule in keepers):
            return ""
        return f"{_named(rule.number for rule in keepers)} only other entries"


class _Rule:
    """One filter with its terms ready; `number` is its place among the filters, from 1."""

    def __init__(self, number: int, written: Filter) -> None:
        self.number = number
        self.drops = written.action == "drop"
        self._sources = frozenset(written.sources)
        self._fields = written.fields
        self._match, self._not = (frozenset(map(terms.key, words)) for words in (written.match, written.not_))
        self._vocabulary = terms.Vocabulary((*written.match, *written.not_))

    def applies(self, source: str) -> bool:
        """Whether the filter is about this source's entries."""
        return not self._sources or source in self._sources

    def match(self, texts: Mapping[str, str], folded: dict[str, str]) -> str | None:
        """Return a term that was found, "" if none was needed, or None if the filter does not match.

        `folded` remembers the texts as terms are looked for in them.
        """
        found: dict[str, terms.Span] = {}
        for field in self._fields:
            if field not in folded:
                folded[field] = terms.folded(texts.get(field, ""))
            found |= self._vocabulary.find(folded[field])
        if not self._not.isdisjoint(found):
            return None
        return next((f'"{term}"' for term in found if term in self._match), None) if self._match else ""


def _named(numbers: Iterable[int]) -> str:
    shown = ", ".join(map(str, numbers))
    return f"filters {shown} keep" if "," in shown else f"filter {shown} keeps"
