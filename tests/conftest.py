"""Fixtures for every test: no socket leaves loopback."""

from __future__ import annotations

import socket

import pytest
from hypothesis import settings

settings.register_profile("tagwire", derandomize=True, deadline=None, database=None)
settings.load_profile("tagwire")

LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail any test that would connect or look up a name beyond loopback."""
    connect, connect_ex, lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(address):
        host = address[0] if isinstance(address, tuple) else ""
        if host and not str(host).startswith(LOOPBACK):
            pytest.fail(f"a test would have connected to {host!r}")

    def guarded(original):
        def call(self, address):
            check(address)
            return original(self, address)

        return call

    def guarded_lookup(host, *args, **kwargs):
        check((host.decode() if isinstance(host, bytes) else host or "",))
        return lookup(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded(connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", guarded_lookup)
