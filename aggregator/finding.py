"""Finds items: brings the full-text index up to date from index and item files, and answers searches with excerpts.

The full-text index is `var/search.db` and holds nothing that would be lost with it. It is brought up to date when
somebody asks, never by a refresh. This module does not know how it is kept (`searches/`) or what searches look like
(`steps.words.search_query`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aggregator import locks
from aggregator.errors import EntryError, Locked
from aggregator.mark import Mark
from aggregator.model import Problem
from aggregator.model.search import Found, Page
from aggregator.searches import open_search
from aggregator.steps import frontmatter, remedies
from aggregator.steps.words import excerpt, search_query, tokens
from aggregator.tree import ASIDE, open_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from aggregator.model import Record
    from aggregator.model.search import Hit, Query
    from aggregator.ports import Search, Store
    from aggregator.settings import Settings

FILE: Final = "var/search.db"
_BATCH: Final = 2000
_UNREAD: Final = -1
"""Size that stands for an item file that could not be read: whenever somebody searches it is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """What bringing the full-text index up to date did."""

    put: int = 0
    removed: int = 0
    problems: tuple[Problem, ...] = ()
    """Item files that could not be read: found by title and summary only."""
    busy: str = ""
    """Why nothing was done: who is at it already, or that it cannot be written."""


class Finder:
    """Searches one site; see `open_finder`."""

    def __init__(self, settings: Settings, search: Search) -> None:
        self._settings = settings
        self._search = search
        self._tree = open_tree(settings)

    def close(self) -> None:
        """Close the full-text index."""
        self._search.__exit__(None, None, None)

    def update(self, store: Store, stopped: Callable[[], bool] = lambda: False) -> Indexed:
        """Bring the full-text index in line with the store and the item files.

        If another process is at it, or it cannot be written, nothing is done; when `stopped` says so, the rest is left
        for the next time. Raises `errors.StoreError`.
        """
        if self._search.frozen:
            return Indexed(busy=f"{FILE} cannot be written: what came since is not found")
        try:
            with locks.lock(Path(self._settings.root) / f"{FILE}.lock", who="search"):
                return self._update(store, stopped)
        except Locked as error:
            return Indexed(busy=str(error))

    def find(
        self, text: str, now: datetime, *, limit: int = 20, offset: int = 0, public: Store | None = None
    ) -> tuple[Query, Found]:
        """Return the search as it was read, and the best hits with excerpts; nothing of a search that says nothing.

        With the store as `public` excerpts show no more than is published: `content` of a source holds for them, too.
        Raises `errors.StoreError`, but never for what is searched.
        """
        asked = search_query.parse(text, now)
        if asked.empty:
            return asked, Found()
        found = self._search.find(asked, now, limit=limit, offset=offset)
        wanted = excerpt.pattern(asked)
        shown = self._published(public, found.hits) if public else {}
        texts = (shown.get(hit.key, "") if public else self._text(hit) for hit in found.hits)
        hits = tuple(
            replace(hit, excerpt=excerpt.cut(text, wanted)) for hit, text in zip(found.hits, texts, strict=True)
        )
        return asked, replace(found, hits=hits)

    def _update(self, store: Store, stopped: Callable[[], bool]) -> Indexed:
        self._search.renew(Mark(self._settings).kept_rules())
        known = self._search.known()
        wanted = {
            key: (size, mtime_ns) for path, key, size, mtime_ns in store.files() if not path.startswith(f"{ASIDE}/")
        }
        removed = known.keys() - wanted.keys()
        if removed:
            self._search.put([], removed)
        stale = (key for key, facts in wanted.items() if known.get(key) != facts)
        problems: list[Problem] = []
        count = 0
        for keys in _batches(stale):
            if stopped():
                break
            records = [one for one in store.known(keys, (), ()) if one.key in wanted and not one.broken]
            made = (self._page(record, problems) for record in records)
            pages = [page for page in made if known.get(page.key) != (page.size, page.mtime_ns)]
            self._search.put(pages)
            count += len(pages)
        return Indexed(put=count, removed=len(removed), problems=tuple(problems))

    def _page(self, record: Record, problems: list[Problem]) -> Page:
        body, size = record.summary, record.size
        try:
            body = tokens.readable(frontmatter.body(self._tree.read(record), record.source))
        except OSError as error:
            problems.append(Problem(where=record.path, message=remedies.cause(error)))
            size = _UNREAD
        except (ValueError, EntryError) as error:
            problems.append(Problem(where=record.path, message=str(error), line=getattr(error, "line", 0)))
        return Page(
            key=record.key,
            path=record.path,
            size=size,
            mtime_ns=record.mtime_ns,
            source=record.source,
            title=record.title,
            link=record.link,
            lang=record.lang,
            published=record.published,
            tags=record.tags,
            body=body,
        )

    def _published(self, store: Store, hits: Sequence[Hit]) -> dict[str, str]:
        """Return what of each hit's text stands in the feeds, by key."""
        content = {source.id: source.content for source in self._settings.sources}
        records = {record.key: record for record in store.known([hit.key for hit in hits], (), ())}
        texts: dict[str, str] = {}
        for hit in hits:
            if record := records.get(hit.key):
                much = content.get(record.source) or content.get(record.via, "full")
                texts[hit.key] = self._text(hit) if much == "full" else record.summary if much == "summary" else ""
        return texts

    def _text(self, hit: Hit) -> str:
        """The text of a hit; empty if its file went since."""
        try:
            text, _ = self._tree.text(hit.path)
            return tokens.readable(frontmatter.body(text, hit.source))
        except (OSError, EntryError):
            return ""


def open_finder(settings: Settings) -> Finder:
    """Return a finder for the site; its full-text index is made if it is missing. Raises `errors.StoreError`."""
    return Finder(settings, open_search(str(Path(settings.root) / FILE)))


def _batches(keys: Iterable[str]) -> Iterator[Sequence[str]]:
    keys = iter(keys)
    while batch := list(islice(keys, _BATCH)):
        yield batch
