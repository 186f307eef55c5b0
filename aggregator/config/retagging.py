"""tags.toml changed as text, so that comments and order stay: tags renamed and merged.

The former name becomes an alias, so that items that are kept and entries to come both follow; the former slug is
written down in `was`, so that the feed's subscribers are told. A change is tried first: if the configuration would not
load afterwards, there is no change to write. This module touches no items and no feeds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aggregator.config import changing, patching, schema
from aggregator.config.loading import load
from aggregator.config.reading import Document, read
from aggregator.errors import ConfigError, UsageError
from aggregator.settings import TagRule
from aggregator.steps import slugs, tag
from aggregator.steps.publishing.taxonomy import Taxonomy
from aggregator.steps.slugs import tag_key
from aggregator.steps.words import terms

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from aggregator.config.reading import Place
    from aggregator.settings import Settings

FILE = "tags.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChange:
    """A change that was tried and found good; `settings` are those after it."""

    settings: Settings
    name: str
    """The name under which the tags are known from now on."""
    gone: tuple[str, ...]
    """The names that became aliases."""
    path: Path
    text: str

    def write(self) -> None:
        """Make the change. Raises OSError, and nothing is changed then."""
        changing.write(self.path, self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagEditor:
    """Plans changes of one site's tags.

    `known` are the tags that the index knows (`ports.Store.tags`), `sources` the ids of all sources that items name,
    `today` is the day to write down (YYYY-MM-DD).
    """

    place: Place
    settings: Settings
    known: Mapping[str, tuple[str, int]]
    today: str
    environ: Mapping[str, str] | None = None
    sources: Collection[str] = ()

    def rename(self, old: str, new: str) -> TagChange:
        """Give a tag another name.

        Raises `UsageError` if there is no such tag, or if the new name is none or taken, or if another tag would come
        along, since the extra `zh` takes both names for one once a rule has them.
        """
        label = self._existing(old)
        _check(new)
        if label == new:
            raise UsageError(f"the tag is called {new!r} already")
        rule, owner = self._owner(label), self._owner(new)
        taken = owner.name if owner and owner != rule else next((one for one in self._alike(new) if one != label), "")
        if taken:
            raise UsageError(f"there is a tag {taken!r} already: tagwire tags merge {label!r} {taken!r}")
        if twins := [one for one in self._alike(label) if one != label]:
            names = " ".join(map(repr, (label, *twins, new)))
            raise UsageError(f"{twins[0]!r} is the same name in the other script: tagwire tags merge {names}")
        document = self._document()
        if rule is None:
            document = _again(document, patching.appended(document.text, "tags", {"name": new, "aliases": []}))
        else:
            document = _again(document, patching.with_text(document, _at(document, rule.name), "name", new))
        alias = {tag_key(label)} - {tag_key(new), *map(tag_key, rule.aliases if rule else ())}
        at = _at(document, new)
        document = _again(document, patching.with_members(document, at, "aliases", [label] if alias else []))
        moved = () if rule and rule.slug else (self._slug(label),)
        return self._finished(document, new, (label,), moved)

    def merge(self, names: Sequence[str], into: str) -> TagChange:
        """Make several tags one, which may be new; it has the rules of all of them, and its own parent, else theirs.

        With the extra `zh` tags of the same names in the other script come along. Raises `UsageError` for names that
        are no tags.
        """
        _check(into)
        owner = self._owner(into)
        target = owner.name if owner else into
        told = [self._existing(name) for name in names]
        labels = tuple(dict.fromkeys([*told, *(twin for name in (*told, target) for twin in self._alike(name))]))
        labels = tuple(label for label in labels if tag_key(label) != tag_key(target))
        if not labels:
            raise UsageError(f"nothing to merge into {target!r}")
        rules = [rule for label in labels if (rule := self._owner(label))]
        document = self._document()
        for rule in rules:
            document = _again(document, patching.without(document, _at(document, rule.name)))
        if owner is None:
            document = _again(document, patching.appended(document.text, "tags", {"name": target}))
        document = self._given(document, target, labels, rules)
        moved = tuple(self._slug(label) for label in labels)
        return self._finished(document, target, labels, moved, tuple(pair for rule in rules for pair in rule.was))

    def _given(self, document: Document, target: str, labels: Sequence[str], rules: Sequence[TagRule]) -> Document:
        """Return the document in which the target has all names, words and vetoes of the merged tags, each once."""
        held = self._owner(target) or TagRule(name=target)
        lists = {
            "aliases": [*labels, *(alias for rule in rules for alias in rule.aliases)],
            "match": [word for rule in rules for word in rule.match],
            "not": [word for rule in rules for word in rule.not_],
        }
        for name, values in lists.items():
            key = tag_key if name == "aliases" else terms.key
            there = set(map(key, getattr(held, "not_" if name == "not" else name)))
            there |= {tag_key(target)} if name == "aliases" else set()
            fresh = {key(value): value for value in values if key(value) not in there}
            at = _at(document, target)
            document = _again(document, patching.with_members(document, at, name, list(fresh.values())))
        gone = {tag_key(name) for name in (*labels, target)}
        parents = [parent for parent in (held.parent, *(rule.parent for rule in rules)) if parent]
        parent = next((one for one in parents if tag_key(one) not in gone), "")
        if parent != held.parent:
            document = _again(document, patching.with_text(document, _at(document, target), "parent", parent))
        return document

    def _finished(
        self,
        document: Document,
        name: str,
        gone: tuple[str, ...],
        moved: Sequence[str],
        was: Sequence[tuple[str, str]] = (),
    ) -> TagChange:
        """Return the change, with children handed over and former slugs written down."""
        former = set(map(tag_key, gone))
        for rule in self.settings.tags:
            if tag_key(rule.parent) in former and tag_key(rule.name) not in {*former, tag_key(name)}:
                document = _again(document, patching.with_text(document, _at(document, rule.name), "parent", name))
        present = _row(document, name)
        own = {str(present.get("slug") or slugs.slug(name)), *present.get("was", {})}
        pairs = {slug: day for slug, day in [*was, *((slug, self.today) for slug in moved)] if slug not in own}
        document = _again(document, patching.with_pairs(document, _at(document, name), "was", pairs))
        settings = load(str(self.place.root), str(self.place.file), self.environ, texts={FILE: document.text})
        self._compare(settings, name, gone)
        return TagChange(settings=settings, name=name, gone=gone, path=document.path, text=document.text)

    def _compare(self, settings: Settings, name: str, gone: Sequence[str]) -> None:
        """Raise `ConfigError` if any other rule than those that were meant differs now."""
        touched = {tag_key(label) for label in (name, *gone)}
        before, after = (
            [replace(rule, parent="") for rule in rules if tag_key(rule.name) not in touched]
            for rules in (self.settings.tags, settings.tags)
        )
        if before != after or settings.filters != self.settings.filters:
            raise ConfigError((f"{self._path()}: cannot be changed safely, change it by hand",))

    def _existing(self, name: str) -> str:
        """Return the label of a tag that there is. Raises `UsageError`."""
        if any(_same(name, source) for source in (*self.settings.by_id, *self.sources)):
            raise UsageError(f"{name!r} is the id of a source, which its items always have as a tag")
        owner = self._owner(name)
        if owner is not None and not _same(owner.name, name):
            raise UsageError(f"{name!r} is another spelling of the tag {owner.name!r}: name that one")
        label = owner.name if owner else next(iter(self._alike(name)), "")
        if not label:
            raise UsageError(f"no tag {name!r}; `tagwire tags` lists them")
        return label

    def _owner(self, name: str) -> TagRule | None:
        """Return the rule that has the name or knows it as an alias, as it is written, else in the other script."""
        for key in (tag_key, tag.spelling):
            named = [rule for rule in self.settings.tags if key(rule.name) == key(name)]
            known = [rule for rule in self.settings.tags if key(name) in map(key, rule.aliases)]
            if named or known:
                return (named or known)[0]
        return None

    def _alike(self, name: str) -> list[str]:
        """Return the tags without a rule that a rule with this name takes for its own, first the one written so."""
        alike = [label for label, _ in self.known.values() if _same(label, name)]
        alike.sort(key=lambda label: tag_key(label) != tag_key(name))
        return [label for label in alike if self._owner(label) is None]

    def _slug(self, label: str) -> str:
        """Return the name of the tag's files, as it is published."""
        rule = self._owner(label)
        return (rule.slug if rule else "") or Taxonomy(self.known, self.settings.tags).tag(label).slug

    def _path(self) -> Path:
        return self.place.file.with_name(FILE)

    def _document(self) -> Document:
        return read(self._path(), None if self._path().exists() else "")


def _again(document: Document, text: str) -> Document:
    return read(document.path, text)


def _check(name: str) -> None:
    """Raise `UsageError` for what cannot be the name of a tag."""
    section = schema.section("tags")
    key = section.key("name") if section else None
    assert key is not None
    try:
        key.kind.read(name)
    except ValueError as error:
        raise UsageError(
            f"{name!r} cannot be the name of a tag: {str(error) or f'expected {key.kind.expected}'}"
        ) from None


def _at(document: Document, name: str) -> tuple[str | int, ...]:
    """Return where the tag's table stands. Raises `UsageError` if it is not written as [[tags]]."""
    rows = document.data.get("tags", ())
    number = next(number for number, row in enumerate(rows) if tag_key(row["name"]) == tag_key(name))
    return patching.row(document, "tags", number, name)


def _row(document: Document, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(row for row in document.data["tags"] if tag_key(row["name"]) == tag_key(name))
    return found


def _same(one: str, other: str) -> bool:
    return tag.spelling(one) == tag.spelling(other)
