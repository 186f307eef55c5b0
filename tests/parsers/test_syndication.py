"""RSS and Atom beyond the golden pairs: limits, damage, and what hostile documents would like."""

from __future__ import annotations

import io
import time

import feedparser
import pytest

from aggregator import parsers
from aggregator.errors import NotAFeed, ParseError
from aggregator.model import Document
from aggregator.parsers import syndication
from aggregator.steps.bodies import decode
from aggregator.steps.syndication import feedxml


def rss(*items, head="", prolog='<?xml version="1.0" encoding="utf-8"?>'):
    return f'{prolog}<rss version="2.0"><channel><title>T</title>{head}{"".join(items)}</channel></rss>'


def item(number, date=""):
    return f"<item><title>{number}</title>{f'<pubDate>{date}</pubDate>' if date else ''}</item>"


def read(body, **more):
    document = Document(name="http://a/", body=body if isinstance(body, bytes) else body.encode(), **more)
    return parsers.choose(document).parse(document)


def titles(parsed):
    return [entry.title for entry in parsed.entries]


def test_the_newest_thousand_of_more_entries_are_read_and_the_rest_counted():
    parsed = read(rss(*map(item, range(1234))))
    assert titles(parsed) == [str(number) for number in range(1000)]
    assert "234 of 1234 entries skipped" in parsed.problems[0].message
    assert parsed.truncated == ""


def test_where_the_oldest_comes_first_the_last_thousand_are_read():
    items = [item(number, f"{1_700_000_000 + number}") for number in range(1010)]
    parsed = read(rss(*items))
    assert titles(parsed) == [str(number) for number in range(10, 1010)]
    assert "10 of 1010 entries skipped" in parsed.problems[0].message


def test_a_thousand_entries_are_no_problem():
    parsed = read(rss(*map(item, range(1000))))
    assert (len(parsed.entries), parsed.problems) == (1000, ())


def test_many_sloppy_entries_are_limited_too():
    parsed = read(rss("<item><title>a & b</title></item>", *map(item, range(1200))))
    assert len(parsed.entries) == 1000


@pytest.mark.parametrize("cut", ["</title>", "<item><title>2", "2</title></item>", "</channel>", "</rss>"])
def test_a_cut_document_says_so_and_keeps_its_whole_entries(cut):
    whole = rss(item(1), item(2))
    place = whole.rindex(cut) + (len(cut) if cut.startswith("<item") else 0)
    parsed = read(whole[:place])
    assert "ends too early" in parsed.truncated
    assert titles(parsed) == (["1", "2"] if cut in {"</channel>", "</rss>"} else ["1"])


def test_sloppy_xml_with_its_end_is_not_cut():
    parsed = read(rss("<item><title>a & b</title></item>") + "\n<!-- cached -->\n<script>x</script>")
    assert parsed.truncated == ""
    assert titles(parsed) == ["a & b"]


def test_output_before_the_feed_does_not_hide_it():
    assert titles(read("\n\n  " + rss(item(1)))) == ["1"]
    assert titles(read("Warning: something in line 3\n" + rss(item(1)))) == ["1"]


def test_a_long_prolog_does_not_hide_the_feed():
    for filler in ("<!ENTITY " * 9000, "<!--" + "-x" * 9000 + "-->", " " * 9000, '<!DOCTYPE rss [<!ENTITY a "x">]>'):
        assert titles(read(rss(item(1), prolog='<?xml version="1.0"?>' + filler))) == ["1"]


def test_one_gb_feed_and_one_bad_byte_are_read_as_they_were_meant():
    body = rss("<item><title>港口今天重新开放</title></item>", prolog='<?xml version="1.0" encoding="gb2312"?>')
    assert titles(read(body.encode("gbk"))) == ["港口今天重新开放"]
    body = rss("<item><title>港口今天重新开放</title></item>").encode().replace("今".encode(), b"\xff")
    parsed = read(body, charset="utf-8")
    assert titles(parsed) == ["港口\ufffd天重新开放"]
    assert [problem.message for problem in parsed.problems] == [
        "damaged places that could not be read and became U+FFFD: 1"
    ]


def test_an_encoding_that_is_no_more_than_a_guess_is_told():
    body = rss("<item><title>café</title></item>", prolog="<?xml version='1.0'?>").encode("latin-1")
    parsed = read(body)
    assert titles(parsed) == ["café"]
    assert "it was read as cp1252" in parsed.problems[0].message
    assert read(body, charset="iso-8859-1").problems == ()


