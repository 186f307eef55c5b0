"""Real items wrapped as RSS, Atom and JSON Feed: whether every field is what the rule says, and the text all there.

    python benchmarks/rules.py DIRECTORY [--show N]

DIRECTORY holds JSON files, each a list of objects with `title`, `link`, `pub_date` (local time of China),
`description` (HTML), `language` and, where known, `image`. Expected values come from an oracle that is written from the
rules, reads HTML by html5lib and shares no code with the aggregator; only the HTML before Markdown is the
aggregator's, turned into Markdown by markdownify. Then every item goes the whole road (file, read back, rendered,
published as Atom, read by feedparser) and text, links and images of what arrives are compared with the HTML that was
sent. Last: CPU time of normalising.
"""

from __future__ import annotations

import argparse
import html as entities
import io
import json
import re
import time
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit
from zoneinfo import ZoneInfo

import feedparser
import html5lib
import markdownify
from lxml import etree

from aggregator import parsers
from aggregator.model import Document, Feed, Source
from aggregator.outputs import atom
from aggregator.settings import FRONT_MATTER_DEFAULTS
from aggregator.steps import dedupe, frontmatter, normalize, tag, tracking
from aggregator.steps.html import markdown, prepare, sanitize
from aggregator.steps.identity import identify
from aggregator.steps.publishing import compose

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2100, 1, 1, tzinfo=UTC)
FORMATS = ("rss", "atom", "json")

_UNSEEN = """
    applet audio canvas datalist dialog embed frameset head iframe input map meter noembed noframes noscript
    option optgroup output plaintext progress script select style svg template textarea title video xmp
"""
UNSEEN = frozenset(_UNSEEN.split())
_BLOCKS = """
    address article aside blockquote br caption center dd details dialog div dl dt fieldset figcaption figure
    footer h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul
"""
BLOCKS = frozenset(_BLOCKS.split())
TRACKED = tuple(tracking.PREFIXES), tracking.NAMES
"""The dated list itself is no rule but data."""


def load(directory: Path) -> dict[str, list[dict]]:
    """Return the items by source."""
    return {path.stem.lower(): json.loads(path.read_text("utf-8")) for path in sorted(directory.glob("*.json"))}


# --- what is sent -----------------------------------------------------------------------------------------------------


