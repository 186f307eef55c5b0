"""How the network is reached: names resolved once, every answer checked, the checked address dialled.

`Network` is what would be faked: it looks up and connects. `CheckedNetwork` stands before it and lets no address
through that `steps.addresses` refuses. This module knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Protocol

from aggregator.errors import BadUrl, BlockedAddress, ConnectFailed, DnsFailed
from aggregator.fetchers.stream import Stream
from aggregator.steps import addresses

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOKUPS = 32
_PATIENCE = 4.0
"""Seconds for one address while others are left to try."""


class Network(Protocol):
    """The two things that leave this machine."""

    async def lookup(self, host: str, port: int) -> Sequence[str]:
        """Return the host's addresses, the preferred one first. Raises `OSError` or `UnicodeError`."""

    async def connect(self, address: str, port: int) -> Stream:
        """Return a connection to an address, never to a name. Raises `OSError`."""

    def close(self) -> None:
        """Give back threads."""


class SystemNetwork:
    """The machine's resolver and sockets.

    Lookups have threads of their own, since the loop's few would all be taken by a handful of dead name servers.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="lookup")

    async def lookup(self, host: str, port: int) -> Sequence[str]:
        """Return what the system resolver says, in its order (RFC 6724). Raises `OSError` or `UnicodeError`."""
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        answers = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        return list(dict.fromkeys(str(answer[4][0]) for answer in answers))

    async def connect(self, address: str, port: int) -> Stream:
        """Return a TCP connection. Raises `OSError`."""
        loop = asyncio.get_running_loop()
        _, stream = await loop.create_connection(lambda: Stream(loop), address, port)
        return stream

    def close(self) -> None:
        """Let the lookup threads end; one that hangs in the resolver is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class CheckedNetwork:
    """The way to the network, through the deny table."""

    def __init__(self, network: Network, rules: addresses.Policy) -> None:
        self._network = network
        self._rules = rules

    async def connect(self, host: str, port: int) -> Stream:
        """Return a connection to the first of the host's addresses that answers, provided that all are allowed.

        One bad address among good ones refuses the host: an attacker's name server may mix them, and whichever is
        dialled would then be its choice. Raises `errors.BlockedAddress`, `DnsFailed`, `BadUrl`, `ConnectFailed`.
        """
        found = [host] if addresses.is_literal(host) else await self._lookup(host, port)
        for address in found:
            reason = addresses.refusal(address, self._rules, host=host)
            if reason:
                named = "" if host == address else f"{host}: "
                raise BlockedAddress(f"{named}{reason}, hence blocked (http.allow_hosts opens it)")
        return await self._dial(host, found, port)

    async def _lookup(self, host: str, port: int) -> Sequence[str]:
        try:
            found = await self._network.lookup(host, port)
        except UnicodeError as error:
            raise BadUrl(f"{host[:80]!r} is not a host name: {error}") from error
        except OSError as error:
            raise DnsFailed(f"cannot resolve {host}: {error.strerror or error}") from error
        if not found:
            raise DnsFailed(f"{host} has no address")
        return found

    async def _dial(self, host: str, found: Sequence[str], port: int) -> Stream:
        """Return a connection to the first address that answers; only the last one may take all the time left."""
        failure = ""
        for position, address in enumerate(found, 1):
            try:
                async with asyncio.timeout(_PATIENCE if position < len(found) else None):
                    return await self._network.connect(address, port)
            except TimeoutError:
                failure = "no answer"
            except OSError as error:
                failure = os.strerror(error.errno) if error.errno else str(error)
        raise ConnectFailed(f"cannot connect to {host} port {port}: {failure}")
