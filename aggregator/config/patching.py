"""TOML changed as text: values replaced, members added, tables dropped; everything else stays, comments included.

Places come from `positions`. Nothing is checked here: whoever changes a text reads it again before it is written.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from aggregator.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aggregator.config.positions import Path
    from aggregator.config.reading import Document

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def bare(key: str) -> str:
    """Return the key as TOML, quoted only if it must be."""
    return key if _BARE.fullmatch(key) else toml(key)


def toml(value: object) -> str:
    """Return the value as TOML: strings, numbers, booleans, lists, inline tables.

    JSON's strings are TOML's, too, except that TOML wants DEL escaped.
    """
    if isinstance(value, dict):
        inside = ", ".join(f"{bare(name)} = {toml(member)}" for name, member in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def appended(text: str, section: str, *tables: Mapping[str, object]) -> str:
    """Return the text with more tables of an array of tables at its end, without keys whose value is empty."""
    blocks = [
        "".join(f"{key} = {toml(value)}\n" for key, value in keys.items() if value not in ("", [], {}, None))
        for keys in tables
    ]
    gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    added = "\n".join(f"[[{section}]]\n{block}" for block in blocks)
    return text + (gap + added).replace("\n", _newline(text))


def row(document: Document, section: str, number: int, name: str) -> Path:
    """Return the path of a table in an array. Raises `UsageError`, naming it, unless it is written as `[[section]]`."""
    path = (section, number)
    if not document.text.startswith("[[", document.spans[path].key):
        raise UsageError(f"{document.shown} is not written as [[{section}]] tables: change {name} by hand")
    return path


def line_end(text: str, offset: int) -> int:
    """Return the offset behind the line in which `offset` stands."""
    end = text.find("\n", offset)
    return len(text) if end < 0 else end + 1


def without(document: Document, path: Path) -> str:
    """Return the text without a table, its sub-tables and the comment behind its last value."""
    inside = [span for key, span in document.spans.items() if key[: len(path)] == path]
    begin = min(span.key for span in inside)
    end = line_end(document.text, max(span.end for span in inside))
    text = document.text
    before, after = text[:begin], text[end:]
    if not before or before.endswith(("\n\n", "\n\r\n")):
        after = after.removeprefix("\r\n").removeprefix("\n") if before or after.strip() else after
    return before + after


def with_text(document: Document, path: Path, name: str, value: str) -> str:
    """Return the text with a key of a table set to a string; a new key comes last."""
    span = document.spans.get((*path, name))
    if span is None:
        return _inserted(document, path, f"{name} = {toml(value)}")
    return document.text[: span.value] + toml(value) + document.text[span.end :]


def with_members(document: Document, path: Path, name: str, members: Sequence[str]) -> str:
    """Return the text with strings put in front of a list; a new list comes last."""
    return _with(document, path, name, [toml(member) for member in members], "[]")


def with_pairs(document: Document, path: Path, name: str, pairs: Mapping[str, str]) -> str:
    """Return the text with pairs put in front of an inline table, as `with_members` does."""
    members = [f"{bare(key)} = {toml(value)}" for key, value in pairs.items()]
    return _with(document, path, name, members, "{}")


def _with(document: Document, path: Path, name: str, members: Sequence[str], brackets: str) -> str:
    text, span, inside = document.text, document.spans.get((*path, name)), ", ".join(members)
    pad = " " if brackets == "{}" else ""
    if not members:
        return text
    if span is None:
        return _inserted(document, path, f"{name} = {brackets[0]}{pad}{inside}{pad}{brackets[1]}")
    if text[span.value] != brackets[0]:
        raise UsageError(f"{document.shown}: {name} is written in a way that cannot be changed here, do it by hand")
    before, after = text[: span.value + 1], text[span.value + 1 :]
    held = any(key[:-1] == (*path, name) for key in document.spans)
    comma = "," if held else ""
    gap = "" if after[:1].isspace() else " " if held else pad
    return f"{before}{pad}{inside}{comma}{gap}{after}"


def _inserted(document: Document, path: Path, line: str) -> str:
    """Return the text with a line behind the table's last value."""
    text = document.text
    at = line_end(text, document.spans[path].end)
    gap = "" if text[:at].endswith("\n") else _newline(text)
    return f"{text[:at]}{gap}{line}{_newline(text)}{text[at:]}"


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
