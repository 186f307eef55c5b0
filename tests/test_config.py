"""Reading and checking the configuration: every mistake at once, each with its place."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from aggregator import settings as defaults
from aggregator.config import load, locate, reading, schema
from aggregator.config.sources import derived_id
from aggregator.errors import ConfigError
from aggregator.settings import Filter

GOOD_SOURCE = '[[sources]]\nid = "a"\nurl = "https://a.example/feed"\n'


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A function that writes the three files into an empty site and returns its directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()

    def write(main="", sources=None, tags=None):
        for name, text in (("tagwire", main), ("sources", sources), ("tags", tags)):
            if text is not None:
                data = text if isinstance(text, bytes) else text.encode()
                (tmp_path / "config" / f"{name}.toml").write_bytes(data)
        return str(tmp_path)

    return write


def mistakes(root, environ=()):
    with pytest.raises(ConfigError) as caught:
        load(root, environ=dict(environ))
    assert caught.value.exit_code == 78
    assert str(caught.value).splitlines() == list(caught.value.mistakes)
    return list(caught.value.mistakes)


def only(root, environ=()):
    found = mistakes(root, environ)
    assert len(found) == 1, found
    return found[0]


def test_an_empty_file_gives_the_documented_defaults(site):
    root = site("")
    loaded = load(root, environ={})
    for name in ("site", "schedule", "http", "frontmatter", "server"):
        assert getattr(loaded, name) == getattr(defaults.Settings(root=root), name)
    assert loaded.storage == defaults.Storage(items=str(Path(root, "items")))
    assert loaded.publish == defaults.Publish(dir=str(Path(root, "feeds")))
    assert (loaded.sources, loaded.tags) == ((), ())
    assert loaded.files == (str(Path(root, "config", "tagwire.toml")),)


@pytest.mark.parametrize("section", [entry for entry in schema.SECTIONS if not entry.many])
def test_the_schemas_defaults_are_those_of_the_settings(section):
    """A default is written twice, for people and for the program: they must agree."""
    values = getattr(defaults.Settings(root="/x"), section.name)
    assert {key.name for key in section.keys} == {field.name for field in fields(values)}
    for key in section.keys:
        kind = key.kind
        written = getattr(values, key.name)
        if kind.name is not None:
            assert {name: list(v) if isinstance(v, tuple) else v for name, v in written} == key.default
        elif kind.each is not None:
            assert list(written) == key.default
        else:
            assert kind.read(key.default) == written


def test_sources_and_tags_become_models(site):
    root = site(
        "",
        """
