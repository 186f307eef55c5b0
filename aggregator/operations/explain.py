"""Why an item is, or is not, a copy of another: rule, score and evidence of each neighbour, as the index sees it now.

This module changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from aggregator import reading
from aggregator.errors import TagwireError
from aggregator.model import Sketch
from aggregator.steps import frontmatter, near
from aggregator.steps.copies import topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aggregator.model import Link, Record
    from aggregator.ports import Store
    from aggregator.tree import ItemTree

NEAREST: Final = 5
"""Neighbours that are told of, though they are no copies."""
CLAUSES: Final[Mapping[str, str]] = {
    "text": f"too little of the shorter text stands in the longer one: at least {near.CONTAINED:.0%} must, of short"
    f" texts {near.SURE:.0%} unless the titles agree",
    "numbers": "the texts agree, but their numbers do not: a template, or another day's figures",
    "length": "the shorter text is but a part of the longer one, under another title: an excerpt or a digest",
    "titles": "titles that name different numbers, which the texts do not settle, or titles of one source that differ",
    "time": f"published more than {near.DAYS} days apart",
    "split": "you split it: it stands alone (tagwire merge takes that back)",
    "digest": "the longer text holds several texts that are no copies of each other",
    "near": "copies are not looked for in this source (near = false), or its text has no sketch",
}
"""Name of a clause → why two texts are no copies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What binds or parts two items.

    `rule` is url, near, merged, chain, related, or empty. `failed` is a key of `CLAUSES`: why two items that are
    related, or nothing of all this, are no copies.
    """

    other: Record
    rule: str
    score: float = 0.0
    evidence: str = ""
    failed: str = ""


def explain(store: Store, tree: ItemTree, record: Record, others: Iterable[Record] = ()) -> list[Reason]:
    """Return a reason for each of the `others`; if there are none, for its story, what is related, and the nearest."""
    mine = sketch_of(store, tree, record)
    alike, close = store.sketches.find([near.places(mine), topics.places(mine.topic)])
    found = [*alike, *close]
    bonds = sorted(store.sketches.links([record.key]), key=lambda link: link.bond == "merged")
    links = {_other(link, record.key): link for link in bonds if link.bond in {"near", "merged"}}
    direct = {_other(link, record.key) for link in bonds if link.bond == "related"}
    joined = _joined(store, record)
    asked = {one.key for one in others}
    mates = {one.key for one in store.known([], [record.url] if record.url else [], [])}
    keys = {row.key for row in found} | mates | asked | {*record.copies, *record.related, *links} - {record.key}
    known = [one for one in store.known(asked or keys, [], []) if one.key != record.key and not one.gone]
    sketches = {row.key: near.unpack(row.body, row.topic) for row in found}
    reasons = []
    for other in known:
        theirs = sketches.get(other.key) or sketch_of(store, tree, other)
        reason = _reason((record, mine), (other, theirs), links.get(other.key), direct=other.key in direct)
        if reason.rule == "chain" and other.key not in joined:
            reason = replace(reason, rule="merged", evidence="you merged items of this story")
        reasons.append(reason)
    bound = [one for one in reasons if one.rule]
    apart = [one for one in reasons if not one.rule and (one.score > 0 or one.other.key in asked | mates)]
    apart.sort(key=lambda one: (one.other.key not in asked, -one.score, one.other.key))
    order = {key: place for place, key in enumerate((*record.copies, *record.related))}
    bound.sort(key=lambda one: (order.get(one.other.key, len(order)), one.other.key))
    return [*bound, *apart[: max(NEAREST, len(asked))]]


def _joined(store: Store, record: Record) -> set[str]:
    """Return the keys of an item and of those that the rules alone put into one story with it."""
    members = store.known({record.key, *record.copies}, [], [])
    steps = [(one.key, one.duplicate_of) for one in members if one.duplicate_of]
    links = store.sketches.links(one.key for one in members)
    steps += [(link.small, link.big) for link in links if link.bond == "near"]
    found, before = {record.key}, 0
    while len(found) > before:
        before = len(found)
        found |= {key for step in steps if found.intersection(step) for key in step}
    return found


def sketch_of(store: Store, tree: ItemTree, record: Record) -> Sketch:
    """Return an item's sketch, made from its file if the index has none any more; an empty one if there is no text."""
    kept = store.sketches.get([record.key]).get(record.key)
    if kept is None or not kept.topic:
        try:
            body = frontmatter.body(tree.read(record), record.source)
        except (TagwireError, OSError, ValueError):
            return Sketch()
        kept = reading.sketched(reading.Text(key=record.key, at=record.first_seen, title=record.title, body=body))
    return near.unpack(kept.body, kept.topic)


def _reason(one: tuple[Record, Sketch], other: tuple[Record, Sketch], link: Link | None, *, direct: bool) -> Reason:
    """`link` makes them copies; `direct` says that they themselves are related, not only their stories."""
    (record, mine), (neighbour, theirs) = one, other
    verdict = near.verdict(one, other)
    score, evidence = verdict.score, verdict.evidence
    if neighbour.key in record.copies or neighbour.duplicate_of == record.key or record.duplicate_of == neighbour.key:
        rule = link.bond if link else "url" if neighbour.url and neighbour.url == record.url else "chain"
        return Reason(other=neighbour, rule=rule, score=score, evidence=_TOLD.get(rule, evidence))
    failed = verdict.failed
    if not failed:
        failed = "split" if record.alone or neighbour.alone else "digest" if link else "near"
    if neighbour.key in record.related:
        likeness = topics.cosine(mine.topic, theirs.topic)
        near_by = f"published within {topics.HOURS} hours" if direct else "items of their stories are about one event"
        evidence = f"{likeness:.2f} alike in what they are about, {near_by}; no copy: {evidence}"
        return Reason(other=neighbour, rule="related", score=round(likeness, 3), evidence=evidence, failed=failed)
    return Reason(other=neighbour, rule="", score=score, evidence=evidence, failed=failed)


_TOLD: Final[Mapping[str, str]] = {
    "url": "the same canonical URL, confirmed by title or by how the texts begin",
    "merged": "you merged them",
    "chain": "both are copies of another item of the story",
}


def _other(link: Link, key: str) -> str:
    return link.big if link.small == key else link.small
