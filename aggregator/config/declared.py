"""[sources.items] of json and html sources: the table of its keys, and declarations built from checked values.

Expressions and selectors are compiled here, so that a mistake is told with its place; the libraries are loaded for
that only when a source needs them. This module reads no files and fetches nothing.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from aggregator.config.formats import check_url
from aggregator.config.kinds import Key, Kind, choice, integer, listing, record, text
from aggregator.model import Declaration, Detail
from aggregator.steps.naming import suggest
from aggregator.steps.webpages import declared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aggregator.model import Source

Mistake = tuple[tuple[str | int, ...], str]
"""Where, as a path of keys, and what was expected there."""
_EXPRESSION = text("a JMESPath expression (json) or a CSS selector (html)", empty=False)
_CONDITIONS = listing(_EXPRESSION, "a list of JMESPath expressions (json) or CSS selectors (html)")
_SELECTORS = listing(text("a CSS selector", empty=False), 'a list of CSS selectors such as ["script", ".share"]')
_MOST_PAGES, _MOST_DETAILS = 20, 100
_FIELDS = {
    "id": "What tells an entry from others, if its link does not.",
    "title": "Title, as text.",
    "link": "Address of the entry's page; may be a URL with other fields in braces.",
    "date": "When it was published, in any form that feeds use, or seconds since 1970.",
    "updated": "When it was changed.",
    "author": "Names of its authors.",
    "image": "Address of its picture; may be a URL with other fields in braces.",
    "summary": "Summary, text or HTML.",
    "content": "Text, as HTML.",
    "tags": "Names of its categories.",
}
_IN_DETAIL = tuple(name for name in _FIELDS if name not in {"id", "link"})
_URL_FIELDS = ("link", "image")


def _field(name: str) -> Key:
    return Key(name=name, kind=_EXPRESSION, doc=_FIELDS[name])


_SKIP = Key(name="skip", kind=_CONDITIONS, doc="An entry for which one of these holds is left out.", default=[])
_REMOVE = Key(name="remove", kind=_SELECTORS, doc="Taken out of html pages before anything is looked for.", default=[])
DETAIL = (
    Key(
        name="kind",
        kind=choice("json", "html"),
        doc="What the entry's own address answers. Absent: the same as the source.",
    ),
    Key(
        name="url",
        kind=text("a URL with fields in braces such as https://api.example/articles/{id}", empty=False),
        doc="Address, with fields of the entry in braces. Absent: the entry's link.",
    ),
    *map(_field, _IN_DETAIL),
    _SKIP,
    _REMOVE,
    Key(
        name="limit",
        kind=integer(1, _MOST_DETAILS),
        doc="New entries completed in one round; the others wait for the next one.",
        default=20,
    ),
)
ITEMS = (
    Key(name="list", kind=_EXPRESSION, doc="Leads to the entries.", required=True),
    *map(_field, _FIELDS),
    _SKIP,
    _REMOVE,
    Key(name="next", kind=_EXPRESSION, doc="Leads to the address of the list's next page."),
    Key(name="pages", kind=integer(1, _MOST_PAGES), doc="Pages of the list that are read at most.", default=1),
    Key(
        name="detail",
        kind=record(DETAIL, "a table: [sources.items.detail]"),
        doc="A request for each new entry, for what the list does not give.",
    ),
)


def items() -> Kind:
    """Return the kind of [sources.items]."""
    return record(ITEMS, 'a table: [sources.items] with list = "…"')


def body() -> Kind:
    """Return the kind of request bodies: any text."""

    def read(value: object) -> str:
        if not isinstance(value, str) or "\x00" in value:
            raise ValueError
        return value

    return Kind(expected="the text of a request's body", read=read)


def full_text() -> Kind:
    """Return the kind of `full_text`; empty once read if it is false."""

    def read(value: object) -> str:
        if value is False:
            return ""
        if value == "auto":
            if find_spec("trafilatura") is None:
                raise ValueError("\"auto\" needs the extra: pip install 'tagwire[fulltext]'")
            return "auto"
        if isinstance(value, str) and value.startswith("css:"):
            if mistake := _mistake("html", value.removeprefix("css:").strip()):
                raise ValueError(mistake)
            return value
        raise ValueError

    json = {"anyOf": [{"const": False}, {"const": "auto"}, {"type": "string", "pattern": "^css:."}]}
    expected = 'false, "auto" or a CSS selector such as "css:article .body"'
    return Kind(expected=expected, read=read, json=json, show=lambda value: value or False)


def build(values: Mapping[str, Any]) -> tuple[Declaration | None, Detail | None]:
    """Return what the keys of a source declare; those of a wrong declaration only have to fit the types."""
    kind, table = values.get("kind", "feed"), values.get("items")
    detail = _page_of(values.get("full_text", ""))
    if table is None:
        return None, detail
    if (inner := table.get("detail")) is not None:
        page = _declaration(inner.get("kind", kind), inner, "items.detail")
        detail = Detail(page=page, url=inner.get("url", ""), limit=inner.get("limit", 20))
    return _declaration(kind, table, "items"), detail


def _page_of(said: str) -> Detail | None:
    if said == "auto":
        return Detail(page=Declaration(kind="auto", key="full_text"))
    if said:
        fields = (("content", said.removeprefix("css:").strip()),)
        return Detail(page=Declaration(kind="html", fields=fields, key="full_text"))
    return None


def _declaration(kind: Any, table: Mapping[str, Any], key: str) -> Declaration:
    return Declaration(
        kind=kind,
        each=table.get("list", ""),
        fields=tuple((name, table[name]) for name in _FIELDS if name in table),
        skip=table.get("skip", ()),
        remove=table.get("remove", ()),
        next=table.get("next", ""),
        pages=table.get("pages", 1),
        key=key,
    )


def shown(source: Source) -> dict[str, Any] | None:
    """Return [sources.items] as it is written, None without; defaults are left out."""
    if source.items is None:
        return None
    table = _shown(source.items)
    detail = source.detail
    if detail is not None and not source.full_text:
        own = {"kind": detail.page.kind} if detail.page.kind != source.kind else {}
        rest = {"url": detail.url} | ({"limit": detail.limit} if detail.limit != Detail(page=detail.page).limit else {})
        table["detail"] = own | {name: value for name, value in rest.items() if value} | _shown(detail.page)
    return table


def _shown(declaration: Declaration) -> dict[str, Any]:
    pages = declaration.pages if declaration.next else ""
    told = {"skip": [*declaration.skip], "remove": [*declaration.remove], "next": declaration.next, "pages": pages}
    table = {"list": declaration.each, **dict(declaration.fields), **told}
    return {name: value for name, value in table.items() if value}


def mistakes(values: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield what is wrong with what a source declares: where, from the source's table on, and what was expected."""
    kind = values.get("kind", "feed")
    if kind in {"json", "html"}:
        yield from _of_declaration(kind, values)
        return
    if values.get("items") is not None:
        yield ("items",), f'is for kind = "json" or "html", not "{kind}"'
    if values.get("body"):
        yield ("body",), 'is for kind = "json" or "html"'
    if kind == "folder" and values.get("full_text"):
        yield ("full_text",), "is not for folders"
    if kind == "folder" and values.get("timezone"):
        yield ("timezone",), "is not for folders: dates in their files are local time of [site] timezone, as in items/"


