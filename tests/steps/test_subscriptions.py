"""Lists of subscriptions: OPML in all its conditions, newsboat's file, URLs, JSON; every bad line with its number."""

from __future__ import annotations

import pytest

from aggregator.steps import subscriptions


def read(content: str | bytes):
    listing = subscriptions.read("f", content.encode() if isinstance(content, str) else content)
    return [(one.line, dict(one.keys)) for one in listing.found], [str(problem) for problem in listing.problems]


def opml(body: str, head: str = '<?xml version="1.0"?>') -> str:
    return f'{head}\n<opml version="2.0"><head/><body>\n{body}\n</body></opml>'


A = {"url": "https://a.example/feed"}


class TestOpml:
    def test_folders_and_categories_become_tags(self) -> None:
        body = (
            '<outline text="News"><outline text="World">\n'
            '<outline type="rss" text="T" title="Title" xmlUrl="https://a.example/feed" category="/Far/East,x"/>\n'
            '</outline><outline text="https://b.example/" XMLURL=" https://b.example/ "/></outline>\n'
            '<outline text="C" xmlUrl="https://c.example/"/>'
        )
        found, problems = read(opml(body))
        assert problems == []
        assert found == [
            (4, {**A, "title": "Title", "tags": ["News", "World", "Far", "East", "x"]}),
            (5, {"url": "https://b.example/", "tags": ["News"]}),
            (6, {"url": "https://c.example/", "title": "C"}),
        ]

    def test_feeds_may_have_outlines_below_them(self) -> None:
        body = '<outline text="A" xmlUrl="https://a.example/feed"><outline text="B" xmlUrl="https://b.example/"/></outline>'
        assert [keys["url"] for _, keys in read(opml(body))[0]] == ["https://a.example/feed", "https://b.example/"]

    def test_what_is_no_feed_is_told_and_includes_are_not_followed(self) -> None:
        body = (
            '<outline type="include" url="https://a.example/self.opml" text="Self"/>\n<outline text="empty"/>\n'
            '<outline text="link" type="link" url="https://b.example/"/>'
        )
        found, problems = read(opml(body))
        assert found == []
        assert problems == [
            "f:3: includes are not followed: https://a.example/self.opml",
            "f:4: outline 'empty' has no xmlUrl",
            "f:5: includes are not followed: https://b.example/",
        ]

    def test_entities_and_bare_ampersands_are_read(self) -> None:
        body = '<outline text="Caf&eacute; &amp; &bogus; R&D &#20013;" xmlUrl="https://a.example/?a=1&b=2&amp;c=3"/>'
        (one,), problems = read(opml(body))
        assert one[1] == {"url": "https://a.example/?a=1&b=2&c=3", "title": "Café & &bogus; R&D 中"}
        assert problems == []

    def test_no_dtd_is_read(self) -> None:
        head = '<?xml version="1.0"?>\n<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">\n<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        (one,), _ = read(opml('<outline text="&b;&x;" xmlUrl="https://a.example/feed"/>', head))
        assert one == (5, {**A, "title": "&b;&x;"})

    @pytest.mark.parametrize("codec", ["gb18030", "utf-16", "utf-8-sig", "big5"])
    def test_encodings_are_found_out(self, codec: str) -> None:
        label = codec.removesuffix("-sig")
        content = opml(
            '<outline text="新聞" xmlUrl="https://a.example/feed"/>', f'<?xml version="1.0" encoding="{label}"?>'
        )
        assert read(content.encode(codec))[0] == [(3, {**A, "title": "新聞"})]

    def test_a_wrong_label_costs_nothing(self) -> None:
        content = opml(
            '<outline text="新闻" xmlUrl="https://a.example/feed"/>', '<?xml version="1.0" encoding="ascii"?>'
        )
        assert read(content)[0] == [(3, {**A, "title": "新闻"})]

    def test_damaged_xml_gives_what_can_be_read_and_says_so(self) -> None:
        content = opml('<outline text="A" xmlUrl="https://a.example/feed"/>\n<outline text="B" xmlUrl="https://b.exam')
        found, problems = read(content)
        assert found[0] == (3, {**A, "title": "A"})
        assert problems
        assert any("damaged XML" in problem for problem in problems)

    def test_deep_nesting_ends_somewhere(self) -> None:
        found, problems = read(
            opml('<outline text="x">' * 5000 + '<outline text="A" xmlUrl="https://a.example/feed"/>')
        )
        assert any("damaged XML" in problem or "no XML" in problem for problem in problems)
        assert len(found) <= 1

    @pytest.mark.parametrize(("content", "told"), [("<rss/>", "no OPML"), ("<", "no XML that can be read")])
    def test_other_xml_is_refused(self, content: str, told: str) -> None:
        found, problems = read(content)
        assert found == []
        assert told in problems[0]

    @pytest.mark.parametrize(
        ("kind", "told"),
        [
            ("HTML+XPath", 'by XPath: declare it, `kind = "html"`'),
            ("XML+XPath", 'by XPath: declare it, `kind = "html"`'),
            ("HTML+XPath+JSON+DotNotation", 'by XPath: declare it, `kind = "html"`'),
            ("JSON+DotNotation", 'declare it, `kind = "json"`'),
            ("JSON+DotPath", 'declare it, `kind = "json"`'),
        ],
    )
    def test_pages_and_interfaces_that_freshrss_reads_are_told_with_what_to_do(self, kind: str, told: str) -> None:
        """As plain feeds they would fail at every fetch; what stands around them is taken."""
        body = (
            f'<outline text="F"><outline text="P" type="{kind}" xmlUrl="https://b.example/news"\n'
            ' xmlns:frss="https://freshrss.org/opml" frss:xPathItem="//article"/>\n'
            '<outline text="T" type="JSONFeed" xmlUrl="https://a.example/feed"/></outline>'
        )
        found, [problem] = read(opml(body))
        assert found == [(5, {**A, "title": "T", "tags": ["F"]})]
        assert problem.startswith("f:")
        assert "https://b.example/news: FreshRSS " in problem
        assert told in problem

    def test_our_own_keys_are_exact(self) -> None:
        body = (
            '<outline text="x" xmlns:t="urn:tagwire:sources" xmlUrl="https://a.example/feed" category="a"'
            " t:keys='{&quot;id&quot;: &quot;a&quot;, &quot;tags&quot;: [&quot;b,/c&quot;]}'/>\n"
            '<outline text="y" xmlns:t="urn:tagwire:sources" xmlUrl="https://b.example/" t:keys="{"/>'
        )
        found, problems = read(opml(body))
        assert found == [(3, {**A, "id": "a", "tags": ["b,/c"]}), (4, {"url": "https://b.example/", "title": "y"})]
        assert problems[0].startswith("f:4: the keys of https://b.example/ cannot be read")


