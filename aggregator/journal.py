"""Decisions about items, kept beside them in `.tagwire.jsonl`, so that they survive the loss of the index.

One JSON object a line, appended and never rewritten; the last word on an item counts. This module takes no decisions.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.errors import TreeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from aggregator.model import Record

NAME = ".tagwire.jsonl"


def deleted(root: Path, records: Iterable[Record], now: datetime) -> None:
    """Append that the owner deleted these items' files. Raises OSError."""
    _append(
        root,
        [
            {
                "event": "deleted",
                "at": now.isoformat(),
                "key": record.key,
                "source": record.source,
                "title": record.title,
                "link": record.link,
                "id": record.entry_id,
                **({"of": record.duplicate_of} if record.duplicate_of else {}),
            }
            for record in records
        ],
    )


def renamed(root: Path, records: Iterable[Record], now: datetime) -> None:
    """Append that these items go by another id than their files say. Raises OSError.

    Another source's item claims that one, or they had theirs before: the owner edited the link, or the item took the
    place of another one. Their canonical URLs are those by which their copies are known.
    """
    said = [{"key": one.key, "id": one.entry_id, "url": one.url} for one in records]
    _append(root, [{"event": "id", "at": now.isoformat(), **line} for line in said])


def moved(root: Path, pairs: Iterable[tuple[str, str]], now: datetime) -> None:
    """Append that items, given by their keys, lie in files whose paths do not name them. Raises OSError."""
    _append(root, [{"event": "moved", "at": now.isoformat(), "key": key, "path": path} for key, path in pairs])


def split(root: Path, keys: Iterable[str], now: datetime) -> None:
    """Append that the owner wants these items to stand alone. Raises OSError."""
    _append(root, [{"event": "split", "at": now.isoformat(), "key": key} for key in keys])


def merged(root: Path, pairs: Iterable[tuple[str, str]], now: datetime) -> None:
    """Append that the owner wants the items of each pair in one story. Raises OSError."""
    _append(root, [{"event": "merge", "at": now.isoformat(), "key": one, "with": other} for one, other in pairs])


@dataclass(frozen=True, slots=True)
class Bonds:
    """What the owner said of items in all: which stand alone, and which pairs belong together."""

    alone: frozenset[str]
    together: frozenset[tuple[str, str]]


def bonds(root: Path) -> Bonds:
    """Return what holds after all that was said: a split ends earlier merges of an item, a merge its earlier split."""
    alone: set[str] = set()
    together: set[tuple[str, str]] = set()
    for line in read(root):
        if line.get("event") == "split":
            alone.add(line["key"])
            together = {pair for pair in together if line["key"] not in pair}
        elif line.get("event") == "merge":
            pair = line["key"], line["with"]
            alone.difference_update(pair)
            together.add((min(pair), max(pair)))
    return Bonds(frozenset(alone), frozenset(together))


def ids(root: Path) -> dict[str, str]:
    """Return key → id of the items that go by another id than their file says."""
    return {line["key"]: line["id"] for line in read(root) if line.get("event") == "id"}


def urls(root: Path) -> dict[str, str]:
    """Return canonical URL → key of the items in `ids`, as it was then: their copies still have it."""
    return {url: line["key"] for line in read(root) if line.get("event") == "id" and (url := line.get("url"))}


def places(root: Path) -> dict[str, str]:
    """Return path → key of the items in files that their owner gave names without key."""
    return {line["path"]: line["key"] for line in read(root) if line.get("event") == "moved"}


def read(root: Path) -> list[dict[str, str]]:
    """Return the decisions in the order in which they were taken. Raises `errors.TreeError` naming a damaged line."""
    path = root / NAME
    if not path.is_file():
        return []
    decisions: list[dict[str, str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            decisions += [{str(key): str(value) for key, value in json.loads(line).items()}] if line.strip() else []
        except (ValueError, AttributeError) as error:
            raise TreeError(f"{path}:{number}: not a decision of tagwire ({error}); mend or delete the line") from error
    return decisions


def _append(root: Path, lines: Iterable[Mapping[str, str]]) -> None:
    root.mkdir(parents=True, exist_ok=True)
    with (root / NAME).open("a", encoding="utf-8") as journal:
        journal.write("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines))
        journal.flush()
        os.fsync(journal.fileno())
