"""Where each key of a TOML text stands: tomllib reads values but tells no places.

Written for text that `tomllib` has accepted: on any other the places are unspecified. This module reads no files and
judges no values.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Path = tuple[str | int, ...]
"""From the document's root to a value: `("sources", 2, "url")`."""

_NAME = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEY = re.compile(rf"{_NAME}(?:[ \t]*\.[ \t]*{_NAME})*")
_GAP = re.compile(r"(?:\s|#[^\n]*)+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\r\n#]*")


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets into the text: where the key begins, where its value begins, and the end of the value."""

    key: int
    value: int
    end: int


def scan(text: str) -> Mapping[Path, Span]:
    """Return the span of every table, key and array element.

    The span of a table header goes to the end of its last value, sub-tables not included.
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.spans


def line_column(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of the offset, counted in characters from 1."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def dotted(path: Path) -> str:
    """Return the path as people read it, tables counted from 1: `sources[2].url`."""
    shown = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path)
    return shown.removeprefix(".")


class _Scanner:
    def __init__(self, text: str) -> None:
        self.spans: dict[Path, Span] = {}
        self._text = text
        self._at = 0
        self._tables: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while self._gap():
            if self._text[self._at] == "[":
                table = self._header()
                continue
            self._pair(table)
            if table:
                self.spans[table] = replace(self.spans[table], end=self._at)

    def _header(self) -> Path:
        start = self._at
        brackets = 2 if self._text.startswith("[[", start) else 1
        self._at += brackets
        self._gap()
        names = self._key()
        self._gap()
        self._at += brackets
        table = self._resolve(names)
        if brackets == 2:  # noqa: PLR2004 - [[…]]: an array of tables
            table = self._resolve(names[:-1]) + names[-1:]
            self._tables[table] = self._tables.get(table, -1) + 1
            table = (*table, self._tables[table])
        self.spans[table] = Span(start, start, self._at)
        return table

    def _resolve(self, names: Path) -> Path:
        path: Path = ()
        for name in names:
            path = (*path, name)
            if path in self._tables:
                path = (*path, self._tables[path])
        return path

    def _pair(self, table: Path) -> None:
        start = self._at
        names = self._key()
        self._gap()
        self._at += 1  # the equals sign
        self._gap()
        value = self._at
        path = table + names
        self._value(path)
        for length in range(len(table) + 1, len(path)):
            self.spans.setdefault(path[:length], Span(start, start, self._at))
        self.spans[path] = Span(start, value, self._at)

    def _value(self, path: Path) -> None:
        if self._text.startswith("[", self._at):
            self._array(path)
        elif self._text.startswith("{", self._at):
            self._inline_table(path)
        elif string := _STRING.match(self._text, self._at):
            self._at = string.end()
        elif scalar := _SCALAR.match(self._text, self._at):
            self._at += len(scalar.group().rstrip())

    def _array(self, path: Path) -> None:
        self._at += 1
        index = 0
        while self._gap() and self._text[self._at] != "]":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            start = self._at
            self._value((*path, index))
            self.spans[(*path, index)] = Span(start, start, self._at)
            index += 1
        self._at += 1

    def _inline_table(self, path: Path) -> None:
        self._at += 1
        while self._gap() and self._text[self._at] != "}":
            if self._text[self._at] == ",":
                self._at += 1
                continue
            self._pair(path)
        self._at += 1

    def _key(self) -> Path:
        """Step over a dotted key and return its parts; tomllib undoes quotes and escapes."""
        match = _KEY.match(self._text, self._at)
        if match is None:
            raise ValueError("not a text that tomllib accepts")
        self._at = match.end()
        if '"' not in match.group() and "'" not in match.group():
            return tuple(name.strip() for name in match.group().split("."))
        names: list[str | int] = []
        node: object = tomllib.loads(f"{match.group()} = 0")
        while isinstance(node, dict):
            name, node = next(iter(node.items()))
            names.append(name)
        return tuple(names)

    def _gap(self) -> bool:
        """Step over white space and comments; whether anything follows."""
        if match := _GAP.match(self._text, self._at):
            self._at = match.end()
        return self._at < len(self._text)
