"""Tag rules and filters built from checked tables, and what must hold between them. This module reads no files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.config.sources import Row, source_id
from aggregator.settings import Filter, TagRule
from aggregator.steps import slugs
from aggregator.steps.naming import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.config.checking import Checker

SUGGESTED = 1000
"""Names of tags among which the one that was meant is looked for: thousands of mistakes over thousands take minutes."""


def build_tags(rows: Sequence[Row], checker: Checker) -> tuple[TagRule, ...]:
    """Return the tag rules; names, aliases and slugs of two tags must differ, and parents exist without circles."""
    built = [(row, _tag(row)) for row in rows if "name" in row.values]
    names: dict[str, Row] = {}
    slugged: dict[str, Row] = {}
    for row, rule in built:
        _claim(row, "name", slugs.tag_key(rule.name), names, checker)
        for index, alias in enumerate(rule.aliases):
            if slugs.tag_key(alias) != slugs.tag_key(rule.name):
                _claim(row, ("aliases", index), slugs.tag_key(alias), names, checker)
        if rule.slug or names[slugs.tag_key(rule.name)] is row:  # one mistake is told once
            _claim(row, "slug" if rule.slug else "name", rule.slug or slugs.slug(rule.name), slugged, checker)
    for row, rule in built:
        for former, _ in rule.was:
            _claim(row, ("was", former), former, slugged, checker)
    _check_parents(built, checker)
    return tuple(rule for _, rule in built)


def _tag(row: Row) -> TagRule:
    return TagRule(**{"not_" if name == "not" else name: value for name, value in row.values.items()})


def _claim(row: Row, at: str | tuple[str, int | str], value: str, taken: dict[str, Row], checker: Checker) -> None:
    other = taken.setdefault(value, row)
    if other is not row:
        path = (*row.path, at) if isinstance(at, str) else (*row.path, *at)
        name = other.values["name"]
        checker.add(row.document, path, f'"{value}" belongs to the tag "{name}" in line {other.line} already')


def _check_parents(built: Sequence[tuple[Row, TagRule]], checker: Checker) -> None:
    """Remember parents that are no tags, and tags that are their own ancestors."""
    parents = {slugs.tag_key(rule.name): slugs.tag_key(rule.parent) for _, rule in built}
    names = [rule.name for _, rule in built[:SUGGESTED]]
    for row, rule in built:
        if not rule.parent:
            continue
        seen = {slugs.tag_key(rule.name)}
        parent = slugs.tag_key(rule.parent)
        if parent not in parents:
            message = f'expected the name of a tag, "{rule.parent}" is none{suggest(rule.parent, names)}'
            checker.add(row.document, (*row.path, "parent"), message)
        while parent and parent not in seen:
            seen.add(parent)
            parent = parents.get(parent, "")
        if parent == slugs.tag_key(rule.name):
            checker.add(row.document, (*row.path, "parent"), "a tag cannot be its own ancestor")


def build_filters(rows: Sequence[Row], sources: Sequence[Row], checker: Checker) -> tuple[Filter, ...]:
    """Return the filters; they must name sources that there are, and have something to look for."""
    known = [source_id(row.values) for row in sources]
    built = []
    for row in rows:
        for index, name in enumerate(row.values.get("sources", ())):
            if name not in known:
                checker.add(row.document, (*row.path, "sources", index), f'no source "{name}"{suggest(name, known)}')
        if not {"match", "not"} & row.raw.keys():
            checker.add(row.document, row.path, "expected match or not: without them the filter means every entry")
        elif "action" in row.values:
            built.append(Filter(**{"not_" if name == "not" else name: value for name, value in row.values.items()}))
    return tuple(built)
