"""Tells the hub of `[publish] hub` which feeds changed: after they were replaced, and without ever being in the way.

A hub that does not answer costs seconds and a message; the feeds it did not hear of stand in `var/unannounced` and are
told with the next ones. This module publishes nothing.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aggregator import __version__, files
from aggregator.errors import FetchError
from aggregator.fetchers import agent
from aggregator.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aggregator.ports import Clock
    from aggregator.settings import Settings

PAUSES: Final = (1.0, 3.0)
"""Seconds before each further attempt."""
PATIENCE: Final = 15.0
"""Seconds after which the rest is left to the next publication."""
KEPT: Final = 10_000
"""Feeds that wait for a hub at most; the hub of a site that long is not there any more."""


async def announce(
    settings: Settings, topics: Iterable[str], clock: Clock, stop: asyncio.Event | None = None
) -> tuple[Problem, ...]:
    """Tell the hub, if there is one, of the feeds at the URLs `topics` and of those that it did not hear of before.

    Returns what went wrong and raises nothing: the feeds are published. Setting `stop` leaves the rest to the next
    publication.
    """
    hub, waiting = settings.publish.hub, Path(settings.root) / "var" / "unannounced"
    if not hub:
        return ()
    before = _remembered(waiting)
    left = sorted({*topics, *before})
    if not left:
        return ()
    problems: list[Problem] = []
    try:
        async with asyncio.timeout(PATIENCE) as patience:
            ending = asyncio.create_task(_end(stop, patience)) if stop else None
            try:
                await _tell(settings, left, clock)
            finally:
                if ending:
                    ending.cancel()
    except (FetchError, TimeoutError) as error:
        reason = str(error) or f"no answer within {PATIENCE:g} s"
        feeds = f"{len(left)} feed{'' if len(left) == 1 else 's'}"
        problems.append(Problem(where=hub, message=f"{feeds} not announced, told with the next ones: {reason}"))
    try:
        if left or before:
            files.write(waiting, json.dumps(left[:KEPT]).encode())
    except OSError as error:
        problems.append(Problem(where=str(waiting), message=error.strerror or str(error)))
    return tuple(problems)


async def _end(stop: asyncio.Event, patience: asyncio.Timeout) -> None:
    """Let the time run out as soon as `stop` is set."""
    await stop.wait()
    patience.reschedule(asyncio.get_running_loop().time())


async def _tell(settings: Settings, left: list[str], clock: Clock) -> None:
    """Announce what is `left` in batches, and take what was heard from it. Raises `errors.FetchError`."""
    from aggregator.fetchers.websub import BATCH, ping  # noqa: PLC0415 - most sites have no hub

    name = agent(__version__, settings.site.base_url)
    pauses = iter(PAUSES)
    while left:
        try:
            await ping(settings.http, settings.publish.hub, left[:BATCH], user_agent=name)
        except FetchError as error:
            pause = next(pauses, None)
            if pause is None or not (error.retryable or getattr(error, "status", 0) >= 500):  # noqa: PLR2004
                raise
            await clock.sleep(pause)
        else:
            del left[:BATCH]


def _remembered(path: Path) -> list[str]:
    with suppress(OSError, ValueError, TypeError):
        return [topic for topic in json.loads(files.read_bytes(path)) if isinstance(topic, str)]
    return []
