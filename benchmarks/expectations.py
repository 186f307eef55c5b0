"""feedparser's own test expectations for entries, asked of our reading and normalising.

    python benchmarks/expectations.py CHECKOUT [--all]

CHECKOUT is a copy of feedparser's source (its `tests/wellformed` and `tests/illformed`). Every comparison
`entries[n]… == value` in the fixtures' `Expect:` lines that is about title, link, id, summary, content, author, tags,
dates or enclosures is put to what we make of the fixture. Expected HTML, like ours, is sanitised and turned into
Markdown; expected links, like ours, are resolved. `--all` shows every difference, else those not explained here.
"""

from __future__ import annotations

import argparse
import ast
import calendar
import html
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aggregator import errors, parsers
from aggregator.model import Document, Source
from aggregator.steps import bases, dates, normalize, tag, urls
from aggregator.steps.html import markdown, prepare, sanitize
from aggregator.steps.identity import identify

UNTITLED = normalize.UNTITLED
BASE = "http://127.0.0.1:8097/"
CONTEXT = normalize.Context(zone=ZoneInfo("UTC"), now=datetime(2100, 1, 1, tzinfo=UTC), tagger=tag.compile(()))
EXPECT = re.compile(r"Expect:\s*(.*?)\s*(?:-->|\n\s*\n)", re.DOTALL)
HEADER = re.compile(r"^Header:\s*([^:]+):\s*(.+)$", re.MULTILINE)

EXPLAINED = (
    (
        r"sanitize/\w+_(?:embed|iframe)\.xml",
        "embedded frames become links; what stands inside an iframe is never shown",
    ),
    (r"entry_(?:content|summary)_base64", "content of type application/octet-stream is no text (RFC 4287 §4.1.3.3)"),
    (r"category_term", "a category's label is for people, and wins over its term"),
    (r"base/rel_uri|attribute_poster", "xml:base counts within the site only"),
    (r"item_description_and_summary", "RSS knows no summary element; description is the text"),
)
"""Fixture (a pattern on its path and field) and why we mean to differ."""


def comparisons(expression: str):
    """Chains such as ("entries", 0, "title") with the value that is expected of them."""
    try:
        tree = ast.parse(expression.replace("\n", " ").strip(), mode="eval").body
    except SyntaxError:
        return
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    for part in parts:
        if isinstance(part, ast.Compare) and len(part.ops) == 1 and isinstance(part.ops[0], ast.Eq):
            chain = links(part.left)
            try:
                value = ast.literal_eval(part.comparators[0])
            except ValueError:
                continue
            if chain and chain[0] == "entries" and len(chain) > 2:
                yield chain, value


def links(node) -> tuple:
    """A subscript or attribute chain as a tuple; empty if it is none."""
    found: list = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            found.append(node.slice.value)
        elif isinstance(node, ast.Attribute):
            found.append(node.attr)
        else:
            return ()
        node = node.value
    return (node.id, *reversed(found))


def text(value: str) -> str:
    """What a line of HTML shows."""
    return " ".join(html.unescape(re.sub(r"<[^<>]*>", "", value)).split())


def body(value: str, base: str) -> str:
    return markdown.to_markdown(prepare.prepare(sanitize.sanitize(value, base)))


def squeezed(value: str) -> str:
    return re.sub(r"\s+", " ", value).strip()


def judge(chain: tuple, value, entry, item, base: str) -> tuple[object, object] | None:  # noqa: C901, PLR0911, PLR0912 - a table
    """(what we have, what is expected) in one form; None where the issue asks nothing."""
    field, rest = chain[2], chain[3:]
    if not isinstance(value, (str, tuple)):
        return None
    match field, rest:
        case ("title", ()) | ("title_detail", ("value",)):
            shown = squeezed(value) if item.title == squeezed(value) else text(value)  # feedparser's titles may be HTML
            return item.title if item.title != UNTITLED else "", shown
        case "link", ():
            return urls.iri_to_uri(item.link), urls.iri_to_uri(urls.resolve(base, value))
        case (("id" | "guid"), ()):
            return (urls.resolve(base, entry.guid) or entry.guid), (urls.resolve(base, value) or value)
        case (("summary" | "description"), ()):
            return nearest((entry.summary, entry.content), value, base)
        case "summary_detail", ("value",):
            return nearest((entry.summary, entry.content), value, base)
        case "content", (int(), "value"):
            return nearest((entry.content, entry.summary), value, base)
        case "author", ():
            names = [
                n for p in item.authors for n in (p.name, p.email, f"{p.name} ({p.email})", f"{p.email} ({p.name})")
            ]
            return (value if value in names else names[:1]), value
        case "author_detail", ((("name" | "email" | "href") as key),):
            return person(item.authors[:1] or item.authors, key, value, base)
        case "authors", (int() as number, (("name" | "email" | "href") as key)):
            return person(item.authors[number : number + 1], key, value, base)
        case "tags", (int() as number, (("term" | "label") as key)):
            names = [*item.categories, *entry.categories]
            return (value if squeezed(value) in names else (*names,)), value
        case "category", ():
            return (value if squeezed(value) in item.categories else item.categories), value
        case (("published_parsed" | "updated_parsed" | "created_parsed"), ()) if isinstance(value, tuple):
            written = entry.updated if field == "updated_parsed" else entry.published
            found = dates.parse(written or entry.published or entry.updated, UTC)
            return found, datetime.fromtimestamp(calendar.timegm(value), UTC)
        case (("published" | "updated"), ()):
            have = getattr(entry, field) or entry.published or entry.updated
            return have, value
        case "enclosures", (int() as number, (("url" | "href" | "type" | "length") as key)):
            found = item.enclosures[number : number + 1]
            if not found:
                return None if key == "x" else ("no enclosure", value)
            have = {
                "url": found[0].href,
                "href": found[0].href,
                "type": found[0].media_type,
                "length": str(found[0].length),
            }
            return have[key], urls.resolve(base, value) if key in {"url", "href"} else value.lower()
    return None