[[sources]]
url = "https://www.news.example/rss?utm_source=x"
title = "新闻"
tags = ["财经", "财经"]
every = "1h30m"
headers = { Authorization = "env:TOKEN", X-Plain = "yes" }
full_text = false
[[sources]]
path = "own/"
kind = "folder"
enabled = false
""",
        '[[tags]]\nname = "AI"\nnot = ["AI芯片"]\nparent = "科技"\n[[tags]]\nname = "科技"\n',
    )
    first, second = (loaded := load(root, environ={"TOKEN": "s3cret"})).sources
    assert (first.id, first.kind, first.tags, first.every) == ("news.example", "feed", ("财经",), 5400.0)
    assert first.headers == (("Authorization", "s3cret"), ("X-Plain", "yes"))
    assert (second.id, second.path, second.enabled) == ("own", str(Path(root, "own")), False)
    assert loaded.tags[0].not_ == ("AI芯片",)
    assert len(loaded.files) == 3


def test_all_mistakes_are_told_at_once_in_the_order_of_files_and_lines(site):
    root = site(
        '[site]\ntitel = "x"\ntimezone = "Asia/Shangai"\n[schedule]\nbase = "soon"\n',
        '[[sources]]\nid = "a"\n\n[[sources]]\nurl = "ftp://x"\nname = "b"\n',
        '[[tags]]\nmatch = "x"\n',
    )
    assert mistakes(root) == [
        "config/sources.toml:1:1: sources[1]: expected url or path",
        "config/sources.toml:5:1: sources[2].url: expected a URL that begins with http:// or https://",
        'config/sources.toml:6:1: sources[2].name: unknown key - did you mean "id"?',
        "config/tags.toml:1:1: tags[1].name: expected a value: a tag name, one line of text",
        'config/tags.toml:2:1: tags[1].match: expected a list of words such as ["AI", "芯片"]',
        'config/tagwire.toml:2:1: site.titel: unknown key - did you mean "title"?',
        (
            'config/tagwire.toml:3:1: site.timezone: expected a time zone such as "Asia/Shanghai" '
            '- did you mean "Asia/Shanghai"?'
        ),
        'config/tagwire.toml:5:1: schedule.base: expected a duration such as "60m", "20s", "7d" or "1h30m"',
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[site]\ntitle = 3", "2:1: site.title: expected a line of text"),
        ('[site]\ntitle = ""', "2:1: site.title: expected a line of text"),
        ('[site]\nauthor = "a\\u001bb"', "2:1: site.author: expected a line of text"),
        ('[site]\nlanguage = "zh_CN"', '2:1: site.language: expected a language tag such as "zh-CN"'),
        ('[site]\ntimezone = "../etc/passwd"', "2:1: site.timezone: expected a time zone"),
        ("[site]\ntimezone = 8", "2:1: site.timezone: expected a time zone"),
        ('[site]\ntag_authority = "localhost"', "2:1: site.tag_authority: expected a domain and a date such as"),
        ('[site]\nbase_url = "https://x.example/?a=1"', "2:1: site.base_url: expected a URL without query"),
        (
            '[publish]\nhub = "http://u:p@hub.example/"',
            "2:1: publish.hub: expected a URL without user name and password",
        ),
        ('[site]\nbase_url = "https://u@x.example/"', "2:1: site.base_url: expected a URL without user name"),
        ("site = 3", "1:1: site: expected a table: [site]"),
        ("[schedule]\nmin = 30", "2:1: schedule.min: expected a duration"),
        ('[schedule]\nmin = "0s"', "2:1: schedule.min: expected a duration from 1s to 3650d"),
        ('[schedule]\nmin = "2h"\nmax = "1h"', "2:1: schedule.min: expected at most schedule.max"),
        ("[schedule]\njitter = 2", "2:1: schedule.jitter: expected a number from 0 to 0.5"),
        ("[schedule]\njitter = true", "2:1: schedule.jitter: expected a number"),
        ("[http]\nmax_bytes = 5", '2:1: http.max_bytes: expected a size such as "8MiB"'),
        ('[http]\nmax_bytes = "8XiB"', "2:1: http.max_bytes: expected a size"),
        ('[http]\nmax_bytes = "0B"', "2:1: http.max_bytes: expected a size"),
        ("[http]\nconcurrency = 0", "2:1: http.concurrency: expected a whole number from 1 to 1000"),
        ("[http]\nconcurrency = true", "2:1: http.concurrency: expected a whole number"),
        ('[http]\nproxy = "socks5://x:1"', "2:1: http.proxy: expected a URL that begins with http:// or https://"),
        ('[http]\nallow_private_networks = "yes"', "2:1: http.allow_private_networks: expected true or false"),
        ('[http]\nallow_hosts = ["ok.example", "h:80"]', "2:30: http.allow_hosts[2]: expected a host name"),
        ('[http]\nallow_hosts = ["10.0.0.0/99"]', "2:16: http.allow_hosts[1]: expected a host name"),
        ('[http]\nallow_hosts = ["a b"]', "2:16: http.allow_hosts[1]: expected a host name"),
        ("[http]\nallow_hosts = [1]", "2:16: http.allow_hosts[1]: expected a host name"),
        ('[http]\nuser_agent = "新闻"', "2:1: http.user_agent: expected a line of printable ASCII characters"),
        ('[storage]\nitems = ""', "2:1: storage.items: expected a path"),
        ('[storage]\nindex = "mysql://x"', '2:1: storage.index: expected a URL such as "sqlite:///var/tagwire.db"'),
        ('[storage]\nindex = "postgresql://x"', "2:1: storage.index: PostgreSQL is known, but not available"),
        ('[storage]\nkeep = "29d"', "2:1: storage.keep: expected a duration from 30d to 3650d"),
        ('[storage]\nkeep = "x"', '2:1: storage.keep: expected "forever" or a duration such as "365d"'),
        ("[storage]\npath = 3", "2:1: storage.path: expected a pattern"),
        ('[storage]\npath = "{slug}.md"', "2:1: storage.path: expected {key} in the pattern"),
        ('[storage]\npath = "{key"', "2:1: storage.path: expected balanced braces"),
        ('[storage]\npath = "{id}-{key}.md"', "2:1: storage.path: expected only the fields"),
        ('[storage]\npath = "{date}-{key}.md"', "2:1: storage.path: expected a date format"),
        ('[storage]\npath = "{key!r}.md"', "2:1: storage.path: expected {key} without conversion and format"),
        ('[storage]\npath = "../{key}.md"', '2:1: storage.path: expected a relative path without ".."'),
        ('[storage]\npath = "/{key}.md"', '2:1: storage.path: expected a relative path without ".."'),
        ('[storage]\npath = ".x/{key}.md"', "2:1: storage.path: expected no part that begins with a dot"),
        ('[storage]\npath = "{key}.txt"', '2:1: storage.path: expected a pattern that ends with ".md"'),
        ("[frontmatter]\ndefaults = 3", "2:1: frontmatter.defaults: expected a table of front-matter keys"),
        ("[frontmatter.defaults]\ntitle = 1", "2:1: frontmatter.defaults.title: this key is computed for every item"),
        ('[frontmatter.defaults]\n"a b" = 1', "2:1: frontmatter.defaults.a b: expected a key of letters"),
        (
            "[frontmatter.defaults]\na = 99999999999999999999",
            "2:1: frontmatter.defaults.a: expected a line of text, a number",
        ),
        ("[frontmatter.defaults]\na = [1]", "2:1: frontmatter.defaults.a: expected a line of text, a number"),
        ("[frontmatter.defaults]\na = 2026-01-01", "2:1: frontmatter.defaults.a: expected a line of text, a number"),
        ("[publish]\nentries = 300", "2:1: publish.entries: expected at most publish.max"),
        ('[publish]\nformats = ["atom", "rss"]', '2:20: publish.formats[2]: expected "atom" or "json" or "html"'),
        ('[publish]\nentry_ids = "perfeed"', '2:1: publish.entry_ids: expected "stable" or "per-feed" - did you mean'),
        ('[publish]\ndir = "items/x"', "2:1: publish.dir: expected a directory apart from storage.items"),
        (
            '[publish]\ndir = "config"',
            "2:1: publish.dir: expected a directory of its own, apart from the configuration",
        ),
        ('[storage]\nindex = "sqlite:///feeds/x.db"', "2:1: storage.index: expected a file outside publish.dir"),
        ("[publish]\ncolour = 1", "2:1: publish.colour: unknown key; known here: dir, entries"),
        ("[server]\nport = 70000", "2:1: server.port: expected a whole number from 0 to 65535"),
        ('[server]\nhost = "a b"', "2:1: server.host: expected a host name or address"),
        ("[serwer]\nport = 1", '1:1: serwer: unknown section - did you mean "server"?'),
        ("[[sources]]", "1:1: sources: [[sources]] belongs into sources.toml, not tagwire.toml"),
    ],
)
def test_a_wrong_value_is_told_with_its_place(site, text, expected):
    assert only(site(text)).startswith(f"config/tagwire.toml:{expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'id = "A b"\nurl = "https://x.example/"',
            "2:1: sources[1].id: expected a lower-case name that can stand in paths, such",
        ),
        ('id = ".a"\nurl = "https://x.example/"', "2:1: sources[1].id: expected a lower-case name"),
        ('id = "a/b"\nurl = "https://x.example/"', "2:1: sources[1].id: expected a lower-case name"),
        ('id = ""\nurl = "https://x.example/"', "2:1: sources[1].id: expected a name of lower-case letters"),
        ('url = "https://x.example/"\npath = "x.xml"', "3:1: sources[1].path: expected url or path, not both"),
        ('url = "https://x.example/"\nkind = "folder"', "2:1: sources[1].url: a folder is given by path, not by url"),
        ('url = "https://x.example/"\nkind = "rss"', '3:1: sources[1].kind: expected "feed" or "folder" or "json"'),
        ('url = "https://x.example/"\nfull_text = 3', "3:1: sources[1].full_text: expected false"),
        ('url = "https://x.example/"\nevery = "0.5s"', "3:1: sources[1].every: expected a duration from 1s"),
        ('url = "https://x.example/"\ninterval = "5m"', '3:1: sources[1].interval: unknown key - did you mean "every"'),
        ('url = "https://x.example/"\nheaders = { Host = "x" }', "3:13: sources[1].headers.Host: this header is set"),
        ('url = "https://x.example/"\nheaders = { "a b" = "x" }', "3:13: sources[1].headers.a b: expected a header"),
        (
            'url = "https://x.example/"\nheaders = { A = "x\\r\\nB: y" }',
            "3:13: sources[1].headers.A: expected a head",
        ),
        ('url = "https://x.example/"\nheaders = { A = "env:NOPE" }', "3:13: sources[1].headers.A: the environment"),
        ('url = "https://x.example/"\nheaders = "A"', "3:1: sources[1].headers: expected a table"),
        ("url = 3", "2:1: sources[1].url: expected an http or https URL"),
        ('url = "x.example/feed"', "2:1: sources[1].url: expected a URL that begins with http:// or https://"),
        ('url = "https://"', "2:1: sources[1].url: expected a URL with a host name"),
        ('url = "https://x.example:0/"', "2:1: sources[1].url: expected a port from 1 to 65535"),
        ('url = "https://x.example:99999/"', "2:1: sources[1].url: expected a URL with a valid host and a port"),
        ('url = "https://[::1/"', "2:1: sources[1].url: expected a URL with a valid host"),
        ('url = "https://x.example/a b"', "2:1: sources[1].url: expected a URL without spaces and control"),
        ('url = "https://x.example/\\u0000"', "2:1: sources[1].url: expected a URL without spaces and control"),
        ("url = 'https://x.example/" + "a" * 5000 + "'", "2:1: sources[1].url: expected a URL of at most 4096"),
        ('path = "items/sub"\nkind = "folder"', "2:1: sources[1].path: expected a folder apart from storage.items"),
        ('path = "."\nkind = "folder"', "2:1: sources[1].path: expected a folder apart from"),
    ],
)
def test_a_wrong_source_is_told_with_its_place(site, text, expected):
    found = mistakes(site("", f"[[sources]]\n{text}\n"))
    assert found[0].startswith(f"config/sources.toml:{expected}")


def test_sources_must_be_an_array_of_tables(site):
    assert only(site("", "[sources]\nid = 1")) == "config/sources.toml:1:1: sources: expected [[sources]]"
    assert only(site("", "sources = [1]")).endswith("sources[1]: expected a table: [sources]")


def test_an_inline_array_of_sources_is_read_with_its_places(site):
    root = site("", 'sources = [\n  { url = "https://x.example/" },\n  { url = 1 },\n]\n')
    assert only(root) == "config/sources.toml:3:5: sources[2].url: expected an http or https URL"


@pytest.mark.parametrize("second", ["http://a.example/feed", "https://www.a.example/feed?utm_source=b"])
def test_two_sources_with_one_address_are_a_mistake_naming_both_lines(site, second):
    found = only(site("", f'{GOOD_SOURCE}\n[[sources]]\nid = "b"\nurl = "{second}"\n'))
    assert found == "config/sources.toml:7:1: sources[2].url: the source in line 1 has the same address"


def test_two_sources_with_one_id_are_a_mistake_also_when_it_is_derived(site):
    written = only(site("", f'{GOOD_SOURCE}[[sources]]\nid = "a"\nurl = "https://b.example/"\n'))
    assert written == 'config/sources.toml:5:1: sources[2].id: the source in line 1 has the id "a", too'
    two = '[[sources]]\nurl = "https://a.example/1"\n[[sources]]\nurl = "https://www.a.example/2"\n'
    assert only(site("", two)).endswith('has the id "a.example", too; give one of them another id')


@pytest.mark.parametrize(
    ("url", "path", "expected"),
    [
        ("https://www.a.example/feed", "", "a.example"),
        ("https://feeds.a.example:8080/x", "", "a.example"),
        ("https://rss.example/", "", "rss.example"),
        ("https://新闻.example/", "", "xn--efvy88h.example"),
        ("", "config/samples/qq.xml", "qq"),
        ("", "my notes/", "my-notes"),
    ],
)
def test_an_id_is_derived_from_the_address(url, path, expected):
    assert derived_id(url, path) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name = "AI"\n[[tags]]\nname = "ＡＩ"', '4:1: tags[2].name: "ai" belongs to the tag "AI" in line 1 already'),
        ('name = "Tide"\n[[tags]]\nname = "tide"', '4:1: tags[2].name: "tide" belongs to the tag "Tide" in line 1'),
        ('name = "A"\naliases = ["x"]\n[[tags]]\nname = "B"\naliases = ["y", "X"]', '6:17: tags[2].aliases[2]: "x"'),
        ('name = "A"\nslug = "b"\n[[tags]]\nname = "B"', '5:1: tags[2].name: "b" belongs to the tag "A"'),
        ('name = "A"\nslug = "x/y"', "3:1: tags[1].slug: expected a lower-case name that can stand in paths"),
        ('name = "A"\nparent = "C"', '3:1: tags[1].parent: expected the name of a tag, "C" is none'),
        (
            'name = "Tech"\n[[tags]]\nname = "AI"\nparent = "tehc"',
            '5:1: tags[2].parent: expected the name of a tag, "tehc" is none - did you mean "Tech"?',
        ),
        ('name = "A"\nparent = "a"', "3:1: tags[1].parent: a tag cannot be its own ancestor"),
    ],
)
def test_a_wrong_tag_is_told_with_its_place(site, text, expected):
    assert only(site("", None, f"[[tags]]\n{text}\n")).startswith(f"config/tags.toml:{expected}")


def test_a_circle_of_parents_is_a_mistake(site):
    text = "".join(f'[[tags]]\nname = "{name}"\nparent = "{parent}"\n' for name, parent in ("AB", "BC", "CA", "DA"))
    assert len(mistakes(site("", None, text))) == 3


def test_feeds_by_query_are_read(site):
    text = """[[feeds]]\nslug = "phones"\nquery = '苹果 "iPhone 17"'\ntitle = "手机"\n"""
    (found,) = load(site("", None, text)).feeds
    assert (found.slug, found.query, found.title) == ("phones", '苹果 "iPhone 17"', "手机")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('slug = "a"', "1:1: feeds[1].query: expected a value: a query such as '苹果 and not 手机'"),
        ('query = "a"', "1:1: feeds[1].slug: expected a value"),
        ('slug = "a"\nquery = "苹果 and (手机"', "3:17: feeds[1].query: expected ) for this ("),
        ('slug = "a"\nquery = "苹果 or"', "3:15: feeds[1].query: expected a tag, source:…, lang:… or words in quotes"),
        ('slug = "a"\nquery = "tag:\\"苹果"', "3:1: feeds[1].query: expected a name behind tag:"),
        ("slug = 'a'\nquery = 'author:x'", '3:10: feeds[1].query: expected tag:, source: or lang:, found "author:"'),
        ('slug = "a"\nquery = "x"\n[[feeds]]\nslug = "a"\nquery = "y"', "5:1: feeds[2].slug: the feed in line 1 has"),
    ],
)
def test_mistakes_in_queries_are_told_with_their_place(site, text, expected):
    (found,) = mistakes(site("", None, f"[[feeds]]\n{text}\n"))
    assert found.startswith(f"config/tags.toml:{expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('match = ["AI", "re:(?<=a)b"]', ":5:16: tags[2].match[2]: expected an expression as RE2 knows them"),
        ("not = ['re:[']", ":5:8: tags[2].not[1]: expected an expression as RE2 knows them"),
        ("match = ['re:x*']", ":5:10: tags[2].match[1]: expected an expression that does not match the empty text"),
        ("match = ['re:']", ":5:10: tags[2].match[1]: expected an expression that does not match the empty text"),
        ('was = { a = "soon" }', ':5:9: tags[2].was.a: expected a day such as "2026-11-22"'),
        ('was = { a = "2026-11-01", b = "2026-11-02" }', ':5:9: tags[2].was.a: "a" belongs to the tag "A" in line 1'),
    ],
)
def test_mistakes_of_tag_rules_are_placed(site, text, expected):
    written = f'[[tags]]\nname = "A"\n[[tags]]\nname = "B"\n{text}\n'
    assert only(site("", None, written)).startswith(f"config/tags.toml{expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('action = "drop"', ":1:1: filters[1]: expected match or not: without them the filter means every entry"),
        ('action = "dorp"\nmatch = ["x"]', ':2:1: filters[1].action: expected "keep" or "drop" - did you mean "drop"?'),
        ('match = ["x"]', ":1:1: filters[1].action: expected a value"),
        ('action = "keep"\nnot = ["x"]\nsources = ["b"]', ':4:12: filters[1].sources[1]: no source "b"'),
        ('action = "keep"\nnot = ["x"]\nfields = ["body"]', ':4:11: filters[1].fields[1]: expected "title" or'),
    ],
)
def test_mistakes_of_filters_are_placed(site, text, expected):
    found = only(site("", '[[sources]]\nid = "a"\nurl = "https://a.example/"\n', f"[[filters]]\n{text}\n"))
    assert found.startswith(f"config/tags.toml{expected}")


def test_filters_are_read(site):
    text = '[[filters]]\naction = "drop"\nsources = ["a"]\nmatch = ["广告", \'re:ad\\d\']\nnot = ["x"]\n'
    root = site("", '[[sources]]\nid = "a"\nurl = "https://a.example/"\n', text)
    assert load(str(root), environ={}).filters == (
        Filter(action="drop", sources=("a",), match=("广告", r"re:ad\d"), not_=("x",)),
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"[site]\ntitle = \n", "2:9: invalid value"),
        (b"[site]\ntitle = [1", "2:11: unclosed array"),
        (b"\xef\xbb\xbf[site]\n", "1:1: begins with a byte order mark"),
        ("[site]\ntitle = '新闻".encode() + b"\xff'", "2:12: expected UTF-8, found the byte 0xff"),
        ("[site]".encode("utf-16"), "1:1: expected UTF-8, found the byte 0xff"),
        (b"x = " + b"[" * 5000, "1:1: values are nested too deeply"),
        (b"x = 1" + b"0" * 5000, "1:1: Exceeds the limit"),
    ],
)
def test_a_file_that_is_no_toml_is_told_with_line_and_column(site, data, expected):
    assert only(site(data)).startswith(f"config/tagwire.toml:{expected}")


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("CST", ': CST is none, write "Asia/Shanghai" or "America/Chicago"'),
        ("jst", ': jst is none, write "Asia/Tokyo"'),
        ("UTC+8", ": an offset is none, write a place that has it"),
        ("+08:00", ": an offset is none, write a place that has it"),
        ("asia/shanghai", ' - did you mean "Asia/Shanghai"?'),
        ("nowhere at all", ""),
    ],
)
def test_what_people_write_for_a_zone_leads_to_one(site, zone, told):
    expected = 'expected a time zone such as "Asia/Shanghai"'
    assert only(site(f'[site]\ntimezone = "{zone}"\n'.encode())).endswith(f"site.timezone: {expected}{told}")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[site]\ntitle = "a"\n  title = "b"\n', "3:3: site.title: is there already, in line 2"),
        ("[site]\r\n[http]\r\n[site]\r\n", "3:1: site: is there already, in line 1"),
        ("[http]\nallow_hosts = ['a']\nallow_hosts = [\n'b', # c\n]\n", "3:1: http.allow_hosts: is there already"),
        ("x = [{ a = 1, b = [1], a = 2 }]", "1:24: x[1].a: is there already, in line 1"),
        ("a = 1 # \u2028\na.b = 2", "2:1: a: is there already, in line 1"),
        ("[[a]]\nb = 1\n[[a]]\nb = 1\n[a.b]\n", "5:1: a[2].b: is there already, in line 4"),
    ],
)
def test_a_key_or_table_that_is_written_twice_is_named_with_both_its_places(site, text, told):
    assert only(site(text.encode())).startswith(f"config/tagwire.toml:{told}")


def test_another_place_than_tomllibs_is_told_as_it_is():
    assert reading._double("a = 1\nb = 2", 2, 1) == (2, 1, "a key or table is there already")


@pytest.mark.parametrize(
    ("text", "name"),
    [(b"a = []\n[[a]]\nx = 1\n", "a"), (b"a = {b = {c = 1}}\na.b.d = 2", "a.b"), (b'["it\'s"]\n["it\'s"]\n', "it's")],
)
def test_tables_that_are_there_already_are_named_without_internals(site, text, name):
    found = only(site(text))
    assert re.search(rf": {name}(: is there already| has a value in brackets or braces)", found)
    assert "namespace" not in found
    assert "(" not in found


def test_mistakes_of_all_files_are_told_even_if_one_is_no_toml(site):
    assert len(mistakes(site("[", '[[sources]]\nid = "a"\n'))) == 2


def test_a_file_that_cannot_be_read_is_told(site, tmp_path):
    root = site("")
    (tmp_path / "config" / "tags.toml").mkdir()
    assert only(root) == "config/tags.toml:1:1: expected a file"


def test_a_missing_main_file_is_told(tmp_path):
    assert only(str(tmp_path)).endswith("config/tagwire.toml:1:1: no such file; `tagwire init` makes one")


def test_the_environment_overrides_scalars(site):
    environ = {
        "TAGWIRE_SITE__TITLE": "Env",
        "TAGWIRE_SERVER__PORT": "9000",
        "TAGWIRE_SCHEDULE__JITTER": "0.2",
        "TAGWIRE_HTTP__ALLOW_PRIVATE_NETWORKS": "true",
        "TAGWIRE_HTTP__TIMEOUT": "5s",
        "TAGWIRE_HTTP__PROXY": "env:P",
        "P": "http://u:p@proxy.example:3128",
        "TAGWIRE_SERVICE_HOST": "10.0.0.1",
        "TAGWIRE_CONFIG": "elsewhere",
    }
    loaded = load(site('[site]\ntitle = "File"\n'), environ=environ)
    assert (loaded.site.title, loaded.server.port, loaded.schedule.jitter) == ("Env", 9000, 0.2)
    assert (loaded.http.allow_private_networks, loaded.http.timeout) == (True, 5.0)
    assert loaded.http.proxy == "http://u:p@proxy.example:3128"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TAGWIRE_SITE__TITEL", "x", 'unknown variable - did you mean "TAGWIRE_SITE__TITLE"?'),
        ("TAGWIRE_SERVER__PORT", "many", "expected a whole number from 0 to 65535"),
        ("TAGWIRE_HTTP__ALLOW_PRIVATE_NETWORKS", "si", "expected true or false"),
        ("TAGWIRE_PUBLISH__FORMATS", "atom", "lists and tables are set in the file"),
        ("TAGWIRE_SCHEDULE__JITTER", "x", "expected a number from 0 to 0.5"),
    ],
)
def test_a_wrong_variable_is_a_mistake(site, name, value, expected):
    assert only(site(""), {name: value}) == f"environment: {name}: {expected}"


def test_a_file_outside_the_working_directory_is_named_in_full(site, tmp_path, monkeypatch):
    root = site("x")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert only(root).startswith(f"{root}/config/tagwire.toml:1:2: ")


def test_the_site_is_found_from_below_by_name_and_by_variable(site, tmp_path, monkeypatch):
    root = site("")
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert str(locate("", "", {}).root) == root
    assert str(locate("..", "", {}).root.resolve()) == root
    main = tmp_path / "config" / "tagwire.toml"
    assert locate("", str(main), {}).root == tmp_path
    assert locate("", "", {"TAGWIRE_CONFIG": str(main)}).root == tmp_path
    assert locate(root, "config/tagwire.toml", {}).file == main
    other = tmp_path / "other.toml"
    assert locate("", str(other), {"TAGWIRE_CONFIG": "x"}).root == tmp_path
    assert locate(str(tmp_path / "a"), str(other), {}).root == tmp_path / "a"


def test_no_site_is_a_configuration_error(tmp_path):
    with pytest.raises(ConfigError, match="tagwire init"):
        locate(str(tmp_path), "", {})


def test_the_json_schema_knows_every_available_key_and_its_default():
    found = json.loads(json.dumps(schema.json_schema()))
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert set(found["properties"]) == {entry.name for entry in schema.SECTIONS}
    assert found["properties"]["publish"]["properties"]["entries"]["default"] == 50
    items = found["properties"]["sources"]["items"]["properties"]["items"]
    assert items["required"] == ["list"]
    assert "limit" in items["properties"]["detail"]["properties"]
    assert found["properties"]["tags"]["items"]["required"] == ["name"]


def test_the_repositorys_own_configuration_is_right_and_its_templates_do_not_drift():
    here = Path(__file__).parents[1]
    assert [source.id for source in load(str(here), environ={}).sources] == ["seeds", "wallstreetcn", "qq"]
    for name in ("tagwire.toml", "tags.toml"):
        template = here / "aggregator" / "cli" / "templates" / "config" / name
        assert (here / "config" / name).read_bytes() == template.read_bytes()
