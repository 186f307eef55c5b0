"""What the tests of `aggregator.workers` run in workers: importable by name, without pytest."""

from __future__ import annotations

import importlib
import os
import re
import signal
import threading
import time
from pathlib import Path

GIB = 1 << 30


def upper(payload: bytes) -> bytes:
    return payload.upper()


def pid(_payload: bytes) -> bytes:
    return str(os.getpid()).encode()


def spin(_payload: bytes) -> bytes:
    while True:
        pass


def backtrack(_payload: bytes) -> bytes:
    """Hang inside C code, which runs no Python signal handlers."""
    re.match(r"(a+)+$", "a" * 60 + "b")
    return b""


def die(payload: bytes) -> bytes:
    os.kill(os.getpid(), int(payload))
    return b""


def leave(_payload: bytes) -> bytes:
    os._exit(7)


def devour(_payload: bytes) -> bytes:
    return b"x" * (8 * GIB)


class Unpicklable(Exception):
    def __init__(self, *, must: str) -> None:
        super().__init__(f"about {must}")
        self.lock = threading.Lock()


def complain(payload: bytes) -> bytes:
    if payload:
        raise Unpicklable(must="this")
    raise ValueError("a bad \ud800 value")


def text_result(_payload: bytes) -> bytes:
    return "text"  # type: ignore[return-value]


def interrupted(_payload: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGINT)
    return b"still here"


def starve(_payload: bytes) -> bytes:
    raise MemoryError


def threads_of_numpy(_: bytes) -> bytes:
    """How many threads importing numpy starts."""
    before = len(list(Path("/proc/self/task").iterdir()))
    importlib.import_module("numpy")
    return b"%d" % (len(list(Path("/proc/self/task").iterdir())) - before)


def sleep(*_: object) -> None:
    """Begin nothing: a worker's first steps that never end."""
    time.sleep(60)
