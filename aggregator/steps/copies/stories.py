"""Which items are one story, who owns it, and what is related: a pure function of links, with no order in it.

A story is what links of copies hold together. Its owner is the source whose host is the link's host, else the first
seen (in the same round: the first by name). A text that holds two texts which are no copies of each other is a digest:
it does not make them one story. What the site's owner said counts before all rules: who was split stands alone, who was
merged stands together.

This module finds no links (`steps.near`, `steps.copies.topics`) and moves no files.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from aggregator.steps.urls import host, same_site

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from aggregator.model import Link, Record

RELATED: Final = 5
"""Related items that are shown at most."""


def settle(
    records: Mapping[str, Record], links: Iterable[Link], hosts: Mapping[str, str], wanted: Iterable[str]
) -> list[Record]:
    """Return those of the `wanted` records that change: with story, copies, related items and what is shown of them.

    `records` and `links` hold everything that the wanted ones hang together with; `hosts` maps source ids to hosts.
    """
    links = list(links)
    groups = _groups(records, links)
    ranked = {key: sorted(group, key=lambda one: _rank(records[one], hosts)) for key, group in groups.items()}
    near = _related(records, links, ranked)
    changed = []
    for key in sorted(wanted):
        record = records.get(key)
        if record is None or record.gone:
            continue
        group = ranked[key]
        copies = tuple(other for other in group if other != key)
        others = near.get(key, ())
        settled = replace(
            record,
            story=group[0] if copies else "",
            copies=copies,
            related=others,
            circle=_circle([records[other] for other in (*copies, *others)]),
        )
        changed += [] if settled == record else [settled]
    return changed


def owns(record: Record, hosts: Mapping[str, str]) -> bool:
    """Whether an item's link is on the host of its own source."""
    return same_site(hosts.get(record.source, ""), host(record.link))


def _rank(record: Record, hosts: Mapping[str, str]) -> tuple[bool, bool, datetime, str, str]:
    return bool(record.duplicate_of), not owns(record, hosts), record.first_seen, record.source, record.key


def _groups(records: Mapping[str, Record], links: list[Link]) -> dict[str, list[str]]:
    """Key → the keys of its story, itself included."""
    forest = _Forest()
    for key, record in records.items():
        if record.duplicate_of in records and not record.gone and not record.alone:
            forest.join(key, record.duplicate_of)
    standing = [link for link in links if _stands(records, link)]
    for link in _without_digests(standing):
        forest.join(link.small, link.big)
    members: defaultdict[str, list[str]] = defaultdict(list)
    for key, record in records.items():
        if not record.gone:
            members[forest.find(key)].append(key)
    return {key: group for group in members.values() for key in group}


def _stands(records: Mapping[str, Record], link: Link) -> bool:
    """Whether a link between texts counts: both are there, and the site's owner does not object to a copy."""
    ends = [records.get(key) for key in (link.small, link.big)]
    if link.bond == "related" or not all(end and not end.gone for end in ends):
        return False
    return link.bond != "near" or not any(end and end.alone for end in ends)


def _without_digests(links: list[Link]) -> list[Link]:
    """The links but those of parts to a text which holds parts that are no copies of each other."""
    known = {frozenset((link.small, link.big)) for link in links}
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for link in links:
        if link.part and link.bond != "merged":
            parts[link.big].append(link.small)
    digests = {
        big
        for big, small in parts.items()
        if any(frozenset((one, other)) not in known for one in small for other in small if one < other)
    }
    bound = (link for link in links if link.bond != "within")
    return [link for link in bound if not (link.part and link.bond == "near" and link.big in digests)]


def _related(
    records: Mapping[str, Record], links: list[Link], ranked: Mapping[str, list[str]]
) -> dict[str, tuple[str, ...]]:
    """Key → the owners of the stories that are related to its own, the closest first, then the newest.

    Stories are related, by whichever of their items: so all items of a story show the same, and each side the other.
    """
    scores: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for link in links:
        if link.bond != "related" or not {link.small, link.big} <= ranked.keys():
            continue
        one, other = ranked[link.small][0], ranked[link.big][0]
        if one != other:
            scores[one][other] = scores[other][one] = max(link.score, scores[one].get(other, 0.0))

    shown = {owner: _closest(found, records) for owner, found in scores.items()}
    return {key: shown[group[0]] for key, group in ranked.items() if group[0] in shown}


def _closest(scores: Mapping[str, float], records: Mapping[str, Record]) -> tuple[str, ...]:
    """The owners of related stories that are shown; given with their scores, the closest first, then the newest."""
    order = {key: (-score, -records[key].published.timestamp(), key) for key, score in scores.items()}
    return tuple(sorted(scores, key=order.__getitem__)[:RELATED])


def _circle(shown: list[Record]) -> str:
    if not shown:
        return ""
    told = "\0".join(text for one in shown for text in (one.key, one.source, one.title, one.link))
    return hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=4).hexdigest()


class _Forest:
    """Disjoint sets of keys; the least key stands for its set, so that the order of joins leaves no trace."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, key: str) -> str:
        while (parent := self._parent.get(key, key)) != key:
            self._parent[key] = key = self._parent.get(parent, parent)
        return key

    def join(self, one: str, other: str) -> None:
        low, high = sorted((self.find(one), self.find(other)))
        if low != high:
            self._parent[high] = low
