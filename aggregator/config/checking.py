"""Tables checked against the schema; every mistake is collected, none is raised before all are known.

This module reads no files; it knows the schema's form, not its keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aggregator.config import schema
from aggregator.config.positions import dotted
from aggregator.errors import ConfigError
from aggregator.steps.naming import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aggregator.config.kinds import Kind
    from aggregator.config.positions import Path
    from aggregator.config.reading import Document

PREFIX = "TAGWIRE_"
_MISSING = object()
_HABITS = {
    "name": "id",
    "feed": "url",
    "xmlurl": "url",
    "link": "url",
    "dir": "path",
    "folder": "path",
    "file": "path",
    "interval": "every",
    "language": "lang",
    "tag": "tags",
    "category": "tags",
    "type": "kind",
    "keywords": "match",
    "exclude": "not",
}
"""Names that other aggregators use, for "did you mean"."""


@dataclass(slots=True)
class Checker:
    """Checks values and remembers the mistakes."""

    environ: Mapping[str, str]
    _found: list[tuple[str, int, int, str]] = field(default_factory=list)

    def add(self, document: Document, path: Path, message: str, *, within: int | None = None) -> None:
        """Remember a mistake at a key, or at the character `within` its text."""
        line, column = document.where(path) if within is None else document.within(path, within)
        self._found.append((document.shown, line, column, f"{dotted(path)}: {message}"))

    def note(self, place: str, message: str) -> None:
        """Remember a mistake that stands in no file."""
        self._found.append((place, 0, 0, message))

    def include(self, error: ConfigError) -> None:
        """Remember mistakes that reading a file has found."""
        self._found += [("", 0, index, mistake) for index, mistake in enumerate(error.mistakes)]

    def settle(self) -> None:
        """Raise `ConfigError` with all mistakes, by file and line, if there are any."""
        if self._found:
            raise ConfigError(tuple(_told(*mistake) for mistake in sorted(self._found)))

    def sections(self, document: Document, file: str) -> Iterator[tuple[schema.Section, Path, Mapping[str, Any]]]:
        """Yield every table of the document that belongs into the file, with its path; others are mistakes."""
        for name, value in document.data.items():
            section = schema.section(name)
            if section is None or section.file != file:
                self.add(document, (name,), _misplaced(name, section, file))
            elif section.many and isinstance(value, list):
                for index, row in enumerate(value):
                    yield from self._table(document, section, (name, index), row)
            elif section.many:
                self.add(document, (name,), f"expected [[{name}]]")
            else:
                yield from self._table(document, section, (name,), value)

    def _table(
        self, document: Document, section: schema.Section, path: Path, value: object
    ) -> Iterator[tuple[schema.Section, Path, Mapping[str, Any]]]:
        if isinstance(value, dict):
            yield section, path, value
        else:
            self.add(document, path, f"expected a table: [{section.name}]")

    def table(self, document: Document, section: schema.Section, path: Path, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the checked values of the keys that are written and right."""
        values: dict[str, Any] = {}
        for name, value in raw.items():
            key = section.key(name)
            if key is None:
                self.add(document, (*path, name), f"unknown key{_hint(name, section)}")
                continue
            checked = self.value(document, (*path, name), key.kind, value)
            if checked is not _MISSING:
                values[name] = checked
        for key in section.keys:
            if key.required and key.name not in raw:
                self.add(document, (*path, key.name), f"expected a value: {key.kind.expected}")
        return values

    def value(self, document: Document, path: Path, kind: Kind, value: object) -> Any:
        """Return the checked value, or a marker that nothing equals after remembering its mistakes."""
        if kind.keys and isinstance(value, dict):
            return self.table(document, schema.Section(name=dotted(path), file="", doc="", keys=kind.keys), path, value)
        if kind.name is not None and kind.each is not None:
            return self._members(document, path, kind, value)
        if kind.each is not None:
            if not isinstance(value, list):
                self.add(document, path, f"expected {kind.expected}")
                return _MISSING
            each = kind.each
            checked = [self.value(document, (*path, index), each, member) for index, member in enumerate(value)]
            return tuple(dict.fromkeys(member for member in checked if member is not _MISSING))
        try:
            return kind.read(self._resolved(value) if kind.secret else value)
        except ValueError as error:
            self.add(document, path, str(error) or f"expected {kind.expected}")
            return _MISSING

    def _members(self, document: Document, path: Path, kind: Kind, value: object) -> Any:
        if not isinstance(value, dict):
            self.add(document, path, f"expected {kind.expected}")
            return _MISSING
        assert kind.name is not None
        assert kind.each is not None
        pairs = []
        for name, member in value.items():
            key = self.value(document, (*path, name), kind.name, name)
            checked = self.value(document, (*path, name), kind.each, member)
            if key is not _MISSING and checked is not _MISSING:
                pairs.append((key, checked))
        return tuple(pairs)

    def _resolved(self, value: object) -> object:
        """Return what `env:NAME` stands for."""
        if not isinstance(value, str) or not value.startswith("env:"):
            return value
        name = value.removeprefix("env:")
        if name not in self.environ:
            raise ValueError(f'the environment variable "{name}" is not set')
        return self.environ[name]

    def overrides(self) -> dict[str, dict[str, Any]]:
        """Return the values that TAGWIRE_SECTION__KEY variables set, by section and key.

        Names without two underscores are left alone: container platforms set such for a service called tagwire.
        """
        names = {
            f"{PREFIX}{section.name}__{key.name}".upper(): (section, key)
            for section in schema.SECTIONS
            if not section.many
            for key in section.keys
        }
        values: dict[str, dict[str, Any]] = {}
        for variable in sorted(self.environ):
            if not variable.startswith(PREFIX) or "__" not in variable:
                continue
            if variable not in names:
                near = suggest(variable.casefold(), [name.casefold() for name in names]).upper()
                self.note("environment", f"{variable}: unknown variable{near.replace('DID YOU MEAN', 'did you mean')}")
                continue
            section, key = names[variable]
            checked = self._override(variable, key.kind)
            if checked is not _MISSING:
                values.setdefault(section.name, {})[key.name] = checked
        return values

    def _override(self, variable: str, kind: Kind) -> Any:
        if kind.from_text is None:
            self.note("environment", f"{variable}: lists and tables are set in the file")
            return _MISSING
        value = self.environ[variable]
        try:
            return kind.read(self._resolved(value) if kind.secret else kind.from_text(value))
        except ValueError as error:
            self.note("environment", f"{variable}: {str(error) or f'expected {kind.expected}'}")
            return _MISSING


def _told(file: str, line: int, column: int, message: str) -> str:
    if not file:
        return message
    return f"{file}:{line}:{column}: {message}" if line else f"{file}: {message}"


def _misplaced(name: str, section: schema.Section | None, file: str) -> str:
    if section is None:
        here = [entry.name for entry in schema.SECTIONS]
        return f"unknown section{suggest(name, here)}"
    heading = f"[[{name}]]" if section.many else f"[{name}]"
    return f"{heading} belongs into {section.file}, not {file}"


def _hint(name: str, section: schema.Section) -> str:
    known = [key.name for key in section.keys]
    habit = _HABITS.get(name.casefold(), "")
    if habit in known:
        return f' - did you mean "{habit}"?'
    return suggest(name, known) or f"; known here: {', '.join(known)}"
