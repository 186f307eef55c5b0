"""An entry made an item: complete, clean, and only with what its fields can hold.

The order of things: HTML sanitised with its URLs made absolute, prepared, turned into Markdown; language decided by
source, entry, feed and script; then title, summary, thumbnail, dates and tags by the written rules. Entries that come
as files are read, never rewritten: what is missing is filled in and rules give tags, in the index only.

This module decides nothing about identity (`steps.identity`) or duplicates (`steps.dedupe`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aggregator.errors import EntryError
from aggregator.model import Enclosure, Item, Person
from aggregator.steps import bases, dates, frontmatter, language, summary, tag, text, titles, urls
from aggregator.steps.html import markdown, pictures
from aggregator.steps.html.prepare import prepare
from aggregator.steps.html.sanitize import sanitize

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from aggregator.model import Entry, Parsed, Source
    from aggregator.steps.sieve import Sieve
    from aggregator.steps.tag import Tagger

UNTITLED = "(untitled)"
TITLE_FROM_TEXT = 60
"""Characters of the text that stand in for a missing title."""

# Together these keep a header far below `frontmatter.HEADER_LIMIT`, whatever a feed sends.
SUMMARY_LIMIT = 2_000
"""Characters of a summary: fifty words may be endless where nobody writes spaces."""
URL_LIMIT = 2_048
"""Characters of a URL in the header; longer ones are dropped. The link stands in the footer and may be longer."""
LINK_LIMIT = 8_192
ENCLOSURE_LIMIT = 10
AUTHOR_LIMIT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What all entries of a run share. `defaults` are the constant front-matter keys, `language` the last resort."""

    zone: ZoneInfo
    now: datetime
    tagger: Tagger
    sieve: Sieve | None = None
    """Filters; None for what is kept already."""
    defaults: tuple[tuple[str, object], ...] = ()
    language: str = ""


def normalize(entry: Entry, key: str, source: Source, parsed: Parsed, context: Context, base_url: str) -> Item:
    """Return the item that `entry` of the document `parsed` is to us; `base_url` is where the document was found.

    Raises `EntryError` for an entry that says nothing at all, and for a file without readable front matter.
    """
    if entry.file:
        return from_file(entry.file, key, source, context, parsed=parsed)
    base = bases.base_of(entry, parsed, base_url)
    inner, page = bases.text_base_of(entry, parsed, base_url), bases.page_of(entry, parsed, base_url)
    html, body = _body(entry, inner, page)
    title, link = _title(entry), _link(entry.link, base)
    enclosures = _enclosures(entry, base)
    if not (title or link or body or enclosures):
        raise EntryError("the entry has neither title nor link nor content")
    languages = (source.lang, entry.lang, parsed.lang, context.language)
    words, lang = _words(html, title, languages)
    if not words and entry.summary:
        words, lang = _words(sanitize(entry.summary, inner), title, languages)
    published, updated = _instants(entry, source, context)
    categories, authors = tag.cleaned(entry.categories), _authors(entry.authors or parsed.authors, base)
    return Item(
        key=key,
        source=source.id,
        title=title or _title_from(words, link),
        link=link,
        published=published,
        updated=updated,
        summary=_summary(words, lang),
        body=body,
        tags=context.tagger.tags(source.id, source.tags, categories, f"{title}\n{words}"),
        lang=lang,
        thumbnail=_thumbnail(entry, base, enclosures) or _fitting(summary.first_image(html)),
        guid=_guid(entry.guid, link),
        enclosures=enclosures,
        authors=authors,
        extra=context.defaults,
        categories=categories,
        dropped=_dropped(
            source,
            context,
            title=title,
            text=words,
            link=link,
            author="\n".join(author.name for author in authors),
            tags="\n".join(categories),
        ),
    )


def from_file(
    content: str,
    key: str,
    source: Source,
    context: Context,
    *,
    parsed: Parsed | None = None,
    categories: tuple[str, ...] | None = None,
) -> Item:
    """Return the item that a file holds, with what it lacks; future dates count as now, old ones are the owner's word.

    Rules are applied to `categories`, if they are known from elsewhere, else to the tags in the file. Raises
    `EntryError` for a file without readable front matter.
    """
    item = frontmatter.load(content, context.zone, key=key, name=source.id)
    if not (item.title or item.link or item.body):
        raise EntryError("the file has neither title nor link nor text", line=1)
    html, words, lang = read_text(item, source, context, parsed.lang if parsed else "")
    now = context.now.replace(microsecond=0)
    ahead = item.published if item.published and item.published > now else None
    written = tag.cleaned(item.tags) if categories is None else categories
    return replace(
        item,
        title=text.one_line(item.title) or _title_from(words, item.link),
        published=now if ahead else item.published,
        updated=now if ahead else item.updated,
        ahead=ahead,
        summary=item.summary or _summary(words, lang),
        tags=context.tagger.tags(item.source, source.tags, written, f"{item.title}\n{words}"),
        lang=item.lang or lang,
        thumbnail=item.thumbnail if urls.is_web(item.thumbnail) else summary.first_image(html),
        guid=_guid(item.guid, item.link),
        file=content,
        categories=written,
        dropped=_dropped(source, context, title=item.title, text=words, link=item.link, tags="\n".join(written)),
    )


