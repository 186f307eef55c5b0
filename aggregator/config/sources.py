"""Sources built from checked tables, and what must hold between them.

This module does not look at the network or the file system: whether a source is there shows when it is refreshed.
"""

from __future__ import annotations

import os.path
from dataclasses import dataclass
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from aggregator.config import declared
from aggregator.model import Source
from aggregator.steps import slugs, urls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aggregator.config.checking import Checker
    from aggregator.config.positions import Path
    from aggregator.config.reading import Document

_COMMON = ("www.", "feeds.", "feed.", "rss.", "m.")


@dataclass(frozen=True, slots=True)
class Row:
    """One table of an array of tables, with its keys checked and its place."""

    document: Document
    path: Path
    raw: Mapping[str, Any]
    values: Mapping[str, Any]

    @property
    def line(self) -> int:
        """The line where the table begins."""
        return self.document.where(self.path)[0]


def derived_id(url: str, path: str) -> str:
    """Return the id of a source that has none written: its host without www., or its path's last part."""
    name = urls.host(url) if url else File(path).stem
    for prefix in _COMMON:
        if url and name.startswith(prefix) and "." in name.removeprefix(prefix):
            name = name.removeprefix(prefix)
            break
    return slugs.slug(name)


def build_sources(rows: Sequence[Row], root: str, checker: Checker) -> tuple[Source, ...]:
    """Return the sources; what contradicts itself or another source is remembered as a mistake."""
    for row in rows:
        _check_address(row, checker)
        _check_declared(row, checker)
    _check_doubles(rows, root, checker)
    whole = [row for row in rows if len(row.raw) == len(row.values) and ("url" in row.raw) != ("path" in row.raw)]
    return tuple(_source(row, root) for row in whole)


def _source(row: Row, root: str) -> Source:
    fields = {name: value for name, value in row.values.items() if name != "path"}
    path = row.values.get("path", "")
    fields["id"] = source_id(row.values)
    fields["items"], fields["detail"] = declared.build(row.values)
    return Source(**fields, path=_absolute(path, root) if path else "")


def source_id(values: Mapping[str, Any]) -> str:
    """Return the source's id, written or derived; empty if it has no address either."""
    url, path = values.get("url", ""), values.get("path", "")
    return values.get("id") or (derived_id(url, path) if url or path else "")


def _absolute(path: str, root: str) -> str:
    return os.path.normpath(File(root, path))


def _check_doubles(rows: Sequence[Row], root: str, checker: Checker) -> None:
    """Remember every source whose id or address another one has already; URLs are compared in canonical form."""
    ids: dict[str, Row] = {}
    addresses: dict[str, Row] = {}
    for row in rows:
        url, path = row.values.get("url", ""), row.values.get("path", "")
        address = (urls.canonical(url) or url) if url else path and _absolute(path, root)
        address += "\n" + row.values["body"] if row.values.get("body") else ""  # one address may answer many questions
        name = "" if "id" in row.raw and "id" not in row.values else source_id(row.values)
        at = "url" if url else "path"
        if address and (other := addresses.setdefault(address, row)) is not row:
            checker.add(row.document, (*row.path, at), f"the source in line {other.line} has the same address")
        elif name and (other := ids.setdefault(name, row)) is not row:
            where, hint = ("id", "") if "id" in row.raw else (at, "; give one of them another id")
            message = f'the source in line {other.line} has the id "{name}", too{hint}'
            checker.add(row.document, (*row.path, where), message)


def _check_address(row: Row, checker: Checker) -> None:
    given = [name for name in ("url", "path") if name in row.raw]
    if row.raw.get("kind") == "folder" and "url" in given:
        checker.add(row.document, (*row.path, "url"), "a folder is given by path, not by url")
    elif row.raw.get("kind") in {"json", "html"} and "path" in given:
        checker.add(row.document, (*row.path, "path"), f"a {row.raw['kind']} source is given by url, not by path")
    elif len(given) != 1:
        at = (*row.path, "path") if given else row.path
        checker.add(row.document, at, "expected url or path" + (", not both" if given else ""))


def _check_declared(row: Row, checker: Checker) -> None:
    if len(row.raw) == len(row.values):  # what is wrong already is told already
        for at, message in declared.mistakes(row.values):
            checker.add(row.document, (*row.path, *at), message)
