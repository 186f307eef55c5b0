"""What is printed: lines, tables, JSON, colours, spans of time; texts of strangers made harmless first.

A reader that closes the pipe ends the printing, not the command. This module decides nothing.
"""

from __future__ import annotations

import json
import os
import sys
from typing import IO, TYPE_CHECKING, Any

from aggregator.steps.text import clean, one_line
from aggregator.steps.visits.interval import span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

SCHEMA = 1
_COLORS = {"red": "31", "green": "32", "yellow": "33", "dim": "2", "bold": "1"}
_GAP = "  "


def out(text: str = "") -> None:
    """Print a line to stdout, at once."""
    _write(sys.stdout, text)


def err(text: str) -> None:
    """Print a line to stderr, at once."""
    _write(sys.stderr, text)


def _write(stream: IO[str], text: str) -> None:
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except BrokenPipeError:
        # Nobody reads on. The work goes on and its exit code counts, so the rest is written to nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def emit(document: Mapping[str, Any]) -> None:
    """Print a JSON document, with its schema number first, to stdout."""
    _json({"schema": SCHEMA, **document}, indent=2)


def emit_line(event: Mapping[str, Any]) -> None:
    """Print one line of JSON Lines to stdout, at once."""
    _json(event, separators=(",", ":"))


def _json(document: Mapping[str, Any], **style: Any) -> None:
    ascii_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    out(json.dumps(document, ensure_ascii=ascii_only, **style))


def safe(text: str, limit: int = 300) -> str:
    """Return a stranger's text as one line that cannot steer a terminal."""
    return one_line(text, limit)


def safe_text(text: str) -> str:
    """Return a stranger's text, line breaks kept, that cannot steer a terminal."""
    return clean(text)


def colored(stream: IO[str], choice: str) -> bool:
    """Whether to colour what goes to the stream (no-color.org, force-color.org)."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), colors: Mapping[str, str] | None = None) -> str:
    """Return the rows in columns; the first is the heading, the columns `right` are set right.

    Widths are those of a terminal, where a Chinese character takes two cells. `colors` maps a cell's first word to a
    colour.
    """
    from rich.cells import cell_len

    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = []
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            fill = " " * (width - cell_len(cell))
            shown = paint(cell, (colors or {}).get(cell.partition(" ")[0], ""))
            cells.append(fill + shown if column in right else shown + fill)
        lines.append(_GAP.join(cells).rstrip())
    return "\n".join(lines)


def paint(text: str, color: str) -> str:
    """Return the text in a colour, dim or bold, for a terminal that takes it; as it is if `color` is empty."""
    return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if color else text


def rfc3339(instant: datetime | None) -> str | None:
    """Return the instant in UTC as RFC 3339 writes it, or None."""
    from datetime import UTC

    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if instant else None


def counted(number: int, noun: str, many: str = "") -> str:
    """Return the number with its noun: `1 source`, `2 sources`; `many` is a plural that is no `s` more."""
    return f"{number} {noun}" if number == 1 else f"{number} {many or f'{noun}s'}"


def until(instant: datetime | None, now: datetime) -> str:
    """Return how far away an instant is: `in 42 min`, `now`, or `-` for none."""
    if instant is None:
        return "-"
    seconds = (instant - now).total_seconds()
    return f"in {span(seconds)}" if seconds >= 1 else "now"


def ago(instant: datetime | None, now: datetime) -> str:
    """Return how long ago an instant was: `5 min ago`, or `never` for none."""
    return f"{span(max((now - instant).total_seconds(), 0))} ago" if instant else "never"