def read_text(item: Item, source: Source, context: Context, lang: str = "") -> tuple[str, str, str]:
    """Return the HTML of an item's body, its visible text, in which rules look for words, and its language."""
    html = markdown.to_html(item.body)
    return html, *_words(html, item.title, (source.lang, item.lang, lang, context.language))


def _dropped(source: Source, context: Context, **fields: str) -> str:
    """Why a filter drops the entry, empty if none does."""
    return context.sieve.verdict(source.id, fields) if context.sieve else ""


def _body(entry: Entry, base: str, page: str) -> tuple[str, str]:
    """Sanitised HTML and its Markdown: the content's if that shows anything, else the summary's."""
    for content in filter(None, (entry.content, entry.summary)):
        html = sanitize(content, base, page=page)
        body = markdown.to_markdown(prepare(html))
        if body and not body.isspace():
            return html, body
    return "", ""


def _words(html: str, title: str, languages: tuple[str, str, str, str]) -> tuple[str, str]:
    """The text of some HTML and its language, which decide each other: blocks join by language."""
    of_source, of_entry, of_feed, default = languages
    declared = next(filter(None, languages), "")
    visible = summary.marked(html)
    words = summary.joined(visible, declared)
    lang = language.choose(of_source, of_entry, of_feed, f"{title}\n{words}", default)
    if summary.is_cjk(lang) != summary.is_cjk(declared):
        words = summary.joined(visible, lang)
    return words, lang


def _title(entry: Entry) -> str:
    title = text.clean(entry.title)
    return text.one_line(titles.of_html(title) if entry.title_is_html else title)


def _title_from(words: str, link: str) -> str:
    return text.one_line(words, TITLE_FROM_TEXT) or text.one_line(link) or UNTITLED


def _summary(words: str, lang: str) -> str:
    short = summary.summarize(words, lang)
    return short if len(short) <= SUMMARY_LIMIT else short[:SUMMARY_LIMIT] + "..."


def _instants(entry: Entry, source: Source, context: Context) -> tuple[datetime | None, datetime | None]:
    """Published and updated, each standing in for the other."""
    zone = ZoneInfo(source.timezone) if source.timezone else context.zone
    published = dates.clamp(dates.parse(entry.published, zone), context.now)
    updated = dates.clamp(dates.parse(entry.updated, zone), context.now)
    return published or updated, updated or published


def _web(url: str, base: str) -> str:
    """`url` made absolute; empty if it is not for the web."""
    absolute = urls.resolve(base, text.clean(url)) if url else ""
    return absolute if urls.is_web(absolute) else ""


def _fitting(url: str) -> str:
    return url if len(url) <= URL_LIMIT else ""


def _link(url: str, base: str) -> str:
    link = frontmatter.footer_link(urls.strip_tracking(_web(url, base)))
    return link if len(link) <= LINK_LIMIT else ""


def _guid(guid: str, link: str) -> str:
    """The upstream id where it can stand in Atom and the link does not say it already."""
    guid = text.clean(guid).strip()
    if guid in {link, urls.iri_to_uri(link)} or not urls.is_absolute_iri(guid):
        return ""
    return _fitting(guid)


def _enclosures(entry: Entry, base: str) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for enclosure in entry.enclosures:
        href = _fitting(_web(enclosure.href, base))
        if href and len(found) < ENCLOSURE_LIMIT:
            media_type = text.one_line(enclosure.media_type, 100).lower()
            found.setdefault(href, Enclosure(href=href, media_type=media_type, length=max(enclosure.length, 0)))
    return tuple(found.values())


def _thumbnail(entry: Entry, base: str, enclosures: Iterable[Enclosure]) -> str:
    attached = (one.href for one in enclosures if pictures.is_picture(one.href, one.media_type))
    found = (_fitting(_web(entry.image, base)), *attached)
    return next((url for url in found if url and pictures.shows(url)), "")


def _authors(authors: Iterable[Person], base: str) -> tuple[Person, ...]:
    found = (
        Person(
            name=text.one_line(author.name, 200),
            email=text.one_line(author.email, 200),
            uri=_fitting(_web(author.uri, base)),
        )
        for author in authors
    )
    return tuple(dict.fromkeys(person for person in found if person != Person()))[:AUTHOR_LIMIT]
