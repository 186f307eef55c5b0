"""robots.txt, as RFC 9309 says: asked once per origin and day, remembered in a small file, obeyed for pages.

The rules are read by protego; what a missing, failing or endless file means is decided here. Which requests are pages
is the caller's business.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aggregator import files
from aggregator.errors import Busy, FetchError, HttpStatus, RateLimited, RobotsDisallowed
from aggregator.steps.visits.due import UNREACHED
from aggregator.steps.visits.interval import LONGEST_WAIT, clamped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from protego import Protego

    from aggregator.ports import Clock

log = logging.getLogger(__name__)

TOKEN: Final = "tagwire"  # noqa: S105 - the name that robots.txt knows us by
_DAY, _HOUR = 86400.0, 3600.0
_AWHILE: Final = 300.0
"""Seconds for which an origin that could not be reached is not asked again, for whatever page of it."""
_READ: Final = 500 * 1024
"""Bytes that are read; the least that RFC 9309 §2.5 asks for."""
KEPT: Final = 2 * 1024 * 1024
"""Characters of robots.txt files that are kept from round to round; those that end first are left out."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What one origin allows until `until`, in seconds since 1970: what `text` says; nothing if `refused` says why.

    With `told` it was its server that said until when (Retry-After).
    """

    until: float
    text: str = ""
    refused: str = ""
    told: bool = False


class Robots:
    """What the origins allow; `get` returns the body behind a URL or raises `errors.FetchError`.

    What is known is taken from `file` and put there by `close`; without one it is forgotten then.
    """

    def __init__(self, get: Callable[[str], Awaitable[bytes]], clock: Clock, file: Path | None = None) -> None:
        self._get = get
        self._clock = clock
        self._file = file
        self._known: dict[str, _Rules] | None = None
        self._asked = False
        self._turns: dict[str, asyncio.Lock] = {}
        self._unreached: dict[str, tuple[float, FetchError]] = {}

    async def check(self, url: str) -> None:
        """Raise `errors.RobotsDisallowed` if we may not fetch the page.

        Where nobody was reached, which says as much about us as about the origin, what kept us from it is raised; and
        `errors.Busy` where it was not our turn to ask.
        """
        parts = urlsplit(url)
        address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"
        async with self._turns.setdefault(address, asyncio.Lock()):
            rules = await self._rules(address)
        if rules.refused:
            message = f"{address} could not be had ({rules.refused}), which forbids all pages for a while"
            wait = rules.until - self._clock.now().timestamp() if rules.told else None
            raise RobotsDisallowed(message, url=url, lasting=False, retry_after=wait)
        if rules.text and not _parsed(rules.text).can_fetch(url, TOKEN):
            raise RobotsDisallowed(f"{address} forbids this page to {TOKEN}", url=url, lasting=True)

    def close(self) -> None:
        """Keep what was learned for the next round; a disk that does not take it costs one request more then."""
        if self._file is None or self._known is None or not self._asked:
            return
        now, room, kept = self._clock.now().timestamp(), KEPT, {}
        for address, rules in sorted(self._known.items(), key=lambda pair: -pair[1].until):
            room -= len(address) + len(rules.text) + len(rules.refused)
            if rules.until > now and room >= 0:
                kept[address] = asdict(rules)
        try:
            files.write(self._file, json.dumps(kept).encode())
        except OSError as error:
            log.warning("%s: %s", self._file, error.strerror)

    async def _rules(self, address: str) -> _Rules:
        """Return what is known of an origin, after asking it if that has ended or comes from a clock set back since."""
        if self._known is None:
            self._known = _load(self._file)
        rules = self._known.get(address)
        now = self._clock.now().timestamp()
        longest = LONGEST_WAIT if rules and rules.told else _DAY
        if rules is None or not 0 < rules.until - now <= longest:
            until, error = self._unreached.get(address, (0.0, FetchError("")))
            if 0 < until - now <= _AWHILE:
                raise type(error)(str(error), url=error.url)
            rules = self._known[address] = await self._ask(address)
            self._asked = True
        return rules

    async def _ask(self, address: str) -> _Rules:
        """Unavailable allows all, unreachable nothing (RFC 9309 §2.3.1); both are remembered (§2.4).

        A network that is down is no verdict, and lasts no longer than it does: its errors are raised. So is that it was
        not our turn, of which nothing is remembered.
        """
        now = self._clock.now().timestamp()
        try:
            body = await self._get(address)
        except Busy:
            raise
        except FetchError as error:
            missing = isinstance(error, HttpStatus) and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
            if missing and not isinstance(error, RateLimited):
                return _Rules(now + _DAY)
            if error.kind in UNREACHED:
                self._unreached[address] = now + _AWHILE, error
                raise
            refused = f"{error.kind}: {error}"
            if isinstance(error, HttpStatus) and error.retry_after is not None:
                return _Rules(self._clock.now().timestamp() + clamped(error.retry_after), refused=refused, told=True)
            return _Rules(now + _HOUR, refused=refused)
        from aggregator.steps.bodies import decode  # noqa: PLC0415 - for pages only

        return _Rules(now + _DAY, text=decode.decode(body[:_READ]))


def _load(file: Path | None) -> dict[str, _Rules]:
    """Return what an earlier round kept; nothing of what cannot be read, since it can be asked for again."""
    if file is not None:
        with suppress(OSError, ValueError, TypeError, AttributeError, KeyError):
            kept = json.loads(files.read_bytes(file)).items()
            return {
                address: _Rules(float(one["until"]), str(one["text"]), str(one["refused"]), bool(one.get("told")))
                for address, one in kept
            }
    return {}


@lru_cache(maxsize=16)
def _parsed(text: str) -> Protego:
    from protego import Protego  # noqa: PLC0415 - for pages only

    return Protego.parse(text)
