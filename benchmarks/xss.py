"""Hostile strings in every field of feeds, through a whole site: whether anything runs in what is published.

    python benchmarks/xss.py [--mutations N] [--seed N] [--show N]

Every string of the collection, then N mutations of them, stand as title, summary, content, author, tag, link, image and
enclosure of an entry, in RSS, Atom and JSON Feed. The site is refreshed by the command; then every published file
(Atom, JSON, HTML twins, index, status, OPML) and the server's pages (status, search) are read as a browser would, by
html5lib: the pages themselves, and the HTML inside Atom and JSON. Exit 1 if anything there runs, loads or submits.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import html5lib
from lxml import etree

from aggregator.outputs.html.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Iterator

JS = "javascript:alert(1)"
STRINGS = (
    # elements that run, load or submit
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script\x0btype='text/javascript'>alert(1)</script >",
    "<script/x>alert(1)</script/y>",
    f"<iframe src='{JS}'></iframe>",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'></iframe>",
    f"<object data='{JS}'></object><embed src='{JS}'>",
    "<object><param name=movie value='http://evil.example/x.swf'></object>",
    "<applet code=X archive=//evil.example/x.jar></applet>",
    "<base href='http://evil.example/'><a href=/x>x</a>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    f"<meta http-equiv=refresh content='0;url={JS}'>",
    "<style>@import '//evil.example/x.css';</style>",
    "<frameset><frame src=//evil.example/></frameset>",
    f"<form action='{JS}'><button formaction='{JS}'>x</button><input type=image src=x></form>",
    f"<isindex type=image src=1 onerror=alert(1) action='{JS}'>",
    "<portal src=//evil.example/></portal><fencedframe></fencedframe>",
    # handlers
    "<img src=x onerror=alert(1)>",
    "<img/src='x'/onerror=alert(1)//",
    "<img src=x:x onerror\x0c=\x0calert(1)>",
    '<IMG """><SCRIPT>alert(1)</SCRIPT>">',
    "<body onload=alert(1)><svg/onload=alert(1)>",
    "<details open ontoggle=alert(1)><summary>x",
    "<video poster=x onerror=alert(1)><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)></audio>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<input autofocus onfocus=alert(1)><select autofocus onfocus=alert(1)>",
    "<p style='animation-name:x' onanimationstart=alert(1)>x</p>",
    "<a href=http://ok.example/ onmouseover=alert(1) ping=//evil.example/>x</a>",
    "<xss id=x tabindex=1 onfocus=alert(1)>x</xss>",
    # addresses
    f"<a href='{JS}'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href=' \x01java\tscr\nipt:alert(1)'>x</a>",
    "<a href='&#106;&#x61;vascript&colon;alert(1)'>x</a>",
    "<a href='&#0000106avascript:alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a><a href='livescript:x'>x</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=='>x</a>",
    "<a href='feed:javascript:alert(1)'>x</a><a href='view-source:javascript:1'>x</a>",
    "<a href='file:///etc/passwd'>x</a><a href='blob:http://x/1'>x</a>",
    f"<img src='{JS}'><img srcset='{JS} 1x' data-src='{JS}'>",
    "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
    f"<blockquote cite='{JS}'>x</blockquote><q cite='{JS}'>x</q>",
    f"<table background='{JS}'><td background='{JS}'>x",
    "<div style='background:url(javascript:alert(1));width:expression(alert(1))'>x</div>",
    # foreign content, and markup that changes its meaning when it is parsed again
    f"<svg><a xlink:href='{JS}'><text y=20>x</text></a></svg>",
    f"<svg><animate attributeName=href values='{JS}'/><use href='data:image/svg+xml,x#x'/></svg>",
    "<svg><script>alert&#40;1)</script></svg><svg><foreignObject><img src=x onerror=alert(1)></foreignObject></svg>",
    f"<math href='{JS}'><mi xlink:href='{JS}'>x</mi></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<noembed><a title='</noembed><img src=x onerror=alert(1)>'>",
    "<title><a title='</title><img src=x onerror=alert(1)>'></title><textarea></textarea><img src=x onerror=alert(1)>",
    "<xmp><img title='</xmp><img src=x onerror=alert(1)>'></xmp><plaintext><img src=x onerror=alert(1)>",
    "<!--><img src=x onerror=alert(1)>--><!--!><img src=x onerror=alert(1)>--!>",
    "<![CDATA[<img src=x onerror=alert(1)>]]><?php <img src=x onerror=alert(1)> ?>",
    "<template><script>alert(1)</script></template><div><template shadowrootmode=open><script>alert(1)</script>",
    "<select><style></select><img src=x onerror=alert(1)></style>",
    # out of where the string stands
    '"><script>alert(1)</script>',
    "'\" onmouseover=alert(1) x='",
    "]]><script>alert(1)</script><![CDATA[",
    "--><script>alert(1)</script><!--",
    "</title></textarea></style></script></noscript><script>alert(1)</script>",
    "</content></entry></feed><script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script>",
    "{{7*7}}{% raw %}<script>alert(1)</script>${alert(1)}<%= 1 %>",
    "\u2028\u2029</script><script>alert(1)</script>",
    # escaped once, twice, in other letters
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;img src=x onerror=alert(1)&amp;gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e\u2039img src=x onerror=alert(1)\u203a",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "<\x00script>alert(1)</scr\x00ipt>",
    # Markdown on the way
    f'[x]({JS}) ![x]({JS} "x") <{JS}>',
    "[x](data:text/html,x) [y]: javascript:alert(1)\n\n[y]",
    '![x](x"onerror="alert(1)) [x](http://a.example/"onmouseover="alert(1))',
    "`<img src=x onerror=alert(1)>` ```\n<script>alert(1)</script>\n```",
    '<a href="http://a.example/)<img src=x onerror=alert(1)>">x</a>',
    "<img alt='](x)<script>alert(1)</script>' src=http://a.example/i.png title='\" onerror=alert(1)'>",
    "<pre><code class='language-\"><script>alert(1)</script>'>&lt;script&gt;alert(1)&lt;/script&gt;</code></pre>",
)
FORMATS = ("rss", "atom", "json")

