"""The feed that stays where a renamed tag's feed was: one entry, which says where it is now.

Static files cannot redirect, and readers show entries to people, who can follow. This module decides no slugs.
"""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from aggregator.model import Feed, Origin, Post
from aggregator.steps import text
from aggregator.steps.publishing import compose

if TYPE_CHECKING:
    from aggregator.model import Tag
    from aggregator.settings import Settings

_WORDS: Final = {
    "zh": ("“{0}”的订阅源已搬到新地址", "请改订这个地址："),
    "en": ("The feed of “{0}” has moved", "Please subscribe here instead:"),
}
"""Title and text of the notice by the site's language; English for all others."""
_SUFFIXES: Final = (("atom", ".xml"), ("json", ".json"), ("html", ".html"))
"""Of the address to subscribe to, by format, the first that is published."""


def notice(settings: Settings, path: str, tag: Tag, day: str) -> Feed:
    """Return the feed at a former `path`, which has the old feed's id and points to the tag's feed of today."""
    site, publish = settings.site, settings.publish
    name = text.one_line(site.title) or "tagwire"
    title, words = _WORDS.get(site.language.partition("-")[0].lower(), _WORDS["en"])
    suffix = next((suffix for form, suffix in _SUFFIXES if form in publish.formats), ".xml")
    place = f"{site.base_url}tags/{quote(tag.slug)}"
    address = place + suffix
    moved = datetime.fromisoformat(day).replace(tzinfo=UTC)
    post = Post(
        key=f"moved:{path}",
        id=f"tag:{site.tag_authority}:moved/{quote(path)}",
        title=title.format(tag.label),
        link=f"{place}.html" if "html" in publish.formats else "",  # a link of an entry is a page for people
        published=moved,
        updated=moved,
        summary=f"{words} {address}",
        html=f'<p>{words} <a href="{escape(address)}">{escape(address)}</a></p>',
        origin=Origin(id=compose.feed_id(site.tag_authority, f"tags/{tag.slug}"), title=name, feed_url=address),
        lang=site.language,
    )
    return Feed(
        path=path,
        id=compose.feed_id(site.tag_authority, path),
        title=f"{tag.label} · {name}",
        subtitle=post.title,
        updated=moved,
        lang=site.language,
        home=site.base_url,
        author=site.author,
        formats=publish.formats,
        posts=(post,),
    )
