"""The owner's decisions about items, kept beside them in `.tagwire.jsonl`, so that they survive the loss of the index.

One JSON object a line, appended and never rewritten; the last word on an item counts. This module takes no decisions.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from aggregator.errors import TreeError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from aggregator.model import Record

NAME = ".tagwire.jsonl"


def deleted(root: Path, records: Iterable[Record], now: datetime) -> None:
    """Append that the owner deleted these items' files. Raises OSError."""
    lines = [
        json.dumps(
            {
                "event": "deleted",
                "at": now.isoformat(),
                "key": record.key,
                "source": record.source,
                "title": record.title,
                "link": record.link,
                "id": record.entry_id,
            },
            ensure_ascii=False,
        )
        for record in records
    ]
    root.mkdir(parents=True, exist_ok=True)
    with (root / NAME).open("a", encoding="utf-8") as journal:
        journal.write("".join(f"{line}\n" for line in lines))
        journal.flush()
        os.fsync(journal.fileno())


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
