"""The table of all configuration: every section and key with its kind, default and meaning.

Checking, overrides from the environment, `config show`, the JSON Schema and the documentation's test all read this
table. This module reads no files.
"""

from __future__ import annotations

from aggregator.config import declared, formats, rules
from aggregator.config.keys import Key, Section
from aggregator.config.keys import key as _key
from aggregator.config.kinds import boolean, choice, duration, integer, listing, number, optional, size, text

__all__ = ["FILES", "SECTIONS", "Key", "Section", "json_schema", "section"]


_TAGS = listing(text("a tag, one line of text", empty=False), 'a list of tags such as ["news", "财经"]')
_FORMATS = listing(choice("atom", "json", "html"), 'a list of "atom", "json", "html"')
_USER_AGENT = text("a line of printable ASCII characters", pattern=formats.PRINTABLE)

_SITE = Section(
    name="site",
    file="tagwire.toml",
    doc="Who publishes.",
    keys=(
        _key("title", text(empty=False), "Name of the site, used in the titles of its feeds.", "tagwire"),
        _key("author", text(), "Author of the feeds; empty: the title.", ""),
        _key("language", formats.language(), "Language of the site, and of entries that say none.", "zh-CN"),
        _key("timezone", formats.zone(), "Zone in which dates are written and offset-less ones read.", "Asia/Shanghai"),
        _key(
            "tag_authority",
            formats.authority(),
            "Domain and date for tag: URIs (RFC 4151); never change it after the first publication.",
            "localhost,2026",
        ),
        _key(
            "base_url",
            formats.web_url(directory=True),
            "URL of the published directory itself; a feed's self link is this + `tags/x.xml`.",
            "http://127.0.0.1:8420/",
        ),
    ),
)
_SCHEDULE = Section(
    name="schedule",
    file="tagwire.toml",
    doc="How often sources are asked.",
    keys=(
        _key("base", duration(1.0), "Time between two fetches of a source that posts about once a day.", "60m"),
        _key("min", duration(1.0), "Shortest time between two fetches of a source.", "30m"),
        _key("max", duration(1.0), "Longest time between two fetches of a source.", "24h"),
        _key("jitter", number(0.0, 0.5), "Share by which intervals vary, so that sources do not march in step.", 0.1),
    ),
)
_HTTP = Section(
    name="http",
    file="tagwire.toml",
    doc="How sources are fetched.",
    keys=(
        _key("user_agent", _USER_AGENT, "User-Agent header; empty: tagwire's own, with the site's URL.", ""),
        _key("timeout", duration(0.1), "Total time of one fetch, all redirects included.", "20s"),
        _key("max_bytes", size(), "Largest decoded body.", "8MiB"),
        _key("per_host_delay", duration(), "Pause between two requests to one host.", "1s"),
        _key("concurrency", integer(1, 1000), "Hosts that are asked at a time.", 32),
        _key(
            "proxy",
            formats.proxy(),
            "URL of an HTTP proxy for all fetches; may be `env:NAME`. Empty: none.",
            "",
        ),
        _key(
            "allow_hosts",
            formats.hosts(),
            "Hosts, addresses and networks, without port, that may be private or loopback.",
            [],
        ),
        _key(
            "allow_private_networks",
            boolean(),
            "Whether sources may be on private and loopback addresses.",
            default=False,
        ),
    ),
)
_STORAGE = Section(
    name="storage",
    file="tagwire.toml",
    doc="Where items and the index are kept.",
    keys=(
        _key("items", formats.path(), "Directory of the item files.", "items"),
        _key("index", formats.index(), "URL of the index.", "sqlite:///var/tagwire.db"),
        _key(
            "path",
            formats.pattern(),
            "Pattern of an item's path; must contain `{key}`.",
            "{source}/{date:%Y}/{date:%m}/{date:%d}-{slug}-{key}.md",
        ),
        _key(
            "keep",
            formats.keep(),
            "How long the index remembers what is gone: deleted items, earlier texts, dropped entries.",
            "forever",
        ),
    ),
)
_FRONT_MATTER = Section(
    name="frontmatter",
    file="tagwire.toml",
    doc="The front matter of item files.",
    keys=(
        _key(
            "defaults",
            formats.front_matter(),
            "Constant keys of every item, in this order. Writing it replaces the whole table.",
            {
                "menu": "",
                "lead": "",
                "comments": False,
                "authorbox": False,
                "pager": True,
                "toc": False,
                "mathjax": False,
                "sidebar": "right",
                "widgets": ["search", "recent", "taglist"],
            },
        ),
    ),
)
_PUBLISH = Section(
    name="publish",
    file="tagwire.toml",
    doc="What the feeds hold.",
    keys=(
        _key("dir", formats.path(), "Directory of the published files.", "feeds"),
        _key("entries", integer(1, 10_000), "A feed holds at least this many entries, if there are.", 50),
        _key("window", duration(), "A feed holds everything within this time of its newest entry.", "7d"),
        _key("max", integer(1, 10_000), "A feed holds at most this many entries.", 200),
        _key("max_size", size(), "A feed is at most this long; one entry always stays.", "1MiB"),
        _key("formats", _FORMATS, "What is written of each feed.", ["atom", "json", "html"]),
        _key(
            "stories",
            choice("collapse", "keep"),
            "`collapse` shows a story with copies under several URLs once in each feed, `keep` shows every copy.",
            "collapse",
        ),
        _key(
            "hub", optional(formats.web_url(public=True)), "WebSub hub that feeds name and that is told of changes.", ""
        ),
        _key(
            "archive", choice("monthly", "off"), "Whether older entries of `all` and of tags stay readable.", "monthly"
        ),
        _key("max_feeds", integer(1, 1_000_000), "Tags that have a feed: configured ones, then the largest.", 10_000),
        _key("item_pages", boolean(), "Whether every item has a page of its own, `items/<key>.html`.", default=False),
        _key(
            "entry_ids",
            choice("stable", "per-feed"),
            "`per-feed` gives an entry another id in each feed, for readers that hide second occurrences.",
            "stable",
        ),
    ),
)
_SERVER = Section(
    name="server",
    file="tagwire.toml",
    doc="Where `tagwire serve` and `tagwire run` listen.",
    keys=(
        _key("host", formats.listen_host(), "Address to listen on.", "127.0.0.1"),
        _key("port", integer(0, 65535), "Port to listen on; 0 takes any free one.", 8420),
    ),
)
_SOURCES = Section(
    name="sources",
    file="sources.toml",
    doc="One source: a feed, a feed file or a folder of Markdown files. Needs `url` or `path`.",
    many=True,
    keys=(
        _key("id", formats.slug(), "Stable name, part of every item's path. Absent: from the URL's host."),
        _key("url", formats.web_url(), "Address of the feed."),
        _key("path", formats.path(), "A feed file, or the directory of a folder source."),
        _key("kind", choice("feed", "folder", "json", "html"), "What stands there.", "feed"),
        _key("title", text(), "Shown to people; empty: the feed's own title.", ""),
        _key("tags", _TAGS, "Tags for every item of the source.", []),
        _key("lang", formats.language(empty=True), "Language, whatever the feed says.", ""),
        _key("timezone", optional(formats.zone()), "Zone of dates without offset; empty: the site's.", ""),
        _key("every", duration(1.0), "Fixed time between two fetches. Absent: adapts to the source's rhythm."),
        _key("content", choice("full", "summary", "link"), "How much of the text is published.", "full"),
        _key("full_text", declared.full_text(), "The linked page is fetched for its text.", default=False),
        _key("enabled", boolean(), "False pauses the source.", default=True),
        _key("near", boolean(), "Whether copies of its texts under other URLs are looked for.", default=True),
        _key("headers", formats.headers(), "Request headers for the source's own host; values may be `env:NAME`.", {}),
        _key("body", declared.body(), "Sent with the request, which is a POST then.", ""),
        _key("items", declared.items(), "Where entries are, for json and html."),
    ),
)

