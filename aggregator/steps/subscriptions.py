"""Lists of subscriptions read: OPML, newsboat's urls file, a planet's config.ini, plain lists of URLs, our own JSON.

Every line that is no subscription comes back as a problem with its number; nothing is lost silently, and nothing is
fetched: what an OPML file includes is named, not followed. Whether a URL is a good one is not judged here.
"""

from __future__ import annotations

import configparser
import html.entities
import json
import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from lxml import etree

from aggregator.model import Problem
from aggregator.steps import text
from aggregator.steps.bodies import decode, notjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OWN = "{urn:tagwire:sources}keys"
"""Attribute of our OPML outlines: a source's keys as JSON, for what OPML has no word for."""
NAME_LIMIT = 100
TITLE_LIMIT = 200
_SHOWN = 80
_ACCEPTED = (
    "accepted are OPML, newsboat's urls file, a planet's config.ini, a list with one URL a line, and what `tagwire "
    "export --json` writes"
)
_MANY = 20
"""Lines from which on a text is a list of addresses only if one of them looks like an address."""
_REFUSED = re.compile(r"(query|exec|filter|file):", re.IGNORECASE)
_ADDRESS = re.compile(r"""^[ \t"']*[a-z][a-z0-9+.-]*:\S|^[ \t"']*[\w-]+(?:\.[\w-]+)+/""", re.IGNORECASE | re.MULTILINE)
"""What looks like an address at the beginning of a line, with a scheme or without one."""
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>", re.IGNORECASE)
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{0,31});")
_BARE = re.compile(r"&(?!#?\w{1,31};)")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_SEPARATORS = re.compile(r"[,/]")
_SECTION = re.compile(r"\[(?P<header>[^]]+)\]")
"""What stands behind the bracket counts for nothing, as in Python 2's ConfigParser."""
_PLANET = re.compile(r"^\[(?:Planet\]|https?://)", re.MULTILINE | re.IGNORECASE)
_LIST = re.compile("opml|foaf|csv|config|[.]")
"""What a planet's `content_type` holds if its section is a list of feeds (Venus, planet/config.py, reading_lists)."""
_DECLARED = {
    "xpath": 'FreshRSS reads this page by XPath: declare it, `kind = "html"` with CSS selectors (docs/declared.md)',
    "json+dot": 'FreshRSS picks this API\'s entries: declare it, `kind = "json"` with JMESPath (docs/declared.md)',
}
"""What is in the `type` of outlines that are no feeds (FreshRSS, Export_Service::TYPE_…) → what to do about them."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One source as it was listed; `keys` are those of sources.toml, `line` is counted from 1, 0 if unknown."""

    line: int
    keys: Mapping[str, Any]


@dataclass(slots=True)
class Listing:
    """What was read from a file called `name`."""

    name: str
    found: list[Subscription] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, message: str, line: int = 0) -> None:
        """Remember something that is no subscription."""
        self.problems.append(Problem(where=self.name, message=message, line=line))


def read(name: str, data: bytes) -> Listing:
    """Return the subscriptions in a file, whichever of the formats it has; `name` stands in the problems."""
    listing = Listing(name)
    decoded = decode.decode(data)
    content = text.clean(decoded)
    begin = content.lstrip()[:1]
    if "\0" in decoded:
        listing.complain(f"this is no text; {_ACCEPTED}")
    elif begin == "<":
        _read_opml(listing, content)
    elif _PLANET.search(content):
        _read_planet(listing, content)
    elif begin in ("{", "["):
        _read_json(listing, content)
    else:
        _read_lines(listing, content)
    return listing


def _read_lines(listing: Listing, content: str) -> None:
    """One URL a line, behind it tags and `~title` as newsboat has them."""
    if content.count("\n") >= _MANY and not _ADDRESS.search(content):
        listing.complain(f"no line of this text begins with an address; {_ACCEPTED}")
        return
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            address, *words = shlex.split(line)
        except ValueError:
            listing.complain(f"a quotation without end: {line.strip()[:_SHOWN]}", number)
            continue
        if _REFUSED.match(address):
            listing.complain(f"{address.partition(':')[0]}: cannot be a source here: {line.strip()[:_SHOWN]}", number)
            continue
        titles = [word[1:] for word in words if word.startswith("~")]
        tags = [word.removeprefix("!") for word in words if not word.startswith("~")]
        listing.found.append(Subscription(number, _keys(address, titles[0] if titles else "", tags)))


def _read_planet(listing: Listing, content: str) -> None:
    """Sections that are feeds' addresses, with names, as Planet and Venus read them: by Python 2's ConfigParser."""
    lines = content.split("\n")
    begins = {match[1]: number for number, line in enumerate(lines, 1) if (match := _SECTION.match(line))}
    ini = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";",))
    ini.SECTCRE = _SECTION
    try:
        ini.read_string(content)
    except configparser.MissingSectionHeaderError as error:
        listing.complain("a planet's config.ini begins with a section; nothing was read", error.lineno)
    except configparser.ParsingError as error:
        for number, _ in error.errors:
            listing.complain(f"neither a section nor `name = value`: {lines[number - 1].strip()[:_SHOWN]}", number)
    for address in ini.sections():
        said, begin = ini[address], begins.get(address, 0)
        if "://" not in address:
            if address.lower() != "planet":
                listing.complain(f"[{address[:_SHOWN]}] is no address of a feed", begin)
        elif _LIST.search(said.get("content_type") or ""):
            listing.complain(f"lists of feeds are not followed: {address[:_SHOWN]}", begin)
        else:
            listing.found.append(Subscription(begin, _keys(address, said.get("name") or "", [])))


