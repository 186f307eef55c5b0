"""Which bytes folder sources gave to item files: noted beside the items, read only when the index was lost.

A folder's file is kept byte for byte, so its copy does not tell whether somebody edited it or the folder has another
version meanwhile. With the digest of what was copied it does. A line is `["KEY", "DIGEST"]`; the last one on an item
counts. Losing notes loses no item: without one, a file that differs from its folder's counts as edited. This module
writes no item and takes no decisions.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from aggregator import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from aggregator.model import Record

NAME = ".tagwire.copied.jsonl"
_LINE = re.compile(r'^\["([0-9a-f]+)", "([0-9a-f]+)"\]$', re.MULTILINE)


def note(root: Path, pairs: Iterable[tuple[str, str]]) -> None:
    """Append that the files of items, given by key, hold the bytes with these digests, unless that is known.

    Raises OSError.
    """
    said = dict(pairs)
    known = read(root) if said else {}
    lines = [f'["{key}", "{digest}"]\n' for key, digest in said.items() if known.get(key) != digest]
    if lines:
        root.mkdir(parents=True, exist_ok=True)
        with (root / NAME).open("ab+") as file:
            file.seek(max(file.tell() - 1, 0))
            torn = file.read() not in {b"", b"\n"}  # a power cut left half a line
            file.write(("\n" * torn + "".join(lines)).encode())


def pairs(rows: Iterable[Record]) -> list[tuple[str, str]]:
    """Return (key, digest) of the items whose files hold what a folder's files do, as their rows tell.

    Of a folder's item every character counts, so what its source wrote has the hash of its file
    (`steps.identity.content_hash`).
    """
    return [(row.key, row.file_hash) for row in rows if row.content_hash == row.file_hash != "" and not row.gone]


def read(root: Path) -> Mapping[str, str]:
    """Return key → digest of the bytes that were copied last; what is no such line says nothing. Raises OSError."""
    with suppress(FileNotFoundError):
        return dict(_LINE.findall(files.read_bytes(root / NAME).decode("ascii", "replace")))
    return {}
