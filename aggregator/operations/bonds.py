"""What the site's owner says about copies: `split` makes items stand alone, `merge` puts them into one story, for good.

Both are appended to `items/.tagwire.jsonl` before the index is changed, so they survive its loss. This module publishes
nothing.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from aggregator import journal
from aggregator.errors import UsageError
from aggregator.operations.stories import merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import Record
    from aggregator.operations.stories import Review


def split(review: Review, records: Sequence[Record]) -> list[Record]:
    """Make items stand alone, out of their stories, and return them and those that came back among the items.

    Back come the items themselves, if they were set aside, and the copies that were set aside for them: these stay one
    article, owned by whoever is next. Of items that stand alone already nothing changes.
    """
    keys = {record.key for record in records}
    parted = [one for one in records if not one.alone or one.duplicate_of or one.copies]
    if parted:
        journal.split(review.tree.root, (record.key for record in parted), review.now)
        keys |= _part(review, parted)
    return review.store.known(keys, [], [])


def _part(review: Review, records: Sequence[Record]) -> set[str]:
    """Take items out of their stories and return the keys of the copies that came back because of it."""
    store = review.store
    keys = {record.key for record in records}
    touched = keys | {key for record in records for key in (*record.copies, *record.related)}
    touched |= store.sketches.link((), parted=keys)
    near = store.known(touched, [record.url for record in records if record.url], [])
    aside = [one for one in near if one.duplicate_of in keys and one.key not in keys and not one.gone]
    rows = [*(replace(record, alone=True) for record in records), *aside]
    store.replace([review.tree.bring_back(row) for row in rows])
    review.look(touched.union(one.key for one in aside))
    for key in sorted(keys):
        _keep_together(review, {one.key for one in aside if one.duplicate_of == key})
    return {one.key for one in aside}


def _keep_together(review: Review, keys: set[str]) -> None:
    """Make copies of one article one story where their texts are too short for the rules to see it."""
    rows = {one.story or one.key: one for one in review.store.known(keys, [], []) if not one.alone}
    if len(rows) > 1:
        merge(review, [rows[story] for story in sorted(rows)])


def merge(review: Review, records: Sequence[Record]) -> list[Record]:
    """Put items into one story, whatever the rules say; return them.

    Raises `errors.UsageError` unless there are two or more of them.
    """
    keys = [record.key for record in records]
    if len(set(keys)) < 2:  # noqa: PLR2004 - a story
        raise UsageError("merge needs two items or more")
    pairs = [(one, other) for one, other in pairwise(keys) if one != other]
    journal.merged(review.tree.root, pairs, review.now)
    review.store.replace([replace(record, alone=False) for record in records if record.alone])
    review.store.sketches.link([merged(one, other) for one, other in pairs])
    review.look(keys)
    return review.store.known(keys, [], [])
