"""One TCP or TLS connection as httpcore wants it, straight on asyncio's protocols.

httpcore's own backend goes through anyio, which costs a quarter more CPU a request and half a megabyte a TLS
connection. This module sets no deadlines (the fetcher has one for everything) and resolves nothing.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Self

import httpcore

from aggregator.errors import TlsFailed

_HIGH_WATER = 256 * 1024


class Stream(httpcore.AsyncNetworkStream, asyncio.Protocol):
    """Bytes in both directions; reading from the socket pauses while `_HIGH_WATER` bytes wait to be taken."""

    _transport: asyncio.Transport
    """Set before anybody gets the stream: asyncio calls `connection_made` first."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._buffer = bytearray()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._error: Exception | None = None
        self._paused = False

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport; called again when TLS takes over."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Buffer what arrived."""
        self._buffer += data
        if len(self._buffer) > _HIGH_WATER and not self._paused:
            self._transport.pause_reading()
            self._paused = True
        self._wake()

    def eof_received(self) -> None:
        """Note the end; returning nothing lets asyncio close the socket at once."""
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end and its reason."""
        self._ended = True
        self._error = exc
        self._wake()

    # what httpcore calls

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's
        """Return what has arrived, at least one byte, or nothing at the end. Raises `httpcore.ReadError`."""
        del timeout
        while not self._buffer and not self._ended:
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        data = bytes(self._buffer[:max_bytes])
        del self._buffer[:max_bytes]
        if self._paused and len(self._buffer) <= _HIGH_WATER:
            self._paused = False
            self._transport.resume_reading()
        if not data and isinstance(self._error, ssl.SSLError):
            raise TlsFailed(f"the TLS connection broke: {_reason(self._error)}")
        if not data and self._error is not None:
            raise httpcore.ReadError(str(self._error))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's
        """Hand bytes to the socket without waiting: a request is a few kilobytes. Raises `httpcore.WriteError`."""
        del timeout
        if self._transport.is_closing():
            raise httpcore.WriteError("the connection is closed")
        self._transport.write(buffer)

    async def aclose(self) -> None:
        """Drop the connection now; nothing that was written is worth waiting for."""
        self._transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> Self:
        """Return this stream, now inside TLS. Raises `errors.TlsFailed`."""
        del timeout
        try:
            transport = await self._loop.start_tls(self._transport, self, ssl_context, server_hostname=server_hostname)
        except OSError as error:  # ssl.SSLError is one
            raise TlsFailed(f"TLS with {server_hostname} failed: {_reason(error)}") from error
        if transport is None:
            raise TlsFailed(f"TLS with {server_hostname} failed: the connection was closed")
        self._transport = transport
        return self

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks about: whether an idle connection has become readable, the TLS object."""
        if info == "is_readable":
            return self._ended or bool(self._buffer)
        return self._transport.get_extra_info(info)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    return getattr(error, "reason", None) or error.strerror or str(error) or "connection closed"
