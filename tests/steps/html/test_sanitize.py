"""Nothing runs, nothing is lost that can be shown, and nothing takes long."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.steps import urls
from aggregator.steps.html import limits, sanitize

ANYTHING = st.text(st.characters(exclude_categories=()))
BASE = "https://h.test/a/b"

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://e.test/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    '<img src="x"onerror="alert(1)">',
    "<img src=`x`onerror=alert(1)>",
    '<img data-src="javascript:alert(1)">',
    '<img data-src="x&quot; onerror=&quot;alert(1)">',
    "<img data-src='x\" onerror=\"alert(1)'>",
    '<img srcset="javascript:alert(1) 2x">',
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    '<img src="javascript:alert(1)">',
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math href='javascript:alert(1)'>x</math>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="&#x1;javascript:alert(1)">x</a>',
    '<a href=" JaVaScRiPt&colon;alert(1)">x</a>',
    '<a href="vbscript:x">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="feed:javascript:alert(1)">x</a>',
    '<a href="file:///etc/passwd">x</a>',
    '<a href="https://e.test" ping="https://e.test" onclick="alert(1)" target="_blank" style="x:y">x</a>',
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<iframe><img src=x onerror=alert(1)></iframe>",
    '<iframe src=https://e.test title="</a><script>alert(1)</script>">',
    "<embed src='javascript:alert(1)'>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
    "<video poster='javascript:alert(1)' src='javascript:alert(2)' onplay=alert(3)></video>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<form action='javascript:alert(1)'><input type=submit></form>",
    "<button formaction='javascript:alert(1)'>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<base href='https://e.test/'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href='https://e.test/x.css'>",
    "<style>@import 'https://e.test/x.css';</style>",
    "<div style='background:url(javascript:alert(1))'>x</div>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><img src=x onerror=alert(1)></template>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<title><img title='</title><img src=x onerror=alert(1)>'></title>",
    "<xmp><img title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[><img src=x onerror=alert(1)>]]>",
    "<?xml ><img src=x onerror=alert(1)>",
    "<p/onmouseover=alert(1)>x",
    "<details ontoggle=alert(1) open>x</details>",
    "<a/href='x'/onclick='alert(1)'>x",
    "<table background='javascript:alert(1)'><tr><td>x</table>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<x onclick=alert(1) tabindex=1>x</x>",
    "<img src=x:x alt='--><script>alert(1)</script>'>",
]

_ACTIVE = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "svg",
    "math",
    "base",
    "meta",
    "link",
}
_ACTIVE |= {
    "template",
    "noscript",
    "textarea",
    "select",
    "video",
    "audio",
    "source",
    "frame",
    "frameset",
    "applet",
    "xmp",
}
_ALLOWED_ATTRIBUTES = {"href", "src", "alt", "title", "width", "height", "span", "open", "value", "start", "type"} | {
    "colspan", "rowspan", "scope"
}  # fmt: skip


def executable(html):
    """The nodes of an HTML5 parse that run, load, submit or carry what we did not allow."""
    found = []
    for node in html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False).iter():
        if not isinstance(node.tag, str) or node.tag.rpartition("}")[2].lower() in _ACTIVE:
            found.append(node.tag)
        for name, value in node.attrib.items():
            web = urls.is_web(value) or (name == "href" and value.startswith("mailto:"))
            if name not in _ALLOWED_ATTRIBUTES or (name in {"href", "src"} and not web):
                found.append((node.tag, name, value))
    return found


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_leaves_anything_executable(attack):
    for html in (attack, f"<p>a{attack}b</p>", f"<table><tr><td>{attack}", f"<ul><li><b>{attack}</ul>"):
        for base in ("", BASE):
            assert executable(sanitize.sanitize(html, base)) == []


def test_the_check_itself_sees_attacks():
    seen = [attack for attack in ATTACKS if executable(attack)]
    assert len(ATTACKS) >= 43
    assert len(seen) >= 43


@settings(max_examples=100)
@given(
    st.lists(st.one_of(st.sampled_from(ATTACKS), st.sampled_from(["<", ">", '"', "'", "</", "<!--", "-->"]), ANYTHING))
)
def test_attacks_mixed_and_cut_leave_nothing_executable(pieces):
    html = "".join(pieces)
    for cut in (html, html[len(html) // 3 :], html[: len(html) // 2]):
        assert executable(sanitize.sanitize(cut, BASE)) == []


@given(ANYTHING, st.sampled_from(["", BASE, "not a url", "\ud800"]))
def test_it_never_raises_and_is_idempotent(text, base):
    once = sanitize.sanitize(text, base)
    assert sanitize.sanitize(once) == once


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>甲<strong>乙</strong></p>", "<p>甲<strong>乙</strong></p>"),
        ("<section><p>a</p></section>", "<section><p>a</p></section>"),
        ("<details open><summary>a</summary>b</details>", '<details open=""><summary>a</summary>b</details>'),
        ("<ruby>漢<rt>kan</rt></ruby>", "<ruby>漢<rt>kan</rt></ruby>"),
        ("<pre><code>a  b</code></pre>", "<pre><code>a  b</code></pre>"),
        ('<p class="x" id="y" style="z">a</p>', "<p>a</p>"),
        ("<font color=red>a</font><span>b</span>", "ab"),
        ("a<!-- b -->c", "ac"),
        ("a<style>b</style><noscript>c</noscript><form>d</form>e", "ade"),
        (
            '<table><tbody><tr><td colspan="2">a</td><td colspan="1000" rowspan="x">b</td></tr></tbody></table>',
            '<table><tbody><tr><td colspan="2">a</td><td>b</td></tr></tbody></table>',
        ),
        ("1 < 2 &amp; &lt;b&gt;", "1 &lt; 2 &amp; &lt;b&gt;"),
        ("a\x00b&#x202e;c\ud800", "abc"),
        ("　　甲&nbsp;乙", "　　甲&nbsp;乙"),
    ],
)
def test_what_is_kept(html, kept):
    assert sanitize.sanitize(html) == kept


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ('<a href="../c">x</a>', '<a href="https://h.test/c">x</a>'),
        ('<a href="//o.test/?utm_source=a&amp;b=1">x</a>', '<a href="https://o.test/?b=1">x</a>'),
        ('<a href="mailto:a@h.test">x</a>', '<a href="mailto:a@h.test">x</a>'),
        ('<a href="javascript:x">y</a>', "y"),
        ('<a name="top">y</a> <a title="t">z</a>', "y z"),
        ('<a href="">y</a>', "y"),
        ('<img src="c.png" alt="d" width="3" loading="lazy">', '<img src="https://h.test/a/c.png" alt="d" width="3">'),
        ('<img src="mailto:a@h.test">', ""),
        ('<img alt="a > b">', ""),
    ],
)
def test_urls_become_absolute_and_husks_go(html, kept):
    assert sanitize.sanitize(html, BASE) == kept


def test_relative_urls_without_a_base_are_dropped():
    assert sanitize.sanitize('<a href="/c">x <b>y</b></a><img src="/d.png">') == "x <b>y</b>"


@pytest.mark.parametrize(
    ("base", "resolved"),
    [
        ("", "https://h.test/c"),
        ("sub/", "https://h.test/sub/c"),
        ("https://cdn.h.test/x/", "https://cdn.h.test/x/c"),
        ("https://evil.test/", "https://h.test/c"),
        ("javascript:x", "https://h.test/c"),
    ],
)
def test_a_base_counts_within_the_site_only(base, resolved):
    assert sanitize.sanitize('<a href="c">x</a>', base, "https://h.test/feed") == f'<a href="{resolved}">x</a>'


@pytest.mark.parametrize(
    "attributes",
    [
        'data-src="/i.png"',
        'src="" data-original="/i.png"',
        'src="data:image/gif;base64,R0lGOD" data-src="/i.png"',
        'src="/static/loading.gif" data-lazy-src="/i.png"',
        'src="/1x1.png?v=2" data-actualsrc="/i.png"',
        "data-src='/i.png' class=lazy",
        "data-src=/i.png",
        'srcset="/s.png 300w, /i.png 900w, /m.png 600w"',
        'srcset="/i.png"',
        'data-srcset="/i.png 2x, /s.png 1x" src="data:,"',
        'src="data:," data-src="data:image/png;base64,xx" srcset="/i.png 1x"',
    ],
)
def test_lazy_images_are_found(attributes):
    assert sanitize.sanitize(f"<img {attributes}>", BASE) == '<img src="https://h.test/i.png">'


@pytest.mark.parametrize(
    "html",
    [
        '<picture><source srcset="/s.png 1x, /i.png 2x"><source srcset="/o.webp"><img></picture>',
        '<picture><source data-srcset="/i.png"><img src="data:image/gif;base64,R0"></picture><img>',
        '<img src="/lazy.gif"><noscript><img src="/i.png"></noscript>',
        '<img data-src="/i.png"><noscript><img src="/i.png" srcset="/i.png 1x"></noscript>',
        '<noscript><img src="/i.png"></noscript><img data-src="/i.png">',
        '<noscript><p>Turn it on <img src="/i.png"></p></noscript>',
        '<noscript><img src="/tr?id=1" width="1" height="1"></noscript><img src="/i.png">',
    ],
)
def test_images_are_found_beside_what_a_script_would_show(html):
    assert sanitize.sanitize(html, BASE) == '<img src="https://h.test/i.png">'


def test_a_real_image_wins_over_the_sources_beside_it():
    html = '<picture><source srcset="/big.webp"><img src="/real.jpg"></picture>'
    assert sanitize.sanitize(html, BASE) == '<img src="https://h.test/real.jpg">'


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ('a <math alttext="x^2 &lt; 3"><mi>x</mi></math> b', "a x^2 &lt; 3 b"),
        ('<math><mi>x</mi><annotation encoding="application/x-tex">\\frac{a}{b}</annotation></math>', r"\frac{a}{b}"),
        ("<math><mi>x</mi><mo>&lt;</mo>\n<mi>y</mi></math>", "x&lt;y"),
        ("<math><mtext></math><img src=x onerror=alert(1)>", '<img src="https://h.test/a/x">'),
    ],
)
def test_formulas_become_their_text(html, kept):
    assert sanitize.sanitize(html, BASE) == kept


def test_a_real_source_wins_over_lazy_attributes():
    html = '<img src="/real.jpg" data-src="/other.jpg" srcset="/big.jpg 2x">'
    assert sanitize.sanitize(html, BASE) == '<img src="https://h.test/real.jpg">'


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        (
            '<iframe src="//v.test/1" title="A &lt;film&gt;"></iframe>',
            '<div><a href="https://v.test/1">A &lt;film&gt;</a></div>',
        ),
        ('<iframe data-src="/v">old browser</iframe>', '<div><a href="https://h.test/v">h.test</a></div>'),
        ('<audio src="/a.mp3"></audio>', '<div><a href="https://h.test/a.mp3">h.test</a></div>'),
        (
            '<video poster="/p.jpg"><source src="/v.mp4">no video</video>',
            '<div><img src="https://h.test/p.jpg" alt=""><a href="https://h.test/v.mp4">h.test</a></div>',
        ),
        (
            '<object data="/f.pdf" title="Report"><p>no reader</p></object>',
            '<div><a href="https://h.test/f.pdf">Report</a></div><p>no reader</p>',
        ),
        ('<object><embed src="//v.test/2"></object>', '<div><a href="https://v.test/2">v.test</a></div>'),
        ('<video></video><video src="/2"></video>', '<div><a href="https://h.test/2">h.test</a></div>'),
        ('<iframe src="about:blank"></iframe>', ""),
    ],
)
def test_players_become_links(html, kept):
    assert sanitize.sanitize(html, BASE) == kept


def depth(html):
    deepest = level = 0
    for end, name in re.findall(r"<(/?)([a-z0-9]+)", html):
        level += 0 if name in {"br", "img", "hr"} else -1 if end else 1
        deepest = max(deepest, level)
    return deepest


BOMBS = {
    "depth": "<div>" * 100_000 + "end",
    "closed depth": "<div>" * 50_000 + "end" + "</div>" * 50_000,
    "crossed": "<span><div></span></div>" * 40_000 + "end",
    "formatting": "<p>" + "".join(f"<b x={number}>" for number in range(2_000)) + "</p>" + "<p>end" * 100_000,
    "attributes": "<p " + " ".join(f"a{number}" for number in range(120_000)) + ">end",
    "comments": "end" + "<!--" * 200_000,
    "quotes": "end" + '<img "' * 150_000,
    "players": "end" + "<video>" * 130_000,
    "tables": "end" + "<table>" * 100_000,
    "lists": "<ul><li>" * 50_000 + "end",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_bombs_cost_less_than_a_second_and_keep_their_text(bomb):
    start = time.process_time()
    cleaned = sanitize.sanitize(bomb, BASE)
    assert time.process_time() - start < 1.0
    assert depth(cleaned) <= limits.MAX_DEPTH
    assert "end" in cleaned


def test_over_a_megabyte_is_cut_with_a_visible_mark():
    cleaned = sanitize.sanitize("<p>字</p>" * 200_000)
    assert len(cleaned) <= limits.MAX_SIZE + len(limits.MARK)
    assert cleaned.endswith("<p>字</p><p>…</p>")


def test_a_cut_never_falls_into_a_tag():
    html = "a" * (limits.MAX_SIZE - 10) + '<a href="https://h.test/long">x</a>'
    assert sanitize.sanitize(html) == "a" * (limits.MAX_SIZE - 10) + "<p>…</p>"


def test_many_tags_side_by_side_are_not_depth():
    html = "<ul>" + "<li>a<p>b" * 3_000 + "</ul>"
    assert sanitize.sanitize(html).count("<li>") == 3_000


def test_a_tree_that_grows_too_deep_by_repair_is_flattened():
    html = "<p>" + "".join(f"<b title={n}><i title={n}>" for n in range(180)) + "x"
    assert depth(sanitize.sanitize(html)) <= limits.MAX_DEPTH
    assert limits.flat("<p>x</p>") == "<p>x</p>"


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ('<p>a &lt; b <strong>c</strong><br />\n<a href="https://h.test/a?b=1&amp;c">d</a></p>\n', True),
        ('<p><img src="https://h.test/i.png" alt="i" /></p>', True),
        ("<p>a</p><hr />", True),
        ('<p><a href="/relative">a</a></p>', False),
        ('<p><a href="javascript:alert(1)">a</a></p>', False),
        ('<p><a href="https://h.test/" onclick="x()">a</a></p>', False),
        ('<p><img src="data:image/png;base64,AA" alt="" /></p>', False),
        ('<p><img src="https://h.test/i.png" alt="" onerror="x" /></p>', False),
        ("<p><script>x</script></p>", False),
        ("<p onclick=x>a</p>", False),
        ("<p>a<", False),
        ("<p>&#1;</p>", False),
        ("<blockquote>" * 300, False),
    ],
)
def test_plain_html_is_what_the_sanitiser_would_leave(html, plain):
    """Only an exact list of tags and attributes passes without the sanitiser, and that changes nothing of it."""
    assert sanitize.is_plain(html) is plain
    if plain:
        assert sanitize.scrub(html) == html.replace(" />", ">").replace("\xa0", "&nbsp;")


def test_texts_cleaned_side_by_side_keep_their_own_addresses():
    """What cleans is made once a thread, and remembers neither the address of the text before nor another thread's."""

    def cleaned(number: int) -> str:
        return sanitize.sanitize(
            "<a href='#n'>n</a><a href='x'>x</a>", f"https://h.test/{number}/", page=f"https://p.test/{number}"
        )

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(cleaned, range(200)))
    assert found == [
        f'<a href="https://p.test/{number}#n">n</a><a href="https://h.test/{number}/x">x</a>' for number in range(200)
    ]
    assert sanitize.sanitize("<a href='#n'>n</a><img src='x'>y") == "n" + "y"
