"""Fixtures for every test: no socket leaves loopback; the command line called in this process as `main` calls it."""

from __future__ import annotations

import gc
import json
import logging
import os
import shutil
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from aggregator.cli.runner import run
from aggregator.testing import InlineWorkers, LoopbackSite

settings.register_profile("tagwire", max_examples=50, derandomize=True, deadline=None, database=None)
settings.register_profile("thorough", max_examples=2000, deadline=None, database=None)
settings.load_profile("tagwire")

# Dozens of tests start the program or its workers. Where the environment forbids bytecode, as container images do, each
# of these processes would compile the whole package again, which takes longer than what it is started for.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Hundreds of tests open an index, which waits for the disk at every write; in memory, if there is room, it need not.
MEMORY = Path("/dev/shm")
if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 1 << 30:
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None

LOOPBACK = ("127.", "::1", "localhost")


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: many tests wait for a daemon, a server or a browser."""
    return max((os.cpu_count() or 1) * 3 // 2, 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    """Thousands of tests stay until the end: the collector of garbage need not look through them after each one."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True, scope="session")
def loopback_only():
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

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded(connect))
        patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
        patch.setattr(socket, "getaddrinfo", guarded_lookup)
        yield


@pytest.fixture(autouse=True)
def fresh_logging():
    """Undo what commands called before in this process said of logging: a test may look at the log."""
    logger = logging.getLogger("aggregator")
    logger.handlers.clear()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


@dataclass(frozen=True)
class Result:
    """What a command did: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def tagwire(capsys):
    """Call a command line; returns its `Result`."""

    def call(*args):
        code = run([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def inline_workers(monkeypatch):
    """Documents are read in this process: a test about something else starts no processes, half a second each."""
    for module in ("aggregator.app", "aggregator.operations.discovery"):
        monkeypatch.setattr(f"{module}.Workers", lambda _count, **_limits: InlineWorkers())


@pytest.fixture
def web():
    """A site on loopback, for the time of one test."""
    with LoopbackSite() as site:
        yield site