def _read_json(listing: Listing, content: str) -> None:
    """A list of URLs or of sources, or an object with `sources`, as `tagwire export --json` writes it."""
    try:
        held = json.loads(content)
    except (ValueError, RecursionError) as error:
        listing.complain(f"not JSON: {notjson.why(error)}", notjson.line_of(error))
        return
    rows = held.get("sources") if isinstance(held, dict) else held
    if not isinstance(rows, list):
        listing.complain('expected a list of sources, or {"sources": […]}')
        return
    for number, row in enumerate(rows, 1):
        keys = {"url": row} if isinstance(row, str) else row
        if isinstance(keys, dict) and (keys.get("url") or keys.get("path")):
            listing.found.append(Subscription(0, keys))
        else:
            listing.complain(f"source {number} has neither url nor path")


def _read_opml(listing: Listing, content: str) -> None:
    """Outlines with an address; the others are folders, whose names become tags of what is in them."""
    root, errors = _parsed(content)
    if root is None or str(root.tag).lower() != "opml":
        listing.complain("this is XML, but no OPML" if root is not None else "this is no XML that can be read", 1)
        return
    for line, message in errors:
        listing.complain(f"damaged XML: {message}", line)
    folders: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end"), tag="outline"):
        said = {str(name).lower(): text.one_line(str(value), 8192) for name, value in element.attrib.items()}
        said |= {OWN: str(element.attrib[OWN])} if OWN in element.attrib else {}  # JSON, every blank of it counts
        title = said.get("title") or said.get("text", "")
        address = said.get("xmlurl", "")
        if event == "end":
            if not address:
                folders.pop()
            continue
        if address:
            _take(listing, element.sourceline or 0, said, address, folders)
            continue
        folders.append(title)
        if said.get("type", "").lower() == "include" or (said.get("url") and not len(element)):
            listing.complain(f"includes are not followed: {said.get('url', title)[:_SHOWN]}", element.sourceline or 0)
        elif not len(element):
            listing.complain(f"outline {title[:_SHOWN]!r} has no xmlUrl", element.sourceline or 0)


def _take(listing: Listing, line: int, said: Mapping[str, str], address: str, folders: list[str]) -> None:
    """Take in one outline with an address, unless what is there is said to be no feed."""
    kind = said.get("type", "").lower()
    if refused := next((cure for part, cure in _DECLARED.items() if part in kind), ""):
        listing.complain(f"{address[:_SHOWN]}: {refused}", line)
    else:
        listing.found.append(_outlined(listing, line, said, address, folders))


def _outlined(listing: Listing, line: int, said: Mapping[str, str], address: str, folders: list[str]) -> Subscription:
    """One outline with a feed; folders and categories become tags, unless the outline has our own keys."""
    if OWN in said:
        try:
            own = json.loads(said[OWN])
            return Subscription(line, {**own, "url": address})
        except (ValueError, RecursionError) as error:
            listing.complain(
                f"the keys of {address[:_SHOWN]} cannot be read ({notjson.why(error)}); the rest was", line
            )
        except TypeError:
            listing.complain(f"the keys of {address[:_SHOWN]} cannot be read (they are no object); the rest was", line)
    tags = [*folders, *_SEPARATORS.split(said.get("category", ""))]
    return Subscription(line, _keys(address, said.get("title") or said.get("text", ""), tags))


def _keys(address: str, title: str, tags: list[str]) -> dict[str, Any]:
    lines = (text.one_line(name, NAME_LIMIT) for name in tags)
    title = text.one_line(title, TITLE_LIMIT)
    named = {"title": title if title != address else "", "tags": list(dict.fromkeys(filter(None, lines)))}
    return {"url": address.strip()} | {name: value for name, value in named.items() if value}


def _parsed(content: str) -> tuple[Any, list[tuple[int, str]]]:
    """The root of damaged XML, or None, and what was wrong; no entity but HTML's is expanded, for no DTD is read."""
    content = _DECLARATION.sub("", _DOCTYPE.sub(_lines_only, content, count=1), count=1)
    parser = etree.XMLParser(encoding="utf-8", recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    data = _ENTITY.sub(_entity, _BARE.sub("&amp;", content)).encode()
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        return None, [(error.lineno or 0, error.msg or "")]
    return root, list(_distinct(parser))


def _distinct(parser: etree.XMLParser) -> Iterator[tuple[int, str]]:
    seen: set[int] = set()
    for error in parser.error_log:
        if error.line not in seen:
            seen.add(error.line)
            yield error.line, error.message


def _lines_only(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _entity(match: re.Match[str]) -> str:
    if match[1] in _XML_ENTITIES:
        return match[0]
    return escape(html.entities.html5.get(f"{match[1]};", f"&{match[1]};"))
