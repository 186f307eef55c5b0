"""Random and adversarial texts through a file, back, into feeds and out of them; random tags into file names.

    python benchmarks/fuzz.py [--strings N] [--tags N] [--seed N]

Each string is title, summary, author, tag and text of an item, which is dumped to its file, loaded, rendered, published
as Atom and JSON Feed and read from there by lxml and json: what comes out must be the string after cleaning, exactly,
and nothing may raise. Cleaning is done again by an oracle of its own. Each tag's file name must stay in its folder, be
at most 120 bytes with its suffix, be safe on every file system, and belong to no other tag. Exit 1 if anything fails.
"""

from __future__ import annotations

import argparse
import hashlib
import html
import json
import random
import re
import sys
import time
import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lxml import etree

from aggregator.model import Document, Entry, Feed, Person, Source, Tag
from aggregator.outputs import atom, jsonfeed
from aggregator.parsers import jsonfeed as reader
from aggregator.settings import FRONT_MATTER_DEFAULTS
from aggregator.steps import dedupe, frontmatter, normalize, slugs, tag
from aggregator.steps.html import markdown, plain
from aggregator.steps.publishing import compose

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOURCE = Source(id="fuzz", url="https://a.example/feed")
CONTEXT = normalize.Context(zone=ZONE, now=NOW, tagger=tag.compile(()), defaults=FRONT_MATTER_DEFAULTS, language="en")
ATOM = "{http://www.w3.org/2005/Atom}"
BATCH = 40
LONG = 20_000
"""From so many strings on, the benchmark says how far it is."""

PIECES = (
    "---", "...", "\n---\n", "\r\n", "\r", "\n\n", "\t", " ", "  \n", "\u3000", "\u3000\u3000",
    "\xa0", "\x85", "\u2028", "\u2029",
    "\ufeff", "\u200b", "\u200d", "\u202e", "\u2066", "\ufffe", "\uffff", "\ufffd", "\x00",
    "\x1b[31m", "\x7f", "\x9f", "\ud800",
    "\udfff", "\ud83d\ude00", "\U0001f469\u200d\U0001f4bb", "\U0001fffe", "\U0010ffff",
    "\ufdd0", '"', "'", "\\", "\\n", "\\x", "\\u202e",
    ": ", "# ", "- ", "* ", "+ ", "1. ", "1) ", "> ", "| a | b |\n| --- | --- |\n", "|", "`",
    "``", "```", "```\n", "~~~", "~~", "**", "__",
    "*", "_", "****", "[", "]", "](", "[x](y)", "![x](y)", "<", ">", "<b>", "</b>", "<p>",
    "<!--", "-->", "]]>", "<![CDATA[",
    "&", "&amp;", "&lt;", "&#60;", "&#0;", "&#xD800;", "&nbsp;", "&copy", "%00", "%2e%2e%2f",
    "../", "..", ".", "/", "\\\\", "C:\\", "con",
    "NUL", "{{", "{%", "{#", "!!python/object:os.system", "!", "@", "%", "null", "true", "~",
    "=", "===", "---|---", "$", "{}", "[]",
    "<script>alert(1)</script>", "http://a.example/?a=1&b=2", "www.a.example", "a@b.example",
    "mailto:x",
    "中文", "。", "，", "**字。**字", "汉字", "漢字", "日本語", "한국어", "ไทย", "العربية", "עברית", "हिन्दी",
    "é", "e\u0301", "ﬁ", "Å", "K", "ſ", "İ", "ß",
    "a", "B", "word", "Word word", "12", "3~5", "-", "—", "…", "    code", "\tcode",
)  # fmt: skip


def string(random_: random.Random) -> str:
    """A short text: pieces that mean something somewhere, any characters, or both."""
    parts = []
    for _ in range(random_.randint(1, 7)):
        if random_.random() < 0.75:
            parts.append(random_.choice(PIECES))
        else:
            top = random_.choice((0x7F, 0x2FF, 0xFFFF, 0x10FFFF))
            parts.append("".join(chr(random_.randint(0, top)) for _ in range(random_.randint(1, 4))))
    return "".join(parts)


# --- the oracle -------------------------------------------------------------------------------------------------------


def kept(sign: str) -> bool:
    """Whether a character may stay: by name and number, not by our expressions."""
    point = ord(sign)
    if sign in "\t\n\x85":
        return True
    if unicodedata.category(sign) in {"Cc", "Cs"} or point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF:
        return False
    return unicodedata.bidirectional(sign) not in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def cleaned(text: str) -> str:
    return "".join(filter(kept, text.replace("\r\n", "\n").replace("\r", "\n")))


def shown(text: str) -> str:
    """What a browser shows of a text, white space aside."""
    return "".join(text.split())


# --- strings ----------------------------------------------------------------------------------------------------------


class Failure(AssertionError):
    """A string that did not come back."""


def check(what: str, ours: object, wanted: object) -> None:
    if ours != wanted:
        raise Failure(f"{what}: {ours!r} instead of {wanted!r}")


