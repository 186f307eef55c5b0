"""What a tag file may lack: categories that no rule knows, spellings that look alike, words of untagged titles.

Suggestions are cheap guesses for people to judge. This module changes no rules.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

from aggregator.steps import slugs, tag
from aggregator.steps.words import han

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aggregator.settings import TagRule

ENOUGH = 3
"""Items that make a category or a word worth a suggestion."""
MOST = 15
"""Suggestions of one kind."""

_SHORTEST = 3
"""Letters of a word that is worth a suggestion, and of one that may be a plural without its `s`."""
_NEAR = 6
"""Letters and digits from which on names that differ in one of them look alike."""
_LONGEST = 40
"""Letters and digits of a name that are compared."""
_MEANING = re.compile(r"\+|(?<!^)#|^\.")
"""Signs that make a name another one; a hash at its begin is a hashtag's."""
_GRAMS = range(2, 7)
"""Characters of a Chinese word."""
_COVERED = 0.8
"""Share of a word's titles in which a longer one must stand to make it superfluous."""
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9+#.-]*[A-Za-z0-9+#]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]{2,}")
_EDGES = frozenset(
    "的了在是和与及或不也都就将把被对为从到向于以而但又再还更最这那其之个们年月日时上下中里后前有没无要可能会"
)
"""Characters with which no Chinese word that is suggested begins or ends."""
_EMPTY = """
    the and for with from that this what when where who why how are was were has have had will can not but
    you your our its his her their they all new now more most out into over after before about than then
    just get got says said one two first via per off back may make made how-to use using day week year amid top
"""
_PLAIN = frozenset(_EMPTY.split())
"""Words of titles that say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A rule to add (`category`, `term`), or aliases for one: `spelling`, with `known` if the rule is there already."""

    kind: Literal["category", "spelling", "term"]
    name: str
    items: int
    aliases: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    known: bool = False


def suggestions(
    known: Mapping[str, tuple[str, int]], rules: Sequence[TagRule], sources: Iterable[str], titles: Iterable[str]
) -> list[Suggestion]:
    """Return spellings that look alike, then categories without a rule, then words of untagged titles.

    `known` are the tags of the index by key with label and number of items, `titles` those of items that no category
    and no rule gave a tag.
    """
    aside = {tag.spelling(name) for name in sources}
    living = {label: count for label, count in known.values() if count and tag.spelling(label) not in aside}
    ruled = {tag.spelling(name) for rule in rules for name in (rule.name, *rule.aliases)}
    alike = list(islice(_alike(living, rules), MOST))
    told = {tag.spelling(name) for one in alike for name in (one.name, *one.aliases)}
    frequent = sorted(living.items(), key=lambda pair: (-pair[1], pair[0]))
    categories = [
        Suggestion(kind="category", name=label, items=count)
        for label, count in frequent
        if count >= ENOUGH and tag.spelling(label) not in ruled | told
    ]
    present = ruled | told | {tag.spelling(label) for label in living} | aside
    words = [one for one in _words(titles) if tag.spelling(one.name) not in present]
    return [*alike, *categories[:MOST], *words[:MOST]]


def _alike(living: Mapping[str, int], rules: Sequence[TagRule]) -> Iterator[Suggestion]:
    """Give groups of names that differ in punctuation, script, a plural or one letter, the largest group first."""
    names = {name: rule.name for rule in rules for name in (rule.name, *rule.aliases)}
    ruled = set(map(tag.spelling, names))
    groups: defaultdict[str, list[str]] = defaultdict(list)
    owners: dict[str, str] = {}
    for name, owner in names.items():
        for form in _forms(name):
            owners.setdefault(form, owner)
    seen: dict[str, str] = {}
    for label in sorted(living, key=lambda label: (-living[label], label)):
        if tag.spelling(label) in ruled:
            continue
        forms = _forms(label)
        home = next((owners[form] for form in forms if form in owners), "")
        home = home or next((seen[form] for form in forms if form in seen), label)
        groups[home].append(label)
        for form in forms:
            seen.setdefault(form, home)
    found = [
        Suggestion(
            kind="spelling",
            name=home,
            items=sum(living[label] for label in labels),
            aliases=tuple(label for label in labels if label != home),
            known=home in names,
        )
        for home, labels in groups.items()
        if set(labels) - {home}
    ]
    yield from sorted(found, key=lambda one: (-one.items, one.name))


def _forms(name: str) -> list[str]:
    """What names that look alike have in common, exact forms first.

    Names with other digits never look alike, nor those with other signs that mean something (C, C#, C++; .NET).
    """
    key = han.simplify(slugs.tag_key(name))
    bare = "".join(filter(str.isalnum, key))[:_LONGEST]
    signs = "".join(_MEANING.findall(key))
    if not bare:
        return []
    single = bare[:-1] if bare.isascii() and len(bare) > _SHORTEST and bare.endswith("s") else bare
    if len(single) < _NEAR:
        return [f"={signs}={single}"]
    digits = "".join(filter(str.isdigit, single))
    shorter = (f"{single[:at]}{single[at + 1 :]}" for at in range(len(single)))
    return [f"~{digits}{signs}~{form}" for form in (single, *shorter)]


def _words(titles: Iterable[str]) -> list[Suggestion]:
    """Words that stand in several of the titles, the most frequent first; of words inside each other the longer."""
    counts: Counter[str] = Counter()
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for title in titles:
        latin = {word.casefold(): word for word in _LATIN.findall(title) if len(word) >= _SHORTEST}
        for folded, word in latin.items():
            if folded not in _PLAIN:
                counts[folded] += 1
                spellings[folded][word] += 1
        counts.update(_grams(title))
    frequent = {word: count for word, count in counts.items() if count >= ENOUGH}
    covered = {
        part
        for word, count in frequent.items()
        if not word.isascii()
        for part in _parts(word)
        if count >= _COVERED * frequent.get(part, 0)
    }
    chosen = sorted(frequent.keys() - covered, key=lambda word: (-frequent[word], word))
    shown = {word: spellings[word].most_common(1)[0][0] if word in spellings else word for word in chosen}
    return [Suggestion(kind="term", name=shown[word], items=frequent[word], match=(shown[word],)) for word in chosen]


def _grams(title: str) -> set[str]:
    return {
        run[at : at + size]
        for run in _HAN.findall(title)
        for size in _GRAMS
        for at in range(len(run) - size + 1)
        if run[at] not in _EDGES and run[at + size - 1] not in _EDGES
    }


def _parts(word: str) -> Iterator[str]:
    for size in range(2, len(word)):
        yield from (word[at : at + size] for at in range(len(word) - size + 1))
