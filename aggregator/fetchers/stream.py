"""One TCP or TLS connection, straight on asyncio's protocols.

This module sets no deadlines (the fetcher has one for everything), resolves nothing and knows no HTTP.
"""

from __future__ import annotations

import asyncio
import ssl

from aggregator.errors import TlsFailed

_HIGH_WATER = 256 * 1024


class Stream(asyncio.Protocol):
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

    # what a connection calls

    async def read(self, most: int) -> bytes:
        """Return what has arrived, at least one byte, or nothing at the end. Raises `ConnectionError`, `TlsFailed`."""
        while not self._buffer and not self._ended:
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        data = bytes(self._buffer[:most])
        del self._buffer[:most]
        if self._paused and len(self._buffer) <= _HIGH_WATER:
            self._paused = False
            self._transport.resume_reading()
        if not data and isinstance(self._error, ssl.SSLError):
            raise TlsFailed(f"the TLS connection broke: {_reason(self._error)}")
        if not data and self._error is not None:
            raise ConnectionError(str(self._error)) from self._error
        return data

    def write(self, data: bytes) -> None:
        """Hand bytes to the socket without waiting: a request is a few kilobytes. Raises `ConnectionError`."""
        if self._transport.is_closing():
            raise ConnectionError("the connection is closed")
        self._transport.write(data)

    def close(self) -> None:
        """Drop the connection now; nothing that was written is worth waiting for."""
        self._transport.abort()

    async def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str) -> None:
        """Go on inside TLS. Raises `errors.TlsFailed`."""
        try:
            transport = await self._loop.start_tls(self._transport, self, ssl_context, server_hostname=server_hostname)
        except OSError as error:  # ssl.SSLError is one
            raise TlsFailed(f"TLS with {server_hostname} failed: {_reason(error)}") from error
        if transport is None:
            raise TlsFailed(f"TLS with {server_hostname} failed: the connection was closed")
        self._transport = transport

    @property
    def readable(self) -> bool:
        """Whether reading would not wait: of an idle connection that says that its server has closed it."""
        return self._ended or bool(self._buffer)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(error.verify_message)
    return getattr(error, "reason", None) or error.strerror or str(error) or "connection closed"
