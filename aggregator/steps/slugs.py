"""File names for tags and items, and the key under which two spellings are one tag.

Unicode is kept: nothing is transliterated. This module does not know which names are taken.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

from aggregator.steps import text

_SPACE = re.compile(r"\s+")
_UNSAFE = re.compile(r'[/\\:*?"<>|%#\x00-\x1f\x7f-\x9f]')


@lru_cache(maxsize=4096)
def slug(name: str, limit: int = 100) -> str:
    """Return a file name for `name`, safe on every file system and of at most `limit` + 9 bytes in UTF-8.

    The name in NFC, casefolded, white space to "-"; then what is unsafe in paths to "-", invisible characters out, cut
    to `limit` bytes. If that changed anything, "-" and 8 hex digits of the name's SHA-256 follow. Never empty, and
    never "." or "..".
    """
    composed = unicodedata.normalize("NFC", name)
    folded = _SPACE.sub("-", composed.strip().casefold())
    safe = _visible(_UNSAFE.sub("-", folded))
    safe = _cut("-" + safe[1:] if safe.startswith(".") else safe, limit)
    if safe == folded and safe:
        return safe
    return f"{safe}-{hashlib.sha256(composed.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


@lru_cache(maxsize=4096)
def tag_key(name: str) -> str:
    """Return what two spellings of one tag have in common: NFKC, casefolded, white-space runs as "-". Idempotent."""
    return text.fold(name).replace(" ", "-")


def _visible(name: str) -> str:
    """`name` without format characters (bidi marks, zero-width, soft hyphens), surrogates and noncharacters."""
    if name.isascii() or name.isprintable():
        return name
    return "".join(character for character in text.clean(name) if unicodedata.category(character) != "Cf")


def _cut(name: str, limit: int) -> str:
    encoded = name.encode()
    return name if len(encoded) <= limit else encoded[:limit].decode("utf-8", "ignore")
