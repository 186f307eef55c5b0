"""One Content-Encoding undone, a bounded step at a time: gzip, deflate, br and zstd.

Each class takes the next bytes of a body and yields what they decode to in pieces of about `_STEP` bytes. A piece is
made when it is asked for, so that who counts them stops a bomb. Windows are bounded as browsers bound them. This module
keeps nothing of what it yields and knows no limit on the whole.
"""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING, Protocol

import brotli

from aggregator.errors import BadEncoding

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GZIP_MAGIC = b"\x1f\x8b\x08"

_STEP = 64 * 1024
_PARTS = 1000  # members of a gzip file, frames of zstd; a body of empty ones costs CPU and yields nothing
_WINDOW = {"gzip": 31, "zlib": 15, "raw": -15}
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ZSTD_WINDOW: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}
"""8 MiB: more is not for HTTP (RFC 9659 §3)."""


class Coding(Protocol):
    """One stream being decoded."""

    @property
    def ended(self) -> bool:
        """Whether the stream has come to its end; what follows it is ignored."""

    def expand(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what these bytes decode to. Raises `errors.BadEncoding`."""


class Deflate:
    """gzip with all its members (RFC 1952 §2.2), zlib (RFC 1950), or deflate without either's frame (RFC 1951)."""

    def __init__(self, form: str) -> None:
        self._window = _WINDOW[form]
        self._inflate = zlib.decompressobj(self._window)
        self._held = b""
        self._parts = 1

    @property
    def ended(self) -> bool:
        """See `Coding.ended`."""
        return self._inflate.eof

    def expand(self, chunk: bytes) -> Iterator[bytes]:
        """See `Coding.expand`."""
        chunk, self._held = self._held + chunk, b""
        while chunk:
            if self._inflate.eof:
                if not GZIP_MAGIC.startswith(chunk[:3]):
                    return
                if len(chunk) < len(GZIP_MAGIC):
                    self._held = chunk  # perhaps the next member's first bytes
                    return
                self._parts = _counted(self._parts)
                self._inflate = zlib.decompressobj(self._window)
            try:
                yield self._inflate.decompress(chunk, _STEP)
            except zlib.error as error:
                raise _damaged(error) from error
            chunk = self._inflate.unconsumed_tail or self._inflate.unused_data


class Brotli:
    """Brotli (RFC 7932), without the large windows that are no part of it."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def ended(self) -> bool:
        """See `Coding.ended`."""
        return bool(self._stream.is_finished())

    def expand(self, chunk: bytes) -> Iterator[bytes]:
        """See `Coding.expand`; bytes behind the end are damage, since the library cannot tell them from the stream."""
        if self.ended and chunk:
            raise _damaged("bytes behind its end")
        try:
            while not self.ended and (chunk or not self._stream.can_accept_more_data()):
                yield self._stream.process(chunk, output_buffer_limit=_STEP)
                chunk = b""
        except brotli.error as error:
            raise _damaged(error) from error


class Zstd:
    """Zstandard with all its frames (RFC 8878 §3.1), within the window that RFC 9659 allows."""

    def __init__(self) -> None:
        self._stream = zstd.ZstdDecompressor(options=_ZSTD_WINDOW)
        self._held = b""
        self._parts = 1

    @property
    def ended(self) -> bool:
        """See `Coding.ended`."""
        return self._stream.eof

    def expand(self, chunk: bytes) -> Iterator[bytes]:
        """See `Coding.expand`."""
        chunk, self._held = self._held + chunk, b""
        while chunk or not (self._stream.needs_input or self._stream.eof):
            if self._stream.eof:
                if len(chunk) < len(_ZSTD_MAGIC):
                    self._held = chunk  # perhaps the next frame's first bytes
                    return
                if not chunk.startswith(_ZSTD_MAGIC):
                    return
                self._parts = _counted(self._parts)
                self._stream = zstd.ZstdDecompressor(options=_ZSTD_WINDOW)
            try:
                yield self._stream.decompress(chunk, _STEP)
            except zstd.ZstdError as error:
                raise _damaged(error) from error
            chunk = self._stream.unused_data if self._stream.eof else b""


BY_LABEL: dict[str, Callable[[], Coding]] = {
    "gzip": lambda: Deflate("gzip"),
    "x-gzip": lambda: Deflate("gzip"),
    "br": Brotli,
    "zstd": Zstd,
}
"""How the codings of HTTP begin; deflate is chosen by its first bytes, with `deflate`."""


def deflate(head: bytes) -> Coding:
    """Return the decoder for a body labelled deflate: zlib as the standard says, or bare as some servers send it."""
    zlib_like = len(head) > 1 and head[0] & 0x0F == zlib.DEFLATED and int.from_bytes(head[:2]) % 31 == 0
    return Deflate("zlib" if zlib_like else "raw")


def _counted(parts: int) -> int:
    if parts >= _PARTS:
        raise BadEncoding(f"more than {_PARTS} compressed parts in one body")
    return parts + 1


def _damaged(reason: Exception | str) -> BadEncoding:
    return BadEncoding(f"the compressed body is damaged: {reason}")
