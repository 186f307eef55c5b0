"""Answers of JSON APIs, read as declared: JMESPath expressions for the list and for each field of an entry.

A list may be empty; an expression that leads to no list is an error. Nothing is fetched here, and nothing cleaned.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aggregator.errors import EntryError, ParseError
from aggregator.steps import urls
from aggregator.steps.bodies import decode, notjson, sniff
from aggregator.steps.html import plain
from aggregator.steps.webpages import declared

if TYPE_CHECKING:
    from aggregator.model import Document, Parsed

_SHOWN = 80
_FOREIGN = (ValueError, TypeError, ArithmeticError, AttributeError, RecursionError)
"""What JMESPath raises: its own errors, which are ValueErrors, and what its functions run into."""


def recognizes(document: Document) -> bool:
    """Whether the document was declared to be an API's answer."""
    return document.declared is not None and document.declared.kind == "json"


def parse(document: Document) -> Parsed:
    """Return the entries that the declaration finds; without a list the whole answer is one.

    Raises `errors.ParseError`, naming key and expression, for what is no JSON and for JSON of another shape.
    """
    value, how = _load(document), document.declared
    if how is None:
        raise ParseError("this answer was not declared", url=document.name)
    if not how.each:
        return declared.read_page(document, value, _find, lambda row: _is_skipped(row, how.skip, how.key), "")
    try:
        rows = _search(how.each, value)
        after = _texts(_search(how.next, value)) if how.next else ()
    except _FOREIGN as error:
        raise ParseError(f"{how.key}.list: {how.each!r}: {_line(error)}", url=document.name) from error
    if not isinstance(rows, list):
        message = f"{how.key}.list: {how.each!r} gives {_named(rows)}, not a list; the answer is {_shown(value)}"
        raise ParseError(message, url=document.name)
    parsed = declared.read_list(document, rows, _find, lambda row: _is_skipped(row, how.skip, how.key))
    return replace(parsed, next=urls.resolve(document.name, after[0]) if after else "")


def mistake(expression: str) -> str:
    """Return what is wrong with an expression, in words; empty if it can be used."""
    from jmespath.exceptions import ArityError, UnknownFunctionError  # noqa: PLC0415 - for declared sources only

    try:
        _compiled(expression).search(None)
    except (ArityError, UnknownFunctionError) as error:
        return f"expected a JMESPath expression: {_line(error)}"
    except _FOREIGN as error:
        at = getattr(error, "lex_position", None)
        if at is not None:
            return f"expected a JMESPath expression: character {at + 1} of {expression!r} does not fit"
    return ""  # a function that does not take null will get something else


def _load(document: Document) -> Any:
    text = decode.unpadded(document.body, document.charset).text
    try:
        return json.loads(text, parse_constant=lambda _: None, strict=False)
    except (ValueError, RecursionError) as error:  # a number of 5000 digits is a ValueError, too
        found = sniff.looks_like(document.body)
        begin = f", it begins with {sniff.shown(document.body)}" if document.body.strip() else ""
        what = f"this is {found}{begin}" if found != "JSON" else notjson.why(error)
        raise ParseError(f"not JSON: {what}", url=document.name, line=notjson.line_of(error)) from error


def _find(row: Any, name: str, expression: str) -> declared.Values:
    try:
        return _texts(_search(expression, row))
    except _FOREIGN as error:
        raise EntryError(f"{name}: {expression!r}: {_line(error)}") from error


def _is_skipped(row: Any, conditions: tuple[str, ...], key: str) -> bool:
    """Whether a condition holds, which it does unless it gives null, false, 0 or something empty."""
    if not isinstance(row, dict | list):
        raise EntryError(f"expected an object, not {_named(row)}")
    try:
        return any(_search(condition, row) for condition in conditions)
    except _FOREIGN as error:
        raise EntryError(f"{key}.skip: {_line(error)}") from error


def _search(expression: str, value: Any) -> Any:
    return _compiled(expression).search(value)


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Any:
    import jmespath  # noqa: PLC0415 - for declared sources only

    return jmespath.compile(expression)


def _texts(value: Any) -> declared.Values:
    """The texts and numbers that stand there, alone or in a list."""
    if isinstance(value, list):
        return tuple(text for member in value for text in _texts(member))
    if isinstance(value, str):
        return (value,)
    return () if isinstance(value, bool) or not isinstance(value, int | float) else (str(value),)


def _named(value: Any) -> str:
    names = {list: "a list", dict: "an object", str: "text", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "nothing")


def _shown(value: Any) -> str:
    text = plain.sound(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
