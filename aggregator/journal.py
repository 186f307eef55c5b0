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
            }
            for record in records
        ],
    )


def renamed(root: Path, records: Iterable[Record], now: datetime) -> None:
    """Append that these items go by their `tag:` id, since another source's item claims theirs. Raises OSError."""
    _append(root, [{"event": "id", "at": now.isoformat(), "key": one.key, "id": one.entry_id} for one in records])


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
