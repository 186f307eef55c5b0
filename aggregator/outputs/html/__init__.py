"""HTML pages for people: the twin of each feed, and the index page of the site. No script runs in them.

A strict Content-Security-Policy stands in every page, so that even markup that slipped through could not run. This
module does not sanitise: posts come sanitised, and everything else is escaped by the templates.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from markupsafe import Markup

from aggregator import __version__
from aggregator.outputs.html.frame import source, style, template
from aggregator.outputs.html.words import words
from aggregator.steps import splice
from aggregator.steps.keep import Newest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import SimpleNamespace

    from aggregator.model import Also, Feed, Origin, Post, Tag
    from aggregator.model.catalogue import Catalogue

__all__ = ["FORMAT", "INDEX", "STYLESHEET", "SUFFIX", "index", "page", "render", "stylesheet", "words"]

FORMAT = "html"
SUFFIX = ".html"
INDEX: Final = "index.html"
STYLESHEET: Final = "feed.css"

_BODY: Final = "\N{OBJECT REPLACEMENT CHARACTER}posts\N{OBJECT REPLACEMENT CHARACTER}"

_fragments: Final = Newest[bytes](len)
_SHARED: Final = 1024
"""Sources and sets of tags whose markup is remembered: posts that stand together have them in common."""

_SIGNS: Mapping[str, str] = {"ok": "●", "failing": "✕", "new": "○", "paused": "‖"}
"""Shape beside the word, so that colour is never needed."""


def render(feed: Feed, *, limit: int = 0) -> bytes:
    """Return the feed's page; a `limit` in bytes drops the oldest posts, but never the newest one."""
    page = template("feed.html").render(
        **_frame(feed), feed=feed, body=_BODY, links=_links(feed), self_url=splice.address(feed, ".xml")
    )
    head, _, tail = page.partition(_BODY)
    posts = (_post(post, feed) for post in feed.posts)
    return splice.fit(head.encode(), posts, tail.encode(), separator=b"\n", limit=limit)


def index(catalogue: Catalogue) -> bytes:
    """Return the index page: tags with counts, newest posts, sources and their health, OPML, autodiscovery links."""
    feed = catalogue.feed
    states = {health: f"{sign} {getattr(words(feed.lang), health)}" for health, sign in _SIGNS.items()}
    page = template("index.html").render(
        **_frame(feed), catalogue=catalogue, feed=feed, links=_links(feed), states=states
    )
    return page.encode()


def page(name: str, feed: Feed, **values: object) -> bytes:
    """Return a page made by the server from the template `name`: the frame of `feed`, and `values` for the rest."""
    return template(name).render(**_frame(feed), feed=feed, links=(), signs=_SIGNS, **values).encode()


def stylesheet() -> bytes:
    """Return the stylesheet for browsers that show the Atom files themselves."""
    return source(STYLESHEET).encode()


def _post(post: Post, feed: Feed) -> bytes:
    frame = feed.lang, splice.up(feed.path), SUFFIX if FORMAT in feed.formats else ".xml"
    return _fragments.get((post, frame), post.published, lambda: _fragment(post, *frame))


def _fragment(post: Post, lang: str, up: str, suffix: str) -> bytes:
    page = template("post.html").render(
        lang=post.lang if post.lang != lang else "",
        link=post.link,
        title=post.title,
        origin=_origin(post.origin),
        instant=post.published.isoformat(),
        shown=f"{post.published:%Y-%m-%d %H:%M UTC}",
        tags=_tags(post.tags, up, suffix),
        body=Markup(post.html),  # noqa: S704 - sanitised, see `model.Post.html`
        summary=post.summary,
        enclosures=post.enclosures,
        words=words(lang),
        also=_also(post, words(lang)),
    )
    return page.encode()


def _also(post: Post, said: SimpleNamespace) -> list[tuple[str, list[Also]]]:
    """The items that belong to a post, in groups with a heading."""
    groups = ((said.also, ("same", "copy")), (said.related, ("related",)))
    found = ((heading, [one for one in post.also if one.kind in kinds]) for heading, kinds in groups)
    return [(heading, others) for heading, others in found if others]


@lru_cache(maxsize=_SHARED)
def _origin(origin: Origin) -> Markup:
    return Markup(template("origin.html").render(origin=origin))  # noqa: S704 - a template's, so it is escaped


@lru_cache(maxsize=_SHARED)
def _tags(tags: tuple[Tag, ...], up: str, suffix: str) -> Markup:
    return Markup(template("tags.html").render(tags=tags, up=up, suffix=suffix))  # noqa: S704 - escaped, too


def _frame(feed: Feed) -> dict[str, object]:
    """What every page's frame needs."""
    css, digest = style()
    page_suffix = SUFFIX if FORMAT in feed.formats else ".xml"
    return {
        "style": css,
        "style_hash": digest,
        "words": words(feed.lang),
        "version": __version__,
        "up": splice.up(feed.path),
        "suffix": page_suffix,
    }


def _links(feed: Feed) -> list[tuple[str, str, str]]:
    """(relative address, media type, name) of the feed's machine-readable formats."""
    name = feed.path.rpartition("/")[2]
    return [
        (quote(f"{name}{splice.TWINS[known][0]}"), splice.TWINS[known][1], label)
        for known, label in (("atom", "Atom"), ("json", "JSON Feed"))
        if known in feed.formats
    ]