class TestLines:
    def test_newsboat(self) -> None:
        found, problems = read(
            '# mine\nhttps://a.example/feed news "far east" "~My title" !hidden\n\n"query:Unread:unread = \\"yes\\""\n'
            "exec:~/bin/feed x\nhttps://b.example/ 'open\nhttps://c.example/\r\n"
        )
        assert found == [
            (2, {**A, "title": "My title", "tags": ["news", "far east", "hidden"]}),
            (7, {"url": "https://c.example/"}),
        ]
        assert [problem.partition(": ")[0] for problem in problems] == ["f:4", "f:5", "f:6"]

    def test_a_plain_list(self) -> None:
        assert read("https://a.example/feed\nhttps://b.example/\n")[0] == [(1, A), (2, {"url": "https://b.example/"})]

    def test_nothing_is_nothing(self) -> None:
        assert read(b"") == ([], [])


PLANET = """# my planet
; of friends
[Planet]
name = My planet
activity_threshold:
   90
   30

[DEFAULT]
face = none.png

[http://a.example/feed]
name = Ann "the man" Li
face: ann.png

[https://b.example/?a=1;b=2#c]   ; see [there]
name: 100%(sure)s 王   ; of the %(north)s
what is this

[http://c.example/feed]
[http://d.example/list.opml]
content_type = opml
[HTTP://e.example/feed]
NAME =
   Two
   lines
[excerpt.py]
omit = img
"""


