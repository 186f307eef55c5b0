"""Sources asked again that were given up, are asked elsewhere than configured, or whose items were deleted with them.

This module edits no configuration.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.model import FetchState
from aggregator.steps import cadence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from aggregator.model import Source
    from aggregator.ports import Store


def burdened(states: Iterable[tuple[Source, FetchState]], ids: Collection[str]) -> list[str]:
    """Return those of the sources against which something is remembered: failures, retirement, another URL."""
    return [source.id for source, state in states if source.id in ids and (state.error or state.adopted)]


def revive(store: Store, ids: Sequence[str], now: datetime) -> None:
    """Forget what is held against the sources, so that they are due at once; Retry-After still holds."""
    for state in store.claim(ids, now, 0.0):
        store.commit(cadence.revived(state), ())


def forget(store: Store, gone: str, folders: Sequence[str], now: datetime) -> None:
    """Forget what was had of a source whose items are deleted, so that all of it is new if it is ever asked again.

    Of the `folders` it is forgotten what they held: files of theirs may have been among those items. Retry-After holds.
    """
    for state in store.claim([gone], now, 0.0):
        store.commit(FetchState(source=gone, generation=state.generation, url=state.url, retry_at=state.retry_at), ())
    for state in store.claim(folders, now, 0.0):
        store.commit(replace(state, etag="", last_modified="", digest=""), ())
