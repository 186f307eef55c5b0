"""What httpx, h11 and the standard library raise, as our own errors.

Nothing but `errors.FetchError` may leave a fetcher; this table is how. It decides nothing about retrying.
"""

from __future__ import annotations

import re
import ssl
from ast import literal_eval

import h11
import httpx

from aggregator.errors import BadScheme, BadUrl, ConnectFailed, DeadlineExceeded, FetchError, TlsFailed, Truncated

_TABLE: tuple[tuple[tuple[type[Exception], ...], type[FetchError], str], ...] = (
    ((httpx.InvalidURL, UnicodeError), BadUrl, "the URL cannot be requested"),  # IDNA errors are UnicodeErrors
    ((h11.LocalProtocolError, httpx.LocalProtocolError), BadUrl, "the request cannot be written"),
    ((httpx.UnsupportedProtocol,), BadScheme, "neither http nor https"),
    ((httpx.TimeoutException,), DeadlineExceeded, "no answer in time"),
    ((ssl.SSLError,), TlsFailed, "TLS failed"),
    ((h11.ProtocolError, httpx.RemoteProtocolError), ConnectFailed, "what came back is not HTTP"),
    ((httpx.HTTPError, OSError), ConnectFailed, "the connection broke"),
)

FOREIGN: tuple[type[Exception], ...] = tuple(kind for kinds, _, _ in _TABLE for kind in kinds)
"""Every exception that `translate` knows."""

_BYTES = re.compile(r"""bytearray\((b'(?:[^'\\]|\\.)*'|b"(?:[^"\\]|\\.)*")\)""")
"""How h11 shows what it could not read."""
_CUT = "peer closed connection"
"""How h11 begins its message when Content-Length or the last chunk is missed."""
_NOTHING = "Server disconnected"
"""How a message begins when a connection ends before an answer has begun."""


def translate(error: Exception) -> FetchError:
    """Return the error of ours that tells the same; `error` is one of `FOREIGN`."""
    text = _BYTES.sub(lambda found: repr(literal_eval(found[1]).decode("latin-1")), str(error))
    if text.startswith(_CUT):
        return Truncated(f"the body ended before its end: {text}")
    if text.startswith(_NOTHING):
        return ConnectFailed("the server closed the connection without an answer")
    ours, meaning = next((ours, meaning) for kinds, ours, meaning in _TABLE if isinstance(error, kinds))
    return ours(f"{meaning}: {text}" if text else meaning)
