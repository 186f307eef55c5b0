"""Every foreign exception becomes the error of ours that tells the same."""

from __future__ import annotations

import ssl

import httpcore
import httpx
import pytest

from aggregator import errors
from aggregator.fetchers import faults


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        (httpx.InvalidURL("x"), errors.BadUrl),
        (UnicodeError("x"), errors.BadUrl),
        (httpcore.LocalProtocolError("x"), errors.BadUrl),
        (httpcore.UnsupportedProtocol("x"), errors.BadScheme),
        (httpx.UnsupportedProtocol("x"), errors.BadScheme),
        (httpcore.ReadTimeout("x"), errors.DeadlineExceeded),
        (httpx.ReadTimeout("x"), errors.DeadlineExceeded),
        (ssl.SSLError("x"), errors.TlsFailed),
        (httpcore.RemoteProtocolError("x"), errors.ConnectFailed),
        (httpx.RemoteProtocolError("x"), errors.ConnectFailed),
        (httpcore.ReadError(), errors.ConnectFailed),
        (httpx.ProxyError("x"), errors.ConnectFailed),
        (httpcore.ProxyError("x"), errors.ConnectFailed),
        (ConnectionResetError(104, "reset"), errors.ConnectFailed),
        (
            httpcore.RemoteProtocolError("peer closed connection without sending all"),
            errors.Truncated,
        ),
    ],
)
def test_translation(foreign, ours):
    assert isinstance(foreign, faults.FOREIGN)
    translated = faults.translate(foreign)
    assert type(translated) is ours
    assert str(translated)


def test_a_connection_that_ends_without_an_answer_is_called_so():
    error = faults.translate(httpcore.RemoteProtocolError("Server disconnected without sending a response."))
    assert type(error) is errors.ConnectFailed
    assert str(error) == "the server closed the connection without an answer"


def concrete(base):
    return [kind for child in base.__subclasses__() for kind in (child, *concrete(child))]


def test_no_exception_of_the_libraries_is_forgotten():
    kinds = [kind for name in dir(httpcore) if isinstance(kind := getattr(httpcore, name), type)]
    kinds = [kind for kind in kinds if issubclass(kind, Exception) and kind.__name__ != "ConnectionNotAvailable"]
    assert len(kinds) > 10
    assert [kind for kind in [*kinds, *concrete(httpx.HTTPError)] if not issubclass(kind, faults.FOREIGN)] == []
