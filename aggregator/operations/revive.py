"""Sources asked again that were given up, or are asked elsewhere than configured.

This module edits no configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.steps import cadence

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from aggregator.model import FetchState, Source
    from aggregator.ports import Store


def burdened(states: Iterable[tuple[Source, FetchState]], ids: Collection[str]) -> list[str]:
    """Return those of the sources against which something is remembered: failures, retirement, another URL."""
    return [source.id for source, state in states if source.id in ids and (state.error or state.adopted)]


def revive(store: Store, ids: Sequence[str], now: datetime) -> None:
    """Forget what is held against the sources, so that they are due at once; Retry-After still holds."""
    for state in store.claim(ids, now, 0.0):
        store.commit(cadence.revived(state), ())
