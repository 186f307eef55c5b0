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
    """Make items stand alone: out of their stories, copies that were set aside back among the items. Return them."""
    journal.split(review.tree.root, (record.key for record in records), review.now)
    keys = {record.key for record in records}
    touched = keys | {key for record in records for key in (*record.copies, *record.related)}
    touched |= review.store.sketches.link((), parted=keys)
    review.store.replace([review.tree.bring_back(replace(record, alone=True)) for record in records])
    review.look(touched)
    return review.store.known(keys, [], [])


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
