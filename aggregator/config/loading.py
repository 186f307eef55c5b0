"""The configuration of a site, read and checked whole: `load`."""

from __future__ import annotations

import os
import os.path
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.config import feeds, schema, sources, tagging, templates
from aggregator.config.checking import Checker
from aggregator.config.reading import FOLDER, MAIN, Document, read
from aggregator.errors import ConfigError
from aggregator.settings import FrontMatter, Http, Publish, Schedule, Server, Settings, Site, Storage
from aggregator.steps.filenames import is_utf8, shown, strange_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_TYPES: Mapping[str, Callable[..., Any]] = {
    "site": Site,
    "schedule": Schedule,
    "http": Http,
    "storage": Storage,
    "frontmatter": FrontMatter,
    "publish": Publish,
    "server": Server,
}


def load(
    root: str,
    config_file: str = "",
    environ: Mapping[str, str] | None = None,
    *,
    texts: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings of the site in the directory `root`.

    `config_file` is `root/config/tagwire.toml` if empty; `sources.toml` and `tags.toml` lie beside it, or are absent.
    `environ` is the process's own if None. `texts` (file name → text) stands in for files, to try a change. Raises
    `ConfigError` with every mistake there is.
    """
    main = Path(root, config_file or f"{FOLDER}/{MAIN}").absolute()
    site = os.path.normpath(Path(root).absolute())
    for place in (site, str(main)):
        if not is_utf8(place):
            raise ConfigError((f"{shown(place)}: the path is not UTF-8; rename {shown(strange_part(place))}",))
    checker = Checker(os.environ if environ is None else environ)
    documents = _read_all(main, texts or {}, checker)
    values: dict[str, dict[str, Any]] = {}
    rows: dict[str, list[sources.Row]] = {section.name: [] for section in schema.SECTIONS if section.many}
    for file, document in documents.items():
        for section, path, raw in checker.sections(document, file):
            checked = checker.table(document, section, path, raw)
            if section.many:
                rows[section.name].append(sources.Row(document, path, raw, checked))
            else:
                values[section.name] = checked
    for name, override in checker.overrides().items():
        values.setdefault(name, {}).update(override)
    built = {name: build(**values.get(name, {})) for name, build in _TYPES.items()}
    settings = Settings(
        root=site,
        files=tuple(str(document.path) for document in documents.values()),
        sources=sources.build_sources(rows["sources"], site, checker),
        tags=tagging.build_tags(rows["tags"], checker),
        feeds=feeds.build_feeds(rows["feeds"], checker),
        filters=tagging.build_filters(rows["filters"], rows["sources"], checker),
        templates=_templates(main.parent, checker),
        **_absolute(built, site),
    )
    _check_together(settings, documents, rows["sources"], checker)
    checker.settle()
    return settings


def _read_all(main: Path, texts: Mapping[str, str], checker: Checker) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    for file in schema.FILES:
        path = main if file == MAIN else main.with_name(file)
        if file not in texts and file != MAIN and not os.path.lexists(path):
            continue
        try:
            documents[file] = read(path, texts.get(file))
        except ConfigError as error:
            checker.include(error)
    return documents


def _templates(config: Path, checker: Checker) -> tuple[tuple[str, str], ...]:
    try:
        return templates.load(config)
    except ConfigError as error:
        checker.include(error)
        return ()


def _absolute(built: Mapping[str, Any], site: str) -> dict[str, Any]:
    """Return the sections with their directories made absolute."""
    storage, publish = built["storage"], built["publish"]
    return {
        **built,
        "storage": _moved(storage, "items", site),
        "publish": _moved(publish, "dir", site),
    }


def _moved(section: Any, name: str, site: str) -> Any:
    path = os.path.normpath(Path(site, getattr(section, name)))
    return replace(section, **{name: path})


def _check_together(
    settings: Settings, documents: Mapping[str, Document], rows: list[sources.Row], checker: Checker
) -> None:
    """Remember what contradicts itself between sections, and folders that are sources and results at once."""
    if document := documents.get(MAIN):
        for section, key, message in _contradictions(settings):
            checker.add(document, (section, key), message)
    for directory, name in ((settings.storage.items, "storage.items"), (settings.publish.dir, "publish.dir")):
        for row in rows:
            path = row.values.get("path", "")
            if row.values.get("kind") == "folder" and path and _overlap(str(Path(settings.root, path)), directory):
                checker.add(
                    row.document, (*row.path, "path"), f"expected a folder apart from {name}: it would feed itself"
                )


def _contradictions(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield (section, key, what was expected) for values of the main file that do not go together."""
    if settings.schedule.min > settings.schedule.max:
        yield "schedule", "min", "expected at most schedule.max"
    if settings.publish.entries > settings.publish.max:
        yield "publish", "entries", "expected at most publish.max"
    items, published = settings.storage.items, settings.publish.dir
    if _overlap(items, published):
        yield "publish", "dir", "expected a directory apart from storage.items"
    configuration = [os.path.normpath(Path(file).parent) for file in settings.files]
    for section, key, directory in (("storage", "items", items), ("publish", "dir", published)):
        beside = [folder for folder in configuration if folder != settings.root]
        if directory in {settings.root, *configuration} or any(_overlap(directory, folder) for folder in beside):
            yield section, key, "expected a directory of its own, apart from the configuration"
    if _overlap(published, str(Path(settings.root, settings.storage.index.removeprefix("sqlite:///")))):
        yield "storage", "index", "expected a file outside publish.dir: everything there is public"


def _overlap(one: str, other: str) -> bool:
    one, other = os.path.normpath(one), os.path.normpath(other)
    return os.path.commonpath((one, other)) in {one, other}