@pytest.mark.parametrize("body", ["/etc/hostname", "http://127.0.0.1:9/feed", "file:///etc/hostname"])
def test_a_body_that_is_a_path_or_url_is_never_followed(body):
    with pytest.raises(NotAFeed, match="this is text"):
        syndication.parse(Document(name="http://a/", body=body.encode()))


@pytest.mark.parametrize(
    "body", [b"<rss ", b"<?xml version='1.0'?><rss version='2.0'><chan", b"<feed xmlns='urn:x'>", b"<rdf:RDF "]
)
def test_a_feed_that_ends_before_its_first_entry_is_truncated_not_another_thing(body):
    """As under a Content-Length that is too short."""
    parsed = read(body)
    assert "ends too early" in parsed.truncated
    assert parsed.entries == ()


def test_external_entities_are_never_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("TOPSECRET")
    for entity in (f'SYSTEM "file://{secret}"', 'SYSTEM "http://127.0.0.1:9/x"'):
        prolog = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x {entity}>]>'
        assert "TOPSECRET" not in repr(read(rss("<item><title>[&x;]</title></item>", prolog=prolog)))


def test_entities_of_entities_are_not_expanded():
    laughs = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    parsed = read(rss("<item><title>&a9;</title></item>", prolog=f'<?xml version="1.0"?><!DOCTYPE r [{laughs}]>'))
    assert titles(parsed) == ["&a9;"]


NETSCAPE = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'


@pytest.mark.parametrize("between", ["", " ", "\n", "<!-- <b> -->"])
@pytest.mark.parametrize(
    ("doctype", "title", "text"),
    [
        (NETSCAPE, "caf&eacute; a", "café a"),
        ('<!DOCTYPE rss SYSTEM "x.dtd">', "caf&eacute; &bogus; a", "café &bogus; a"),
        ('<!DOCTYPE rss [<!ENTITY shop "Lighthouse"><!ENTITY no SYSTEM "x">]>', "&shop; a &no;", "Lighthouse a &no;"),
    ],
)
def test_entities_are_read_wherever_the_document_type_stands(between, doctype, title, text):
    """Those that nobody declares stay as they were written; none is left out in silence."""
    prolog = f'<?xml version="1.0"?>{between}{doctype}'
    assert titles(read(rss(f"<item><title>{title}</title></item>", prolog=prolog))) == [text]


def test_no_entity_is_left_out_even_where_the_document_type_is_not_found():
    prolog = '<?xml version="1.0"?><?note <b>?><!DOCTYPE rss SYSTEM "x.dtd">'
    assert titles(read(rss("<item><title>caf&eacute; &bogus;</title></item>", prolog=prolog))) == ["café &bogus;"]


def test_a_long_entity_is_not_repeated_in_a_feed_that_is_not_well_formed():
    prolog = f'<!DOCTYPE rss [<!ENTITY a "{"x" * 60_000}">]>'
    (title,) = titles(read(rss(f"<item><title>b & {'&a;' * 100}</title></item>", prolog=prolog)))
    assert len(title) < 1_000


@pytest.mark.parametrize(
    "head",
    [
        f"<managingEditor>{'a' * 300_000}</managingEditor>",
        f"<managingEditor>{'a.a@' * 60_000}</managingEditor>",
        "<x " + " ".join(f"a{n}='v'" for n in range(40_000)) + "/>",
        "<a>" * 20_000 + "</a>" * 20_000,
        f"<description>{'&lt;!--' * 60_000}</description>",
        f"<pubDate>{'1' * 300_000}</pubDate>",
        "".join(f"<category>c{n}</category>" for n in range(8_000)),
    ],
    ids=["author", "mails", "attributes", "depth", "comments", "date", "categories"],
)
def test_what_takes_feedparser_quadratic_time_takes_us_none(head):
    begun = time.process_time()
    assert titles(read(rss(item(1), head=head))) == ["1"]
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("damage", ["", "&", "</a>"])
@pytest.mark.parametrize("end", ["", "</a>"])
def test_what_is_nested_beyond_all_reason_is_refused(damage, end, monkeypatch):
    """Well-formed, cut and sloppy alike; with smaller limits, since the true ones take a second to reach."""
    for reader in (feedxml._Strict, feedxml._Loose):
        monkeypatch.setattr(reader, "deepest", 2_000)
    with pytest.raises(ParseError, match="elements within each other"):
        read(rss(item(1), head=damage + "<a>" * 2_000 + end * 2_000))


