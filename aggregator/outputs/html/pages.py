"""The pages of one site, from feeds and the catalogue.

A strict Content-Security-Policy stands in every page, so that even markup that slipped through could not run. This
module does not sanitise: posts come sanitised, and everything else is escaped by the templates.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache, partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup

from aggregator import __version__
from aggregator.outputs.html import bodies, charts, lookup
from aggregator.outputs.html.listing import Listing
from aggregator.outputs.html.words import words
from aggregator.steps.publishing import splice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aggregator.model import Also, Feed, Origin, Post, Tag
    from aggregator.model.catalogue import Catalogue
    from aggregator.outputs.html.theme import Theme

FORMAT: Final = "html"
SUFFIX: Final = ".html"
TAGS: Final = 100
"""The largest tags, which the index page shows; all of them stand on a page of their own."""
SOURCES: Final = 40
"""Sources that the index page shows at most; all of them stand on the status page."""

PAGED: Final = ("all",)
"""Feeds whose archive documents have pages, too: one for each month of each tag would double the files of a site."""

_BODY: Final = "\x00posts\x00"
"""Stands for the posts in a page; stands in no text."""
_SHARED: Final = 1024
"""Sources and sets of tags whose markup is remembered: posts that stand together have them in common."""
_SIGNS: Mapping[str, str] = {"ok": "●", "failing": "✕", "new": "○", "paused": "‖"}
"""Shape beside the word, so that colour is never needed."""


class Pages:
    """Renders the pages of one site; an adapter of `ports.Output`. Methods raise `errors.PublishError`.

    That is, if a template that the site's owner wrote is wrong.
    """

    FORMAT: str = FORMAT
    SUFFIX: str = SUFFIX

    def __init__(self, theme: Theme, zone: str) -> None:
        self.theme = theme
        self._zone_name = zone
        self._zone = ZoneInfo(zone)
        self._origin = lru_cache(maxsize=_SHARED)(self._make_origin)
        self._listing = Listing(theme)
        self._tags = lru_cache(maxsize=_SHARED)(self._make_tags)

    def render(self, feed: Feed, *, limit: int = 0, entries: Iterable[bytes] | None = None) -> bytes:
        """Return the feed's page; a `limit` in bytes drops the oldest posts, but never the newest one."""
        page = self._page("feed.html", feed, body=_BODY, self_url=splice.address(feed, ".xml"), past=_past(feed))
        if (times := page.count(_BODY)) != 1:
            raise self.theme.mistaken(
                "feed.html", f"{{{{ body }}}} must stand once in the page, and stands {times} times"
            )
        head, _, tail = page.partition(_BODY)
        if entries is None:
            entries = (self.entry(post, feed) for post in feed.posts)
        return splice.fit(head.encode(), entries, tail.encode(), separator=b"\n", limit=limit)

    def entry(self, post: Post, feed: Feed) -> bytes:
        """Return the post as it stands in the feed's page."""
        return self.theme.render("post.html", post=self._values(post, feed, top=3), words=words(feed.lang)).encode()

    def frame(self, feed: Feed) -> str:
        """Return all that a post in this page depends on besides itself; templates and zone are the site's."""
        return "\n".join((feed.lang, splice.up(feed.path), _suffix(feed)))

    def documents(self, catalogue: Catalogue) -> Iterator[tuple[str, bytes]]:
        """Give (name, bytes) of the site's own pages, of what the search box asks, and of the style sheet for feeds."""
        feed, spoken = catalogue.feed, words(catalogue.feed.lang)
        index: dict[str, Any] = {"catalogue": catalogue, "signs": _SIGNS, "most_tags": TAGS, "most_sources": SOURCES}
        yield "index.html", self._page("index.html", feed, script=self.theme.script, **index).encode()
        yield "tags.html", self._page("tags.html", feed, catalogue=catalogue, groups=_groups(catalogue.topics)).encode()
        yield "status.html", self._page("status.html", feed, **index).encode()
        yield lookup.NAME, lookup.render(catalogue, spoken, suffix=_suffix(feed), zone=self._zone)
        yield "feed.css", self.theme.source("feed.css").encode()

    def item(self, post: Post, feed: Feed) -> bytes:
        """Return an item's own page, in the frame of `feed`, whose path is the post's."""
        values = self._values(post, feed, top=2)
        values.updated = self._shown(post.updated) if post.updated > post.published else ""
        values.authors = [one.name for one in post.authors if one.name not in ("", post.origin.title)]
        return self._page("item.html", feed, links=(), post=values).encode()

    def live(self, name: str, feed: Feed, **values: Any) -> bytes:
        """Return a page made by the server from the template `name`: the frame of `feed`, and `values` for the rest."""
        return self._page(name, feed, links=(), signs=_SIGNS, **values).encode()

    def _page(self, template: str, feed: Feed, *, script: str = "", **values: Any) -> str:
        return self.theme.render(
            template,
            feed=feed,
            script=script,
            script_hash=self.theme.script_hash,
            style=self.theme.style,
            style_hash=self.theme.style_hash,
            words=words(feed.lang),
            version=__version__,
            zone=self._zone_name,
            shown=self._shown,
            clock=self._clock,
            bars=charts.bars,
            rows=partial(self._listing.rows, feed.lang, _suffix(feed)),
            up=splice.up(feed.path),
            suffix=_suffix(feed),
            **{"links": _links(feed), **values},
        )

    def _values(self, post: Post, feed: Feed, *, top: int) -> SimpleNamespace:
        """What templates see of a post; `top` is the level of the highest heading in its text.

        No dict: in one, jinja2 would look for an attribute of each name first.
        """
        up = splice.up(feed.path)
        return SimpleNamespace(
            lang=post.lang if post.lang != feed.lang else "",
            link=post.link,
            page=f"{up}{quote(post.page)}{SUFFIX}" if post.page else "",
            title=post.title,
            origin=self._origin(post.origin),
            source=post.origin.title,
            instant=post.published.isoformat(),
            shown=self._shown(post.published),
            tags=self._tags(post.tags, up, _suffix(feed)),
            body=Markup(bodies.fit(post.html, words(feed.lang), top=top)),  # noqa: S704 - see `model.Post.html`
            summary=post.summary,
            thumbnail=post.thumbnail if "<img" not in post.html else "",
            enclosures=post.enclosures,
            also=_also(post, words(feed.lang)),
        )

    def _shown(self, instant: datetime) -> str:
        """Day and minute in the site's zone."""
        return instant.astimezone(self._zone).isoformat(" ", "minutes")[:16]

    def _clock(self, text: str | None) -> str:
        """The same of an instant in RFC 3339, a dash for none."""
        return self._shown(datetime.fromisoformat(text)) if text else "–"

    def _make_origin(self, origin: Origin) -> Markup:
        return Markup(self.theme.render("origin.html", origin=origin))  # noqa: S704 - a template's, so it is escaped

    def _make_tags(self, tags: tuple[Tag, ...], up: str, suffix: str) -> Markup:
        made = self.theme.render("post_tags.html", tags=tags, up=up, suffix=suffix)
        return Markup(made)  # noqa: S704 - a template's, so it is escaped


