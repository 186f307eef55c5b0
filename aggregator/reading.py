"""Documents in, items out: what happens to a response inside a worker process.

A job and its reading cross the process border as MessagePack bytes, since a result that cannot be pickled would kill
the worker. Errors cross it as values. This module does no I/O and decides nothing about what is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime  # noqa: TC003 - msgspec reads the annotations at run time
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import msgspec

from aggregator import errors, parsers
from aggregator.model import Document, Dropped, Failure, Hints, Item, Parsed, Problem, Record, Sketched, Source, Wanted
from aggregator.settings import Filter, TagRule  # noqa: TC001 - msgspec reads the annotations at run time
from aggregator.steps import bases, near, normalize, sieve, tag, text, urls
from aggregator.steps.copies import topics
from aggregator.steps.dedupe import record_of
from aggregator.steps.identity import apart, identify
from aggregator.steps.webpages import declared

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Everything that reading one response needs; `zone` is the site's, `now` the instant of the fetch."""

    source: Source
    documents: tuple[Document, ...]
    url: str
    now: datetime
    zone: str
    authority: str
    language: str = ""
    rules: tuple[TagRule, ...] = ()
    filters: tuple[Filter, ...] = ()
    defaults: tuple[tuple[str, object], ...] = ()
    wanted: Wanted | None = None
    """One entry to be completed from the document, its own page; without a document it is taken as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read: items in document order, what was set aside, or the error that made all of it worthless.

    Entries that have pages of their own are `wanted`, not items, until those were read (`completing`).
    """

    title: str = ""
    link: str = ""
    feed_id: str = ""
    icon: str = ""
    hints: Hints = field(default_factory=Hints)
    entries: int = 0
    items: tuple[Item, ...] = ()
    records: tuple[Record, ...] = ()
    """The items' rows, one each, made here since they cost time."""
    dropped: tuple[Dropped, ...] = ()
    """Entries that filters kept out; they are not among the items."""
    problems: tuple[Problem, ...] = ()
    truncated: str = ""
    damaged: bool = False
    wanted: tuple[Wanted, ...] = ()
    next: str = ""
    """Absolute URL of the list's next page."""
    failure: Failure | None = None
    line: int = 0


_ENCODER = msgspec.msgpack.Encoder()
_JOBS = msgspec.msgpack.Decoder(Job)
_READINGS = msgspec.msgpack.Decoder(Reading)
_SKETCHES = msgspec.msgpack.Decoder(list[Sketched])
_PARSE_ERRORS = {kind.kind: kind for kind in (errors.NotAFeed, errors.ParseError)}


def work(payload: bytes) -> bytes:
    """Return the reading of a job, both as MessagePack: the function that a worker runs."""
    return _ENCODER.encode(read(_JOBS.decode(payload)))


def pack(job: Job) -> bytes:
    """Return a job as `work` takes it."""
    return _ENCODER.encode(job)


def unpack(payload: bytes) -> Reading:
    """Return the reading that `work` answered. Raises the `errors.ParseError` that it carries."""
    reading = _READINGS.decode(payload)
    if reading.failure:
        kind = _PARSE_ERRORS.get(reading.failure.kind, errors.ParseError)
        raise kind(reading.failure.message, line=reading.line)
    return reading


