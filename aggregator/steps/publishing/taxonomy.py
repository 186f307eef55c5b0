"""The tags as published: one label and one slug for each, no two the same.

This module counts nothing itself and gives no item a tag (`steps.tag` does).
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from aggregator.model import Tag
from aggregator.steps import slugs, text
from aggregator.steps.publishing import splice
from aggregator.steps.words import han

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from aggregator.settings import TagRule


_REMEMBERED: Final = 4096
"""Tags that are remembered as they are shown: of those of one publication most come again in the next."""


class Taxonomy:
    """Every known tag by its key (`slugs.tag_key`); names that are not known get a tag of their own.

    At most `most` of them, 0 for all, have a feed: configured ones first, then those with the most items.
    """

    def __init__(self, known: Mapping[str, tuple[str, int]], rules: Sequence[TagRule], *, most: int = 0) -> None:
        by_key = {slugs.tag_key(rule.name): rule for rule in rules}
        former = _former(rules)
        labels = tuple(
            (key, label)
            for key, (label, count) in sorted(known.items())
            if key in by_key or not _only_alias(key, label, count, former)
        )
        plain = _plain(labels, tuple(rules))
        self._tags = {key: _counted(tag, known[key][1]) for key, tag in plain.items()}
        ranked = sorted(self._tags, key=lambda key: (key not in by_key, -known[key][1], key))
        self._fed = dict.fromkeys(ranked[: most or None])
        self._by_name: dict[str, Tag] = {}
        taken = {name for tag in plain.values() for name in _names(tag.slug)} if any(one.was for one in rules) else ()
        self.moved = {
            slug: (rule.name, day) for rule in rules for slug, day in rule.was if slug not in {*taken, _slug(rule)}
        }
        """Slugs whose feeds moved → (name of the tag that has them now, day as YYYY-MM-DD); slugs in use are none."""

    def __iter__(self) -> Iterator[str]:
        return iter(self._fed)

    @property
    def surplus(self) -> int:
        """How many tags have no feed."""
        return len(self._tags) - len(self._fed)

    def get(self, key: str) -> Tag | None:
        """Return the tag with this key, None if it is not known or has no feed."""
        return self._tags[key] if key in self._fed else None

    def tag(self, name: str) -> Tag:
        """Return label and slug of the tag that this spelling means, and whether it has a feed.

        Without count and description: those change while a post that carries the tag stays the same.
        """
        found = self._by_name.get(name)
        if found is None:
            key = slugs.tag_key(name)
            known = self._tags.get(key)
            slug = known.slug if known else slugs.slug(name)
            label = known.label if known else text.one_line(name) or slug
            found = self._by_name[name] = _shown(label, slug, fed=key in self._fed)
        return found

    def turned(self, there: Collection[str]) -> list[str]:
        """Return the keys of tags that have a feed while their slug is not `there`, or have none while it is."""
        return [key for key, tag in self._tags.items() if (key in self._fed) != (tag.slug in there)]

    @cached_property
    def largest(self) -> Sequence[tuple[str, Tag]]:
        """(key, tag) of those that have items and a feed, those with the most first, then by label."""
        full = [(key, tag) for key in self._fed if (tag := self._tags[key]).count]
        full.sort(key=lambda pair: pair[1].label)
        full.sort(key=lambda pair: pair[1].count, reverse=True)  # in two steps, since tuples compare more slowly
        return full


def _former(rules: Sequence[TagRule]) -> Mapping[str, Collection[str]]:
    """Other names of the rules' tags, by key and by spelling, each with the slugs that its rule's feed had."""
    former: dict[str, list[str]] = {}
    for rule in rules:
        for key in map(slugs.tag_key, (rule.name, *rule.aliases)):
            for name in {key, han.simplify(key)}:
                former.setdefault(name, []).extend(slug for slug, _ in rule.was)
    return former


def _only_alias(key: str, label: str, count: int, former: Mapping[str, Collection[str]]) -> bool:
    """Whether a name only stands for another tag, so that it has no feed of its own.

    So it is if no item bears it, or if its feed has become the notice that the feed moved. Items that bear it all the
    same are those whose files cannot be read; once they can, they are published under the new name.
    """
    if count:
        return key in former and slugs.slug(label) in former[key]
    return han.simplify(key) in former


def _slug(rule: TagRule) -> str:
    return rule.slug or slugs.slug(rule.name)


def _names(slug: str) -> set[str]:
    """What a tag takes up among the files of all: a folder for its archive, and a file in each format."""
    return {slug, *(slug + suffix for suffix, _ in splice.TWINS.values())}


@lru_cache(maxsize=2)
def _plain(labels: tuple[tuple[str, str], ...], rules: tuple[TagRule, ...]) -> Mapping[str, Tag]:
    """The tags by key, not counted: from one publication to the next they are mostly the same."""
    by_key = {slugs.tag_key(rule.name): rule for rule in rules}
    # Configured slugs first: they were chosen, so a tag that happens to be named alike has to yield.
    order = sorted(labels, key=lambda pair: (not (pair[0] in by_key and by_key[pair[0]].slug), pair[0]))
    taken: set[str] = set()
    tags: dict[str, Tag] = {}
    for key, label in order:
        tags[key] = tag = _tag(key, label, rule=by_key.get(key), taken=taken)
        taken.update(_names(tag.slug))
    for key, rule in by_key.items():
        parent = tags.get(slugs.tag_key(rule.parent))
        if key in tags and parent:
            tags[key] = replace(tags[key], parent=parent.slug)
    return tags


@lru_cache(maxsize=_REMEMBERED)
def _shown(label: str, slug: str, *, fed: bool) -> Tag:
    return Tag(label=label, slug=slug, fed=fed)


@lru_cache(maxsize=_REMEMBERED)
def _counted(tag: Tag, count: int) -> Tag:
    return replace(tag, count=count)


def _tag(key: str, label: str, *, rule: TagRule | None, taken: set[str]) -> Tag:
    label = rule.name if rule else label
    slug = (rule.slug if rule else "") or slugs.slug(label)
    if not taken.isdisjoint(_names(slug)):
        slug = f"{slug}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
    return Tag(
        label=text.one_line(label) or slug,
        slug=slug,
        description=text.one_line(rule.description) if rule else "",
        icon=rule.icon if rule else "",
        logo=rule.logo if rule else "",
    )
