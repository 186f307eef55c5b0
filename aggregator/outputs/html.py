"""HTML pages for people: the twin of each feed, and the index page of the site. No script runs in them.

A strict Content-Security-Policy stands in every page, so that even markup that slipped through could not run. This
module does not sanitise: posts come sanitised, and everything else is escaped by the templates.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from aggregator import __version__
from aggregator.steps import splice
from aggregator.steps.keep import Newest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aggregator.model import Also, Feed, Origin, Post, Tag
    from aggregator.model.catalogue import Catalogue

FORMAT = "html"
SUFFIX = ".html"
INDEX: Final = "index.html"
STYLESHEET: Final = "feed.css"

_BODY: Final = "\N{OBJECT REPLACEMENT CHARACTER}posts\N{OBJECT REPLACEMENT CHARACTER}"

_fragments: Final = Newest[bytes](len)
_SHARED: Final = 1024
"""Sources and sets of tags whose markup is remembered: posts that stand together have them in common."""

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "about": "一条新闻线，一个标签",
        "also": "其他来源",
        "and_more": "以及更多",
        "found": "找到",
        "ignored": "没有看懂",
        "indexing": "搜索索引正在更新，结果可能不全。",
        "last_fetch": "上次抓取",
        "next_fetch": "下次抓取",
        "no_scheduler": "这个进程只提供服务，不抓取。",
        "nothing_found": "没有找到。",
        "page_next": "后面的结果",
        "search": "搜索",
        "search_hint": "词、“短语”、-排除、tag:标签、source:来源、lang:语言、since:7d",
        "stuck": "调度停住了",
        "running": "调度正常",
        "status": "状态",
        "unreadable": "索引无法读取",
        "subscribe": "订阅：把这个地址交给阅读器",
        "empty": "还没有内容。",
        "failing": "失败",
        "feeds": "订阅全部（OPML）",
        "home": "首页",
        "items": "条目",
        "name": "名称",
        "new": "未取",
        "newest": "最新",
        "ok": "正常",
        "paused": "暂停",
        "read_on": "阅读原文",
        "related": "相关",
        "sources": "来源",
        "sources_opml": "来源列表（OPML）",
        "state": "状态",
        "tags": "标签",
    },
    "en": {
        "about": "a news wire per tag",
        "also": "Also at",
        "and_more": "and more",
        "found": "Found",
        "ignored": "Not understood",
        "indexing": "The search index is being brought up to date: something may be missing.",
        "last_fetch": "Last fetch",
        "next_fetch": "Next fetch",
        "no_scheduler": "This process serves only, it fetches nothing.",
        "nothing_found": "Nothing found.",
        "page_next": "Further results",
        "search": "Search",
        "search_hint": 'words, "phrases", -exclusions, tag:name, source:id, lang:en, since:7d',
        "stuck": "The scheduler is stuck",
        "running": "The scheduler is running",
        "status": "Status",
        "unreadable": "The index cannot be read",
        "subscribe": "Subscribe: give this address to your reader",
        "empty": "Nothing here yet.",
        "failing": "failing",
        "feeds": "Subscribe to all (OPML)",
        "home": "Home",
        "items": "Items",
        "name": "Name",
        "new": "not fetched yet",
        "newest": "Newest",
        "ok": "ok",
        "paused": "paused",
        "read_on": "Read on",
        "related": "Related",
        "sources": "Sources",
        "sources_opml": "List of sources (OPML)",
        "state": "State",
        "tags": "Tags",
    },
}
_SIGNS: Mapping[str, str] = {"ok": "●", "failing": "✕", "new": "○", "paused": "‖"}
"""Shape beside the word, so that colour is never needed."""


def render(feed: Feed, *, limit: int = 0) -> bytes:
    """Return the feed's page; a `limit` in bytes drops the oldest posts, but never the newest one."""
    page = _template("feed.html").render(
        **_frame(feed), feed=feed, body=_BODY, links=_links(feed), self_url=splice.address(feed, ".xml")
    )
    head, _, tail = page.partition(_BODY)
    posts = (_post(post, feed) for post in feed.posts)
    return splice.fit(head.encode(), posts, tail.encode(), separator=b"\n", limit=limit)


def index(catalogue: Catalogue) -> bytes:
    """Return the index page: tags with counts, newest posts, sources and their health, OPML, autodiscovery links."""
    feed = catalogue.feed
    states = {health: f"{sign} {getattr(words(feed.lang), health)}" for health, sign in _SIGNS.items()}
    template = _template("index.html")
    page = template.render(**_frame(feed), catalogue=catalogue, feed=feed, links=_links(feed), states=states)
    return page.encode()


def page(name: str, feed: Feed, **values: object) -> bytes:
    """Return a page made by the server from the template `name`: the frame of `feed`, and `values` for the rest."""
    return _template(name).render(**_frame(feed), feed=feed, links=(), signs=_SIGNS, **values).encode()


def stylesheet() -> bytes:
    """Return the stylesheet for browsers that show the Atom files themselves."""
    return _source(STYLESHEET).encode()


def _post(post: Post, feed: Feed) -> bytes:
    frame = feed.lang, splice.up(feed.path), SUFFIX if FORMAT in feed.formats else ".xml"
    return _fragments.get((post, frame), post.published, lambda: _fragment(post, *frame))


def _fragment(post: Post, lang: str, up: str, suffix: str) -> bytes:
    page = _template("post.html").render(
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
    return Markup(_template("origin.html").render(origin=origin))  # noqa: S704 - a template's, so it is escaped


@lru_cache(maxsize=_SHARED)
def _tags(tags: tuple[Tag, ...], up: str, suffix: str) -> Markup:
    return Markup(_template("tags.html").render(tags=tags, up=up, suffix=suffix))  # noqa: S704 - escaped, too


def _frame(feed: Feed) -> dict[str, object]:
    """What every page's frame needs."""
    style, digest = _style()
    page_suffix = SUFFIX if FORMAT in feed.formats else ".xml"
    return {
        "style": style,
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


@cache
def _words_in(language: str) -> SimpleNamespace:
    """The words of one of our languages; no mapping, since `copy` and `items` of one are methods to a template."""
    return SimpleNamespace(**_WORDS[language])


def words(lang: str) -> SimpleNamespace:
    """Return the words of the language."""
    return _words_in("zh" if lang.lower().startswith("zh") else "en")


@cache
def _style() -> tuple[Markup, str]:
    """The pages' style sheet, and its hash for the Content-Security-Policy (CSP 3 §2.3.1)."""
    css = _source("page.css")
    digest = b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
    return Markup(css), digest  # noqa: S704 - our own file


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("aggregator.outputs", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
    )
    environment.filters["path"] = quote
    return environment


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


def _source(name: str) -> str:
    environment = _environment()
    loader = environment.loader
    assert loader is not None
    return loader.get_source(environment, name)[0]
