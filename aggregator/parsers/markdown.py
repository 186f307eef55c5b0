"""One Markdown file with front matter: the exact text becomes one entry.

Only what makes a file worthless is checked here; `steps.frontmatter` reads the keys and says what is wrong with them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aggregator.errors import ParseError
from aggregator.model import Entry, Parsed

if TYPE_CHECKING:
    from aggregator.model import Document

_MEDIA_TYPE = "text/markdown"
_HEADER = 64 * 1024
"""Bytes of front matter; longer ones crash YAML parsers."""
_MARK = b"\xef\xbb\xbf"
"""The byte order mark in UTF-8."""
_FENCE = re.compile(rb"^---[ \t]*\r?$", re.MULTILINE)


def recognizes(document: Document) -> bool:
    """Whether the document was declared to be Markdown, as files of folders are."""
    return document.media_type == _MEDIA_TYPE


def parse(document: Document) -> Parsed:
    """Return the file as one entry, its text exact, a byte order mark included.

    Raises `errors.ParseError`, with its line, unless the file is strict UTF-8 without NUL, begins with a line `---` and
    has a second one within 64 kB.
    """
    body = document.body.removeprefix(_MARK)
    mark = "" if len(body) == len(document.body) else _MARK.decode()
    if not body.strip():
        raise ParseError("the file is empty", url=document.name)
    if (nul := body.find(b"\x00")) >= 0:
        raise _wrong("a NUL byte: this is no text file", document.name, body, nul)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise _wrong(f"not UTF-8: byte 0x{body[error.start]:02x}", document.name, body, error.start) from error
    opening = _FENCE.match(body)
    if not opening:
        raise ParseError("no front matter: the first line is not '---'", url=document.name, line=1)
    closing = _FENCE.search(body, opening.end() + 1, _HEADER)
    if not closing:
        late = len(body) > _HEADER and _FENCE.search(body, opening.end() + 1)
        problem = "front matter is longer than 64 kB" if late else "front matter has no closing line '---'"
        raise ParseError(problem, url=document.name, line=1)
    return Parsed(entries=(Entry(file=mark + text),))


def _wrong(message: str, name: str, body: bytes, offset: int) -> ParseError:
    return ParseError(message, url=name, line=body.count(b"\n", 0, offset) + 1)
