"""What the index needs no more, dropped once a day by whoever refreshes the site, or when its owner asks for it.

Items are never among it, nor are item files: these are their owner's. How long the index remembers what is gone says
`[storage] keep`. This module opens no index itself.
"""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aggregator import files
from aggregator.model import Problem
from aggregator.model.item import Ages
from aggregator.steps import near
from aggregator.steps.copies import topics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aggregator.ports import Store
    from aggregator.settings import Settings

DONE: Final = "var/housekeeping"
"""The day on which it was done last, in UTC; losing it costs one time more."""


def remembered_since(settings: Settings, now: datetime) -> datetime | None:
    """Return from when on the index remembers what is gone; None if for ever."""
    keep = settings.storage.keep
    return None if math.isinf(keep) else now - timedelta(seconds=keep)


def prune(settings: Settings, store: Store, now: datetime) -> Mapping[str, int]:
    """Return how many rows of each kind were dropped, see `ports.Upkeep.prune`. Raises `errors.StoreError`."""
    ages = Ages(
        sketched=now - timedelta(days=near.DAYS),
        topics=now - timedelta(hours=topics.HOURS),
        gone=remembered_since(settings, now),
    )
    return store.upkeep.prune(settings.by_id.keys(), ages)


def daily(settings: Settings, store: Store, now: datetime) -> tuple[Problem, ...]:
    """Prune if that was not done today; return what kept it from being done. Raises `errors.StoreError`."""
    done, today = Path(settings.root, DONE), f"{now:%Y-%m-%d}\n".encode()
    try:
        with suppress(FileNotFoundError):
            if files.read_bytes(done) == today:
                return ()
        prune(settings, store, now)
        files.write(done, today)
    except OSError as error:
        return (Problem(where=DONE, message=error.strerror or str(error)),)
    return ()