def read(job: Job) -> Reading:
    """Return the items of a response. One bad entry or file is a problem; a feed that is none is a failure."""
    if job.source.kind == "folder":
        return _folder(job)
    if job.wanted:
        return _completed(job, job.wanted)
    document = job.documents[0]
    try:
        parsed = parsers.choose(document).parse(document)
    except errors.ParseError as error:
        return Reading(failure=Failure(kind=error.kind, message=str(error)), line=error.line)
    keys = identify(job.source.id, parsed.entries)
    wanted = _wanted(job, parsed, keys)
    items, dropped, problems = ([], [], []) if job.source.detail else _items(job, parsed, keys)
    home = bases.home_of(parsed, job.url)
    return Reading(
        title=text.one_line(parsed.title),
        link=urls.resolve(home, parsed.link),
        feed_id=parsed.feed_id,
        icon=urls.resolve(home, parsed.icon),
        hints=parsed.hints,
        entries=len(parsed.entries),
        items=tuple(items),
        records=_records(job, items),
        dropped=tuple(dropped),
        problems=(*parsed.problems, *bases.lost(parsed, job.url, document.name), *problems),
        truncated=parsed.truncated,
        damaged=parsed.damaged,
        wanted=wanted,
        next=parsed.next,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An item's text to sketch; `body` is Markdown, `at` when the sketch ages from."""

    key: str
    at: datetime
    title: str
    body: str


_TEXTS = msgspec.msgpack.Decoder(list[Text])


def sketch_work(payload: bytes) -> bytes:
    """Return the sketches of texts, both as MessagePack: the function that a worker runs."""
    return _ENCODER.encode(_sketched(_TEXTS.decode(payload)))


def pack_texts(texts: Sequence[Text]) -> bytes:
    """Return texts as `sketch_work` takes them."""
    return _ENCODER.encode(texts)


def unpack_sketches(payload: bytes) -> list[Sketched]:
    """Return the sketches that `sketch_work` answered."""
    return _SKETCHES.decode(payload)


def sketched(text: Text) -> Sketched:
    """Return the sketch of a text as the index keeps it."""
    return _sketched([text])[0]


def _sketched(texts: Sequence[Text]) -> list[Sketched]:
    from aggregator.steps.copies.sketch import sketches  # noqa: PLC0415 - numpy, in workers

    found = sketches([(text.title, text.body) for text in texts])
    return [
        Sketched(
            key=text.key,
            at=text.at,
            body=near.pack(one),
            topic=near.pack_topic(one),
            places=tuple(near.places(one)),
            topic_places=tuple(topics.places(one.topic)),
        )
        for text, one in zip(texts, found, strict=True)
    ]


def context(
    *, zone: str, now: datetime, rules: tuple[TagRule, ...], defaults: tuple[tuple[str, object], ...], language: str
) -> normalize.Context:
    """Return what all entries of a site share; the rules are compiled once a process."""
    return normalize.Context(zone=ZoneInfo(zone), now=now, tagger=_tagger(rules), defaults=defaults, language=language)


def _folder(job: Job) -> Reading:
    """Return the items of a folder's files: each file is a document of its own."""
    texts: dict[str, str] = {}
    items: list[Item] = []
    dropped: list[Dropped] = []
    problems: list[Problem] = []
    for document in job.documents:
        where = f"{job.source.path}/{document.name}"
        try:
            parsed = parsers.choose(document).parse(document)
            found, kept_out, bad = _items(job, parsed, identify(job.source.id, parsed.entries), where)
        except errors.ParseError as error:
            problems.append(Problem(where=where, message=str(error), line=error.line))
            continue
        items += [replace(one, key=apart(one, texts, job.source.id, document.name)) for one in found]
        dropped += kept_out
        problems += bad
    return Reading(
        entries=len(job.documents),
        items=tuple(items),
        records=_records(job, items),
        dropped=tuple(dropped),
        problems=tuple(problems),
    )


def _wanted(job: Job, parsed: Parsed, keys: Sequence[str]) -> tuple[Wanted, ...]:
    """Return the entries as they wait for their own pages, what the feed says of all of them included; each once."""
    if job.source.detail is None:
        return ()
    found: dict[str, Wanted] = {}
    for entry, key in zip(parsed.entries, keys, strict=True):
        base = bases.base_of(entry, parsed, job.url)
        whole = declared.absolute(entry, base)
        inner = bases.text_base_of(entry, parsed, job.url)
        told = replace(whole, base=inner, lang=entry.lang or parsed.lang, authors=entry.authors or parsed.authors)
        url = declared.page_of(job.source.detail, whole, base)
        found.setdefault(key, Wanted(key=key, url=url, entry=told))
    return tuple(found.values())


def _completed(job: Job, wanted: Wanted) -> Reading:
    """Return the one item of an entry with its own page, none if the page says to leave it out."""
    entry, detail = wanted.entry, job.source.detail
    if job.documents and detail:
        document = job.documents[0]
        try:
            parsed = parsers.choose(document).parse(document)
        except errors.ParseError as error:
            return Reading(failure=Failure(kind=error.kind, message=str(error)), line=error.line)
        if not parsed.entries:
            return Reading()
        entry = declared.overlaid(entry, parsed.entries[0], detail.page)
    there = replace(job, url=entry.base or job.url)
    items, dropped, problems = _items(there, Parsed(entries=(entry,)), [wanted.key], wanted.url or job.url)
    return Reading(
        entries=1,
        items=tuple(items),
        records=_records(job, items),
        dropped=tuple(dropped),
        problems=tuple(problems),
    )


def _items(
    job: Job, parsed: Parsed, keys: Sequence[str], where: str = ""
) -> tuple[list[Item], list[Dropped], list[Problem]]:
    """Return one document's items, what filters kept out, and a problem for every entry that cannot become one."""
    given = context(zone=job.zone, now=job.now, rules=job.rules, defaults=job.defaults, language=job.language)
    given = replace(given, sieve=_sieve(job.filters))
    items: list[Item] = []
    dropped: list[Dropped] = []
    problems: list[Problem] = []
    numbers = parsed.numbers or range(1, len(keys) + 1)
    for number, entry, key in zip(numbers, parsed.entries, keys, strict=True):
        try:
            item = normalize.normalize(entry, key, job.source, parsed, given, job.url)
        except errors.EntryError as error:
            place = where or f"{job.url} entry {number} ({entry.guid or entry.link or entry.title or 'nameless'})"
            problems.append(Problem(where=place[:300], message=str(error), line=error.line))
            continue
        if item.dropped:
            dropped.append(_kept_out(item, job))
        else:
            items.append(item)
    return items, dropped, problems


def _kept_out(item: Item, job: Job) -> Dropped:
    source, title, link = job.source.id, item.title, item.link
    return Dropped(key=item.key, source=source, title=title, link=link, why=item.dropped, at=job.now)


def _records(job: Job, items: list[Item]) -> tuple[Record, ...]:
    via, authority = job.source.id, job.authority
    now = job.now.replace(microsecond=0)  # all that an index keeps; without, it would make every record anew
    return tuple(record_of(item, via=via, now=now, authority=authority) for item in items)


@lru_cache(maxsize=4)
def _tagger(rules: tuple[TagRule, ...]) -> tag.Tagger:
    return tag.compile(rules)


@lru_cache(maxsize=4)
def _sieve(filters: tuple[Filter, ...]) -> sieve.Sieve | None:
    return sieve.compile(filters)
