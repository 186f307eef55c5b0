"""A body collected, its Content-Encoding undone in bounded steps: what comes out is capped before it is made.

One layer of gzip, deflate, br or zstd (`steps.bodies.codings`). This module reads from no socket and knows no HTTP
header but the one value it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.errors import BadEncoding, TooLarge, Truncated
from aggregator.steps.bodies import codings

if TYPE_CHECKING:
    from aggregator.steps.bodies.codings import Coding

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
"""What we can undo, as the request header says it (RFC 9110 §12.5.3)."""

_SLACK = 64 * 1024  # compression of incompressible bytes adds a little
_DEFLATE = "deflate"


class Inflater:
    """Collects a body, undoing its Content-Encoding, and never holds more than `limit` decoded bytes and one step.

    A body without label that begins like gzip is taken for gzip (RFC 1952 §2.3). Raises `errors.BadEncoding` for a
    coding that is unknown or nested.
    """

    def __init__(self, content_encoding: str, *, limit: int) -> None:
        words = (part.strip() for part in content_encoding.lower().split(","))
        labels = [word for word in words if word not in {"", "identity"}]
        if len(labels) > 1:
            raise BadEncoding(f"nested Content-Encoding ({len(labels)} layers)")
        self._label = labels[0] if labels else ""
        if self._label not in {"", _DEFLATE, *codings.BY_LABEL}:
            raise BadEncoding(f"unknown Content-Encoding {self._label[:40]!r}")
        self._limit = limit
        self._received = 0
        self._head = b""
        self._body = bytearray()
        self._sniffed = False
        self._coding: Coding | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the body. Raises `errors.TooLarge` and `errors.BadEncoding`."""
        self._received += len(chunk)
        if self._received > self._limit + _SLACK:
            raise self._too_large()
        if not self._sniffed:
            self._head += chunk
            if len(self._head) < len(codings.GZIP_MAGIC):
                return
            chunk = self._start()
        self._take(chunk)

    def finish(self) -> bytes:
        """Return the decoded body. Raises `errors.Truncated` if the compressed stream has not ended."""
        if not self._sniffed:
            self._take(self._start())
        if self._coding is not None and not self._coding.ended and self._received:
            raise Truncated(f"the compressed body is cut after {self._received} bytes")
        return bytes(self._body)

    def _start(self) -> bytes:
        """Choose how to decode by label and first bytes; return the bytes held back until then."""
        head, self._head, self._sniffed = self._head, b"", True
        if self._label == _DEFLATE:
            self._coding = codings.deflate(head)
        elif label := self._label or ("gzip" if head.startswith(codings.GZIP_MAGIC) else ""):
            self._coding = codings.BY_LABEL[label]()
        return head

    def _take(self, chunk: bytes) -> None:
        for piece in (chunk,) if self._coding is None else self._coding.expand(chunk):
            self._body += piece
            if len(self._body) > self._limit:
                raise self._too_large()

    def _too_large(self) -> TooLarge:
        return TooLarge(f"the body is larger than {self._limit} bytes")
