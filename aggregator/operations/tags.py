"""The tags of a site: listed, explained for one item, suggested. This module changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.operations import rules
from aggregator.steps import frontmatter, normalize, slugs, suggest, tag
from aggregator.steps.publishing.taxonomy import Taxonomy
from aggregator.steps.words import terms

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.model import Record
    from aggregator.ports import Store
    from aggregator.settings import Settings
    from aggregator.steps.suggest import Suggestion

UNTAGGED = 2000
"""The newest items that are looked through for words."""
AROUND = 12
"""Characters shown before and behind a found word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagLine:
    """One tag as it is listed; `path` is that of its feed, relative to the published directory, without suffix."""

    name: str
    path: str
    items: int
    parent: str = ""
    aliases: tuple[str, ...] = ()
    ruled: bool = False
    """Whether tags.toml has a table for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a term was found: `field` is title or text, `around` the folded text there."""

    term: str
    field: str
    around: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One `steps.tag.Reason`, with its places in words."""

    tag: str
    kind: str
    written: str
    hits: tuple[Place, ...]
    vetoes: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an item has its tags under the present rules; `tags` are those of the index."""

    tags: tuple[str, ...]
    grounds: tuple[Ground, ...]
    ours: bool
    """Whether changed rules rewrite its file."""

    @property
    def current(self) -> bool:
        """Whether the index says what the rules give; else the next refresh will make it so."""
        given = {tag.spelling(ground.tag) for ground in self.grounds if ground.kind != "veto"}
        return given == set(map(tag.spelling, self.tags))


def listed(settings: Settings, store: Store) -> list[TagLine]:
    """Return every tag that has items or a rule, those with the most items first, then by name."""
    known = dict(store.tags())
    known = {slugs.tag_key(rule.name): (rule.name, 0) for rule in settings.tags} | known
    ruled = {slugs.tag_key(rule.name): rule for rule in settings.tags}
    taxonomy = Taxonomy(known, settings.tags)
    lines = []
    for key in taxonomy:
        found, rule = taxonomy.get(key), ruled.get(key)
        if found is None or not (found.count or rule):
            continue
        parent, aliases = (rule.parent, rule.aliases) if rule else ("", ())
        path = f"tags/{found.slug}"
        lines.append(
            TagLine(
                name=found.label, path=path, items=found.count, parent=parent, aliases=aliases, ruled=rule is not None
            )
        )
    return sorted(lines, key=lambda line: (-line.items, line.name))


def explained(settings: Settings, record: Record, text: str, now: datetime) -> Explanation:
    """Return why the item in a file with this text has its tags. Raises `errors.EntryError` for an unreadable file."""
    context = rules.context(settings, now)
    source = rules.source_of(settings, record.source, record.via)
    item = frontmatter.load(text, context.zone, key=record.key, name=record.source)
    own = rules.ours(settings, record)
    _, words, _ = normalize.read_text(item, source, context)
    categories = record.categories if own and record.categories is not None else item.tags
    reasons = context.tagger.reasons(item.source, source.tags, categories, f"{item.title}\n{words}")
    folded, title = terms.folded(f"{item.title}\n{words}"), len(terms.folded(item.title))
    grounds = [
        Ground(
            tag=reason.tag,
            kind=reason.kind,
            written=reason.written,
            hits=tuple(_place(hit, folded, title) for hit in reason.hits),
            vetoes=tuple(_place(hit, folded, title) for hit in reason.vetoes),
        )
        for reason in reasons
    ]
    given = {tag.spelling(ground.tag) for ground in grounds if ground.kind not in {"category", "veto"}}
    needless = [g for g in grounds if g.kind == "category" and not own and tag.spelling(g.written) in given]
    return Explanation(tags=record.tags, grounds=tuple(g for g in grounds if g not in needless), ours=own)


def suggested(settings: Settings, store: Store) -> list[Suggestion]:
    """Return what tags.toml may lack, see `steps.suggest`."""
    own = {source.id: {slugs.tag_key(source.id), *map(slugs.tag_key, source.tags)} for source in settings.sources}
    titles = [
        record.title
        for record in store.items(aside=False, limit=UNTAGGED)
        if set(map(slugs.tag_key, record.tags)) <= own.get(record.source, {slugs.tag_key(record.source)})
    ]
    names = {*store.sources(), *settings.by_id, *(name for source in settings.sources for name in source.tags)}
    return suggest.suggestions(store.tags(), settings.tags, names, titles)


def _place(hit: tuple[str, terms.Span], folded: str, title: int) -> Place:
    term, (begin, end) = hit
    if begin < title:
        return Place(term=term, field="title", around=folded[max(begin - AROUND, 0) : min(end + AROUND, title)])
    return Place(term=term, field="text", around=folded[max(begin - AROUND, title) : end + AROUND].strip())