class TestPlanets:
    def test_sections_with_addresses_are_sources(self) -> None:
        """As Planet and Venus read them: quotes, percent signs, comments, values of several lines."""
        found, problems = read(PLANET)
        assert found == [
            (12, {**A, "url": "http://a.example/feed", "title": 'Ann "the man" Li'}),
            (16, {"url": "https://b.example/?a=1;b=2#c", "title": "100%(sure)s 王"}),
            (20, {"url": "http://c.example/feed"}),
            (23, {"url": "HTTP://e.example/feed", "title": "Two lines"}),
        ]
        assert problems == [
            "f:18: neither a section nor `name = value`: what is this",
            "f:21: lists of feeds are not followed: http://d.example/list.opml",
            "f:27: [excerpt.py] is no address of a feed",
        ]

    def test_a_section_that_comes_again_goes_on(self) -> None:
        content = "[http://a.example/feed]\nname = One\n[https://b.example/]\n[http://a.example/feed]\nname = Two\n"
        found, problems = read(content)
        assert [keys for _, keys in found] == [
            {"url": "http://a.example/feed", "title": "Two"},
            {"url": "https://b.example/"},
        ]
        assert problems == []

    def test_what_stands_before_the_first_section_is_told(self) -> None:
        assert read("\nname = x\n[Planet]\n") == (
            [],
            ["f:2: a planet's config.ini begins with a section; nothing was read"],
        )

    def test_without_feeds_nothing_is_found(self) -> None:
        assert read("[planet]\nname = x\n") == ([], [])


class TestJson:
    def test_lists_and_documents(self) -> None:
        assert read('["https://a.example/feed"]')[0] == [(0, A)]
        found, problems = read('{"sources": [{"url": "https://a.example/feed", "every": "2h"}, {"id": "x"}, 3]}')
        assert found == [(0, {**A, "every": "2h"})]
        assert problems == ["f: source 2 has neither url nor path", "f: source 3 has neither url nor path"]

    @pytest.mark.parametrize("content", ["{", '{"a": 1}', "[" * 100_000])
    def test_what_is_none_is_told(self, content: str) -> None:
        assert len(read(content)[1]) == 1


class TestOtherFiles:
    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"\x00\x01\x02https://a.example/feed\n" * 50, "this is no text"),
            ("Once upon a time\n" * 50, "no line of this text begins with an address"),
        ],
    )
    def test_what_is_no_list_at_all_is_told_once(self, content: str | bytes, why: str) -> None:
        found, problems = read(content)
        assert found == []
        accepted = (
            "OPML, newsboat's urls file, a planet's config.ini, a list with one URL a line, and what `tagwire export "
            "--json` writes"
        )
        assert problems == [f"f: {why}; accepted are {accepted}"]

    @pytest.mark.parametrize("one", ["https://a.example/feed", "query:x:y", "a.example/feed"])
    def test_a_list_with_one_good_line_is_a_list(self, one: str) -> None:
        found, problems = read("words\n" * 50 + one)
        assert len(found) + len(problems) == 51

    def test_a_quotation_without_end_is_told_in_our_words(self) -> None:
        assert read('https://a.example/feed "tag\n') == (
            [],
            ['f:1: a quotation without end: https://a.example/feed "tag'],
        )

    def test_a_list_in_utf_16_is_text(self) -> None:
        assert read("https://a.example/feed\n".encode("utf-16")) == ([(1, A)], [])