def _suffix(feed: Feed) -> str:
    """The suffix of the files that pages link to."""
    return SUFFIX if FORMAT in feed.formats else ".xml"


def _also(post: Post, said: SimpleNamespace) -> list[tuple[str, list[Also]]]:
    """The items that belong to a post, in groups with a heading."""
    groups = ((said.also, ("same", "copy")), (said.related, ("related",)))
    found = ((heading, [one for one in post.also if one.kind in kinds]) for heading, kinds in groups)
    return [(heading, others) for heading, others in found if others]


def _past(feed: Feed) -> str:
    """The suffix of the archive document that a feed's page leads to: those of tags exist as Atom only."""
    return SUFFIX if (feed.current or feed.path) in PAGED else ".xml"


def _groups(tags: Sequence[Tag]) -> list[tuple[Tag | None, list[Tag]]]:
    """Tags under their parents, both by size; first, without a parent, those that have none and are none."""
    by_slug = {tag.slug: tag for tag in tags}
    below: dict[str, list[Tag]] = {}
    for tag in tags:
        below.setdefault(tag.parent if tag.parent in by_slug else "", []).append(tag)
    parents = [(tag, below[tag.slug]) for tag in tags if tag.slug in below]
    alone = [tag for tag in below.get("", []) if tag.slug not in below]
    return [(None, alone), *parents]


def _links(feed: Feed) -> list[tuple[str, str, str]]:
    """(relative address, media type, name) of the feed's machine-readable formats."""
    name = feed.path.rpartition("/")[2]
    return [
        (quote(f"{name}{splice.TWINS[known][0]}"), splice.TWINS[known][1], label)
        for known, label in (("atom", "Atom"), ("json", "JSON Feed"))
        if known in feed.formats
    ]
