"""A source's items deleted for good, and what was remembered of having read them.

This module edits no configuration and publishes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator import succession
from aggregator.model import FetchState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from aggregator.model import Source
    from aggregator.ports import Store
    from aggregator.tree import ItemTree


def purge(store: Store, tree: ItemTree, gone: str, sources: Iterable[Source], now: datetime) -> int:
    """Delete the items of the source `gone` and return how many; others' copies take their places. Raises OSError.

    All of it is new if the source is ever asked again. What the folders among the other `sources` held is forgotten as
    well, since files of theirs may have been among those items. Retry-After still holds.
    """
    mine = [record for record in store.items() if gone in (record.via or record.source, record.source)]
    heirs = succession.purge(tree, store, mine, now)
    store.replace(heirs, removed=[record.key for record in mine])
    for state in store.claim([gone], now, 0.0):
        store.commit(FetchState(source=gone, generation=state.generation, url=state.url, retry_at=state.retry_at), ())
    for state in store.claim([one.id for one in sources if one.kind == "folder"], now, 0.0):
        store.commit(replace(state, etag="", last_modified="", digest=""), ())
    return len(mine)
