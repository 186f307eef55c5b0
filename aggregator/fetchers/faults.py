"""What h11 and the standard library raise, as our own errors.

Nothing but `errors.FetchError` may leave a fetcher; this table is how. It decides nothing about retrying.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence

import h11

from aggregator.errors import BadUrl, ConnectFailed, FetchError, TlsFailed, Truncated

Table = Sequence[tuple[type[Exception], type[FetchError], str]]
"""What is raised elsewhere, our own error for it, and what that means; the first kind that fits counts."""

_TABLE: Table = (
    (UnicodeError, BadUrl, "the URL cannot be requested"),
    (h11.LocalProtocolError, BadUrl, "the request cannot be written"),
    (ssl.SSLError, TlsFailed, "TLS failed"),
    (h11.ProtocolError, ConnectFailed, "what came back is not HTTP"),
    (OSError, ConnectFailed, "the connection broke"),
)

FOREIGN = tuple(kind for kind, _, _ in _TABLE)
"""Every exception that `translate` knows."""

_CUT = "peer closed connection"
"""How h11 begins its message when Content-Length or the last chunk is missed."""
_NOTHING = "Server disconnected"
"""How a message begins when a connection ends before an answer has begun."""


def translate(error: Exception, table: Table = _TABLE) -> FetchError:
    """Return the error of ours that tells the same; `error` is of a kind in the table."""
    text = str(error)
    if text.startswith(_CUT):
        return Truncated(f"the body ended before its end: {text}")
    if text.startswith(_NOTHING):
        return ConnectFailed("the server closed the connection without an answer")
    ours, meaning = next((ours, meaning) for kind, ours, meaning in table if isinstance(error, kind))
    return ours(f"{meaning}: {text}" if text else meaning)