SECTIONS: tuple[Section, ...] = (
    _SITE,
    _SCHEDULE,
    _HTTP,
    _STORAGE,
    _FRONT_MATTER,
    _PUBLISH,
    _SERVER,
    _SOURCES,
    rules.TAGS,
    rules.FEEDS,
    rules.FILTERS,
)
FILES = ("tagwire.toml", "sources.toml", "tags.toml")


def section(name: str) -> Section | None:
    """Return the section of that name, or None."""
    return next((entry for entry in SECTIONS if entry.name == name), None)


def json_schema() -> dict[str, object]:
    """Return a JSON Schema (draft 2020-12) that holds for each of the three files."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tagwire configuration",
        "description": "Sections of config/tagwire.toml, config/sources.toml and config/tags.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": {entry.name: _section_schema(entry) for entry in SECTIONS},
    }


def _section_schema(entry: Section) -> dict[str, object]:
    required = [key.name for key in entry.keys if key.required]
    schema: dict[str, object] = {
        "type": "object",
        "description": entry.doc,
        "additionalProperties": False,
        "properties": {key.name: _key_schema(key) for key in entry.keys},
    }
    if required:
        schema["required"] = required
    if entry.name == "sources":
        schema["oneOf"] = [{"required": ["url"]}, {"required": ["path"]}]
    return {"type": "array", "description": entry.doc, "items": schema} if entry.many else schema


def _key_schema(key: Key) -> dict[str, object]:
    schema = {**key.kind.json, "description": key.doc}
    return schema if key.default is None else {**schema, "default": key.default}
