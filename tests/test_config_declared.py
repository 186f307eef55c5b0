"""[sources.items]: what is declared is built, and every mistake is told with its place and a way out."""

from __future__ import annotations

import tomllib

import pytest

from aggregator.config import declared, load, showing
from aggregator.errors import ConfigError
from aggregator.model import Declaration, Detail

JSON = """
[[sources]]
id = "api"
kind = "json"
url = "https://x.example/list"
"""
FULL = (
    JSON
    + """
body = "{}"
headers = { X-Key = "env:KEY" }
[sources.items]
list = "data"
skip = ["ad", "paid"]
title = "title"
id = "id"
link = "https://x.example/a/{id}"
[sources.items.detail]
kind = "html"
content = ".text"
remove = ["script"]
limit = 5
"""
)


@pytest.fixture
def site(tmp_path):
    def make(sources):
        (tmp_path / "config").mkdir(exist_ok=True)
        (tmp_path / "config" / "tagwire.toml").write_text("")
        (tmp_path / "config" / "sources.toml").write_text(sources)
        return str(tmp_path)

    return make


def mistakes(root):
    with pytest.raises(ConfigError) as caught:
        load(root, environ={"KEY": "secret"})
    return [mistake.partition("config/sources.toml:")[2] for mistake in caught.value.mistakes]


def test_a_declaration_is_built(site):
    (source,) = load(site(FULL), environ={"KEY": "secret"}).sources
    assert source.items == Declaration(
        kind="json",
        each="data",
        fields=(("id", "id"), ("title", "title"), ("link", "https://x.example/a/{id}")),
        skip=("ad", "paid"),
    )
    page = Declaration(kind="html", fields=(("content", ".text"),), remove=("script",), key="items.detail")
    assert source.detail == Detail(page=page, limit=5)
    assert (source.body, source.headers) == ("{}", (("X-Key", "secret"),))


@pytest.mark.parametrize(
    ("said", "page"),
    [
        ('"auto"', Declaration(kind="auto", key="full_text")),
        ('"css: article .text"', Declaration(kind="html", fields=(("content", "article .text"),), key="full_text")),
    ],
)
def test_full_text_is_a_page_of_its_own(site, said, page):
    (source,) = load(site(f'[[sources]]\nurl = "https://x.example/feed"\nfull_text = {said}\n'), environ={}).sources
    assert source.detail == Detail(page=page)
    assert source.items is None


def test_one_address_may_be_asked_different_questions(site):
    other = FULL.replace('"api"', '"other"')
    assert len(load(site(FULL + other.replace('"{}"', '"{1}"')), environ={"KEY": "x"}).sources) == 2
    assert "has the same address" in mistakes(site(FULL + other))[0]


