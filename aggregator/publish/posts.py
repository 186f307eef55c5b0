"""Posts of one publication: records, their files, and what tags, sources and other items add to them.

A file that cannot be read costs its item and no other. This module does not decide what stands in a feed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from aggregator.errors import TagwireError
from aggregator.model import Origin, Post, Problem
from aggregator.publish.window import Window
from aggregator.steps import frontmatter, indexing, text
from aggregator.steps.html import markdown
from aggregator.steps.publishing import compose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aggregator.model import Also, FetchState, Record, Tag
    from aggregator.ports import Store
    from aggregator.settings import Settings
    from aggregator.steps.publishing.taxonomy import Taxonomy


_TOLD: Final = 4096
"""Records of which digests are kept: there may be as many as items."""


class Library:
    """Item files, read and rendered."""

    def __init__(self, read: Callable[[Record], str]) -> None:
        self._read = read

    def body(self, record: Record) -> str:
        """Return the text of the record's file as HTML. Raises what `read` raises, and `EntryError`."""
        body = self.markdown(record)
        html_body = markdown.to_html(body)
        return text.clean(html_body) if "&" in body else html_body  # references bring back what was cleaned away

    def markdown(self, record: Record) -> str:
        """Return the text of the record's file as it is written. Raises what `read` raises, and `EntryError`."""
        return frontmatter.body(self._read(record), record.source)


class Posts:
    """Makes posts of records under one taxonomy and the present states of the sources."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        library: Library,
        *,
        taxonomy: Taxonomy,
        states: Mapping[str, FetchState],
    ) -> None:
        self._sources = settings.by_id
        self._authority = settings.site.tag_authority
        self._publish = settings.publish
        self._store = store
        self._library = library
        self._taxonomy = taxonomy
        self._states = states
        self._origins: dict[str, Origin] = {}
        self._told: dict[str, tuple[Record, bytes]] = {}
        self._marks: dict[object, bytes] = {}
        self._problems: dict[str, Problem] = {}
        self.failures = 0
        """How often a file could not be read so far: what was rendered meanwhile lacks something."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Items that were left out so far, by path."""
        return tuple(self._problems[path] for path in sorted(self._problems))

    def window(self, records: Iterable[Record], path: str, *, bare: bool = False) -> Window:
        """Return records as posts of the feed with that path; `bare` ones have no text, and no file is read."""
        # The sync that found a file broken told so.
        sound = [record for record in records if not record.broken]
        wanted = {key for record in sound for key in (*record.copies, *record.related)}
        others = {one.key: one for one in self._store.known(wanted, [], []) if not one.gone} if wanted else {}
        make = partial(self._post, others=others, path=path, bare=bare)
        return Window(sound, make, partial(self._facts, others=others))

    def origin(self, source_id: str) -> Origin:
        """Return where the entries of a source come from."""
        found = self._origins.get(source_id)
        if found is None:
            source, state = self._sources.get(source_id), self._states.get(source_id)
            found = self._origins[source_id] = compose.origin(source_id, source, state, authority=self._authority)
        return found

    def mark(self, source: str, via: str, tags: Iterable[str]) -> bytes:
        """Return what stands for all that `_frame` adds to a record with these; equal frames may have different ones.

        It is put together from parts, since there may be as many combinations as items.
        """
        known = self._marks
        parts = [known.get((source, via)) or self._origin_mark(source, via)]
        parts += [known.get(name) or self._tag_mark(name) for name in tags]
        return b"\n".join(parts)

    def _origin_mark(self, source: str, via: str) -> bytes:
        found = self._marks[source, via] = indexing.seal(_encoded((self.origin(source), self._content(source, via))))
        return found

    def _tag_mark(self, name: str) -> bytes:
        tag = self._taxonomy.tag(name)
        told = f"{tag.slug}\n{tag.label}\n{tag.fed}"
        found = self._marks[name] = told.encode("utf-8", "surrogatepass")
        return found

    def _post(self, record: Record, others: Mapping[str, Record], path: str, *, bare: bool) -> Post | None:
        """The post in the feed with that path; None, and a problem told, if its file cannot be read."""
        try:
            html_body = "" if bare else self._library.body(record)
        except (TagwireError, OSError, ValueError) as error:
            self.failures += 1
            line = getattr(error, "line", 0)
            self._problems[record.path] = Problem(where=record.path, message=str(error), line=line)
            return None
        origin, tags, content = self._frame(record)
        also = self._also(record, others)
        post = compose.post(record, html_body, origin=origin, tags=tags, content=content, also=also)
        own = compose.item_id(self._authority, record.key, path) if self._publish.entry_ids == "per-feed" else ""
        page = compose.item_page(record, self._publish)
        return replace(post, id=own or post.id, page=page) if own or page else post

    def _facts(self, record: Record, others: Mapping[str, Record]) -> bytes:
        """A digest of all that `_post` looks at but the path: the record stands for its file."""
        known, facts = self._told.get(record.key, (None, b""))
        if known is not record:  # what several feeds show a store may give as the same object
            facts = indexing.seal(_encoded(record) + b"\n" + self.mark(record.source, record.via, record.tags))
            if len(self._told) >= _TOLD:
                self._told.clear()
            self._told[record.key] = record, facts
        also = _encoded(self._also(record, others)) if record.copies or record.related else b""
        return indexing.seal(facts + also) if also else facts

    def _frame(self, record: Record) -> tuple[Origin, tuple[Tag, ...], str]:
        """What a post has that its record does not say: origin, tags as published, how much of the text."""
        tags = tuple(dict.fromkeys(map(self._taxonomy.tag, record.tags)))
        return self.origin(record.source), tags, self._content(record.source, record.via)

    def _content(self, source_id: str, via: str) -> str:
        source = self._sources.get(source_id) or self._sources.get(via)
        return source.content if source else "full"

    def _also(self, record: Record, others: Mapping[str, Record]) -> tuple[Also, ...]:
        """The copies and related items of one, as they are shown with it."""
        shown = (others[key] for key in (*record.copies, *record.related) if key in others)
        found = (compose.also(record, other, self.origin(other.source).title) for other in shown)
        return tuple({one.link: one for one in reversed([*found]) if one.link}.values())[::-1]


def _encoded(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # a lone surrogate, which an index in memory holds
        return repr(value).encode("utf-8", "surrogatepass")