def _of_declaration(kind: str, values: Mapping[str, Any]) -> Iterator[Mistake]:
    table = values.get("items")
    if table is None:
        yield (), f'kind = "{kind}" needs [sources.items] with list = "…"'
        return
    yield from _within(kind, table, ("items",), table)
    yield from _of_pages(values, table)
    if not {"title", "link", "id"} & table.keys():
        yield ("items",), "expected title, link or id: entries need one of them"
    if detail := table.get("detail"):
        if values.get("full_text"):
            yield ("full_text",), "expected either full_text or [sources.items.detail]"
        yield from _within(detail.get("kind", kind), detail, ("items", "detail"), table)
        if "url" in detail:
            yield from _of_template(detail["url"], ("items", "detail", "url"), table)
    if "link" not in table and (values.get("full_text") or (detail is not None and "url" not in detail)):
        yield ("items",), "expected link: it leads to the pages of entries"


def _of_pages(values: Mapping[str, Any], table: Mapping[str, Any]) -> Iterator[Mistake]:
    if ("next" in table) != (table.get("pages", 1) > 1):
        has, lacks = ("next", "pages") if "next" in table else ("pages", "next")
        yield ("items", has), f"needs {lacks}, too: pages = N reads up to N pages, next leads from one to the other"
    if "next" in table and values.get("body"):
        yield ("items", "next"), "is not for requests with a body"


def _within(kind: str, table: Mapping[str, Any], path: tuple[str, ...], names: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield what is wrong with the expressions of one table."""
    for name in ("list", *_FIELDS, "next"):
        if name in table and name in _URL_FIELDS and declared.is_template(table[name]):
            yield from _of_template(table[name], (*path, name), names)
        elif name in table and (mistake := _mistake(kind, table[name])):
            yield (*path, name), mistake
    for name, language in (("skip", kind), ("remove", "html")):
        for index, expression in enumerate(table.get(name, ())):
            if mistake := _mistake(language, expression):
                yield (*path, name, index), mistake
    if table.get("remove") and kind != "html":
        yield (*path, "remove"), 'is for kind = "html"'


def _of_template(template: str, path: tuple[str, ...], fields: Mapping[str, Any]) -> Iterator[Mistake]:
    known = [name for name in declared.IN_URLS if name in fields and name != path[-1]]
    for name in declared.names(template):
        if name not in known:
            hint = suggest(name, known) or f"; known here: {', '.join(known) or 'none'}"
            yield path, f"{{{name}}} is no field of [sources.items] that may stand in a URL{hint}"
            return
    if not declared.is_template(template):
        yield path, "expected a URL that begins with http://, https:// or /"
    elif not template.startswith("/"):
        if "{" in template.split("/")[2]:
            yield path, "expected a host without braces"
        try:
            check_url(declared.sample(template))
        except ValueError as error:
            yield path, str(error)


def _mistake(kind: str, expression: str) -> str:
    """Return what is wrong with an expression, empty if it can be used."""
    if kind == "json":
        from aggregator.parsers import json_api  # noqa: PLC0415 - loads JMESPath

        return json_api.mistake(expression)
    from aggregator.parsers import html_page  # noqa: PLC0415 - loads lxml

    return html_page.mistake(expression)
