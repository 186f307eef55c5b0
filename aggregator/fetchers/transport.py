"""The httpx transport of this project: one connection per origin, kept for a few seconds.

httpx's own pool walks over all connections for each request, up to 13 ms of CPU with many hosts; a dictionary does not.
This module follows no redirect, keeps no cookie, reads no environment and sets no deadline.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

import h11
import httpx

from aggregator.fetchers.connection import Connection

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

    from aggregator.fetchers.network import CheckedNetwork

_PATIENCE = 1.0
"""Seconds to wait for the origin's one connection before dialling another, which is not kept."""
_MOST_IDLE = {"http": 256, "https": 32}
"""An idle TLS connection holds about half a megabyte."""
_PORTS = {"http": 80, "https": 443}


@dataclass(slots=True, eq=False)
class _Slot:
    """An origin's connection, and the right to use it."""

    connection: Connection | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    idle_since: float = 0.0


_Key = tuple[str, str, int]
"""Scheme, host and port."""


class PerHost(httpx.AsyncBaseTransport):
    """Sends requests over one kept connection per origin; one that is idle for `idle_seconds` is closed.

    Requests to one origin take turns. One that waits too long for its turn gets a connection of its own, so that a
    server that drips to one source does not cost another source of the same host its deadline. A kept connection
    that the server has closed is replaced, and the request sent once more. Raises `errors.FetchError`, `OSError` and
    h11's errors.
    """

    def __init__(
        self,
        network: CheckedNetwork,
        *,
        ssl_context: ssl.SSLContext | None = None,
        idle_seconds: float = 5.0,
    ) -> None:
        self._network = network
        self._given_context = ssl_context
        self._idle_seconds = idle_seconds
        self._slots: dict[_Key, _Slot] = {}
        self._idle: dict[str, OrderedDict[_Key, _Slot]] = {scheme: OrderedDict() for scheme in _MOST_IDLE}
        self._sweeper: asyncio.Task[None] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer with its body still to be read; closing it frees the connection."""
        url = request.url
        key = (url.scheme, url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme])
        slot = await self._claim(key)
        try:
            connection, answer = await self._send(slot, key, request)
        except BaseException:
            await self._free(key, slot)
            raise
        body = _Body(connection.body(), partial(self._free, key, slot))
        return httpx.Response(answer.status_code, headers=list(answer.headers), stream=body)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        slots, self._slots = list(self._slots.values()), {}
        for slot in slots:
            _close(slot)
        await asyncio.sleep(0)  # lets asyncio close the sockets before its loop may end

    @cached_property
    def _ssl_context(self) -> ssl.SSLContext:
        """One for all connections, made with the first of them: it takes 20 ms."""
        context = self._given_context or httpx.create_ssl_context(trust_env=False)
        context.set_alpn_protocols(["http/1.1"])
        return context

    async def _claim(self, key: _Key) -> _Slot:
        """Return the origin's slot, locked; after `_PATIENCE` seconds one that nobody else knows."""
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = _Slot()
        if slot.lock.locked():
            try:
                async with asyncio.timeout(_PATIENCE):
                    await slot.lock.acquire()
            except TimeoutError:
                slot = _Slot()
                await slot.lock.acquire()
        else:
            await slot.lock.acquire()
        self._idle[key[0]].pop(key, None)
        return slot

    async def _send(self, slot: _Slot, key: _Key, request: httpx.Request) -> tuple[Connection, h11.Response]:
        """Return the answer to a request that is sent over the kept connection if that still works, else a new one."""
        kept = slot.connection
        if kept is not None and kept.usable:
            try:
                return kept, await kept.send(request)
            except (OSError, h11.RemoteProtocolError):
                pass  # the server may have closed it just now; a fresh one tells
        _close(slot)
        slot.connection = fresh = await self._connect(*key)
        return fresh, await fresh.send(request)

    async def _connect(self, scheme: str, host: str, port: int) -> Connection:
        stream = await self._network.connect(host, port)
        if scheme == "https":
            try:
                await stream.start_tls(self._ssl_context, host)
            except BaseException:
                stream.close()
                raise
        return Connection(stream)

    async def _free(self, key: _Key, slot: _Slot) -> None:
        """Let the next request have the slot; close what is not worth keeping."""
        slot.lock.release()
        kept = self._slots.get(key) is slot
        if slot.connection is not None:
            slot.connection.finish()
        if kept and slot.connection is not None and slot.connection.usable:
            slot.idle_since = asyncio.get_running_loop().time()
            idle = self._idle[key[0]]
            idle[key] = slot
            if len(idle) > _MOST_IDLE[key[0]]:
                self._drop(idle)
            if self._sweeper is None or self._sweeper.done():
                self._sweeper = asyncio.create_task(self._sweep())
            return
        if kept:
            del self._slots[key]
        _close(slot)

    async def _sweep(self) -> None:
        """Close connections that have been idle for long, until none is left."""
        loop = asyncio.get_running_loop()
        while any(self._idle.values()):
            await asyncio.sleep(self._idle_seconds / 2)
            for idle in self._idle.values():
                while idle and next(iter(idle.values())).idle_since + self._idle_seconds <= loop.time():
                    self._drop(idle)

    def _drop(self, idle: OrderedDict[_Key, _Slot]) -> None:
        key, slot = idle.popitem(last=False)
        del self._slots[key]
        _close(slot)


class _Body(httpx.AsyncByteStream):
    """An answer's body as it comes over the wire; frees the connection when closed."""

    def __init__(self, pieces: AsyncIterator[bytes], release: Callable[[], Awaitable[None]]) -> None:
        self._pieces = pieces
        self._release = release

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._pieces

    async def aclose(self) -> None:
        """Give the connection back; it lives on if the body was read to its end."""
        await self._release()


def _close(slot: _Slot) -> None:
    if slot.connection is not None:
        slot.connection.close()
