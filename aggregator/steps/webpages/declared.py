"""Entries out of declared pages and APIs: what found values become, and what is said when nothing was found.

How values are found is the parsers' business (`parsers.json_api`, `parsers.html_page`); this module knows the fields.
It neither cleans nor guesses: what an entry lacks stays empty.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aggregator.errors import EntryError, ParseError
from aggregator.model import Entry, Parsed, Person, Problem
from aggregator.steps import urls
from aggregator.steps.html import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aggregator.model import Declaration, Detail, Document

FIELDS: Mapping[str, str] = {
    "id": "guid",
    "title": "title",
    "link": "link",
    "date": "published",
    "updated": "updated",
    "author": "authors",
    "image": "image",
    "summary": "summary",
    "content": "content",
    "tags": "categories",
}
"""Field as it is declared → field of the entry."""
IN_URLS = ("id", "title", "link", "date")
"""Fields whose values may stand in URLs."""
NEEDED = ("id", "title", "link")
"""Fields without which a site must have changed, if no entry has them."""
LIMIT = 1000
"""Entries taken of one document."""
ENOUGH = 5
"""Entries that make it odd if none of them has a field that may be missing."""

LINES = frozenset(("title", "author", "tags"))
"""Fields that are one line of text for people."""

_TAG = re.compile(r"<[^<>]{0,2000}>")
_BRACES = re.compile(r"\{([^{}]*)\}")
_TEMPLATE = re.compile(r"https?://|/", re.IGNORECASE)

Values = tuple[str, ...]


def is_template(expression: str) -> bool:
    """Whether a field is declared as a URL with other fields in braces, not as an expression."""
    return bool(_TEMPLATE.match(expression))


def names(template: str) -> list[str]:
    """Return the names in a template's braces."""
    return _BRACES.findall(template)


def fill(template: str, entry: Entry) -> str:
    """Return the URL with the entry's values percent-encoded in it (RFC 3986 §2.1); empty if one of them is missing."""
    values = {name: str(getattr(entry, FIELDS[name])) for name in names(template)}
    if any(value in {"", ".", ".."} for value in values.values()):
        return ""
    return _BRACES.sub(lambda found: quote(values[found[1]], safe=""), template)


def sample(template: str) -> str:
    """Return a URL that the template could become, for checking."""
    return _BRACES.sub("0", template)


def page_of(detail: Detail, entry: Entry, base: str) -> str:
    """Return the absolute URL of an entry's own page; empty if the entry does not lead to one."""
    return urls.resolve(base, fill(detail.url, entry) if detail.url else entry.link)


def absolute(entry: Entry, base: str) -> Entry:
    """Return the entry with its URLs made absolute, so that it can be read apart from its document."""
    return replace(
        entry,
        link=urls.resolve(base, entry.link),
        image=urls.resolve(base, entry.image),
        enclosures=tuple(replace(one, href=urls.resolve(base, one.href)) for one in entry.enclosures),
    )


def overlaid(entry: Entry, page: Entry, declared: Declaration) -> Entry:
    """Return the entry with what its own page gives; a text that was found by itself counts if it is the longer one."""
    given = {name: value for name in {*FIELDS.values(), "base"} if (value := getattr(page, name))}
    if declared.kind == "auto" and _shown(entry.content) >= _shown(page.content):
        given = {}
    return replace(entry, **given)


def _shown(markup: str) -> int:
    """How many characters HTML shows, about, blanks not counted."""
    return len("".join(html.unescape(_TAG.sub("", markup)).split()))


def read_list(
    document: Document,
    rows: Sequence[Any],
    find: Callable[[Any, str, str], Values],
    is_skipped: Callable[[Any], bool],
    base: str = "",
) -> Parsed:
    """Return the entries of a list. `find(row, field, expression)` and `is_skipped` raise `errors.EntryError`.

    A broken row is a problem, the others stay. Raises `errors.ParseError`, naming key and expression, if no row has a
    field that must be there: the site has changed.
    """
    declared = _declared(document)
    entries: list[Entry] = []
    numbers: list[int] = []
    problems: list[Problem] = []
    found: set[str] = set()
    for number, row in enumerate(rows[:LIMIT], 1):
        try:
            if not is_skipped(row):
                values = _values(declared, row, find)
                found.update(name for name, texts in values.items() if texts)
                entries.append(_entry(declared, values, base or document.name))
                numbers.append(number)
        except EntryError as error:
            problems.append(Problem(where=document.name, message=f"entry {number}: {error}"))
    _check_found(document, len(entries), found)
    placed = [(n, one) for n, one in zip(numbers, entries, strict=True) if one.guid or not _asked(declared, "id")]
    whole = [entry for _, entry in placed]
    problems += _told(document, rows, entries, whole, found, problems)
    places = tuple(n for n, _ in placed) if len(whole) < len(rows[:LIMIT]) else ()
    return Parsed(entries=tuple(whole), numbers=places, problems=tuple(problems))


