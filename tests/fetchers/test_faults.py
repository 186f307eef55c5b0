"""Every foreign exception becomes the error of ours that tells the same."""

from __future__ import annotations

import ssl

import h11
import httpx
import pytest

from aggregator import errors
from aggregator.fetchers import faults, proxy


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        (UnicodeError("x"), errors.BadUrl),
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


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        (httpx.InvalidURL("x"), errors.BadUrl),
        (httpx.LocalProtocolError("x"), errors.BadUrl),
        (httpx.UnsupportedProtocol("x"), errors.BadScheme),
        (httpx.ReadTimeout("x"), errors.DeadlineExceeded),
        (httpx.RemoteProtocolError("x"), errors.ConnectFailed),
        (httpx.ProxyError("x"), errors.ConnectFailed),
        (httpx.ReadError(""), errors.ConnectFailed),
        (httpx.RemoteProtocolError("peer closed connection without sending all"), errors.Truncated),
    ],
)
def test_translation_behind_a_proxy(foreign, ours):
    with pytest.raises(ours) as found, proxy.translated():
        raise foreign
    assert type(found.value) is ours
    assert str(found.value)


def test_a_connection_that_ends_without_an_answer_is_called_so():
    error = faults.translate(h11.RemoteProtocolError("Server disconnected without sending a response."))
    assert type(error) is errors.ConnectFailed
    assert str(error) == "the server closed the connection without an answer"


def test_no_exception_of_h11_is_forgotten():
    kinds = [kind for name in dir(h11) if isinstance(kind := getattr(h11, name), type) and issubclass(kind, Exception)]
    assert len(kinds) >= 3
    assert [kind for kind in kinds if not issubclass(kind, faults.FOREIGN)] == []
