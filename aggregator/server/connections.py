"""One client's connection, with limits: slow, silent and greedy clients are sent away and cost the others little.

uvicorn speaks HTTP; added here are a size for request lines and headers, a number of connections, and deadlines. One
watch over all connections, once a second, costs less than a timer for each request. Raw characters in addresses, as
people type them for curl, are percent-encoded. This module knows no application.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import Receive, Scope, Send

_REFUSAL: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"content-length", b"0"),
    (b"connection", b"close"),
)
"""Headers of answers to what is no request for the application: its own headers are not at hand here."""
_RAW: Final = re.compile(rb"[\x80-\xff]")


class Connection(HttpToolsProtocol):
    """A connection, and its limits."""

    HEADER_BYTES: ClassVar[int] = 16 * 1024
    """Size of a request line with its headers; what does not fit is answered 431 (RFC 6585 §5)."""
    CONNECTIONS: ClassVar[int] = 512
    """Connections at a time; whoever comes on top is answered 503. Processes mostly may have 1,024 descriptors."""
    REQUEST_SECONDS: ClassVar[float] = 15.0
    """Between connecting, or the last answer, and the end of the next request's headers."""
    STALL_SECONDS: ClassVar[float] = 20.0
    """Without a single byte of an answer being taken."""
    ANSWER_SECONDS: ClassVar[float] = 300.0
    """From a request to the last byte of its answer being taken."""

    _since: float
    """When the client began to owe us a request, or when its request came."""
    _unsent, _moved = 0, 0.0
    """Bytes that the client has not taken, and since when it is exactly these."""
    _reading, _size = False, 0
    """Whether the headers of a request are coming, and how many bytes of them came."""
    _between = True
    """Whether the next byte begins a request: only then is it known what it means."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, or refuse if there are too many."""
        super().connection_made(transport)
        self._since = self.loop.time()
        if len(self.connections) > self.CONNECTIONS:
            self._refuse(b"503 Service Unavailable")

    def data_received(self, data: bytes) -> None:
        """Take bytes; headers that never end are refused while they come."""
        before = self._size if self._reading else 0
        super().data_received(_encoded(data) if self._between else data)
        if self._reading:
            self._size = before + len(data)
            if self._size > self.HEADER_BYTES:
                self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        self._reading, self._between = True, False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Start answering, or refuse headers that came in one go and are too large."""
        self._reading = False
        self._since = self.loop.time()
        if len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers) > self.HEADER_BYTES:
            self.app = _too_large
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the request is through, its body included."""
        self._between = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words for itself
        """Refuse what is no HTTP."""
        self._refuse(b"400 Bad Request")

    def expire(self, now: float) -> None:
        """End the connection if its client let a deadline pass; `now` is the loop's time."""
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent:
            self._unsent, self._moved = unsent, now
        if unsent:
            late = now - self._moved > self.STALL_SECONDS or now - self._since > self.ANSWER_SECONDS
        else:
            late = self._idle() and now - self._since > self.REQUEST_SECONDS
        if late:
            self.transport.abort()

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _refuse(self, status: bytes) -> None:
        if not self.transport.is_closing():
            headers = b"".join(b"%b: %b\r\n" % header for header in (*self.server_state.default_headers, *_REFUSAL))
            self.transport.write(b"HTTP/1.1 %b\r\n%b\r\n" % (status, headers))
            self.transport.close()


def _encoded(data: bytes) -> bytes:
    """Return the bytes with those beyond ASCII in the request line percent-encoded, as RFC 3986 wants them."""
    end = data.find(b"\n") + 1 or len(data)
    if data[:end].isascii():
        return data
    return _RAW.sub(lambda raw: b"%%%02X" % raw[0][0], data[:end]) + data[end:]


async def watch(connections: Collection[Any], every: float = 1.0) -> None:
    """Look at all connections again and again, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(every)
        now = loop.time()
        for connection in tuple(connections):
            connection.expire(now)


async def _too_large(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 431, "headers": [*_REFUSAL]})
    await send({"type": "http.response.body", "body": b""})
