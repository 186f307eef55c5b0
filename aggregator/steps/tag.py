"""Tags by rule: other spellings of a name, words in a text that give or veto a tag, and parents.

Words are found by Aho-Corasick in folded text. Where a word begins or ends with a letter of a script that writes with
spaces, the text needs a border there: `AI` is found in `AI功能`, not in `MAIL`. Of words inside each other only the
longest counts: `阿里` is not found in `阿里山` if both are words of any rule.

This module does not know where texts come from, and names no files (`steps.slugs`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import ahocorasick

from aggregator.steps.slugs import tag_key
from aggregator.steps.text import fold, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aggregator.settings import TagRule

CATEGORY_LIMIT = 50
"""Categories of one entry that become tags."""
NAME_LIMIT = 100
"""Characters of a category's name."""


def compile(rules: tuple[TagRule, ...]) -> Tagger:  # noqa: A001 - as in re.compile
    """Return the tagger that applies `rules`; of rules that claim one spelling or name, the first counts."""
    labels: dict[str, str] = {}
    for rule in rules:
        labels.setdefault(tag_key(rule.name), rule.name)
    for rule in rules:
        for alias in rule.aliases:
            labels.setdefault(tag_key(alias), rule.name)
    parents: dict[str, str] = {}
    for rule in rules:
        if rule.parent:
            parents.setdefault(tag_key(rule.name), rule.parent)
    return Tagger(rules, labels=labels, parents=parents)


class Tagger:
    """Rules made ready: give it what is known of an item, get the item's tags."""

    def __init__(self, rules: Sequence[TagRule], *, labels: Mapping[str, str], parents: Mapping[str, str]) -> None:
        self._labels = labels
        self._parents = parents
        self._words = _Words(word for rule in rules for word in (*rule.match, *rule.not_))
        self._rules = [(rule.name, frozenset(map(fold, rule.not_))) for rule in rules]
        self._givers: defaultdict[str, list[int]] = defaultdict(list)
        for number, rule in enumerate(rules):
            for word in set(map(fold, rule.match)):
                self._givers[word].append(number)

    def label(self, name: str) -> str:
        """Return the name under which a tag is shown: an alias' rule's, else `name` itself."""
        return self._labels.get(tag_key(name), name)

    def tags(self, source_id: str, source_tags: Sequence[str], categories: Sequence[str], text: str) -> tuple[str, ...]:
        """Return an item's tags without repeats (`steps.slugs.tag_key`).

        In order: the source's id as it is; the source's tags; the entry's first 50 categories, cleaned; tags whose
        words are in `text`, in the order of the rules; parents of all these.
        """
        found = {tag_key(source_id): source_id}
        for name in source_tags:
            self._add(found, name)
        most = len(found) + CATEGORY_LIMIT
        for name in categories:
            if len(found) >= most:
                break
            self._add(found, one_line(name, NAME_LIMIT))
        for name in self._given(text):
            self._add(found, name)
        for name in tuple(found.values()):
            self._add_parents(found, name)
        return tuple(found.values())

    def _add(self, found: dict[str, str], name: str) -> None:
        label = self.label(name)
        if label:
            found.setdefault(tag_key(label), label)

    def _add_parents(self, found: dict[str, str], name: str) -> None:
        seen = {tag_key(name)}
        while (parent := self._parents.get(tag_key(name))) and tag_key(parent) not in seen:
            seen.add(tag_key(parent))
            self._add(found, parent)
            name = self.label(parent)

    def _given(self, text: str) -> list[str]:
        if not self._givers:
            return []
        words = self._words.find(fold(text))
        numbers = sorted({number for word in words for number in self._givers.get(word, ())})
        return [name for name, veto in map(self._rules.__getitem__, numbers) if veto.isdisjoint(words)]


class _Words:
    """A set of folded words, to be found in folded text."""

    def __init__(self, words: Iterable[str]) -> None:
        self._automaton = ahocorasick.Automaton()
        for word in set(map(fold, words)) - {""}:
            self._automaton.add_word(word, word)
        if len(self._automaton):
            self._automaton.make_automaton()

    def find(self, text: str) -> set[str]:
        """Return the words that stand in `text` between borders and not only inside longer ones."""
        if not len(self._automaton):
            return set()
        hits = [
            (last - len(word) + 1, -last, word)
            for last, word in self._automaton.iter(text)
            if _bordered(text, last - len(word) + 1, last)
        ]
        hits.sort()
        found, reached = set(), -1
        for _, negative_last, word in hits:
            if -negative_last > reached:
                reached = -negative_last
                found.add(word)
        return found


def _bordered(text: str, first: int, last: int) -> bool:
    opens = first == 0 or not (_spaced(text[first]) and _spaced(text[first - 1]))
    return opens and (last + 1 == len(text) or not (_spaced(text[last]) and _spaced(text[last + 1])))


def _spaced(character: str) -> bool:
    """Whether the character belongs to words that stand between spaces: digits, Latin, Greek, Cyrillic, Armenian."""
    return (character < "\u0590" and character.isalnum()) or character == "_"
