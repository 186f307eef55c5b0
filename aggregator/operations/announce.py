"""Tells the hub of `[publish] hub` which feeds changed: after they were replaced, and without ever being in the way.

What is published is noted in `var/announcements`, a file for each publication, under the site's lock: before feeds are
replaced all that may be, so that neither a crash nor a full disk loses any, then those that were. The hub is told once
the lock is given back. A hub that does not answer costs seconds and a message; the feeds it did not hear of stay noted
and are told with the next ones. Two processes that announce at once may tell a feed twice, and lose none. This module
publishes nothing and takes no lock.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from aggregator import __version__, files
from aggregator.errors import FetchError, PublishError
from aggregator.fetchers import agent
from aggregator.model import Problem
from aggregator.steps import remedies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model.published import Published
    from aggregator.ports import Clock
    from aggregator.settings import Settings

PAUSES: Final = (0.5, 1.0)
"""Seconds before each further attempt."""
ATTEMPT: Final = 2.5
"""Seconds that one answer may take: three attempts and the pauses between them fit into `PATIENCE`."""
PATIENCE: Final = 10.0
"""Seconds after which the rest is left to the next publication."""
_AHEAD: Final = "ahead"
"""The file of what was foreseen and not yet noted."""
KEPT: Final = 10_000
"""Feeds that wait for a hub at most; the hub of a site that long is not there any more."""


def foresee(settings: Settings, topics: Sequence[str]) -> None:
    """Remember, before feeds are replaced, which the hub, if there is one, may have to be told of.

    It hears of all of them if nobody comes to say with `noted` which they were. Raises `errors.PublishError`: then no
    feed is to be replaced, since the next publication would find nothing new to tell of.
    """
    if not settings.publish.hub:
        return
    ahead = _folder(settings) / _AHEAD
    try:
        _promote(ahead)
        files.write(ahead, json.dumps(topics).encode())
    except OSError as error:
        place = ahead.relative_to(settings.root)
        raise PublishError(f"{place}, for the hub, cannot be written: {remedies.cause(error)}") from error


def noted(settings: Settings, published: Published) -> Published:
    """Remember that the hub, if there is one, is to be told of what was published; return it with what went wrong.

    Raises nothing: the feeds are published. If it cannot be written down, what was foreseen stays.
    """
    if not settings.publish.hub:
        return published
    ahead = _folder(settings) / _AHEAD
    problems = _keep(_folder(settings), published.topics) if published.topics else ()
    with suppress(OSError):
        if problems:
            _promote(ahead)
        else:
            ahead.unlink(missing_ok=True)
    return replace(published, problems=(*published.problems, *problems))


async def announce(settings: Settings, clock: Clock) -> tuple[Problem, ...]:
    """Tell the hub, if there is one, of the feeds that were noted, for `PATIENCE` seconds; return what went wrong.

    Raises nothing. Who is cancelled meanwhile leaves everything noted.
    """
    hub, folder = settings.publish.hub, _folder(settings)
    noted = sorted(folder.glob("*.json")) if hub else []
    left = sorted({topic for path in noted for topic in _remembered(path)})
    problems: list[Problem] = []
    try:
        async with asyncio.timeout(PATIENCE):
            await _tell(settings, left, clock)
    except (FetchError, TimeoutError) as error:
        reason = str(error) or f"no answer within {PATIENCE:g} s"
        feeds = f"{len(left)} feed{'' if len(left) == 1 else 's'}"
        problems.append(Problem(where=hub, message=f"{feeds} not announced, told with the next ones: {reason}"))
        problems += _keep(folder, left[:KEPT])
    for path in noted if len(problems) < 2 else ():  # noqa: PLR2004 - what could not be kept together stays as it is
        with suppress(OSError):  # told twice, if another process did not take it away
            path.unlink()
    return tuple(problems)


async def _tell(settings: Settings, left: list[str], clock: Clock) -> None:
    """Announce what is `left` in batches, and take what was heard from it. Raises `errors.FetchError`."""
    if not left:
        return
    from aggregator.fetchers.websub import BATCH, ping  # noqa: PLC0415 - most sites have no hub

    name = agent(__version__, settings.site.base_url)
    http = replace(settings.http, timeout=min(settings.http.timeout, ATTEMPT))
    pauses = iter(PAUSES)
    while left:
        try:
            await ping(http, settings.publish.hub, left[:BATCH], user_agent=name)
        except FetchError as error:
            pause = next(pauses, None)
            if pause is None or not (error.retryable or getattr(error, "status", 0) >= 500):  # noqa: PLR2004
                raise
            await clock.sleep(pause)
        else:
            del left[:BATCH]


def _promote(ahead: Path) -> None:
    """Let what was foreseen be told; renaming needs no room. Raises OSError."""
    with suppress(FileNotFoundError):
        ahead.rename(ahead.with_name(f"{uuid4().hex}.json"))


def _folder(settings: Settings) -> Path:
    return Path(settings.root) / "var" / "announcements"


def _keep(folder: Path, topics: Sequence[str]) -> tuple[Problem, ...]:
    try:
        files.write(folder / f"{uuid4().hex}.json", json.dumps(topics).encode())
    except OSError as error:
        return (Problem(where=str(folder), message=error.strerror or str(error)),)
    return ()


def _remembered(path: Path) -> list[str]:
    with suppress(OSError, ValueError, TypeError):
        return [topic for topic in json.loads(files.read_bytes(path)) if isinstance(topic, str)]
    return []
