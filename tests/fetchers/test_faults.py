"""Every foreign exception becomes the error of ours that tells the same."""

from __future__ import annotations

import ssl

import h11
import httpx
import pytest

from aggregator import errors
from aggregator.fetchers import faults


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        (UnicodeError("x"), errors.BadUrl),
        (httpx.InvalidURL("x"), errors.BadUrl),
        (httpx.LocalProtocolError("x"), errors.BadUrl),
        (httpx.UnsupportedProtocol("x"), errors.BadScheme),
        (httpx.ReadTimeout("x"), errors.DeadlineExceeded),
        (httpx.RemoteProtocolError("x"), errors.ConnectFailed),
        (httpx.ProxyError("x"), errors.ConnectFailed),
        (httpx.ReadError(""), errors.ConnectFailed),
        (httpx.RemoteProtocolError("peer closed connection without sending all"), errors.Truncated),
        (h11.LocalProtocolError("x"), errors.BadUrl),
        (ssl.SSLError("x"), errors.TlsFailed),
        (h11.RemoteProtocolError("x"), errors.ConnectFailed),
        (ConnectionResetError(104, "reset"), errors.ConnectFailed),
        (ConnectionError(), errors.ConnectFailed),
        (h11.RemoteProtocolError("peer closed connection without sending all"), errors.Truncated),
    ],
)
def test_translation(foreign, ours):
    assert isinstance(foreign, faults.FOREIGN)
    translated = faults.translate(foreign)
    assert type(translated) is ours
    assert str(translated)


@pytest.mark.parametrize("line", ["bad header line", "it's bad"])
def test_what_a_server_sent_is_shown_as_text(line):
    error = faults.translate(h11.RemoteProtocolError(f"illegal header line: {bytearray(line.encode())!r}"))
    assert str(error) == f"what came back is not HTTP: illegal header line: {line!r}"


def test_a_connection_that_ends_without_an_answer_is_called_so():
    error = faults.translate(h11.RemoteProtocolError("Server disconnected without sending a response."))
    assert type(error) is errors.ConnectFailed
    assert str(error) == "the server closed the connection without an answer"


def concrete(base):
    return [kind for child in base.__subclasses__() for kind in (child, *concrete(child))]


def test_no_exception_of_the_libraries_is_forgotten():
    kinds = [*concrete(httpx.HTTPError), h11.ProtocolError, *concrete(h11.ProtocolError)]
    assert len(kinds) > 10
    assert [kind for kind in kinds if not issubclass(kind, faults.FOREIGN)] == []