def instant(item: dict) -> datetime | None:
    """The item's date; None for an item without one."""
    if not item.get("pub_date"):
        return None
    return datetime.strptime(item["pub_date"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)


def element(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    found = etree.SubElement(parent, name, **attributes)
    found.text = text
    return found


def as_rss(items: list[dict], lang: str) -> bytes:
    media = "http://search.yahoo.com/mrss/"
    root = etree.Element("rss", version="2.0", nsmap={"media": media})
    channel = etree.SubElement(root, "channel")
    element(channel, "title", "wrapped")
    element(channel, "language", lang)
    for number, item in enumerate(items):
        entry = etree.SubElement(channel, "item")
        element(entry, "title", item["title"])
        element(entry, "link", item["link"])
        element(entry, "guid", str(number), isPermaLink="false")
        element(entry, "description", item["description"])
        if when := instant(item):
            element(entry, "pubDate", format_datetime(when.astimezone(UTC), usegmt=True))
        if item.get("image"):
            element(entry, f"{{{media}}}thumbnail", url=item["image"])
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def as_atom(items: list[dict], lang: str) -> bytes:
    media = "http://search.yahoo.com/mrss/"
    root = etree.Element("feed", nsmap={None: "http://www.w3.org/2005/Atom", "media": media})
    root.set("{http://www.w3.org/XML/1998/namespace}lang", lang)
    element(root, "title", "wrapped")
    for number, item in enumerate(items):
        entry = etree.SubElement(root, "entry")
        element(entry, "title", item["title"])
        element(entry, "link", href=item["link"])
        element(entry, "id", str(number))
        element(entry, "content", item["description"], type="html")
        if when := instant(item):
            element(entry, "published", when.isoformat())
        if item.get("image"):
            element(entry, f"{{{media}}}thumbnail", url=item["image"])
    for found in root.iter():
        if "{" not in found.tag:
            found.tag = "{http://www.w3.org/2005/Atom}" + found.tag
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def as_json(items: list[dict], lang: str) -> bytes:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "wrapped", "language": lang, "items": []}
    for number, item in enumerate(items):
        entry = {"id": number, "title": item["title"], "url": item["link"], "content_html": item["description"]}
        if when := instant(item):
            entry["date_published"] = when.isoformat()
        if item.get("image"):
            entry["image"] = item["image"]
        feed["items"].append(entry)
    return json.dumps(feed, ensure_ascii=False).encode()


# --- the oracle -------------------------------------------------------------------------------------------------------


def tree(html: str):
    """HTML as a browser reads it, as lxml tree."""
    return html5lib.parse(html, treebuilder="lxml", namespaceHTMLElements=False).getroot().find("body")


def address(url: str, base: str) -> str:
    """An absolute URL without tracking parameters, empty if it is not for the web."""
    if not url.strip():
        return ""
    url = urljoin(base, re.sub(r"[\t\r\n]", "", url.strip()).replace("\\", "/"))
    if not re.match(r"(?i)(https?://[^/?#]|mailto:.)", url):
        return ""
    head, mark, query = url.partition("?")
    query, hash_sign, fragment = query.partition("#")
    names = [(pair, pair.partition("=")[0].lower()) for pair in query.split("&")]
    kept = "&".join(pair for pair, name in names if not name.startswith(TRACKED[0]) and name not in TRACKED[1])
    return re.sub(
        r"""[\s"<>\\^`{|}]""",
        lambda sign: quote(sign[0], safe=""),
        head + (mark if kept else "") + kept + hash_sign + fragment,
    )


class Seen:
    """Visible text (blocks apart), links that show something and images of HTML."""

    def __init__(self, html: str, base: str) -> None:
        self.blocks, self.links, self.images = [""], [], []
        self.base = base
        self.walk(tree(html))

    def walk(self, node) -> None:
        """Take in a node and what is in it."""
        name = node.tag if isinstance(node.tag, str) else "!"
        if name == "iframe" or name in {"video", "audio", "embed"}:
            self.embed(node)
        if name not in UNSEEN and name != "!":
            if name in BLOCKS:
                self.blocks.append("")
            if name == "img":
                self.image(node)
            if name == "a" and (link := address(node.get("href", ""), self.base)) and shows(node):
                self.links.append(link)
            self.blocks[-1] += node.text or ""
            for child in node:
                self.walk(child)
                self.blocks[-1] += child.tail or ""
            if name in BLOCKS:
                self.blocks.append("")

    def image(self, node) -> None:
        """Take in an image, lazy ones by the address that waits."""
        url = node.get("src", "").strip()
        if not url or url.startswith("data:"):
            url = next(
                (node.get(name) for name in ("data-original", "data-src", "data-lazy-src") if node.get(name)), ""
            )
        if found := address(url, self.base):
            self.images.append(found)

    def embed(self, node) -> None:
        """Take in a player as the link that it becomes."""
        source = node.get("src") or next((one.get("src", "") for one in node.iter("source")), "")
        if poster := address(node.get("poster", ""), self.base):
            self.images.append(poster)
        if found := address(source, self.base):
            self.links.append(found)
            self.blocks += [node.get("title") or node.get("aria-label") or urlsplit(found).hostname or "", ""]

    def text(self, lang: str) -> str:
        """The text on one line."""
        parts = (re.sub(r"[ \t\n\r\f]+", " ", block).strip(" ") for block in self.blocks)
        return ("" if is_cjk(lang) else " ").join(part for part in parts if part)

    def squeezed(self) -> str:
        """The text without white space."""
        return "".join("".join(self.blocks).split())


def shows(node) -> bool:
    return bool("".join(node.itertext()).strip()) or any(address(i.get("src", ""), "") for i in node.iter("img"))


def is_cjk(lang: str) -> bool:
    return lang.split("-", maxsplit=1)[0] in {"zh", "ja", "ko"}


def spoken(text: str, declared: str) -> str:
    """The declared language, unless it is no CJK language and most words are Han; then which script, by charsets."""
    han = re.findall("[\u4e00-\u9fff]", text[:1000])
    if is_cjk(declared) or len(han) <= len(re.findall(r"[A-Za-z\u00c0-\u1fff]+", text[:1000])):
        return declared
    simplified, traditional = ("".join(han).encode(charset, "ignore") for charset in ("gb2312", "big5"))
    return "zh-TW" if len(traditional) > len(simplified) else "zh-CN"


def clean(text: str) -> str:
    text = re.sub(r"\r\n?", "\n", text)
    return re.sub(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]", "", text
    )


