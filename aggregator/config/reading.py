"""Configuration files found and read: text, TOML tables and the places of their keys.

This module checks encodings and TOML syntax only; what keys mean is `schema`'s and `checking`'s business.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.config import positions
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAIN = "tagwire.toml"
FOLDER = "config"
VARIABLE = "TAGWIRE_CONFIG"
_SYNTAX = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
_INTERNALS = (
    (
        re.compile(r"Cannot mutate immutable namespace (\(.*\))"),
        "{} has a value in brackets or braces, which cannot be added to",
    ),
)
_DOUBLE = re.compile(r"Cannot declare .* twice|Cannot overwrite a value|Duplicate inline table key .*")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Place:
    """A site: its directory, and its main configuration file, both absolute."""

    root: Path
    file: Path


@dataclass(frozen=True)
class Document:
    """One configuration file, read."""

    path: Path
    shown: str
    """How mistakes name it: relative to the working directory where it lies below it."""
    text: str
    data: Mapping[str, Any]

    @cached_property
    def spans(self) -> Mapping[positions.Path, positions.Span]:
        """Where every key stands."""
        return positions.scan(self.text)

    def where(self, path: positions.Path) -> tuple[int, int]:
        """Return line and column of the key, or of the nearest table around it, else of the file's begin."""
        if (*path, 0) in self.spans:
            path = (*path, 0) if path not in self.spans else path
        while path and path not in self.spans:
            path = path[:-1]
        return positions.line_column(self.text, self.spans[path].key) if path else (1, 1)

    def within(self, path: positions.Path, offset: int) -> tuple[int, int]:
        """Return line and column of a character of a key's text, of the key if the text is written with escapes."""
        span = self.spans.get(path)
        value: object = self.data
        for part in path:
            value = value[part]  # type: ignore[index]  # the path of a value that was read
        if span is None or self.text[span.value + 1 : span.end - 1] != value:
            return self.where(path)
        return positions.line_column(self.text, span.value + 1 + offset)


def locate(directory: str, config_file: str, environ: Mapping[str, str]) -> Place:
    """Return the site that the arguments mean.

    `config_file`, else TAGWIRE_CONFIG, else `config/tagwire.toml` in `directory` or the nearest of its parents;
    relative names start at `directory`, which is the working directory if empty. The site of a named file is
    `directory` if given, else the file's folder, or that one's parent if it is called `config`. Raises `ConfigError`,
    also if `directory` is not there: its parents are not meant then.
    """
    start = Path(directory or ".").absolute()
    if directory and not start.is_dir():
        raise ConfigError((f"{directory}: no such directory",))
    named = config_file or environ.get(VARIABLE, "")
    if named:
        file = start / named
        around = file.parent.parent if file.parent.name == FOLDER else file.parent
        return Place(start if directory else around, file)
    for folder in (start, *start.parents):
        if (folder / FOLDER / MAIN).is_file():
            return Place(folder, folder / FOLDER / MAIN)
    raise ConfigError((f"{start}: no {FOLDER}/{MAIN} here or above; `tagwire init` makes one",))


def shown(path: Path) -> str:
    """Return the path relative to the working directory where it lies below it, else as it is.

    Below the root of the file system everything lies: daemons are started there, and `var/…` would mislead.
    """
    try:
        here = Path.cwd()
        return str(path if here == Path(here.anchor) else path.relative_to(here))
    except (ValueError, OSError):
        return str(path)


def read(path: Path, text: str | None = None) -> Document:
    """Return the file, or the `text` that shall become it. Raises `ConfigError` with every mistake of form."""
    if text is None:
        text = _decode(path, _read_bytes(path))
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise ConfigError((f"{shown(path)}:1:1: values are nested too deeply",)) from None
    except ValueError as error:
        raise ConfigError((_syntax_mistake(path, text, error),)) from None
    return Document(path, shown(path), text, data)


def _read_bytes(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise ConfigError((f"{shown(path)}:1:1: expected a file",))
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigError((f"{shown(path)}:1:1: no such file; `tagwire init` makes one",)) from None
    except OSError as error:
        raise ConfigError((f"{shown(path)}:1:1: cannot be read: {error.strerror or error}",)) from None


def _decode(path: Path, data: bytes) -> str:
    if data.startswith(_BOM):
        raise ConfigError((f"{shown(path)}:1:1: begins with a byte order mark; save it as UTF-8 without one",))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        line, column = positions.line_column(before, len(before))
        message = f"expected UTF-8, found the byte 0x{data[error.start]:02x}"
        raise ConfigError((f"{shown(path)}:{line}:{column}: {message}",)) from None


def _syntax_mistake(path: Path, text: str, error: ValueError) -> str:
    match = _SYNTAX.fullmatch(str(error))
    if match is None:
        return f"{shown(path)}:1:1: {error}"
    line, column = positions.line_column(text, len(text.rstrip()))
    if match[2]:
        line, column = int(match[2]), int(match[3])
    if _DOUBLE.fullmatch(match[1]):
        line, column, message = _double(text, line, column)
        return f"{shown(path)}:{line}:{column}: {message}"
    return f"{shown(path)}:{line}:{column}: {_plain(match[1])}"


def _double(text: str, line: int, column: int) -> tuple[int, int, str]:
    """Return the place of a key or table that is there twice, and what is wrong; tomllib's place is behind it."""
    end = sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1
    spans = positions.scan(text[:end])
    last = [path for path in spans if spans[path].end >= end]
    if not last:  # another version of tomllib may name another place
        return line, column, "a key or table is there already"
    path = max(last, key=lambda path: (spans[path].key, len(path)))
    begin = spans[path].key
    before = positions.scan(text[:begin])
    taken = next((path[:length] for length in range(len(path), 0, -1) if path[:length] in before), path)
    first = positions.line_column(text, before[taken].key)[0] if taken in before else line
    return (*positions.line_column(text, begin), f"{positions.dotted(taken)}: is there already, in line {first}")


def _plain(message: str) -> str:
    """Return what tomllib says without what it is made of; `message` begins like a sentence."""
    for pattern, words in _INTERNALS:
        if found := pattern.fullmatch(message):
            return words.format(".".join("".join(name) for name in _QUOTED.findall(found[1])))
    return f"{message[:1].lower()}{message[1:]}"