def test_what_is_shown_reads_as_the_same_declaration(site):
    more = '[[sources]]\nurl = "https://y.example/"\nkind = "html"\nfull_text = "css:p"\n'
    more += 'items = { list = "li", title = "b", link = "a", next = "a.n", pages = 2 }\n'
    environ = {"KEY": "***"}
    loaded = load(site(FULL + more), environ=environ)
    shown = showing.plain(loaded)
    assert shown["sources"][0]["items"]["detail"] == {
        "kind": "html", "limit": 5, "content": ".text", "remove": ["script"],
    }  # fmt: skip
    assert tomllib.loads(showing.toml(shown))["sources"] == shown["sources"]
    assert load(site(showing.toml({"sources": shown["sources"]})), environ=environ).sources == loaded.sources


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", '2:1: sources[1]: kind = "json" needs [sources.items] with list = "…"'),
        ("items = 3", "6:1: sources[1].items: expected a table: [sources.items]"),
        ("[sources.items]\ntitle = 't'", "6:1: sources[1].items.list: expected a value: a JMESPath expression (json)"),
        ("[sources.items]\nlist = 'a'", "6:1: sources[1].items: expected title, link or id"),
        (
            "[sources.items]\nlist = 'a['\nid = 'i'",
            "7:1: sources[1].items.list: expected a JMESPath expression: character 3",
        ),
        (
            "[sources.items]\nlist = 'a'\nid = 'jion(a)'",
            "8:1: sources[1].items.id: expected a JMESPath expression: Unknown fu",
        ),
        (
            "[sources.items]\nlist = 'a'\nid = 'join(a)'",
            "8:1: sources[1].items.id: expected a JMESPath expression: Expected 2",
        ),
        (
            "[sources.items]\nlist = 'a'\ntitel = 't'",
            '8:1: sources[1].items.titel: unknown key - did you mean "title"?',
        ),
        ("[sources.items]\nlist = 'a'\nid = ''", "8:1: sources[1].items.id: expected a JMESPath expression (json) or"),
        (
            "[sources.items]\nlist = 'a'\nid = 'i'\nskip = 'x'",
            "9:1: sources[1].items.skip: expected a list of JMESPath",
        ),
        (
            "[sources.items]\nlist = 'a'\nid = 'i'\nskip = ['x', '[']",
            "9:14: sources[1].items.skip[2]: expected a JMESPath",
        ),
        ("[sources.items]\nlist = 'a'\nid = 'i'\nremove = ['p']", '9:1: sources[1].items.remove: is for kind = "html"'),
        ("[sources.items]\nlist = 'a'\nid = 'i'\npages = 3", "9:1: sources[1].items.pages: needs next, too"),
        ("[sources.items]\nlist = 'a'\nid = 'i'\nnext = 'n'", "9:1: sources[1].items.next: needs pages, too"),
        (
            "[sources.items]\nlist = 'a'\nid = 'i'\npages = 99",
            "9:1: sources[1].items.pages: expected a whole number from 1 to 20",
        ),
        (
            "body = 'x'\n[sources.items]\nlist = 'a'\nid = 'i'\nnext = 'n'\npages = 2",
            "10:1: sources[1].items.next: is not for requests with a body",
        ),
        (
            "[sources.items]\nlist = 'a'\nid = 'i'\nlink = 'https://x.example/{idd}'",
            "9:1: sources[1].items.link: {idd} is no field of [sources.items] that may stand in a URL - did you",
        ),
        (
            "[sources.items]\nlist = 'a'\nid = 'i'\nlink = 'https://x.example/{link}'",
            "9:1: sources[1].items.link: {link} is no field of [sources.items] that may stand in a URL; known here: id",
        ),
        (
            "[sources.items]\nlist = 'a'\nid = 'i'\nlink = 'https://{id}.example/'",
            "9:1: sources[1].items.link: expected a host without braces",
        ),
        (
            "[sources.items]\nlist = 'a'\nid = 'i'\nimage = 'https://x.example:0/{id}'",
            "9:1: sources[1].items.image: expected a port from 1 to 65535",
        ),
        (
            "[sources.items]\nlist = 'a'\nid = 'i'\n[sources.items.detail]\nurl = 'articles/{id}'",
            "10:1: sources[1].items.detail.url: expected a URL that begins with http://, https:// or /",
        ),
        (
            "[sources.items]\nlist = 'a'\nid = 'i'\n[sources.items.detail]\ncontent = 'c'",
            "6:1: sources[1].items: expected link: it leads to the pages of entries",
        ),
        (
            "[sources.items]\nlist = 'a'\nlink = 'i'\n[sources.items.detail]\nkind = 'html'\ncontent = 'a >> b'",
            "11:1: sources[1].items.detail.content: expected a CSS selector: Expected selector",
        ),
        (
            "[sources.items]\nlist = 'a'\nlink = 'i'\n[sources.items.detail]\nkind = 'html'\nremove = ['p', '']",
            "11:16: sources[1].items.detail.remove[2]: expected a CSS selector",
        ),
        (
            "[sources.items]\nlist = 'a'\nlink = 'i'\n[sources.items.detail]\nid = 'c'",
            "10:1: sources[1].items.detail.id: unknown key",
        ),
        (
            "full_text = 'auto'\n[sources.items]\nlist = 'a'\nlink = 'i'\n[sources.items.detail]\ncontent = 'c'",
            "6:1: sources[1].full_text: expected either full_text or [sources.items.detail]",
        ),
        ("body = 3", "6:1: sources[1].body: expected the text of a request's body"),
    ],
)
def test_a_wrong_declaration_is_told_with_its_place(site, text, expected):
    assert [mistake for mistake in mistakes(site(f"{JSON}{text}\n")) if mistake.startswith(expected)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'url = "https://x.example/"\nitems = { list = "a" }',
            '3:1: sources[1].items: is for kind = "json" or "html", not "feed"',
        ),
        ('url = "https://x.example/"\nbody = "a"', '3:1: sources[1].body: is for kind = "json" or "html"'),
        ('path = "own"\nkind = "folder"\nfull_text = "css:p"', "4:1: sources[1].full_text: is not for folders"),
        ('path = "own"\nkind = "folder"\ntimezone = "UTC"', "4:1: sources[1].timezone: is not for folders"),
        ('path = "x.json"\nkind = "json"', "2:1: sources[1].path: a json source is given by url, not by path"),
        ('url = "https://x.example/"\nfull_text = "css:"', "3:1: sources[1].full_text: expected a CSS selector"),
        (
            'url = "https://x.example/"\nfull_text = "all"',
            '3:1: sources[1].full_text: expected false, "auto" or a CSS selector',
        ),
    ],
)
def test_what_does_not_fit_the_kind_is_told(site, text, expected):
    assert [mistake for mistake in mistakes(site(f"[[sources]]\n{text}\n")) if mistake.startswith(expected)]


def test_auto_without_its_extra_is_told(site, monkeypatch):
    monkeypatch.setattr(declared, "find_spec", lambda _: None)
    (mistake,) = mistakes(site('[[sources]]\nurl = "https://x.example/"\nfull_text = "auto"\n'))
    assert mistake == "3:1: sources[1].full_text: \"auto\" needs the extra: pip install 'tagwire[fulltext]'"
