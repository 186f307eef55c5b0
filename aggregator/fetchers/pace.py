"""Whose turn it is at a host: one request at a time, and a gap from the end of one to the begin of the next.

Everything that asks strangers' servers takes turns here: feeds, the targets of redirects, pages of entries, robots.txt.
A turn lasts for one request with its answer. Nobody holds one while waiting for another, so that no two wait for each
other. Who has a place among those that are asked at once waits for the host that has the place, `awaiting`; where a
redirect leads to a busy one he gives up, and whoever runs him lets him come back with that host's place. This module
sends nothing.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aggregator.errors import Busy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from aggregator.ports import Clock

_AWAITED: ContextVar[str] = ContextVar("awaited", default="")


@contextmanager
def awaiting(name: str) -> Iterator[None]:
    """Let what is fetched within wait for the turn of this host only; for that of any if the name is empty."""
    before = _AWAITED.set(name)
    try:
        yield
    finally:
        _AWAITED.reset(before)


@dataclass(slots=True, eq=False)
class _Host:
    """A host's turn, and when its last one ended."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    ended: float | None = None


class Pace:
    """The turns of all hosts; `gap` is in seconds, and so is `patience`: how long others may take until it is ours."""

    def __init__(self, clock: Clock, gap: float, patience: float) -> None:
        self._clock = clock
        self._gap = gap
        self._patience = patience
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for the host's turn, and hold it.

        Raises `errors.Busy` if others have it for too long, or at all where another host is the one that is awaited.
        """
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host()
        if host.lock.locked():
            if _AWAITED.get() not in {"", name}:
                raise Busy(f"others are being asked at {name}: this one comes another time")
            await self._wait(name, host.lock)
        else:
            await host.lock.acquire()
        try:
            if host.ended is not None and (wait := host.ended + self._gap - self._clock.monotonic()) > 0:
                await self._clock.sleep(wait)
            try:
                yield
            finally:
                host.ended = self._clock.monotonic()
        finally:
            host.lock.release()

    async def _wait(self, name: str, lock: asyncio.Lock) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await lock.acquire()
        except TimeoutError as error:
            message = f"others have been asking {name} for {self._patience:g} s: this one comes another time"
            raise Busy(message) from error
