"""Decisions about items, kept beside them in `.tagwire.jsonl`, so that they survive the loss of the index.

One JSON object a line, appended and never rewritten; the last word on an item counts. A last line that neither ends nor
can be read is what a power cut left of an append: it counts for nothing, and the next append makes it a line of its own
that says so, with its text. This module takes no decisions.
"""

from __future__ import annotations

import codecs
import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aggregator.errors import TreeError
from aggregator.model import Problem
from aggregator.steps.bodies import notjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from aggregator.model import Record
    from aggregator.steps.sightings import Sighting

NAME = ".tagwire.jsonl"
Decision = dict[str, str]
"""One line, as it was written; lists as lines of text."""
_NEEDED = {
    "deleted": ("key",),
    "id": ("key", "id"),
    "moved": ("key", "path"),
    "seen": ("key", "first"),
    "split": ("key",),
    "merge": ("key", "with"),
}
"""What a line has to say, by its event."""
_KEY = re.compile("[0-9a-f]{16}")


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
                "tags": list(record.tags),
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


def contested(root: Path, records: Iterable[Record], now: datetime) -> None:
    """Append which of these items do not go by the id in their file; for copies set aside their place says so."""
    if claimed := [record for record in records if record.contested and not record.duplicate_of]:
        renamed(root, claimed, now)


def moved(root: Path, pairs: Iterable[tuple[str, str]], now: datetime) -> None:
    """Append that items, given by their keys, lie in files that do not tell them, or not any more. Raises OSError."""
    _append(root, [{"event": "moved", "at": now.isoformat(), "key": key, "path": path} for key, path in pairs])


def seen(root: Path, sightings: Iterable[Sighting], now: datetime) -> None:
    """Append when items were published whose files do not say it, unless that is known. Raises OSError."""
    said = {(one.key, one.stated): one.published for one in sightings}
    known = first_seen(read(root)) if said else {}
    lines = [
        {"key": key, "first": at.isoformat(), **({"date": date} if date else {})}
        for (key, date), at in said.items()
        if known.get((key, date)) != at
    ]
    _append(root, [{"event": "seen", "at": now.isoformat(), **line} for line in lines])


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


def bonds(decisions: Iterable[Decision]) -> Bonds:
    """Return what holds after all that was said: a split ends earlier merges of an item, a merge its earlier split."""
    alone: set[str] = set()
    together: set[tuple[str, str]] = set()
    for line in decisions:
        if line.get("event") == "split":
            alone.add(line["key"])
            together = {pair for pair in together if line["key"] not in pair}
        elif line.get("event") == "merge":
            pair = line["key"], line["with"]
            alone.difference_update(pair)
            together.add((min(pair), max(pair)))
    return Bonds(frozenset(alone), frozenset(together))


def ids(decisions: Iterable[Decision]) -> dict[str, str]:
    """Return key → id of the items that go by another id than their file says."""
    return {line["key"]: line["id"] for line in decisions if line.get("event") == "id"}


def urls(decisions: Iterable[Decision]) -> dict[str, str]:
    """Return canonical URL → key of the items in `ids`, as it was then: their copies still have it."""
    return {url: line["key"] for line in decisions if line.get("event") == "id" and (url := line.get("url"))}


def places(decisions: Iterable[Decision]) -> dict[str, str]:
    """Return path → key of the items in files that their owner gave other names, titles, dates or links."""
    return {line["path"]: line["key"] for line in decisions if line.get("event") == "moved"}


def first_seen(decisions: Iterable[Decision]) -> dict[tuple[str, str], datetime]:
    """Return (key, date in the file) → when such an item was published, see `seen`; what is no instant says nothing."""
    lines = (line for line in decisions if line.get("event") == "seen")
    said = ((line["key"], line.get("date", ""), _instant(line["first"])) for line in lines)
    return {(key, date): at for key, date, at in said if at}


def buried(decisions: Iterable[Decision], since: datetime | None) -> list[Decision]:
    """Return the lines of deleted files, those from `since` on if that is given."""
    lines = [line for line in decisions if line.get("event") == "deleted"]
    return [line for line in lines if since is None or said_at(line) >= since]


def read(root: Path) -> list[Decision]:
    """Return the decisions in the order in which they were taken. Raises `errors.TreeError` naming a damaged line."""
    path, decisions = root / NAME, []
    for number, line in enumerate(_lines(root)[0], 1):
        try:
            decisions += [_decision(line)] if line.strip() else []
        except (ValueError, AttributeError) as error:
            why = notjson.why(error) if isinstance(error, json.JSONDecodeError) else str(error)
            raise TreeError(f"{path}:{number}: not a decision of tagwire ({why}); mend or delete the line") from error
    return decisions


def check(root: Path) -> tuple[Problem, ...]:
    """Return what `unfinished` does. Raises `errors.TreeError` naming a damaged line, see `read`.

    A file that did not change is read once.
    """
    try:
        facts = (root / NAME).stat()
    except OSError:
        return ()
    return _checked(root, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=8)
def _checked(root: Path, _size: int, _mtime_ns: int) -> tuple[Problem, ...]:
    read(root)
    return unfinished(root)


def unfinished(root: Path) -> tuple[Problem, ...]:
    """Return what is to be told of a last line that was never finished; nothing if there is none."""
    whole, rest = _lines(root)
    message = "the last line was never finished, as after a power cut: it is ignored"
    return (Problem(where=str(root / NAME), message=message, line=len(whole) + 1),) if rest else ()


def _lines(root: Path) -> tuple[list[bytes], bytes]:
    """Return the lines, and what there is of an unfinished one; a last decision that lacks but its newline is whole."""
    path = root / NAME
    data = path.read_bytes() if path.is_file() else b""
    *whole, rest = data.removeprefix(codecs.BOM_UTF8).split(b"\n")  # as editors of Windows put one
    try:
        _decision(rest)
    except (ValueError, AttributeError):
        return whole, rest
    return [*whole, rest], b""


def _decision(line: bytes) -> Decision:
    """Return one line as it was written, lists as lines of text.

    Raises ValueError or AttributeError if it is no JSON object, or lacks what its event needs.
    """
    said = {str(key): _text(value) for key, value in json.loads(line.decode("utf-8", "replace")).items()}
    for name in _NEEDED.get(said.get("event", ""), ()):
        if not (_KEY.fullmatch(said.get(name, "")) if name in {"key", "with"} else said.get(name)):
            raise ValueError(f"{name!r} is missing or wrong")
    return said


def _text(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def said_at(line: Mapping[str, str]) -> datetime:
    """Return when a decision was taken; of what its owner wrote without saying so, the end of time."""
    return _instant(line.get("at", "")) or datetime.max.replace(tzinfo=UTC)


def _instant(said: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _append(root: Path, lines: Sequence[Mapping[str, str | list[str]]]) -> None:
    if not lines:
        return
    root.mkdir(parents=True, exist_ok=True)
    data = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode()
    with (root / NAME).open("ab+") as journal:
        size = journal.tell()
        journal.seek(max(size - 1, 0))
        if journal.read() not in {b"", b"\n"}:  # looked at first, since all that was ever decided may be long
            _, rest = _lines(root)
            left = {"event": "unfinished", "text": rest.decode("utf-8", "replace")}
            journal.truncate(size - len(rest))
            data = (f"{json.dumps(left, ensure_ascii=False)}\n".encode() if rest else b"\n") + data
        journal.write(data)
        journal.flush()
        os.fsync(journal.fileno())