RUNNING = frozenset(
    [
        "script",
        "iframe",
        "object",
        "embed",
        "applet",
        "frame",
        "frameset",
        "base",
        "portal",
        "fencedframe",
        "svg",
        "math",
        "template",
        "foreignobject",
        "animate",
        "set",
        "use",
        "audio",
        "video",
        "source",
        "track",
        "isindex",
        "marquee",
    ]
)
ALLOWED_IN_PAGES = frozenset(
    ["html", "head", "meta", "link", "style", "title", "body", "form", "input", "button", "label", "script", "svg"]
)
SUBMITTING = frozenset(["form", "input", "button", "select", "textarea", "keygen", "option", "meta", "link", "style"])
ADDRESSES = frozenset(
    [
        "href",
        "src",
        "action",
        "formaction",
        "poster",
        "data",
        "background",
        "cite",
        "codebase",
        "longdesc",
        "srcset",
        "ping",
        "manifest",
        "xlink:href",
        "dynsrc",
        "lowsrc",
        "profile",
        "usemap",
    ]
)
SCHEME = re.compile(r"\s*([a-z][a-z0-9+.\s-]*):", re.IGNORECASE)
SAFE = frozenset({"http", "https", "mailto"})


# --- the judge --------------------------------------------------------------------------------------------------------


def dangers(markup: str, *, page: bool) -> Iterator[str]:
    """Nodes that run, load or submit in a page, or in a piece of HTML."""
    tree = html5lib.parse(markup, treebuilder="etree", namespaceHTMLElements=False)
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        name = node.tag.rpartition("}")[2].lower()
        ours = page and name in ALLOWED_IN_PAGES and harmless(name, node)
        if not ours and (name in RUNNING or name in SUBMITTING):
            yield f"<{name}>"
        for key, value in node.attrib.items():
            attribute = str(key).rpartition("}")[2].lower()
            if attribute.startswith("on") or attribute in {"srcdoc", "style", "ping"}:
                yield f"<{name} {attribute}>"
            elif attribute in ADDRESSES and (bad := unsafe(value)) and not (page and value == ICON):
                yield f"<{name} {attribute}={bad}>"


@lru_cache(100_000)
def said(markup: str) -> tuple[str, ...]:
    """`dangers` of a piece of HTML; the same one stands in many documents."""
    return tuple(dangers(markup, page=False))


def harmless(name: str, node) -> bool:
    """Whether an element that only pages may have is as our templates write it."""
    if name == "meta" and node.get("http-equiv"):
        return node.get("http-equiv") == "Content-Security-Policy"
    if name in WRITTEN:
        return node.text == WRITTEN[name] and not node.attrib
    if name == "link":
        known = {"alternate", "search", "next", "prev", "first", "last", "canonical"}
        return node.get("rel") in known or (node.get("rel") == "icon" and node.get("href") == ICON)
    if name == "svg":  # a chart: one line, drawn
        drawn = [(child.tag.rpartition("}")[2], set(child.attrib), len(child)) for child in node]
        attributes = {"class", "viewBox", "preserveAspectRatio", "role", "aria-label"}
        return drawn == [("path", {"d"}, 0)] and set(node.attrib) <= attributes
    if name == "form" and node.get("id") == "find":  # asks nobody: the script answers
        return "action" not in node.attrib
    return name != "form" or node.get("action") == "search"


