"""Sources that are exported and imported are the same, whatever their keys say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from aggregator.config import declared, load, patching, schema
from aggregator.config.kinds import CONTROL
from aggregator.config.reading import Place
from aggregator.operations import moving
from aggregator.steps import subscriptions

LINE = some.text(
    some.one_of(
        some.sampled_from("a富 \"'<&,/\\\u202e\u200b\ufffe\ufeff𝄞\U0001fffe{}["), some.characters(codec="utf-8")
    ),
    min_size=1,
    max_size=12,
).filter(lambda line: line.strip() and not CONTROL.search(line))
EXPRESSIONS = {
    "json": ("data.items[]", 'a."b  c"', "x[?y=='富 ']", "title"),
    "html": ("li > a", ".x  .y", "a[title='富']"),
}
LATER = {"headers"}
"""Secrets stay where they are."""


def table(kind: str, keys: tuple[schema.Key, ...], **more: some.SearchStrategy) -> some.SearchStrategy[dict]:
    """Tables of expressions, with each of the keys or without."""
    expression = some.sampled_from(EXPRESSIONS[kind])
    optional = {key.name: expression for key in keys} | {"skip": some.lists(expression, max_size=2)} | more
    optional |= {"remove": some.lists(some.sampled_from(EXPRESSIONS["html"]), max_size=2)} if kind == "html" else {}
    left = {"list", "next", "pages", "detail", "kind"} | ({"remove"} if kind == "json" else set())
    return some.fixed_dictionaries({}, optional={name: one for name, one in optional.items() if name not in left})


@some.composite
def items(draw: some.DrawFn, kind: str) -> dict[str, Any]:
    """[sources.items] of a kind."""
    held: dict[str, Any] = {
        "list": EXPRESSIONS[kind][0],
        "link": EXPRESSIONS[kind][1],
        **draw(table(kind, declared.ITEMS)),
    }
    if draw(some.booleans()):
        held |= {"next": EXPRESSIONS[kind][0], "pages": draw(some.integers(2, 20))}
    if draw(some.booleans()):
        inner = draw(some.sampled_from(("json", "html")))
        urls = some.just("https://api.example/{link}?富")
        held["detail"] = draw(table(inner, declared.DETAIL, url=urls, limit=some.integers(1, 100)))
        held["detail"] |= {"kind": inner} if inner != kind or draw(some.booleans()) else {}
    return held


@some.composite
def sources(draw: some.DrawFn, number: int) -> dict[str, Any]:
    """The table of one source."""
    kind = draw(some.sampled_from(("feed", "file", "folder", "json", "html")))
    where = (
        {"path": f"富/{number} x"}
        if kind in {"file", "folder"}
        else {"url": f"https://富.example/{number}?a=1&b='%20'"}
    )
    values = {
        "title": LINE,
        "tags": some.lists(LINE, max_size=3, unique=True),
        "lang": some.sampled_from(("zh-CN", "en")),
        "every": some.sampled_from(("30m", "1h30m", "90s", "1.5s")),
        "content": some.sampled_from(("full", "summary", "link")),
        "enabled": some.booleans(),
        "near": some.booleans(),
    }
    if kind != "folder":
        values |= {"timezone": some.sampled_from(("UTC", "Asia/Shanghai")), "full_text": some.just("css:article  .富")}
    keys: dict[str, Any] = {"id": f"s{number}", **where, **draw(some.fixed_dictionaries({}, optional=values))}
    keys |= {"kind": kind} if kind != "file" else {}
    if kind in {"json", "html"}:
        keys["items"] = draw(items(kind))
        if "full_text" in keys:
            keys["items"].pop("detail", None)
        if "next" not in keys["items"] and draw(some.booleans()):
            keys |= {"body": draw(LINE) + "\r\n\t", "url": "https://富.example/one"}
    return keys


def test_every_key_is_tried() -> None:
    section = schema.section("sources")
    assert section is not None
    tried = {"id", "url", "path", "kind", "title", "tags", "lang", "timezone", "every", "content", "full_text"}
    assert {key.name for key in section.keys} == tried | {"enabled", "near", "body", "items"} | LATER


@pytest.mark.parametrize("form", ["json", "opml"])
@given(tables=some.tuples(*map(sources, range(4))))
def test_sources_come_back_as_they_were(form: str, tables: tuple[dict, ...], tmp_path_factory) -> None:
    site = tmp_path_factory.mktemp("site")
    place = Place(site, site / "config" / "tagwire.toml")
    place.file.parent.mkdir()
    place.file.write_text("")
    written = place.file.with_name("sources.toml")
    wanted = {one.get("body", one["id"]): one for one in tables if form == "json" or "url" in one}
    rows = list(wanted.values())
    written.write_text(patching.appended("", "sources", *rows), newline="")
    before = load(str(site), environ={})
    listed = moving.exact_json(moving.document(before)[0]).encode() if form == "json" else moving.opml(before, {}).data
    written.write_text("")
    found = moving.planned(place, load(str(site), environ={}), subscriptions.read("list", listed))
    assert not found.problems
    assert not found.duplicates
    assert found.added == before.sources