def test_character_references_to_no_character_do_not_cost_the_feed():
    parsed = read(rss("<item><title>a&#xD800;b&#x110000;c&#99999999999;d</title></item>"))
    assert titles(parsed) == ["a\ufffdb\ufffdc\ufffdd"]


def test_characters_that_xml_forbids_do_not_make_it_sloppy():
    assert titles(read(rss("<item><title>a\x01b\x0cc\ufffed</title></item>"))) == ["abc\ufffdd"]
    assert feedxml.read(rss("<item><title>a\x01b</title></item>").encode()).error == ""


def test_a_failure_of_feedparser_is_a_typed_error(monkeypatch):
    def fail(self, tag, attrs):
        raise UnicodeError("from below")

    monkeypatch.setattr(feedparser.api.StrictFeedParser, "unknown_starttag", fail)
    with pytest.raises(ParseError, match="feedparser cannot read this: UnicodeError: from below") as caught:
        read(rss(item(1), prolog="<!DOCTYPE rss>"))
    assert caught.value.url == "http://a/"


def test_elements_with_attributes_only_have_no_text():
    parsed = read(rss(item(1), head='<ttl unit="min"/><generator/><image href="x"/>'))
    assert parsed.hints.ttl is None
    assert titles(parsed) == ["1"]


def test_feeds_in_channel_definition_format_and_without_version_are_read():
    assert titles(read("<channel><title>C</title><item><title>1</title></item></channel>")) == ["1"]
    assert titles(read("<rss><channel><item><title>1</title></item></channel></rss>")) == ["1"]


def test_html_in_the_title_of_a_feed_becomes_text():
    head = "<title>&lt;b&gt;AT&amp;amp;T&lt;/b&gt; news</title>"
    assert read(f'<rss version="2.0"><channel>{head}</channel></rss>').title == "AT&T news"


def test_prefixed_and_namespaced_roots_are_feeds():
    atom = '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>1</a:title></a:entry></a:feed>'
    assert titles(read(atom)) == ["1"]
    userland = rss(item(1)).replace("<rss ", '<rss xmlns="http://backend.userland.com/rss2" ')
    assert titles(read(userland)) == ["1"]


def test_svg_and_mathml_inside_xhtml_keep_their_namespaces():
    xlink = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    inner = f'<svg xmlns="http://www.w3.org/2000/svg" {xlink}><a xlink:href="#x">t</a></svg>'
    content = f'<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{inner}</div></content>'
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>1</title>{content}</entry></feed>'
    found = read(atom).entries[0].content
    assert 'xmlns="http://www.w3.org/2000/svg"' in found
    assert 'xlink:href="#x"' in found


def test_our_driver_finds_what_feedparser_finds():
    """The same handlers, driven otherwise: any difference is a bug of the driver, or a change in feedparser."""
    documents = [
        rss("<item><title>a & b</title><guid>x</guid></item>", item(2)),
        rss('<item xml:lang="fr"><title>x</title><unknown:a xmlns:unknown="urn:u" unknown:b="c">t</unknown:a></item>'),
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html">&lt;b&gt;</title></entry></feed>',
        (
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
            '<item rdf:about="urn:1"><title>r</title></item></rdf:RDF>'
        ),
    ]
    for document in documents:
        body = decode.utf8(document.encode())
        theirs = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
        ours = feedxml.read(body)
        assert ours.version == theirs.version
        assert len(ours.entries) == len(theirs.entries)
        for mine, other in zip(ours.entries, theirs.entries, strict=True):
            assert {key for key in mine if not key.endswith("_detail")} == {
                key for key in other if not key.endswith(("_detail", "_parsed"))
            }
            for key in ("title", "id", "link", "unknown_a"):
                assert mine.get(key) == dict.get(other, key)


ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>urn:x:1</id>{0}</entry>{1}</feed>'