def shortened(text: str, lang: str) -> str:
    if is_cjk(lang):
        return text if len(text) < 80 else text[:50] + "..."
    words = text.split()
    end = 0
    for word in words[:50]:
        end = text.index(word, end) + len(word)
    return text if len(words) < 50 else text[:end] + "..."


def lined(item: dict) -> dict:
    """The item as RSS means it: where it has no markup, its lines are lines (none of the real ones was wrapped)."""
    text = item["description"].strip()
    if "<" in text or entities.unescape(text) != text or "\n" not in text:
        return item
    paragraphs = (f"<p>{entities.escape(part, quote=False)}</p>" for part in re.split(r"\n\s*\n", text))
    return {**item, "description": "".join(paragraphs).replace("\n", "<br>")}


def expected(item: dict, source: str, lang: str) -> dict[str, str]:
    """Every field by the written rules."""
    seen = Seen(clean(item["description"]), item["link"])
    lang = spoken(item["title"] + seen.text(lang), lang)
    words = seen.text(lang)
    ready = prepare.prepare(sane := sanitize.sanitize(item["description"], item["link"]))
    found = {
        "title": re.sub(r"[^\S\u3000]+", " ", re.sub("[\u00ad\u200b\u2060\ufeff]", "", clean(item["title"]))).strip(),
        "date": item.get("pub_date") or "",
        "link": re.sub(r"[\s()]", lambda sign: quote(sign[0], safe=""), address(item["link"], "")),
        "source": source,
        "lang": lang,
        "thumbnail": item.get("image") or next(iter(seen.images), ""),
        "summary": shortened(words, lang) if words.strip() else "",
        "body": markdownify.markdownify(ready).strip("\n"),
    }
    if ready is sane:
        found["body, nothing cured"] = markdownify.markdownify(sane).strip("\n")
    return found


# --- the comparison ---------------------------------------------------------------------------------------------------


