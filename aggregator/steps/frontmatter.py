"""Item files: an item to the text of its file and back, in the format of the seeds.

    ---                          17 keys in one order, every string in double quotes; then, only where they cannot be
    title: "…"                   derived, `guid` (string) and `enclosures` (a list of maps with `url`, `type` and
    ---                          `length`, the latter two only where known); then keys that are not ours.

    Markdown                     Sliced from the file, never stripped: a leading U+3000 is an indent.

    [source](link)               Always the last line, and the only home of the link.

`load(dump(item))` gives the item back and `dump(load(text))` the text, byte for byte, for every file of this format.
Files that others wrote are read as well as they can be, and never rewritten: `dump` of an item with `file` is `file`.

Not kept here, since the index has it: `updated`, authors. Not done here: reading files, rendering Markdown.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aggregator.errors import EntryError
from aggregator.model import Enclosure, Item
from aggregator.steps import dates, text, urls, yamltext

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

HEADER_LIMIT = 64 * 1024
"""Characters that a header may have."""

_BEFORE_THUMBNAIL = ("menu",)
_AFTER_THUMBNAIL = ("lead", "comments", "authorbox", "pager", "toc", "mathjax", "sidebar", "widgets")
_CONSTANT = frozenset(_BEFORE_THUMBNAIL + _AFTER_THUMBNAIL)
_FIRST = ("title", "date", "summary", "categories", "lang", "translations", "tags")
_OURS = frozenset((*_FIRST, "thumbnail", "guid", "enclosures"))
_HIGHEST = 2**63
"""The largest number that a worker can hand over (MessagePack); a larger one is a name, not a count."""
_LINK_KEYS = ("link", "url", "canonical")
"""Where other people's files may name the page, if they have no footer."""

_OPENING = re.compile(r"\s*-{3,}[^\S\n]*\n")
_CLOSING = re.compile(r"\n(?:-{3,}|\.{3})[^\S\n]*$", re.MULTILINE)  # begins with one sign: the engine skips to it
_SPACE = re.compile(r"\s")
_UNSAFE_IN_LINK = re.compile(r"[\x00-\x20()\x7f-\x9f\u2028\u2029]")


def dump(item: Item, zone: tzinfo) -> str:
    """Return the text of the item's file, with `date` in `zone`; the exact text for items that came as files."""
    if item.file:
        return item.file
    extra = dict(item.extra)
    lines = [
        f"---\ntitle: {yamltext.quoted(item.title)}\n",
        f'date: "{_local(item.published, zone)}"\n',
        f"summary: {yamltext.quoted(item.summary)}\n",
        yamltext.strings("categories", (item.source,)),
        yamltext.strings("lang", (item.lang,) if item.lang else ()),
        yamltext.strings("translations", (item.lang,) if item.lang else ()),
        yamltext.strings("tags", item.tags),
        *[_given(name, extra[name]) for name in _BEFORE_THUMBNAIL if name in extra],
        f"thumbnail: {yamltext.quoted(item.thumbnail)}\n",
        *[_given(name, extra[name]) for name in _AFTER_THUMBNAIL if name in extra],
    ]
    if item.guid:
        lines.append(f"guid: {yamltext.quoted(item.guid)}\n")
    if item.enclosures:
        lines.append(yamltext.entry("enclosures", tuple(map(_written, item.enclosures))))
    lines += [_given(name, value) for name, value in item.extra if name not in _CONSTANT]
    body = f"{item.body}\n\n" if item.body else ""
    return f"{''.join(lines)}---\n\n{body}{footer(item.source, item.link)}\n"


_known_line = lru_cache(maxsize=256, typed=True)(yamltext.entry)


def _given(name: str, value: object) -> str:
    """Return the entry of a key beside ours: mostly one of the few that the site gives to every file."""
    return _known_line(name, value) if value is None or type(value) in {bool, str, int} else yamltext.entry(name, value)


def load(content: str, zone: tzinfo, *, key: str = "", name: str = "") -> Item:
    """Return the item that the text of a file describes; dates without offset are read in `zone`.

    `key` becomes the item's; `name` is its source where the file has no category. What is missing or of no use gets the
    empty value. `file` stays empty, so that `dump` of the result writes anew. The text is cleaned (`steps.text.clean`).
    Raises `EntryError` with a line for files without a readable header.
    """
    content = text.clean(content.removeprefix("\ufeff"))
    header, body, line = _split(content)
    found = yamltext.read(header, line)
    categories = _names(found.get("categories"))
    source = categories[0] if categories else name
    body, link = _without_footer(body, source)
    tags = (*_names(found.get("tags")), *categories[1:])
    guid = _line(found.get("guid"))
    return Item(
        key=key,
        source=source,
        title=_line(found.get("title")),
        link=link or _stated_link(found),
        published=(published := _instant(found.get("date"), zone)),
        updated=published,
        summary=_text(found.get("summary")),
        body=body,
        tags=tuple(dict.fromkeys(tags)),
        lang=next(iter(_names(found.get("lang"))), ""),
        thumbnail=_line(found.get("thumbnail")),
        guid=guid if urls.is_absolute_iri(guid) else "",
        enclosures=_enclosures(found.get("enclosures")),
        extra=tuple((name, _bare(value)) for name, value in found.items() if name not in _OURS),
    )


