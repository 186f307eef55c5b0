"""sources.toml changed as text, so that comments and order stay: add, remove, pause, resume.

Every change is planned and tried first: if the configuration would not load afterwards, or if any other source would
differ, there is no change to write. Whoever plans and writes does so inside `changing.alone`. This module does not
touch items, feeds or the index.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.config import changing, patching, schema
from aggregator.config.loading import load
from aggregator.config.reading import Document, read
from aggregator.config.sources import derived_id, source_id
from aggregator.errors import ConfigError, UsageError
from aggregator.steps import naming, urls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from aggregator.config.positions import Path as KeyPath
    from aggregator.config.reading import Place
    from aggregator.model import Source
    from aggregator.settings import Settings

    Expected = Callable[[tuple[Source, ...]], tuple[Source | None, ...]]
    """From the sources before a change to those after it; None stands for one that is new."""

FILE = "sources.toml"
_NONE = "none is configured"
_HOST = re.compile(r"(?:[^\W_][\w-]*(?:\.[\w-]+)*\.[^\W\d_]{2,}\.?|\d+(?:\.\d+){3})(?::\d+)?(?:[/?#]|$)")
"""The begin of an address as people write it, with a name that has a dot, or a number: `example.org/blog`."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was tried and found good; `settings` are those after it."""

    settings: Settings
    _path: Path
    _text: str

    def write(self) -> None:
        """Make the change. Raises OSError, and nothing is changed then."""
        changing.write(self._path, self._text)


@dataclass(frozen=True, slots=True)
class Editor:
    """Plans changes of one site's sources; `settings` are those before the change."""

    place: Place
    settings: Settings
    environ: Mapping[str, str] | None = None

    def add(self, keys: Mapping[str, Any]) -> Change:
        """Append a source with these keys (TOML values).

        An id is made up if none is given. Raises `UsageError` if a value is bad, or if source or id exist already.
        """
        check(keys)
        self._refuse_double(keys)
        return self.add_all([keys])

    def add_all(self, rows: Sequence[Mapping[str, Any]]) -> Change:
        """Append sources that were found good (`check`) and whose ids and addresses are not taken.

        Raises `ConfigError` if any of them is not.
        """
        free = _Names(source.id for source in self.settings.sources)
        for keys in rows:
            free.take(keys.get("id", ""))
        named = [{"id": keys.get("id") or free.name(keys), **keys} for keys in rows]
        return self._tried(
            patching.appended(self._text(), "sources", *named), lambda before: (*before, *(None for _ in named))
        )

    def remove(self, ids: Sequence[str]) -> Change:
        """Drop the sources. Raises `UsageError` for unknown ids: then nothing is changed."""
        gone = set(ids)
        return self._edit(
            ids, patching.without, lambda before: tuple(source for source in before if source.id not in gone)
        )

    def enable(self, ids: Sequence[str], *, enabled: bool) -> Change:
        """Set `enabled` of the sources. Raises `UsageError` for unknown ids: then nothing is changed."""
        chosen = set(ids)
        return self._edit(
            ids,
            lambda document, path: _enabled(document, path, enabled=enabled),
            lambda before: tuple(
                replace(source, enabled=enabled) if source.id in chosen else source for source in before
            ),
        )

    def _refuse_double(self, keys: Mapping[str, Any]) -> None:
        for source in self.settings.sources:
            if keys.get("id") == source.id:
                raise UsageError(f"there is a source {source.id} already: {source.address}")
            same_url = source.url and urls.canonical(keys.get("url", "")) == urls.canonical(source.url)
            same_path = keys.get("path") and str(Path(self.place.root, keys["path"])) == source.path
            if same_url or same_path:
                raise UsageError(f"{source.address} is a source already: {source.id}")

    def _path(self) -> Path:
        return self.place.file.with_name(FILE)

    def _text(self) -> str:
        return read(self._path()).text if self._path().exists() else ""

    def _edit(
        self,
        ids: Sequence[str],
        change: Callable[[Document, KeyPath], str],
        expected: Expected,
    ) -> Change:
        """Return what `change` makes of the file, called with each source's table in turn; tried as `_tried` does."""
        naming.require("source", ids, self.settings.by_id, none=_NONE)
        text = self._text()
        for name in dict.fromkeys(ids):
            document = read(self._path(), text)
            rows = [source_id(row) for row in document.data.get("sources", ())]
            text = change(document, patching.row(document, "sources", rows.index(name), name))
        return self._tried(text, expected)

    def _tried(self, text: str, expected: Expected) -> Change:
        """Return the change that the text is. Raises `ConfigError` unless it gives the sources that are expected."""
        settings = load(str(self.place.root), str(self.place.file), self.environ, texts={FILE: text})
        wanted = expected(self.settings.sources)
        same = len(wanted) == len(settings.sources)
        if not same or any(want not in (None, got) for want, got in zip(wanted, settings.sources, strict=True)):
            raise ConfigError((f"{self._path()}: cannot be changed safely, change it by hand",))
        return Change(settings, self._path(), text)