def unsafe(url: str) -> str:
    """The scheme of an address, if a browser would do more than follow it."""
    found = SCHEME.match(re.sub(r"[\x00-\x20]", "", url))
    return found[1] if found and found[1].lower() not in SAFE else ""


LOG = subprocess.DEVNULL
THEME = Theme({})
WRITTEN = {"style": str(THEME.style), "script": str(THEME.script)}
ICON = re.search(r'<link rel="icon" href="([^"]*)">', THEME.source("base.html"))[1]


def in_page(data: bytes) -> Iterator[str]:
    yield from dangers(data.decode(), page=True)


def in_atom(data: bytes) -> Iterator[str]:
    root = etree.fromstring(data)
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        name = node.tag.rpartition("}")[2]
        if "http://www.w3.org/1999/xhtml" in node.tag or "svg" in node.tag:
            yield f"<{name}> as XML"
        if node.get("type") == "html":
            yield from (f"{name}: {found}" for found in said(node.text or ""))
        if node.get("type") == "xhtml":
            yield f"{name} of type xhtml"
        for attribute in ("href", "url", "src", "uri", "scheme", "xmlUrl", "htmlUrl"):
            if bad := unsafe(node.get(attribute, "")):
                yield f"{name} {attribute}={bad}"
        if name in {"uri", "icon", "logo"} and (bad := unsafe(node.text or "")):
            yield f"{name} {bad}"


def in_json(data: bytes) -> Iterator[str]:
    stack: list[tuple[str, object]] = [("", json.loads(data))]
    while stack:
        name, value = stack.pop()
        if isinstance(value, dict):
            stack += value.items()
        elif isinstance(value, list):
            stack += [(name, one) for one in value]
        elif isinstance(value, str):
            if name == "content_html":
                yield from (f"{name}: {found}" for found in said(value))
            elif name.endswith(("url", "image", "icon", "avatar")) and (bad := unsafe(value)):
                yield f"{name} {bad}"


JUDGES = {".html": in_page, ".xml": in_atom, ".opml": in_atom, ".json": in_json}


# --- the site ---------------------------------------------------------------------------------------------------------


def mutated(random_: random.Random) -> str:
    """One of the strings, changed at random."""
    text = random_.choice(STRINGS)
    for _ in range(random_.randint(1, 4)):
        at, other = random_.randrange(len(text) + 1), random_.choice(STRINGS)
        match random_.randrange(8):
            case 0:
                text = (
                    text[:at]
                    + random_.choice("\x00\t\n\r\x0c \x0b/\\\"'<>&;:=`\u00a0\u200b\u202e\ufeff\x85")
                    + text[at:]
                )
            case 1:
                text = text[:at] + text[at + 1 :]
            case 2:
                text = text[:at] + other[random_.randrange(len(other)) :]
            case 3:
                text = text[:at].swapcase() + text[at:]
            case 4:
                text = text[:at] + "".join(f"&#{ord(sign)};" for sign in text[at : at + 3]) + text[at + 3 :]
            case 5:
                text = random_.choice(
                    (
                        "<p>{}</p>",
                        "<a title='{}'>x</a>",
                        "<svg>{}</svg>",
                        "<math>{}</math>",
                        "<!--{}-->",
                        "<table>{}</table>",
                        "<pre>{}</pre>",
                        "**{}**",
                        "<b><a href={}>x</a></b>",
                    )
                ).format(text)
            case 6:
                text = text[:at] + text[max(at - 9, 0) : at] + text[at:]
            case _:
                text = text.replace("<", random_.choice(("<<", "< ", "</", "<!", "&lt;", "<\x00")), 1)
    return text