def person(people, key: str, value: str, base: str) -> tuple[object, object]:
    name = {"href": "uri"}.get(key, key)
    found = [getattr(one, name) for one in people]
    return (found[0] if found else ""), (urls.resolve(base, value) if key == "href" else value)


def nearest(ours: tuple[str, ...], value: str, base: str) -> tuple[str, str]:
    wanted = squeezed(body(value, base))
    found = [squeezed(body(one, base)) for one in ours]
    plain = [squeezed(body(html.unescape(value), base)), squeezed(body(html.escape(value), base))]
    for one in found:
        if one == wanted or one in plain:
            return wanted, wanted
    return found[0] or found[-1], wanted


def main() -> None:  # noqa: C901, PLR0912
    """Print agreement by field and the differences."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("checkout", type=Path)
    options.add_argument("--all", action="store_true")
    arguments = options.parse_args()
    total, right, explained = Counter(), Counter(), Counter()
    source = Source(id="fixture", url=BASE)
    for path in sorted((arguments.checkout / "tests").rglob("*.xml")):
        if path.parts[-2] == "http" or not {"wellformed", "illformed"} & set(path.parts):
            continue
        data = path.read_bytes()
        comment = data.decode("utf-8", "replace")
        wanted = [pair for found in EXPECT.finditer(comment) for pair in comparisons(found[1])]
        if not wanted:
            continue
        name = str(path.relative_to(arguments.checkout / "tests"))
        headers = {key.lower(): value for key, value in HEADER.findall(comment)}
        address = urls.resolve(BASE, headers.get("content-location", "").strip()) or BASE
        document = Document(name=address, body=data, media_type="application/xml")
        try:
            parsed = parsers.choose(document).parse(document)
        except errors.TagwireError as error:
            parsed, trouble = None, repr(error)
        for chain, value in wanted:
            outcome = None
            if parsed is None or chain[1] >= len(parsed.entries):
                outcome = ("no such entry" if parsed else trouble, value)
            else:
                entry = parsed.entries[chain[1]]
                base = bases.base_of(entry, parsed, address)
                key = identify("fixture", [entry])[0]
                try:
                    item = normalize.normalize(entry, key, source, parsed, CONTEXT, address)
                except errors.EntryError:  # it says nothing that we keep: a fixture about something else
                    named = replace(entry, title=UNTITLED, title_is_html=False)
                    item = normalize.normalize(named, key, source, parsed, CONTEXT, address)
                outcome = judge(chain, value, entry, item, base)
            if outcome is None or chain[2] not in FIELDS:
                continue
            kind = FIELDS[chain[2]]
            total[kind] += 1
            if outcome[0] == outcome[1]:
                right[kind] += 1
                continue
            why = next((why for pattern, why in EXPLAINED if re.search(pattern, f"{name} {chain[2]}")), "")
            explained[why] += 1
            if arguments.all or not why:
                print(
                    f"{name} {'.'.join(map(str, chain[2:]))}\n    ours     {outcome[0]!r}\n    expected {outcome[1]!r}"
                )
    for kind, count in total.items():
        print(f"{kind:12} {right[kind]:5} of {count:5}   {right[kind] / count:8.2%}")
    print(f"{'all':12} {right.total():5} of {total.total():5}   {right.total() / total.total():8.2%}")
    for why, count in explained.most_common():
        print(f"{count:5}  {why or 'not explained'}")


FIELDS = {
    "title": "title",
    "title_detail": "title",
    "link": "link",
    "id": "id",
    "guid": "id",
    "summary": "summary",
    "summary_detail": "summary",
    "description": "summary",
    "content": "content",
    "author": "author",
    "author_detail": "author",
    "authors": "author",
    "tags": "tags",
    "category": "tags",
    "published_parsed": "dates",
    "updated_parsed": "dates",
    "created_parsed": "dates",
    "published": "dates",
    "updated": "dates",
    "enclosures": "enclosures",
}

if __name__ == "__main__":
    main()
