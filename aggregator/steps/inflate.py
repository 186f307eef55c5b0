"""Content-Encoding undone in bounded steps: what comes out is capped before it is made.

gzip and deflate, one layer. This module reads from no socket and knows no HTTP header but the one value it is given.
"""

from __future__ import annotations

import zlib

from aggregator.errors import BadEncoding, TooLarge, Truncated

ACCEPT_ENCODING = "gzip, deflate"
"""What we can undo, as the request header says it (RFC 9110 §12.5.3)."""

_STEP = 64 * 1024
_SLACK = 64 * 1024  # compression of incompressible bytes adds a little
_GZIP_MAGIC = b"\x1f\x8b\x08"
_MEMBERS = 1000  # of one gzip file; a body of empty members costs CPU and yields nothing
_CODINGS = {"": "", "gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
_WINDOW = {"gzip": 31, "zlib": 15, "raw": -15}


class Inflater:
    """Collects a body, undoing its Content-Encoding, and never holds more than `limit` decoded bytes and one step.

    A body without label that begins like gzip is taken for gzip (RFC 1952 §2.3). Raises `errors.BadEncoding` for a
    coding that is unknown or nested.
    """

    def __init__(self, content_encoding: str, *, limit: int) -> None:
        words = (part.strip() for part in content_encoding.lower().split(","))
        codings = [word for word in words if word not in {"", "identity"}]
        if len(codings) > 1:
            raise BadEncoding(f"nested Content-Encoding ({len(codings)} layers)")
        label = codings[0] if codings else ""
        if label not in _CODINGS:
            raise BadEncoding(f"unknown Content-Encoding {label[:40]!r}")
        self._coding = _CODINGS[label]
        self._limit = limit
        self._received = 0
        self._head = b""
        self._body = bytearray()
        self._sniffed = False
        self._inflate: zlib._Decompress | None = None
        self._members = 1

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the body. Raises `errors.TooLarge` and `errors.BadEncoding`."""
        self._received += len(chunk)
        if self._received > self._limit + _SLACK:
            raise self._too_large()
        if not self._sniffed:
            self._head += chunk
            if len(self._head) < len(_GZIP_MAGIC):
                return
            chunk = self._start()
        self._take(chunk)

    def finish(self) -> bytes:
        """Return the decoded body. Raises `errors.Truncated` if the compressed stream has not ended."""
        if not self._sniffed:
            self._take(self._start())
        if self._inflate is not None and not self._inflate.eof and self._received:
            raise Truncated(f"the compressed body is cut after {self._received} bytes")
        return bytes(self._body)

    def _start(self) -> bytes:
        """Choose how to decode by label and first bytes; return the bytes held back until then."""
        head, self._head, self._sniffed = self._head, b"", True
        coding = self._coding
        if not coding and head.startswith(_GZIP_MAGIC):
            coding = "gzip"
        elif coding == "deflate":
            coding = "zlib" if _is_zlib(head) else "raw"
        if coding:
            self._inflate = zlib.decompressobj(_WINDOW[coding])
        return head

    def _take(self, chunk: bytes) -> None:
        if self._inflate is None:
            self._keep(chunk)
            return
        try:
            self._expand(chunk)
        except zlib.error as error:
            raise BadEncoding(f"the compressed body is damaged: {error}") from error

    def _expand(self, chunk: bytes) -> None:
        """Inflate step by step, over the members of a gzip file; bytes behind the last member are ignored."""
        assert self._inflate is not None
        chunk, self._head = self._head + chunk, b""
        while chunk:
            if self._inflate.eof:
                if not _GZIP_MAGIC.startswith(chunk[:3]):
                    return
                if len(chunk) < len(_GZIP_MAGIC):
                    self._head = chunk  # perhaps the next member's first bytes
                    return
                self._next_member()
            self._keep(self._inflate.decompress(chunk, _STEP))
            chunk = self._inflate.unconsumed_tail or self._inflate.unused_data

    def _next_member(self) -> None:
        self._members += 1
        if self._members > _MEMBERS:
            raise BadEncoding(f"more than {_MEMBERS} gzip members")
        self._inflate = zlib.decompressobj(_WINDOW["gzip"])

    def _keep(self, data: bytes) -> None:
        self._body += data
        if len(self._body) > self._limit:
            raise self._too_large()

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the body is larger than {self._limit} bytes")


def _is_zlib(head: bytes) -> bool:
    """Whether the bytes begin a zlib stream (RFC 1950 §2.2); some servers send bare deflate instead."""
    return len(head) > 1 and head[0] & 0x0F == zlib.DEFLATED and int.from_bytes(head[:2]) % 31 == 0
