"""File names as the system gives them: which of them are UTF-8, and how the others are shown.

POSIX names are bytes. Those that are not UTF-8 reach Python with lone surrogates in them (PEP 383), which neither an
index nor a feed can hold.
"""

from __future__ import annotations

STRANGE = "the name is not UTF-8, so it is left out; rename it"
"""What is to be told of a file or folder with another name."""


def is_utf8(name: str) -> bool:
    """Whether a name, or a path, is UTF-8 on the disk."""
    if name.isascii():
        return True
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(name: str) -> str:
    """Return a name, or a path, that can be printed: what is not UTF-8 becomes U+FFFD."""
    return name if is_utf8(name) else name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def strange_part(path: str) -> str:
    """Return a path down to its first part that is not UTF-8; all of it if every part is."""
    parts = path.split("/")
    bad = next((number for number, part in enumerate(parts, 1) if not is_utf8(part)), len(parts))
    return "/".join(parts[:bad])
