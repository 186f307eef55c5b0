"""JSON Feed 1.0 and 1.1 (jsonfeed.org).

A field of the wrong type is lost alone; an item that is no object is reported, the others stay. Everything stays as
written: HTML unsafe, dates unread, links relative. This module never follows `next_url`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeGuard

from aggregator.errors import ParseError
from aggregator.model import Enclosure, Entry, Parsed, Person, Problem
from aggregator.steps import urls
from aggregator.steps.bodies import decode, notjson, sniff
from aggregator.steps.html import pictures, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.model import Document

LIMIT = 1000
"""Items taken of one document."""

_MEDIA_TYPE = "application/feed+json"
_VERSION = "jsonfeed.org"
_IMAGES = ("image", "banner_image")
_DIGITS = 300
"""Digits of a number that are kept: longer ones are attacks."""


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


def recognizes(document: Document) -> bool:
    """Whether the document is a JSON object and says, in its media type or its text, that it is a JSON Feed."""
    body = document.body
    if not sniff.first_text(body).startswith("{"):
        return False
    return document.media_type == _MEDIA_TYPE or _VERSION.encode() in body or _VERSION.encode("utf-16-le") in body


def parse(document: Document) -> Parsed:
    """Return feed and entries.

    Of a document that was cut off there are none, and `truncated` says so. Raises `errors.ParseError` with the line of
    other bad JSON, `errors.NotAFeed` for JSON that is no feed.
    """
    text = decode.unpadded(document.body, document.charset)
    try:
        feed = _load(text.text, document)
    except ParseError as error:
        begun = text.text.lstrip().startswith("{")  # else nothing of a feed came, and nothing is missing
        if begun and isinstance(error.__cause__, ValueError) and notjson.ends_early(error.__cause__):
            return Parsed(truncated=f"the JSON ends too early: {notjson.why(error.__cause__)}")
        raise
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(feed, dict) or not isinstance(items, list):
        raise sniff.not_a_feed(document.name, document.body)
    entries, numbers, problems = [], [], []
    for number, item in enumerate(items[:LIMIT], 1):
        if isinstance(item, dict):
            entries.append(_entry(item))
            numbers.append(number)
        else:
            problems.append(Problem(where=document.name, message=f"entry {number} is no object, but {_named(item)}"))
    if len(items) > LIMIT:
        skipped = f"{len(items) - LIMIT} of {len(items)} entries skipped: the first {LIMIT} are read"
        problems.append(Problem(where=document.name, message=skipped))
    return Parsed(
        title=_text(feed, "title"),
        link=_text(feed, "home_page_url"),
        base=url if urls.is_web(url := _text(feed, "feed_url")) else "",
        open_bases=True,
        icon=_text(feed, "icon") or _text(feed, "favicon"),
        lang=_text(feed, "language"),
        authors=_authors(feed),
        entries=tuple(entries),
        numbers=tuple(numbers) if numbers[-1:] != [len(numbers)] else (),
        problems=(*text.problems(document.name), *problems),
    )


def _load(text: str, document: Document) -> Any:
    """The JSON value; numbers stay text, so that ids are what was written. NaN and Infinity are null."""
    try:
        return json.loads(text, parse_int=_number, parse_float=_number, parse_constant=lambda _: None, strict=False)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not JSON: {notjson.why(error)}", url=document.name, line=notjson.line_of(error)) from error


def _number(digits: str) -> _Number:
    return _Number(digits[:_DIGITS])


def _entry(item: dict[str, Any]) -> Entry:
    content = _indented(item, "content_html") or plain.to_html(_indented(item, "content_text"))
    return Entry(
        guid=_text(item, "id") or _digits(item, "id"),
        link=_text(item, "url") or _text(item, "external_url"),
        title=_text(item, "title"),
        summary=plain.to_html(_indented(item, "summary")),
        content=content,
        published=_text(item, "date_published") or _digits(item, "date_published"),
        updated=_text(item, "date_modified") or _digits(item, "date_modified"),
        authors=_authors(item),
        categories=tuple(dict.fromkeys(name for tag in _list(item, "tags") if (name := _string(tag)))),
        enclosures=tuple(_attachments(item)),
        image=next((url for name in _IMAGES if (url := _text(item, name)) and pictures.shows(url)), ""),
        lang=_text(item, "language"),
    )


def _authors(context: dict[str, Any]) -> tuple[Person, ...]:
    """`authors` of version 1.1, else `author` of 1.0."""
    found = [author for author in _list(context, "authors") if isinstance(author, dict)]
    if not found and isinstance(context.get("author"), dict):
        found = [context["author"]]
    people = (Person(name=_text(author, "name"), uri=_text(author, "url")) for author in found)
    return tuple(dict.fromkeys(person for person in people if person.name or person.uri))


def _attachments(item: dict[str, Any]) -> Iterator[Enclosure]:
    for attachment in _list(item, "attachments"):
        if isinstance(attachment, dict) and (href := _text(attachment, "url")):
            size = _digits(attachment, "size_in_bytes").partition(".")[0]
            length = int(size) if size.isdecimal() and len(size) < 16 else 0  # noqa: PLR2004 - a petabyte
            yield Enclosure(href=href, media_type=_text(attachment, "mime_type"), length=length)


def _list(context: dict[str, Any], key: str) -> list[Any]:
    value = context.get(key)
    return value if isinstance(value, list) else []


def _text(context: dict[str, Any], key: str) -> str:
    return _string(context.get(key))


def _indented(context: dict[str, Any], key: str) -> str:
    value = context.get(key)
    return plain.trimmed(plain.sound(value)) if _is_text(value) else ""


def _digits(context: dict[str, Any], key: str) -> str:
    value = context.get(key)
    return str(value) if isinstance(value, _Number) else ""


def _string(value: object) -> str:
    """The text of a field; empty for anything else."""
    return plain.sound(value).strip() if _is_text(value) else ""


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and not isinstance(value, _Number)


def _named(value: object) -> str:
    return {list: "an array", str: "text", _Number: "a number", bool: "a boolean"}.get(type(value), "null")