class Report:
    """Counts, and shows the first differences."""

    def __init__(self, show: int) -> None:
        self.show, self.total, self.wrong = show, Counter(), Counter()

    def __call__(self, name: str, same: bool, *what: object) -> None:
        """Count a comparison."""
        self.total[name] += 1
        self.wrong[name] += not same
        if not same and self.show > 0:
            self.show -= 1
            print("---", name, *(repr(one)[:300] for one in what), sep="\n    ")

    def print(self) -> None:
        """Print what was counted."""
        for name, count in self.total.items():
            print(f"{name:32} {1 - self.wrong[name] / count:9.2%}   {self.wrong[name]} of {count} differ")


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("directory", type=Path)
    options.add_argument("--show", type=int, default=0, help="print the first differences")
    arguments = options.parse_args()
    report, seconds, count = Report(arguments.show), [], 0
    context = normalize.Context(
        zone=ZoneInfo("Asia/Shanghai"), now=NOW, tagger=tag.compile(()), defaults=FRONT_MATTER_DEFAULTS, language=""
    )
    for source_id, items in load(arguments.directory).items():
        lang = next((item["language"] for item in items if item.get("language")), "en")
        as_html = [expected(item, source_id, lang) for item in items]
        as_text = [expected(lined(item), source_id, lang) for item in items]
        for form, write in zip(FORMATS, (as_rss, as_atom, as_json), strict=True):
            document = Document(name=f"https://feeds.example/{source_id}", body=write(items, lang))
            parsed = parsers.choose(document).parse(document)
            source = Source(id=source_id, url=document.name)
            keys = identify(source.id, parsed.entries)
            oracle = as_text if form == "rss" else as_html
            for entry, key, wanted, item in zip(parsed.entries, keys, oracle, items, strict=True):
                start = time.process_time()
                made = normalize.normalize(entry, key, source, parsed, context, item["link"])
                seconds.append(time.process_time() - start)
                compare(report, form, made, wanted)
                if form == "rss":
                    count += 1
                    arrives(report, made, item, context.zone)
    report.print()
    seconds.sort()
    print(
        f"{count} items; normalising: mean {sum(seconds) / len(seconds) * 1e3:.2f} ms CPU, "
        f"p95 {seconds[int(len(seconds) * 0.95)] * 1e3:.2f} ms, most {seconds[-1] * 1e3:.2f} ms"
    )


def compare(report: Report, form: str, made, wanted: dict[str, str]) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    shown = made.published.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if made.published else ""
    got = {
        "title": made.title,
        "date": shown,
        "link": made.link,
        "source": made.source,
        "lang": made.lang,
        "thumbnail": made.thumbnail,
        "summary": made.summary,
        "body": made.body,
        "body, nothing cured": made.body,
    }
    if form == "rss" and re.search(r"&#?\w+;", wanted["title"]):  # RSS does not say whether titles are HTML
        wanted = {**wanted, "title": entities.unescape(wanted["title"])}
    for name, value in wanted.items():
        report(f"{form} {name}", got[name] == value, made.link, got[name], value)


def arrives(report: Report, made, item: dict, zone: ZoneInfo) -> None:
    """The whole road: file, back, rendered, published, read by somebody else."""
    back = frontmatter.load(frontmatter.dump(made, zone), zone, key=made.key)
    record = dedupe.record_of(back, via=back.source, now=NOW, authority="localhost,2026")
    origin = compose.origin(back.source, None, None, authority="localhost,2026")
    post = compose.post(record, markdown.to_html(back.body), origin=origin, tags=())
    feed = Feed(
        path="all",
        id="tag:localhost,2026:feed/all",
        title="all",
        updated=NOW,
        lang="en",
        home="http://127.0.0.1:8420/",
        posts=(post,),
    )
    reader = feedparser.parse(io.BytesIO(atom.render(feed)), sanitize_html=False, resolve_relative_uris=False)
    content = reader.entries[0].get("content") or [{"value": ""}]
    sent, got = Seen(clean(item["description"]), item["link"]), Seen(content[0]["value"], item["link"])
    squeezed = sent.squeezed(), got.squeezed()
    at = next((i for i, (a, b) in enumerate(zip(*squeezed, strict=False)) if a != b), min(map(len, squeezed)))
    report(
        "published text", squeezed[0] == squeezed[1], made.link, *(one[max(at - 40, 0) : at + 60] for one in squeezed)
    )
    for name, pair in (("links", (sent.links, got.links)), ("images", (sent.images, got.images))):
        before, after = ([quote(url, safe=":/?#[]@!$&'()*+,;=~%") for url in one] for one in pair)
        report(f"published {name}", before == after, made.link, *differing(before, after))


def differing(a: list[str], b: list[str]) -> tuple[list[str], list[str]]:
    return list((Counter(a) - Counter(b)).elements())[:3], list((Counter(b) - Counter(a)).elements())[:3]


if __name__ == "__main__":
    main()
