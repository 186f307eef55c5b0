"""The fast road for well-formed feeds gives what feedparser's handlers give, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Document
from aggregator.parsers import syndication
from aggregator.steps.bodies import decode
from aggregator.steps.syndication import fastxml, feedxml

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.xml"))
NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "x": "urn:x",
}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())


def both(body):
    """What the two roads give; None for the fast one where it declines."""
    body = decode.utf8(body if isinstance(body, bytes) else body.encode())
    document = Document(name="x", body=body)
    fast = fastxml.read(body, limit=syndication.LIMIT)
    if fast is None:
        return None, None
    slow = feedxml.read(body, limit=syndication.LIMIT)
    return syndication._parsed(fast, body, document), syndication._parsed(slow, body, document)


def rss(inner, root="", channel=""):
    return f'<rss version="2.0" {DECLARED} {root}><channel {channel}>{inner}</channel></rss>'


def atom(inner, root=""):
    return f'<feed xmlns="{NAMESPACES["atom"]}" {DECLARED} {root}>{inner}</feed>'


def xhtml(inner):
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'


def test_golden_documents_are_read_alike_and_most_of_them_fast():
    pairs = [both(path.read_bytes()) for path in GOLDEN]
    assert all(fast == slow for fast, slow in pairs)
    assert sum(fast is not None for fast, _ in pairs) > len(pairs) / 2


@pytest.mark.parametrize(
    "inner",
    [
        "<item><link>http://a.example/?a=1&amp;amp;b;=2</link></item>",
        "<item><title>cafÃ©</title><description>标题</description></item>",
        "<item><title>　标题　</title><description>\n　　甲　\n</description></item>",
        "<item><title>　</title><description>　　</description><content:encoded> \n　 </content:encoded></item>",
        "<item><title>1 &lt;b&gt;2&lt;/b&gt;</title><title>second</title></item>",
        "<item><description>1</description><description>2</description><itunes:summary>3</itunes:summary></item>",
        "<item><itunes:summary>1</itunes:summary><itunes:summary>2</itunes:summary></item>",
        "<itunes:summary>1</itunes:summary><description>2</description><item><description>3</description></item>",
        "<item><source url='http://b.example'>S</source><title>1</title><title>2</title></item>",
        "<item><title>1</title><atom:source><title>S</title><author><name>N</name></author><x:y/></atom:source></item>",
        "<item><atom:source><title>S</title></atom:source><title>1</title><media:title>2</media:title></item>",
        "<item><author><name>N</name><email>m@a.example</email><uri>http://a.example</uri><x:y/></author></item>",
        "<item><atom:contributor><name>N</name></atom:contributor><dc:creator>m@a.example (N)</dc:creator></item>",
        "<item><category label='L'/><category>T</category><category domain='d'>U</category></item>",
        "<item><itunes:category text='T'/><itunes:keywords>a, b,</itunes:keywords></item>",
        "<item><media:group><media:title>1</media:title><media:x><media:z/></media:x></media:group><title>2</title></item>",
        "<item><media:thumbnail>http://a.example/1.png</media:thumbnail><itunes:image href='2'/><itunes:image/></item>",
        "<item><x:y><x:z a='b'/></x:y></item>",
        "<item xml:lang='fr' x:id='1'><title xml:lang='pt_BR'>1</title><description xml:lang=''>2</description></item>",
        "<item xml:base='http://a.example/b/'><title>1</title><description>2</description></item>",
        "<image><url>http://a.example/1.png</url><title>I</title></image><title>T</title>",
        "<textInput><title>I</title><name>n</name></textInput><title>1</title>",
        "<ttl>30</ttl><icon a='b'>i</icon><skipHours><hour>3</hour></skipHours><skipDays><day>Monday</day></skipDays>",
        "<itunes:author>A</itunes:author><itunes:owner><itunes:name>N</itunes:name><x:y/></itunes:owner>",
        "<itunes:category text='1'><itunes:category text='2'/></itunes:category><item/>",
        "<item><title>1</title></item>" * 1003,
        "".join(f"<item><pubDate>{1_700_000_000 + n}</pubDate></item>" for n in range(1003)),
        "<item>" + "".join(f"<category>{n}</category>" for n in range(600)) + "</item>",
        "<item><title><!-- a -->b<?c d?>e<![CDATA[<f>]]></title></item>",
    ],
)
def test_what_is_odd_but_certain_is_read_fast(inner):
    fast, slow = both(rss(inner))
    assert fast is not None
    assert fast == slow


@pytest.mark.parametrize(
    "inner",
    [
        *("<p>a &amp; b<br/><i class='\"&lt;' Rel='X'>t</i></p> tail", "", " text ", "<div>1</div>", "<p>标题</p>"),
    ],
)
@pytest.mark.parametrize(("before", "after"), [("", ""), (" ", "\n"), ("x", ""), ("", xhtml("2")), ("", "y")])
def test_xhtml_in_atom_is_written_again_alike(inner, before, after):
    parts = (f"<{name} type='xhtml'>{before}{xhtml(inner)}{after}</{name}>" for name in ("title", "summary", "content"))
    fast, slow = both(atom(f"<entry>{''.join(parts)}</entry>", "xml:lang='en_GB'"))
    assert fast is not None
    assert fast == slow


@pytest.mark.parametrize(
    "document",
    [
        *(
            "",
            "text",
            rss("<item>"),
            rss("<item><title>a & b</title></item>"),
            rss("&nbsp;"),
            rss("<dc:x xmlns:dc='y'/>"),
        ),
        *("<!DOCTYPE rss>" + rss(""), "<!-- <a> --><!DOCTYPE rss>" + rss(""), "<?xml version='1.1'?>" + rss("")),
        '<!DOCTYPE r [<!ENTITY a "b">]>' + rss("<item><title>&a;</title></item>"),
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"/>',
        *(
            "<rss/>",
            "<rss><channel/><channel/></rss>",
            "<rss><channel/><item/></rss>",
            "<rss><channel/><ttl>1</ttl></rss>",
        ),
        *("<RSS><channel/></RSS>", "<feed/>", "<feed xmlns='http://purl.org/atom/ns#'/>", "<channel/>"),
        *(rss("", "xml:base='/b'"), rss("", "base='http://a/../b'"), rss("", "", "href='x'"), rss("<item href='x'/>")),
        rss("<item><title><b>1</b></title></item>"),
        rss("<item><description type='xhtml'>1</description></item>"),
        rss("<item><description type='application/xml'>1</description></item>"),
        rss("<item><title mode='base64'>YQ==</title></item>"),
        rss("<item><content src='http://a.example/'/></item>"),
        rss("<item><title>&#128;</title></item>"),
        rss("<item><title>\x85</title></item>"),
        rss("<item><title>Ã©&lt;/b&gt;</title></item>"),
        rss("<item><title>Â&#xA0;Ã&#xA9;&amp;</title></item>"),
        rss("<item><author><name>N</name><item/></author></item>"),
        rss("<author><name>N</name><title>1</title></author>"),
        rss("<item><x:y><title>1</title></x:y></item>"),
        rss("<item><image>1</image></item>"),
        *(
            rss(f"<item><{name}>1</{name}></item>")
            for name in ("date", "body", "links", "tags", "hour", "name", "item")
        ),
        rss("<item><x:y x:base='b'/></item>"),
        rss("<item><link x:href='b'/></item>"),
        rss("<item><link base='b'/></item>"),
        *(rss("<item><x:y é='1'/></item>"), rss("<item><link é='1'/></item>"), rss("<item><é/></item>")),
        rss("<item><author><x:y/></author></item>"),
        rss("<item><itunes:keywords a='b'>1</itunes:keywords></item>"),
        rss("<item>" + "<media:group>" * 20 + "</media:group>" * 20 + "</item>"),
        rss("<image><x:y/></image>"),
        rss("<skipHours><x:y/></skipHours>"),
        rss("<?\u2c00 x?>"),
        rss("", "xmlns:\u2c00='urn:y'"),
        rss("<itunes:category><title/></itunes:category>"),
        rss("<item><a xmlns='urn:a'/><b:a xmlns:b='urn:a'/></item>"),
        rss("", "xmlns:slash='http://purl.org/dc/terms/' xmlns:s='http://purl.org/rss/1.0/modules/slash/'"),
        atom("", "xmlns:r='http://purl.org/rss/1.0/'"),
        atom(f"<entry><content type='xhtml'>{xhtml('<svg/>')}</content></entry>"),
        atom("<entry><content type='xhtml'><div>1</div></content></entry>"),
        atom("", "xmlns:xlink='http://www.w3.org/1999/xlink'"),
        rss("<item/>" + " " * 4_000_000),
    ],
)
def test_what_is_not_certain_is_declined(document):
    assert fastxml.read(decode.utf8(document.encode())) is None


TEXTS = st.sampled_from(
    [
        *(
            "",
            " ",
            "a",
            " two words ",
            "标题",
            "café",
            "cafÃ©",
            "a &amp; b",
            "AT&amp;amp;T",
            "&lt;b&gt;b&lt;/b&gt;",
            "&#8217;",
        ),
        *("<![CDATA[<p>1 &nbsp; <a href='/x'>2</a></p>]]>", "<!-- c -->a<!-- d -->b", "http://a.example/?a=1&amp;b;=2"),
        *("a, b,, c", "mail@a.example (A B)", "A <![CDATA[<mail@a.example>]]>", "Mon, 03 Feb 2025 08:00:00 GMT", "30"),
        *(
            "false",
            "1&lt;2 &amp;copy; &lt;/i&gt;",
            "&lt;blink/&gt;&lt;/b&gt;",
            "Ã&lt;/b&gt;Â©",
            "\u3000缩进\u3000",
            "&#133;",
        ),
        *("<i>markup</i>", "http://a.example/1", "1", "yes", "<?pi x?>pi", "\u00a0"),
    ]
)
VALUES = {
    "rel": ["alternate", "self", "Enclosure", "replies", ""],
    "href": ["http://a.example/1", "", "/x"],
    "url": ["http://a.example/2.mp3", ""],
    "uri": ["http://a.example/3"],
    "type": ["text", "html", "HTML", "xhtml", "text/html", "text/plain", "audio/mpeg", "image/png", "application/xml"],
    "length": ["12", "x"],
    "filesize": ["9"],
    "medium": ["image", "video"],
    "term": ["t", ""],
    "label": ["L", ""],
    "scheme": ["s", ""],
    "domain": ["d"],
    "text": ["T"],
    "isPermaLink": ["false", "true", "True"],
    "xml:lang": ["fr", "pt_BR", ""],
    "lang": ["de"],
    "xml:base": ["http://a.example/b/", "/b", "http://a.example/../c"],
    "base": ["http://b.example"],
    "src": ["http://a.example/", ""],
    "mode": ["base64", "escaped"],
    "thr:count": ["1"],
    "x:href": ["http://a.example/x"],
    "x:lang": ["it"],
    "rdf": ["1"],
    "lastmod": ["2025"],
}
SEVERAL = ("title", "link", "description", "category", "author", "guid", "pubDate")
LEAVES = (
    *("title", "link", "description", "guid", "id", "pubDate", "published", "updated", "author", "category", "summary"),
    *(
        "content",
        "content:encoded",
        "dc:creator",
        "dc:date",
        "dc:title",
        "dc:subject",
        "dc:language",
        "language",
        "ttl",
    ),
    *("atom:link", "atom:title", "atom:id", "itunes:summary", "itunes:image", "itunes:author", "itunes:category"),
    *("itunes:keywords", "itunes:explicit", "media:title", "media:description", "media:thumbnail", "media:content"),
    *(
        "media:category",
        "media:keywords",
        "media:credit",
        "enclosure",
        "source",
        "comments",
        "generator",
        "icon",
        "logo",
    ),
    *("rights", "managingEditor", "webMaster", "sy:updatePeriod", "sy:updateFrequency", "thr:total", "x:y", "x:title"),
    *(
        "dcterms:modified",
        "created",
        "hour",
        "date",
        "image",
        "lastBuildDate",
        "dc:description",
        "links",
        "Title",
        "body",
    ),
    *("dc:publisher", "dc:contributor", "abstract", "tags", "cloud", "subtitle", "info", "name", "itunes:owner"),
)
KINDS = {
    "author": ("name", "email", "uri", "x:y", "title"),
    "contributor": ("name", "email"),
    "atom:author": ("atom:name", "atom:uri", "name"),
    "source": ("title", "link", "id", "updated", "x:y"),
    "media:group": ("media:title", "media:content", "media:thumbnail", "media:description", "media:x", "title"),
    "media:content": ("media:title", "media:thumbnail", "media:keywords", "media:category"),
    "image": ("title", "link", "url", "width", "x:y"),
    "textInput": ("title", "link", "name", "description"),
    "itunes:owner": ("itunes:name", "itunes:email", "x:y"),
    "itunes:category": ("itunes:category",),
    "skipHours": ("hour", "x:y"),
    "skipDays": ("day",),
    "x:box": ("x:y", "title", "x:z"),
}


@st.composite
def attributes(draw):
    names = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=2, unique=True))
    return "".join(f' {name}="{draw(st.sampled_from(VALUES[name]))}"' for name in names)


@st.composite
def leaf(draw, names=LEAVES):
    name = draw(st.sampled_from(names))
    return f"<{name}{draw(attributes())}>{draw(TEXTS)}</{name}>"


@st.composite
def box(draw):
    name = draw(st.sampled_from(sorted(KINDS)))
    inner = draw(st.lists(leaf(KINDS[name]), max_size=3))
    return f"<{name}{draw(attributes())}> {''.join(inner)}</{name}>"


@st.composite
def markup(draw):
    """XHTML inside a text construct, and things that come near it."""
    name = draw(st.sampled_from(["title", "summary", "content"]))
    inner = draw(
        st.sampled_from(
            [
                *(
                    "<p>a &amp; b<br/><i class='&lt;\"'>t</i></p> tail",
                    "",
                    " text ",
                    "<svg/>",
                    "<a Type='X' lang='fr'>x</a>",
                ),
                *("<body>b</body>", "<p xml:lang='fr'>x</p>", "<div>1</div>", "<p>标题</p>"),
            ]
        )
    )
    before, after = draw(st.sampled_from([("", ""), (" \n", " "), ("x", ""), ("", xhtml("2"))]))
    return f'<{name} type="{draw(st.sampled_from(["xhtml", "html"]))}">{before}{xhtml(inner)}{after}</{name}>'


PARTS = st.lists(st.one_of(leaf(SEVERAL), leaf(), leaf(), box(), markup()), max_size=6).map("".join)
WORLD = st.lists(st.one_of(leaf(SEVERAL), leaf(), box()), max_size=4).map("".join)


@st.composite
def documents(draw):
    form, item = draw(st.sampled_from([(rss, "item"), (atom, "entry")]))
    entries = [f"<{item}>{draw(PARTS)}</{item}>" for _ in range(draw(st.integers(0, 3)))]
    lang = draw(st.sampled_from(["", "", 'xml:lang="en_GB"', 'xml:base="http://a.example/"']))
    return form(draw(WORLD) + "".join(entries) + draw(st.one_of(st.just(""), WORLD)), lang)


TAKEN: list[bool] = []


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(documents())
def check_generated(document):
    fast, slow = both(document)
    assert fast == slow
    TAKEN.append(fast is not None)


def test_generated_documents_are_read_alike_and_some_of_them_fast():
    TAKEN.clear()
    check_generated()
    assert sum(TAKEN) > len(TAKEN) / 20