def post(text: str, number: int):
    """One string's way to what is published; checks on the way."""
    entry = Entry(
        title=text, content=plain.to_html(text), authors=(Person(name=text),), categories=(text,),
        link=f"https://a.example/{number}", published="2025-01-01T00:00:00Z",
    )  # fmt: skip
    item = normalize.normalize(entry, f"{number:016x}", SOURCE, PARSED, CONTEXT, SOURCE.url)
    file = frontmatter.dump(item, ZONE)
    file.encode()
    back = frontmatter.load(file, ZONE, key=item.key)
    for field in ("title", "summary", "body", "link", "tags", "lang", "published", "thumbnail", "guid", "enclosures"):
        check(f"file, {field}", getattr(back, field), getattr(item, field))
    check("file, twice", frontmatter.dump(back, ZONE), file)
    rendered = markdown.to_html(back.body)
    clean = cleaned(text)
    check("text", shown(html.unescape(re.sub(r"<[^<>]*>", "", rendered))), shown(clean))
    record = dedupe.record_of(item, via=item.source, now=NOW, authority="localhost,2026")
    tags = tuple(Tag(label=label, slug=slugs.slug(label)) for label in item.tags)
    origin = compose.origin("fuzz", SOURCE, None, authority="localhost,2026")
    return compose.post(record, rendered, origin=origin, tags=tags)


PARSED = reader.parse(Document(name="fuzz", body=b'{"version":"https://jsonfeed.org/version/1.1","items":[]}'))


def published(posts: list) -> None:
    """The posts as Atom and as JSON, read by others."""
    feed = Feed(path="all", id="tag:localhost,2026:feed/all", title="all", updated=NOW, lang="en",
                home="http://127.0.0.1:8420/", posts=tuple(posts))  # fmt: skip
    entries = etree.fromstring(atom.render(feed)).findall(ATOM + "entry")
    items = json.loads(jsonfeed.render(feed))["items"]
    for one, entry, item in zip(posts, entries, items, strict=True):
        check("JSON, title", item.get("title"), one.title)
        check("JSON, content", item.get("content_html", one.html), one.html)
        check("Atom, title", construct(entry.find(ATOM + "title")), one.title.replace("\x85", "\n"))
        if one.summary:
            check("Atom, summary", construct(entry.find(ATOM + "summary")), one.summary.replace("\x85", "\n"))
        content = entry.find(ATOM + "content")
        if content is not None and one.html:
            check("Atom, content", reference(content.text), reference(one.html.replace("\x85", "\n")))


def construct(element) -> str:
    text = element.text or ""
    return html.unescape(text) if element.get("type") == "html" else text.replace("\x85", "\n")


def reference(markup: str) -> str:
    return re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), markup)


def strings(count: int, random_: random.Random) -> int:
    """Put strings through, return how many failed."""
    failures, posts, texts = 0, [], []
    for number in range(count):
        text = string(random_)
        try:
            posts.append(post(text, number))
            texts.append(text)
        except Exception as error:  # noqa: BLE001 - the point is that none comes
            failures += 1
            tell(failures, text, error)
        if len(posts) == BATCH or number == count - 1:
            try:
                published(posts)
            except Exception as error:  # noqa: BLE001
                failures += 1
                tell(failures, "".join(texts)[:0], error)
            posts, texts = [], []
        if count >= LONG and (number + 1) % (count // 20) == 0:
            print(f"{number + 1} strings, {failures} failed", flush=True)
    return failures


def tell(failures: int, text: str, error: Exception) -> None:
    if failures <= 20:
        print(f"{text!r}: {type(error).__name__}: {error}"[:400])


# --- tags -------------------------------------------------------------------------------------------------------------

RESERVED = re.compile(r'[/\\:*?"<>|%#\x00-\x1f\x7f-\x9f]|^\.|[. ]$')


def tags(count: int, random_: random.Random) -> int:
    """Name tags, return how many names collide or leave their folder."""
    names: dict[bytes, tuple[str, str]] = {}
    failures = 0
    for _ in range(count):
        label = string(random_)
        key, name = slugs.tag_key(label), slugs.slug(label) + ".xml"
        problem = ""
        if RESERVED.search(name) or len(name.encode()) > 120:
            problem = "unsafe or too long"
        else:
            # How disks compare names: without case, composed or decomposed (APFS, NTFS).
            folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
            digest = hashlib.blake2b(folded.encode(), digest_size=10).digest()
            other = names.setdefault(digest, (key, label))
            problem = "" if other[0] == key else f"the file of {other[1]!r} too"
        if problem:
            failures += 1
            if failures <= 20:
                print(f"tag {label!r} as {name!r}: {problem}")
    return failures


def main() -> int:
    """Print figures; 1 if anything failed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--strings", type=int, default=1_000_000)
    options.add_argument("--tags", type=int, default=1_000_000)
    options.add_argument("--seed", type=int, default=1)
    arguments = options.parse_args()
    random_ = random.Random(arguments.seed)
    start = time.process_time()
    lost = strings(arguments.strings, random_)
    print(f"{arguments.strings} strings: {lost} failed ({time.process_time() - start:.0f} s CPU)")
    start = time.process_time()
    bad = tags(arguments.tags, random_)
    print(f"{arguments.tags} tags: {bad} collide or escape ({time.process_time() - start:.0f} s CPU)")
    return 1 if lost or bad else 0


if __name__ == "__main__":
    sys.exit(main())