def body(content: str, source: str) -> str:
    """Return the Markdown between header and footer, cleaned, as `load` would; the header is not read.

    Raises `EntryError` for files without a header.
    """
    _, rest, _ = _split(text.clean(content.removeprefix("\ufeff")))
    return _without_footer(rest, source)[0]


def footer(source: str, link: str) -> str:
    """Return an item's last line."""
    return f"[{source}]({footer_link(link)})"


def footer_link(link: str) -> str:
    """Return a link as the footer holds it: white space, parentheses and controls percent-encoded. Idempotent."""
    return _UNSAFE_IN_LINK.sub(_percent, link)


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def _local(instant: datetime | None, zone: tzinfo) -> str:
    if instant is None:
        return ""
    return instant.astimezone(zone).replace(tzinfo=None).isoformat(" ", "seconds")


def _written(enclosure: Enclosure) -> dict[str, object]:
    shape: dict[str, object] = {"url": enclosure.href}
    if enclosure.media_type:
        shape["type"] = enclosure.media_type
    if enclosure.length:
        shape["length"] = enclosure.length
    return shape


def _split(content: str) -> tuple[str, str, int]:
    """Header, what follows it less one blank line, and the header's first line number."""
    opening = _OPENING.match(content)
    if not opening:
        raise EntryError("no front matter: the first line is not ---", line=1)
    start = opening.end()
    line = content.count("\n", 0, start) + 1
    closing = _CLOSING.search(content, start - 1, start + HEADER_LIMIT + len("---"))
    if not closing:
        long = len(content) - start > HEADER_LIMIT
        problem = f"does not end within {HEADER_LIMIT // 1024} kB" if long else "has no end: no second line is ---"
        raise EntryError(f"front matter {problem}", line=line - 1)
    body = content[closing.end() :].removeprefix("\n").removeprefix("\n")
    return content[start : closing.start() + 1], body, line


def _without_footer(body: str, source: str) -> tuple[str, str]:
    """The body less its footer, and the footer's link. Only a last line that names the source is a footer."""
    ending = body.rstrip("\n")
    start = ending.rfind("\n") + 1
    label = f"[{source}]("
    if ending.startswith(label, start) and ending.endswith(")"):
        link = ending[start + len(label) : -1]
        if not link or (urls.is_web(link) and not _SPACE.search(link)):
            return body[:start].removesuffix("\n").removesuffix("\n"), footer_link(link)
    return body.removesuffix("\n"), ""


def _stated_link(found: Mapping[str, Any]) -> str:
    links = (_line(found.get(name)) for name in _LINK_KEYS)
    return next((footer_link(link) for link in links if urls.is_web(link)), "")


def _text(value: object) -> str:
    """A scalar as text; lists and maps where text should be are nothing."""
    if isinstance(value, str):
        return text.clean(value)
    return "" if value is None or isinstance(value, (tuple, dict)) else str(value)


def _line(value: object) -> str:
    return text.one_line(_text(value), limit=HEADER_LIMIT)


def _names(value: object) -> tuple[str, ...]:
    """A list of names; a string is one name, or several with commas between them."""
    if isinstance(value, str):
        value = tuple(value.split(","))
    members: Iterable[object] = value if isinstance(value, tuple) else (value,)
    return tuple(name for member in members if (name := _line(member)))


def _instant(value: object, zone: tzinfo) -> datetime | None:
    if isinstance(value, str):
        return dates.parse(value, zone)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        return None
    try:
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        return None


def _enclosures(value: object) -> tuple[Enclosure, ...]:
    shapes = (member if isinstance(member, dict) else {"url": member} for member in _members(value))
    read = (
        Enclosure(
            href=_line(shape.get("url")),
            media_type=_line(shape.get("type")),
            length=length if isinstance(length := shape.get("length"), int) and 0 < length <= _HIGHEST else 0,
        )
        for shape in shapes
    )
    return tuple(enclosure for enclosure in read if urls.is_web(enclosure.href))


def _members(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def _bare(value: object) -> object:
    """A value of a key that is not ours, as plain data: dates and numbers beyond 64 bits as text, texts clean."""
    if isinstance(value, str):
        return text.clean(value)
    if isinstance(value, dict):
        return {text.clean(name): _bare(member) for name, member in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_bare, value))
    beyond = isinstance(value, int) and abs(value) > _HIGHEST
    return str(value) if beyond or isinstance(value, date) else value
