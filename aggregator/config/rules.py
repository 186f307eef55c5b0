"""The sections of tags.toml, a part of `config.schema`: tags, feeds by query and filters.

This module reads no files.
"""

from __future__ import annotations

from datetime import date

from aggregator.config import formats
from aggregator.config.keys import Key, Section, key
from aggregator.config.kinds import Kind, choice, listing, optional, table, text
from aggregator.steps.words import terms


def term() -> Kind:
    """Return the kind of what rules and filters look for: a word or phrase, or an expression that RE2 compiles."""
    word = text("a word or phrase, or an expression such as 're:GPT-\\d'", empty=False)

    def read(value: object) -> str:
        written: str = word.read(value)
        terms.check(written)
        return written

    return Kind(expected=word.expected, read=read)


def day() -> Kind:
    """Return the kind of days, written as text."""
    expected = 'a day such as "2026-11-22"'

    def read(value: object) -> str:
        try:
            return date.fromisoformat(value if isinstance(value, str) else "").isoformat()
        except ValueError:
            raise ValueError(f"expected {expected}") from None

    return Kind(expected=expected, read=read, json={"type": "string", "format": "date"})


_NAMES = listing(text("a word or phrase", empty=False), 'a list of names such as ["AI", "人工智能"]')
_TERMS = listing(term(), 'a list of words such as ["AI", "芯片"]')
_SOURCES = listing(text("the id of a source", empty=False), 'a list of source ids such as ["qq"]')
_FIELDS = listing(
    choice("title", "text", "tags", "author", "link"), 'a list of "title", "text", "tags", "author", "link"'
)
_WAS = table(formats.slug(), day(), 'a table of slugs and days such as { old = "2026-11-22" }')

TAGS = Section(
    name="tags",
    file="tags.toml",
    doc="One tag: its other spellings, and the words that give it to an item.",
    many=True,
    keys=(
        Key(
            name="name",
            kind=text("a tag name, one line of text", empty=False),
            doc="The tag as it is shown.",
            required=True,
        ),
        key("slug", optional(formats.slug()), "Name of its feed's file; empty: made from the name.", ""),
        key("aliases", _NAMES, "Other spellings: entries tagged so get this tag.", []),
        key(
            "match",
            _TERMS,
            "Words and `re:` expressions that give the tag to an item whose title or text has them.",
            [],
        ),
        key("not", _TERMS, "Words and expressions that forbid it.", []),
        key("parent", text("the name of another tag"), "A tag that every item with this one gets too.", ""),
        key("description", text(), "Shown with the tag's feed.", ""),
        key("stories", choice("", "collapse", "keep"), "As `stories` of `[publish]`. Empty: as there.", ""),
        key("icon", optional(formats.web_url()), "URL of a small square picture for the tag's feed.", ""),
        key("logo", optional(formats.web_url()), "URL of a picture twice as wide as high for the tag's feed.", ""),
        key("was", _WAS, "Former slugs of its feed, each with the day of the move: what is left there tells.", {}),
    ),
)
FEEDS = Section(
    name="feeds",
    file="tags.toml",
    doc="One feed by query, over all items.",
    many=True,
    keys=(
        Key(name="slug", kind=formats.slug(), doc="Name of its file: `feeds/queries/<slug>.xml`.", required=True),
        key("title", text(), "Shown to people; empty: the query.", ""),
        key("stories", choice("", "collapse", "keep"), "As `stories` of `[publish]`. Empty: as there.", ""),
        Key(
            name="query",
            kind=text("a query such as '苹果 and not 手机'", empty=False),
            doc="Which items it shows.",
            required=True,
        ),
    ),
)
FILTERS = Section(
    name="filters",
    file="tags.toml",
    doc="Entries to drop, or to keep as the only ones.",
    many=True,
    keys=(
        Key(name="action", kind=choice("keep", "drop"), doc="What happens to entries that match.", required=True),
        key("sources", _SOURCES, "Sources whose entries are meant; empty: all.", []),
        key("match", _TERMS, "Words and `re:` expressions of which one must be there; empty: none needed.", []),
        key("not", _TERMS, "Words and expressions of which none may be there.", []),
        key("fields", _FIELDS, "Where they are looked for.", ["title", "text"]),
    ),
)
