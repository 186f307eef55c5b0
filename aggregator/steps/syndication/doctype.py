"""Document types of feeds taken off, so that no parser follows or drops what they name.

Entities that a document declares itself stay known, if they are plain text; those that it expects from elsewhere
(`SYSTEM`, `PUBLIC`) are left to readers that know HTML's. This module loads nothing and expands nothing.
"""

from __future__ import annotations

import re

from feedparser.sanitizer import replace_doctype

_PROLOG = re.compile(rb"(?:[^<]++|<!--.*?-->|<(?!\w|!--))*+", re.DOTALL)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_BLANKS = re.compile(rb"\s{2,}")
_DECLARED = re.compile(rb"<!(?=DOCTYPE|ENTITY)")
_LONGEST_ENTITY = 1024
"""Characters that one entity may stand for in documents that are not well-formed; expat limits those of others."""
_HEAD = 65536
"""Bytes before the root element that are searched for a document type."""


def without(body: bytes) -> tuple[str, bytes, dict[str, str]]:
    """Return version (of Netscape's RSS only), the body without its document type, and entities that are harmless."""
    prolog = _PROLOG.match(body)
    head = prolog[0] if prolog else b""
    if b"<!" not in head:
        return "", body, {}
    if len(head) > _HEAD:
        return "", body[len(head) :], {}
    lined = _BLANKS.sub(b"\n", _COMMENT.sub(b"", head))
    lined = _DECLARED.sub(b"\n<!", lined).lstrip()  # feedparser finds declarations at the begin of lines only
    version, body, entities = replace_doctype(lined + body[len(head) :])
    return version or "", body, {name: text for name, text in entities.items() if len(text) <= _LONGEST_ENTITY}
