"""One connection that speaks HTTP/1.1: h11 over our own stream.

A request goes out in one piece, its answer is read as it comes. httpcore's connections do the same behind locks,
traces and a second write, at four times the CPU. This module sets no deadline, follows nothing and decodes nothing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import h11

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from aggregator.fetchers.stream import Stream

_PIECE = 64 * 1024
_LONGEST_HEAD = 100 * 1024
"""Bytes of an answer's status line and headers."""


class Connection:
    """An open connection; one request at a time."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._state = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)

    @property
    def usable(self) -> bool:
        """Whether another request can be sent: the last answer was read to its end, and the server is still there."""
        return self._state.our_state is h11.IDLE and not self._stream.readable

    async def send(self, request: httpx.Request) -> h11.Response:
        """Send the request and return the answer's status and headers; the body is still to come.

        Raises `OSError` and h11's errors.
        """
        state = self._state
        head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        data = state.send(head) or b""
        if request.content:
            data += state.send(h11.Data(data=request.content)) or b""
        data += state.send(h11.EndOfMessage()) or b""
        with suppress(ConnectionError):  # it is closed, perhaps behind an answer: reading tells
            self._stream.write(data)
        while True:
            event = await self._event()
            if isinstance(event, h11.Response):
                return event

    async def body(self) -> AsyncIterator[bytes]:
        """Yield the body of the answer as it comes. Raises `OSError` and h11's errors."""
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)

    def finish(self) -> None:
        """Make ready for the next request, if the answer was read to its end and nothing came behind it; else close.

        What came unasked would be taken for the answer to the next request, which may be another source's.
        """
        done = self._state.our_state is h11.DONE and self._state.their_state is h11.DONE
        if done and not self._state.trailing_data[0]:
            self._state.start_next_cycle()
        else:
            self.close()

    def close(self) -> None:
        """Close the connection now."""
        self._state.send_failed()
        self._stream.close()

    async def _event(self) -> object:
        while (event := self._state.next_event()) is h11.NEED_DATA:
            data = await self._stream.read(_PIECE)
            if not data and self._state.their_state is h11.SEND_RESPONSE:  # h11 would speak of its states
                raise h11.RemoteProtocolError("Server disconnected without sending a response.")
            self._state.receive_data(data)
        return event