def read_page(
    document: Document, row: Any, find: Callable[[Any, str, str], Values], is_skipped: Callable[[Any], bool], base: str
) -> Parsed:
    """Return the document as one entry, none if it is to be left out.

    Raises `errors.ParseError`, naming key and expression, if it has no content where one was declared.
    """
    declared = _declared(document)
    try:
        if is_skipped(row):
            return Parsed()
        values = _values(declared, row, find)
    except EntryError as error:
        raise ParseError(str(error), url=document.name) from error
    _check_found(document, 1, {name for name, texts in values.items() if texts}, ("content",))
    return Parsed(entries=(_entry(declared, values, base),))


def _declared(document: Document) -> Declaration:
    assert document.declared is not None, "only declared documents are read here"
    return document.declared


def _asked(declared: Declaration, name: str) -> bool:
    return any(field == name for field, _ in declared.fields)


def _values(declared: Declaration, row: Any, find: Callable[[Any, str, str], Values]) -> dict[str, Values]:
    """The sound texts that each field of a row has; templates come later."""
    found = {name: find(row, name, expression) for name, expression in declared.fields if not is_template(expression)}
    cleaned = ((name, (_cleaned(declared, name, one) for one in texts)) for name, texts in found.items())
    return {name: tuple(filter(None, texts)) for name, texts in cleaned}


def _cleaned(declared: Declaration, name: str, text: str) -> str:
    """A sound text without blanks around it; of what an API shows to people, and may write as HTML, what that says."""
    sound = plain.sound(text)
    if name in {"content", "summary"}:
        return plain.trimmed(sound)
    if declared.kind == "json" and name in LINES:
        from aggregator.steps import titles  # noqa: PLC0415 - the sanitiser, which checking a configuration does not need

        sound = titles.of_line(sound)
    return sound.strip()


def _entry(declared: Declaration, values: Mapping[str, Values], base: str) -> Entry:
    """The entry that a row makes; templates come last, for they are filled in with its other fields."""
    one = {name: next(iter(values.get(name, ())), "") for name in FIELDS}
    entry = Entry(
        guid=one["id"],
        title=one["title"],
        link=urls.resolve(base, one["link"]),
        published=one["date"],
        updated=one["updated"],
        authors=tuple(Person(name=name) for name in dict.fromkeys(values.get("author", ()))),
        image=urls.resolve(base, one["image"]),
        summary=_html(declared, one["summary"]),
        content=_html(declared, "\n".join(values.get("content", ()))),
        categories=tuple(dict.fromkeys(values.get("tags", ()))),
        base=base,
    )
    for name, template in declared.fields:
        if is_template(template):
            address = urls.resolve(base, fill(template, entry))
            entry = replace(entry, link=address) if name == "link" else replace(entry, image=address)
    return replace(entry, base=entry.link or base) if declared.kind == "json" else entry


def _html(declared: Declaration, text: str) -> str:
    """Markup as it is; what an API gives without any, as HTML that shows the same."""
    return text if declared.kind == "html" or plain.is_markup(text) else plain.to_html(text)


def _check_found(document: Document, count: int, found: set[str], needed: Sequence[str] = NEEDED) -> None:
    declared = _declared(document)
    for name, expression in declared.fields:
        if count and name in needed and name not in found and not is_template(expression):
            where = f"in any of {count} entries" if declared.each else "on this page"
            message = f"{declared.key}.{name}: {expression!r} finds nothing {where}: the site may have changed"
            raise ParseError(message, url=document.name)


def _told(
    document: Document,
    rows: Sequence[Any],
    entries: Sequence[Entry],
    whole: Sequence[Entry],
    found: set[str],
    broken: Sequence[Problem],
) -> list[Problem]:
    """What is odd about a list that could be read."""
    declared = _declared(document)
    empty = [f"{declared.key}.{name}" for name, text in declared.fields if name not in found and not is_template(text)]
    messages = {
        f"the first {LIMIT} of {len(rows)} entries are read": len(rows) > LIMIT,
        f"{len(entries) - len(whole)} of {len(entries)} entries have no {declared.key}.id": len(entries) > len(whole),
        f"{', '.join(empty)}: nothing found in any of {len(entries)} entries": bool(empty) and len(entries) >= ENOUGH,
        f"{declared.key}.skip leaves out every one of {len(rows)} entries": bool(rows) and not (entries or broken),
    }
    return [Problem(where=document.name, message=message) for message, holds in messages.items() if holds]