@pytest.mark.parametrize("sloppy", ["", "<title>a & b</title>"])
@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<description>\n　　甲&lt;br&gt;　　乙\n</description>", "　　甲<br>　　乙"),
        ("<description><![CDATA[ 　　甲<p>乙</p>　]]></description>", "　　甲<p>乙</p>　"),
        ('<content type="text">\n　　甲\n　　乙 </content>', "<p>　　甲<br>　　乙</p>"),
        ('<summary type="html"> 　　甲</summary>', "　　甲"),
        (
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">\n　　<b>甲</b>乙</div></content>',
            "　　<b>甲</b>乙",
        ),
    ],
)
def test_texts_keep_the_wide_spaces_that_indent_them(inner, text, sloppy):
    """Titles do not: they are one line. The same from feeds that are not well-formed."""
    title = "<title>　题　</title>"
    if inner.startswith("<description"):
        body = rss(f"<item>{title}{inner}</item>", head=sloppy)
    else:
        body = ATOM.format(title + inner, sloppy)
    (entry,) = read(body).entries
    assert (entry.content or entry.summary, entry.title) == (text, "题")


def test_an_ampersand_that_begins_no_reference_stays_one():
    text = "<title>Q&A: R&D; caf&eacute;</title><link>https://a.example/?a=1&b=2&copy=3</link>"
    parsed = read(rss(f"<item>{text}<description><![CDATA[B&B &amp; C]]></description></item>"))
    (entry,) = parsed.entries
    assert (entry.title, entry.link) == ("Q&A: R&D; café", "https://a.example/?a=1&b=2&copy=3")
    assert (entry.content or entry.summary) == "B&B &amp; C"


PICTURE = "https://i.example/img/5000.jpg"
AVATAR = (
    '<media:content url="https://1.gravatar.com/avatar/0f?s=96&amp;d=identicon" medium="image">'
    "<media:title>somebody</media:title></media:content>"
)
SIZES = f"<media:content width='700' url='{PICTURE}?w=700'/><media:content width='460' url='{PICTURE}?w=460'/>"


@pytest.mark.parametrize(
    ("media", "image"),
    [
        (f'<media:content url="{PICTURE}?width=140&amp;quality=85" width="140"/>', f"{PICTURE}?width=140&quality=85"),
        (
            f"<media:content width='140' url='{PICTURE}?w=140'><media:credit>X</media:credit></media:content>{SIZES}",
            f"{PICTURE}?w=700",
        ),
        (
            '<media:content url="https://i.example/1.png"/><media:content url="https://i.example/2.png"/>',
            "https://i.example/1.png",
        ),
        (
            "<media:group><media:content url='1.png'/><media:content url='2.gif' isDefault='true'/></media:group>",
            "2.gif",
        ),
        ('<media:content url="https://i.example/a" medium="image"/>', "https://i.example/a"),
        ('<media:content url="https://i.example/a" type="image/webp" medium="document"/>', "https://i.example/a"),
        ('<media:content url="https://i.example/a.jpg" type="video/mp4"/>', ""),
        ('<media:content url="https://i.example/a.jpg" medium="video"/>', ""),
        ('<media:content url="https://i.example/a.jpg" type="application/octet-stream"/>', "https://i.example/a.jpg"),
        ('<media:content url="https://i.example/jpg"/><media:content url="https://i.example/?a.jpg"/>', ""),
        ('<media:content/><media:content medium="image"/>', ""),
        ('<media:content url="/a.jpg" width="9"/><media:thumbnail url="https://i.example/t"/>', "https://i.example/t"),
        (f'{AVATAR}<media:content url="https://i.example/a.jpg" medium="image"/>', "https://i.example/a.jpg"),
        (f'{AVATAR}<media:thumbnail url="https://s.gravatar.com/avatar/?s=9"/>', ""),
        ('<media:thumbnail url="t" width="1" height="1"/><media:content url="a.jpg" width="9"/>', "a.jpg"),
        ('<media:content url="a.gif" isDefault="true" width="1px"/><media:content url="b.jpg" width="0"/>', "b.jpg"),
        ('<enclosure url="https://i.example/a.jpg?width=140" length="1" type=""/>', f"{PICTURE[:18]}a.jpg?width=140"),
    ],
)
@pytest.mark.parametrize("sloppy", ["", "&nbsp"])
def test_what_is_a_picture_its_type_tells_else_its_medium_else_the_suffix_of_its_path(media, image, sloppy):
    """Media RSS makes type and medium optional; of several sizes the default one, else the widest, is taken."""
    body = (
        '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>t</title>'
        f"<item><title>{sloppy}</title>{media}</item></channel></rss>"
    )
    assert read(body).entries[0].image == image
