"""robots.txt, as RFC 9309 says: asked once per origin, remembered, obeyed for pages.

The rules are read by protego; what a missing, failing or endless file means is decided here. Which requests are pages
is the caller's business.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aggregator.errors import FetchError, HttpStatus, RateLimited, RobotsDisallowed
from aggregator.steps import decode

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from protego import Protego

    from aggregator.ports import Clock

TOKEN: Final = "tagwire"  # noqa: S105 - the name that robots.txt knows us by
_DAY, _HOUR = 86400.0, 3600.0
_READ: Final = 500 * 1024
"""Bytes that are read; the least that RFC 9309 §2.5 asks for."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What one origin allows until then; without rules everything or, with a reason, nothing."""

    until: float
    rules: Protego | None = None
    refused: str = ""


class Robots:
    """What the origins allow; `get` returns the body behind a URL or raises `errors.FetchError`."""

    def __init__(self, get: Callable[[str], Awaitable[bytes]], clock: Clock) -> None:
        self._get = get
        self._clock = clock
        self._known: dict[str, _Rules] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    async def check(self, url: str) -> None:
        """Raise `errors.RobotsDisallowed` if we may not fetch the page."""
        parts = urlsplit(url)
        address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"
        async with self._turns.setdefault(address, asyncio.Lock()):
            rules = self._known.get(address)
            if rules is None or rules.until <= self._clock.monotonic():
                rules = self._known[address] = await self._ask(address)
        if rules.refused:
            message = f"{address} could not be had ({rules.refused}), which forbids all pages for a while"
            raise RobotsDisallowed(message, url=url, lasting=False)
        if rules.rules is not None and not rules.rules.can_fetch(url, TOKEN):
            raise RobotsDisallowed(f"{address} forbids this page to {TOKEN}", url=url, lasting=True)

    async def _ask(self, address: str) -> _Rules:
        """Unavailable allows all, unreachable nothing (RFC 9309 §2.3.1); both are remembered (§2.4)."""
        now = self._clock.monotonic()
        try:
            body = await self._get(address)
        except FetchError as error:
            missing = isinstance(error, HttpStatus) and error.status < HTTPStatus.INTERNAL_SERVER_ERROR
            if missing and not isinstance(error, RateLimited):
                return _Rules(now + _DAY)
            return _Rules(now + _HOUR, refused=f"{error.kind}: {error}")
        from protego import Protego  # noqa: PLC0415 - for pages only

        return _Rules(now + _DAY, rules=Protego.parse(decode.decode(body[:_READ])))
