"""Tags by rule: other spellings of a name, words in a text that give or veto a tag, and parents.

A tag is given for reasons, and every reason can be told (`Tagger.reasons`); `Tagger.tags` is their sum. How words are
found is `steps.words.terms`' business. This module does not know where texts come from, and names no files
(`steps.slugs`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from aggregator.steps.slugs import tag_key
from aggregator.steps.text import one_line
from aggregator.steps.words import han, terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aggregator.settings import TagRule

CATEGORY_LIMIT = 50
"""Categories of one entry that become tags."""
NAME_LIMIT = 100
"""Characters of a category's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an item has a tag, or, for `veto`, why it has not."""

    tag: str
    kind: Literal["source", "source-tag", "category", "rule", "parent", "veto"]
    written: str = ""
    """The category or source tag as it is written; for `parent` the tag whose parent this is."""
    hits: tuple[tuple[str, terms.Span], ...] = ()
    """The rule's terms that were found, with their places in the folded text, in the order of places."""
    vetoes: tuple[tuple[str, terms.Span], ...] = ()
    """The rule's veto terms that were found."""


def compile(rules: tuple[TagRule, ...]) -> Tagger:  # noqa: A001 - as in re.compile
    """Return the tagger that applies `rules`; of rules that claim one spelling or name, the first counts."""
    labels: dict[str, str] = {}
    for rule in rules:
        labels.setdefault(spelling(rule.name), rule.name)
    for rule in rules:
        for alias in rule.aliases:
            labels.setdefault(spelling(alias), rule.name)
    parents: dict[str, str] = {}
    for rule in rules:
        if rule.parent:
            parents.setdefault(spelling(rule.name), rule.parent)
    return Tagger(rules, labels=labels, parents=parents)


@lru_cache(maxsize=4096)
def spelling(name: str) -> str:
    """Return what two spellings of one tag have in common: `slugs.tag_key`, with the extra `zh` in Simplified."""
    return han.simplify(tag_key(name))


def cleaned(categories: Iterable[str]) -> tuple[str, ...]:
    """Return an entry's categories as they are remembered: one line each, the first 50 without repeats.

    One with U+FFFD in it was damaged on its way and names nothing.
    """
    found: dict[str, str] = {}
    for name in categories:
        if len(found) >= CATEGORY_LIMIT:
            break
        if "\ufffd" not in name and (line := one_line(name, NAME_LIMIT)):
            found.setdefault(tag_key(line), line)
    return tuple(found.values())


class Tagger:
    """Rules made ready: give it what is known of an item, get the item's tags."""

    def __init__(self, rules: Sequence[TagRule], *, labels: Mapping[str, str], parents: Mapping[str, str]) -> None:
        self._labels = labels
        self._parents = parents
        self._vocabulary = terms.Vocabulary(word for rule in rules for word in (*rule.match, *rule.not_))
        self._rules = [(rule.name, _keys(rule.match), _keys(rule.not_)) for rule in rules]
        self._givers: defaultdict[str, list[int]] = defaultdict(list)
        for number, (_, match, _) in enumerate(self._rules):
            for word in match:
                self._givers[word].append(number)

    def label(self, name: str) -> str:
        """Return the name under which a tag is shown: an alias' rule's, else `name` itself."""
        return self._labels.get(spelling(name), name)

    def tags(self, source_id: str, source_tags: Sequence[str], categories: Iterable[str], text: str) -> tuple[str, ...]:
        """Return an item's tags without repeats (`spelling`).

        In order: the source's id as it is; the source's tags; the entry's categories, `cleaned`; tags whose terms are
        in `text`, in the order of the rules; parents of all these.
        """
        found: dict[str, str] = {}
        for reason in self._reasons(source_id, source_tags, categories, text):
            if reason.kind != "veto":
                found.setdefault(spelling(reason.tag), reason.tag)
        return tuple(found.values())

    def reasons(
        self, source_id: str, source_tags: Sequence[str], categories: Iterable[str], text: str
    ) -> Iterator[Reason]:
        """Give every reason for a tag, and every veto; one tag may have several, and is spelt as its first one is.

        Spans are in `terms.folded(text)`.
        """
        shown: dict[str, str] = {}
        for reason in self._reasons(source_id, source_tags, categories, text):
            first = reason.tag if reason.kind == "veto" else shown.setdefault(spelling(reason.tag), reason.tag)
            yield reason if first == reason.tag else replace(reason, tag=first)

    def _reasons(
        self, source_id: str, source_tags: Sequence[str], categories: Iterable[str], text: str
    ) -> Iterator[Reason]:
        """The reasons as `reasons` gives them, but with each tag as its own reason spells it."""
        labels = [source_id]
        yield Reason(tag=source_id, kind="source")
        for name in source_tags:
            if label := self.label(name):
                labels.append(label)
                yield Reason(tag=label, kind="source-tag", written=name)
        for name in cleaned(categories):
            label = self.label(name)
            labels.append(label)
            yield Reason(tag=label, kind="category", written=name)
        for reason in self._given(text):
            if reason.kind == "rule":
                labels.append(reason.tag)
            yield reason
        if self._parents:
            for label in dict.fromkeys(labels):
                yield from self._ancestors(label)

    def _ancestors(self, name: str) -> Iterator[Reason]:
        seen = {spelling(name)}
        while (parent := self._parents.get(spelling(name))) and spelling(parent) not in seen:
            seen.add(spelling(parent))
            label = self.label(parent)
            yield Reason(tag=label, kind="parent", written=name)
            name = label

    def _given(self, text: str) -> Iterator[Reason]:
        if not self._givers:
            return
        found = self._vocabulary.find(terms.folded(text))
        for number in sorted({number for word in found for number in self._givers.get(word, ())}):
            name, match, veto = self._rules[number]
            hits = [(word, span) for word, span in found.items() if word in match]
            vetoes = [(word, span) for word, span in found.items() if word in veto]
            yield Reason(tag=name, kind="veto" if vetoes else "rule", hits=_in_order(hits), vetoes=_in_order(vetoes))


def _keys(written: Iterable[str]) -> frozenset[str]:
    return frozenset(map(terms.key, written)) - {""}


def _in_order(found: Iterable[tuple[str, terms.Span]]) -> tuple[tuple[str, terms.Span], ...]:
    return tuple(sorted(found, key=lambda hit: hit[1]))