def entries(strings: list[str], form: str, every: int) -> bytes:
    """A feed with an entry for each string, which stands in every field."""
    if form == "json":
        items = [
            {
                "id": str(number),
                "title": one,
                "url": one if number % 2 else f"http://a.example/{number}?{one}",
                "content_html": one,
                "summary": one,
                "image": one,
                "tags": [one[:60]] if number % every == 0 else [],
                "authors": [{"name": one, "url": one}],
                "attachments": [{"url": one, "mime_type": one}],
                "language": one,
            }
            for number, one in enumerate(strings)
        ]
        return json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": strings[0],
                "home_page_url": strings[-1],
                "items": items,
            }
        ).encode()
    atom = form == "atom"
    written = []
    for number, one in enumerate(strings):
        text, quoted = xml(one), xml(one).replace('"', "&quot;")
        link = quoted if number % 2 else f"http://a.example/{form}/{number}?{quoted}"
        tagged = number % every == 0
        if atom:
            kind = ("text", "html")[number % 2]
            written.append(
                f'<entry><id>{number}</id><title type="{kind}">{text}</title><link href="{link}"/>'
                f'<summary type="html">{text}</summary><content type="html">{text}</content>'
                f"<author><name>{text}</name><uri>{text}</uri></author>"
                f'<link rel="enclosure" href="{quoted}" type="{quoted}"/>'
                + (
                    f'<category term="{quoted[:60] if "&" not in quoted[:60] else "t"}" label="{quoted}"/>'
                    if tagged
                    else ""
                )
                + "</entry>"
            )
        else:
            written.append(
                f"<item><guid isPermaLink='false'>{number}</guid><title>{text}</title><link>{link}</link>"
                f"<description>{text}</description><c:encoded xmlns:c='http://purl.org/rss/1.0/modules/content/'>{text}"
                f'</c:encoded><author>{text}</author><enclosure url="{quoted}" type="{quoted}" length=\'1\'/>'
                + (f"<category>{text}</category>" if tagged else "")
                + "</item>"
            )
    head, last = xml(strings[0]), xml(strings[-1])
    if atom:
        return (
            f'<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">{head}</title><id>{last}</id>'
            f"<icon>{last}</icon>{''.join(written)}</feed>"
        ).encode()
    return (
        f"<rss version='2.0'><channel><title>{head}</title><link>{last}</link><language>{last}</language>"
        f"{''.join(written)}</channel></rss>"
    ).encode()


def xml(text: str) -> str:
    text = re.sub("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def build(site: Path, strings: list[str], every: int) -> None:
    """Write and refresh a site of feed files."""
    (site / "config").mkdir(parents=True)
    (site / "config/tagwire.toml").write_text(
        '[publish]\nentries = 10000\nmax = 10000\nmax_size = "500MiB"\narchive = "off"\n', encoding="utf-8"
    )
    lines = []
    size = min(900, -(-len(strings) // 3))
    for number in range(0, len(strings), size):
        form = FORMATS[number // size % 3]
        (site / f"{number}.feed").write_bytes(entries(strings[number : number + size], form, every))
        lines.append(f'[[sources]]\nid = "s{number}"\npath = "{number}.feed"\nkind = "feed"\n')
    (site / "config/sources.toml").write_text("".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "aggregator", "-C", str(site), "-v", "refresh", "--fail", "never"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=LOG)


def documents(site: Path, searches: list[str]) -> Iterator[tuple[str, str, bytes]]:
    """Every published file and the server's pages: name, suffix, bytes."""
    for path in sorted((site / "feeds").rglob("*")):
        if path.is_file() and path.suffix in JUDGES:
            yield str(path.relative_to(site / "feeds")), path.suffix, path.read_bytes()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "aggregator", "-C", str(site), "-q", "serve", "--port", str(port)])
    try:
        for path in (
            "/status",
            *(f"/search?q={urllib.parse.quote(one)}" for one in ("alert", "script", "x", *searches)),
        ):
            for accept, suffix in (("text/html", ".html"), ("application/json", ".json")):
                yield path, suffix, answer(f"http://127.0.0.1:{port}{path}", accept)
    finally:
        server.terminate()
        server.wait(20)


def answer(url: str, accept: str) -> bytes:
    """The server's answer, waited for while it starts."""
    for _ in range(1000):
        try:
            with urllib.request.urlopen(
                urllib.request.Request(url, headers={"Accept": accept}), timeout=20
            ) as response:
                return response.read()
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(url)


def main() -> int:
    """Print what was judged and what was found; 1 if anything was."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--mutations", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--show", type=int, default=20)
    options.add_argument("--every", type=int, default=10, help="one entry in so many has its string for a tag")
    arguments = options.parse_args()
    random_ = random.Random(arguments.seed)
    strings = [*STRINGS] * len(FORMATS) + [mutated(random_) for _ in range(arguments.mutations)]
    judged, found = Counter(), Counter()
    with tempfile.TemporaryDirectory() as directory:
        site = Path(directory)
        build(site, strings, arguments.every)
        for name, suffix, data in documents(site, random_.sample(strings, min(len(strings), 40))):
            judged[suffix] += 1
            for danger in JUDGES[suffix](data):
                found[suffix] += 1
                if found.total() <= arguments.show:
                    print(f"{name}: {danger}"[:300])
        items = sum(1 for _ in (site / "items").rglob("*.md"))
    print(f"{len(STRINGS)} strings, {arguments.mutations} mutations, {items} items;", end=" ")
    print(", ".join(f"{count} documents {suffix}" for suffix, count in judged.items()))
    armed = sum(any(True for _ in dangers(one, page=False)) for one in STRINGS)
    print(f"{found.total()} nodes that run, load or submit; in {armed} of the strings as they are")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
