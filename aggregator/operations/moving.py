"""Sources moved in from lists of other programs, and out to them. Reading the lists is `steps.subscriptions`' business.

What is written can be read again: importing what was exported gives the same sources, but for secrets, which stay
here. This module fetches nothing and writes no files.
"""

from __future__ import annotations

import json
import os.path
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from aggregator.config import showing
from aggregator.config.editing import Editor, check
from aggregator.errors import ConfigError, UsageError
from aggregator.model import Problem
from aggregator.steps import subscriptions, text, urls
from aggregator.steps.publishing import compose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.config.editing import Change
    from aggregator.config.reading import Place
    from aggregator.model import FetchState, Source
    from aggregator.settings import Settings
    from aggregator.steps.subscriptions import Listing, Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import would add; `change` is None if that is nothing."""

    change: Change | None
    added: tuple[Source, ...]
    duplicates: tuple[Problem, ...]
    """Lines that name what is a source already, here or in an earlier line."""
    problems: tuple[Problem, ...]
    """Lines that could not become sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A list of sources as bytes, and what could not stand in it."""

    data: bytes
    sources: int
    problems: tuple[str, ...]


def planned(place: Place, settings: Settings, listing: Listing) -> Imported:
    """Return what importing the listing adds: every good line once, the tags of repeated ones united."""
    gathered = _Gathered(settings, listing)
    for one in listing.found:
        gathered.take(one)
    editor = Editor(place, settings)
    rows = list(gathered.rows.values())
    good, bad = _good(editor, rows)
    gathered.problems += [_problem(listing, gathered.lines[_address(row, settings.root)], why) for row, why in bad]
    change = editor.add_all(good) if good else None
    added = change.settings.sources[len(settings.sources) :] if change else ()
    return Imported(
        change=change,
        added=added,
        duplicates=tuple(gathered.duplicates),
        problems=tuple(sorted(gathered.problems, key=lambda problem: problem.line)),
    )


class _Gathered:
    """Rows by address, and what was said on the way."""

    def __init__(self, settings: Settings, listing: Listing) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.lines: dict[str, int] = {}
        self.duplicates: list[Problem] = []
        self.problems = list(listing.problems)
        self._listing, self._root = listing, settings.root
        whole = {one.id: {"url": one.url, "path": one.path, "body": one.body} for one in settings.sources}
        self._known = {_address(keys, self._root): name for name, keys in whole.items()}
        self._ids = set(settings.by_id)

    def take(self, one: Subscription) -> None:
        """Make a row of a line, or say why there is none."""
        keys = dict(one.keys)
        if isinstance(url := keys.get("url"), str):
            keys["url"] = urls.of_feed(url)
        shown = str(keys.get("url") or keys.get("path"))[:200]
        if wrong := _wrong(keys):
            self.problems.append(_problem(self._listing, one.line, wrong if one.line else f"{shown}: {wrong}"))
            return
        where = _address(keys, self._root)
        if where in self._known:
            message = f"{shown} is a source already: {self._known[where]}"
            self.duplicates.append(_problem(self._listing, one.line, message))
        elif where in self.rows:
            united = list(dict.fromkeys([*self.rows[where].get("tags", []), *keys.get("tags", [])]))
            self.rows[where] |= {"tags": united} if united else {}
            place = f"in line {self.lines[where]} already" if self.lines[where] else "there already"
            self.duplicates.append(_problem(self._listing, one.line, f"{shown} stands {place}; tags were united"))
        else:
            if keys.get("id") in self._ids:
                self.problems.append(_problem(self._listing, one.line, f"the id {keys.pop('id')!r} was taken"))
            self._ids.add(keys.get("id", ""))
            self.rows[where], self.lines[where] = keys, one.line


def _good(editor: Editor, rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[tuple[dict[str, Any], str]]]:
    """Return the rows that the configuration takes, and the others with the reason; halved until the bad ones show."""
    if not rows:
        return [], []
    try:
        editor.add_all(rows)
    except ConfigError as error:
        if len(rows) == 1:
            return [], [(rows[0], error.mistakes[0].partition(": ")[2] or error.mistakes[0])]
        halves = [_good(editor, rows[: len(rows) // 2]), _good(editor, rows[len(rows) // 2 :])]
        return [row for good, _ in halves for row in good], [pair for _, bad in halves for pair in bad]
    return rows, []


def opml(settings: Settings, states: Mapping[str, FetchState]) -> Exported:
    """Return the sources with a URL as OPML 2.0, folders and files told as problems."""
    root = etree.Element("opml", version="2.0", nsmap={"tagwire": "urn:tagwire:sources"})
    etree.SubElement(etree.SubElement(root, "head"), "title").text = text.one_line(settings.site.title)
    body = etree.SubElement(root, "body")
    rows, problems = _rows(settings)
    count = 0
    for source, keys in zip(settings.sources, rows, strict=True):
        if not source.url:
            problems.append(f"{source.id}: OPML has no place for {source.path}; --json has")
            continue
        count += 1
        state = states.get(source.id)
        title = compose.title(source.id, source, state)
        outline = {"type": "rss", "text": title, "title": title, "xmlUrl": keys["url"]}
        outline |= {"htmlUrl": compose.public(state.link)} if state and urls.is_web(state.link) else {}
        outline |= {"category": ",".join(source.tags)} if source.tags else {}
        own = {name: value for name, value in keys.items() if name != "url"}
        etree.SubElement(body, "outline", {**outline, subscriptions.OWN: exact_json(own)})
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return Exported(data=written, sources=count, problems=tuple(problems))


def exact_json(value: object, *, indent: int | None = None) -> str:
    """Return the value as JSON that an import reads as it was: what it would take out of texts is escaped."""
    written = json.dumps(value, ensure_ascii=False, indent=indent)
    if text.clean(written) == written:
        return written
    return "".join(one if text.clean(one) == one else json.dumps(one)[1:-1] for one in written)


def document(settings: Settings) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return all sources as a JSON document, and what could not stand in it."""
    rows, problems = _rows(settings)
    return {"sources": rows}, tuple(problems)


def _rows(settings: Settings) -> tuple[list[dict[str, Any]], list[str]]:
    """The sources' keys as sources.toml has them, without secrets."""
    rows, problems = [], []
    for source, keys in zip(settings.sources, showing.plain(settings)["sources"], strict=True):
        secrets = ["headers"] if keys.pop("headers", None) else []
        if source.url:
            keys["url"] = compose.public(source.url)
            secrets += ["user name and password"] if keys["url"] != source.url else []
        rows.append(keys)
        if secrets:
            problems.append(f"{source.id}: {' and '.join(secrets)} stay here")
    return rows, problems


def _wrong(keys: dict[str, Any]) -> str:
    """What is wrong with a source's keys, if anything."""
    if ("url" in keys) == ("path" in keys):
        return "expected url or path"
    if "url" in keys and not (isinstance(keys["url"], str) and urls.is_web(keys["url"])):
        return f"expected an http or https URL, found {str(keys['url'])[:200]!r}"
    try:
        check(keys)
    except UsageError as error:
        return str(error)
    return ""


def _address(keys: Mapping[str, Any], root: str) -> str:
    """What two sources with one address have in common; one address may answer many questions."""
    url, question = str(keys.get("url", "")), str(keys.get("body", ""))
    where = (urls.canonical(url) or url) if url else os.path.normpath(Path(root, str(keys.get("path", ""))))
    return f"{where}\n{question}" if question else where


def _problem(listing: Listing, line: int, message: str) -> Problem:
    return Problem(where=listing.name, message=message, line=line)
