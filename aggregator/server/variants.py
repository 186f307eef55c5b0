"""Files as they are sent: bytes, digest and coding, kept in memory as long as the file on disk is the same one.

A file is known by device, inode, size and the times of its last change, and a published file is always renamed into
place, so what is kept is never stale. Codings are made when first asked for; what has not been asked for longest goes
when the memory is full. This module speaks no HTTP.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import brotli

from aggregator import files

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY: Final = 32 * 1024 * 1024
"""Bytes of files that are kept."""
DIGESTS: Final = 20_000
"""Files of which the digest is kept; answering 304 needs no more."""
CODINGS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "br": lambda data: bytes(brotli.compress(data, quality=5)),
    "gzip": lambda data: zlib.compress(data, 6, 31),  # 31: with gzip header, and no time in it
}
"""Content coding → how it is made; the better one first. Higher levels cost five times the CPU for a tenth less."""

Identity = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Variant:
    """One file in one coding; `digest` is that of the file itself."""

    identity: Identity
    digest: str
    body: bytes


def identity(facts: os.stat_result) -> Identity:
    """Return what tells a file from all that ever have its name."""
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


class Variants:
    """The kept files; for one event loop."""

    def __init__(self, memory: int = MEMORY) -> None:
        self._memory = memory
        self._size = 0
        self._kept: OrderedDict[tuple[str, str], Variant] = OrderedDict()
        self._digests: OrderedDict[str, tuple[Identity, str]] = OrderedDict()
        self._coming: dict[tuple[str, str, Identity], asyncio.Task[Variant]] = {}

    @property
    def size(self) -> int:
        """Bytes that are kept now."""
        return self._size

    async def digest(self, path: str, known: Identity) -> str:
        """Return the digest of the file that is `known` by its identity. Raises OSError."""
        found = self._digests.get(path)
        if found is not None and found[0] == known:
            self._digests.move_to_end(path)
            return found[1]
        return (await self.get(path, "", known)).digest

    async def get(self, path: str, coding: str, known: Identity) -> Variant:
        """Return the file in a coding, empty for none. A file replaced meanwhile comes new. Raises OSError.

        Requests that come while it is made wait for the same one.
        """
        kept = self._kept.get((path, coding))
        if kept is not None and kept.identity == known:
            self._kept.move_to_end((path, coding))
            return kept
        job = (path, coding, known)
        task = self._coming.get(job)
        if task is None:
            task = self._coming[job] = asyncio.create_task(asyncio.to_thread(_make, path, coding))
            task.add_done_callback(lambda done: self._done(job, done))
        variant = await asyncio.shield(task)
        self._keep(path, coding, variant)
        return variant

    def _done(self, job: tuple[str, str, Identity], task: asyncio.Task[Variant]) -> None:
        self._coming.pop(job, None)
        if not task.cancelled():
            task.exception()  # looked at here too: those who waited for it may have left

    def _keep(self, path: str, coding: str, variant: Variant) -> None:
        old = self._kept.pop((path, coding), None)
        self._size += len(variant.body) - (len(old.body) if old else 0)
        self._kept[path, coding] = variant
        while self._size > self._memory:
            self._size -= len(self._kept.popitem(last=False)[1].body)
        self._digests[path] = (variant.identity, variant.digest)
        self._digests.move_to_end(path)
        if len(self._digests) > DIGESTS:
            self._digests.popitem(last=False)


def _make(path: str, coding: str) -> Variant:
    """Read and encode; identity and bytes are of one open file, whatever happens to its name meanwhile."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        data = file.read()
    body = CODINGS[coding](data) if coding else data
    return Variant(identity(facts), files.digest(data), body)