def keys_for(address: str, root: Path) -> dict[str, str]:
    """Return the keys that say where a source is: `url`, else `path` and, for folders, `kind`.

    Paths below the site directory are made relative to it. Raises `UsageError` if it is neither a URL nor there.
    """
    if not address:
        raise UsageError("expected a URL or a path, found nothing")
    if "://" in address:
        return {"url": urls.of_feed(address)}
    path = Path(address).absolute()
    if not path.exists():
        meant = assumed(address)
        raise UsageError(
            f"{address!r} is neither a URL nor an existing path{f', did you mean {meant}?' if meant else ''}"
        )
    inside = path.is_relative_to(root)
    where = {"path": path.relative_to(root).as_posix() if inside else str(path)}
    return {**where, "kind": "folder"} if path.is_dir() else where


def assumed(address: str) -> str:
    """Return the URL that an address without scheme stands for, empty if it has one, is a path or is no host."""
    return f"https://{address}" if _HOST.match(address) and not Path(address).exists() else ""


class _Names:
    """Ids that are taken, and free ones made from addresses."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def take(self, name: str) -> None:
        """Remember an id as taken."""
        self._taken.add(name)

    def name(self, keys: Mapping[str, Any]) -> str:
        """Return a free id for a source, and take it."""
        name = candidate = derived_id(keys.get("url", ""), keys.get("path", ""))
        while candidate in self._taken:
            self._next[name] = self._next.get(name, 1) + 1
            candidate = f"{name}-{self._next[name]}"
        self._taken.add(candidate)
        return candidate


def check(keys: Mapping[str, Any]) -> None:
    """Raise `UsageError` for the first key of a source that is unknown or has a bad value."""
    section = schema.section("sources")
    assert section is not None
    for name, value in keys.items():
        key = section.key(name)
        if key is None:
            raise UsageError(f"{name}: unknown key")
        if key.kind.name is not None or key.kind.keys:
            continue  # tables are for the loader to judge
        kind = key.kind.each or key.kind
        if key.kind.each and not isinstance(value, list):
            raise UsageError(f"{name} {value!r}: expected {key.kind.expected}")
        for member in value if key.kind.each else (value,):
            try:
                kind.read(member)
            except ValueError as error:
                raise UsageError(f"{name} {member!r}: {str(error) or f'expected {kind.expected}'}") from None


def _enabled(document: Document, path: KeyPath, *, enabled: bool) -> str:
    text = document.text
    word = "true" if enabled else "false"
    if span := document.spans.get((*path, "enabled")):
        return text[: span.value] + word + text[span.end :]
    if enabled:
        return text
    at = patching.line_end(text, document.spans[path].end)
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if text[:at].endswith("\n") else newline
    return f"{text[:at]}{gap}enabled = false{newline}{text[at:]}"
