"""One RSS item or Atom entry, and what they share with their feed, as feedparser's handlers leave it.

The names are feedparser's, and so is what looks odd: a second description is content, a guid may be the link, the
first title wins, categories fill gaps. Only what `parsers.syndication` reads is kept.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from aggregator.steps.syndication.fastxml_names import Unsure, attributes
from aggregator.steps.syndication.fastxml_people import author, person
from aggregator.steps.syndication.fastxml_place import Place, nothing, text, unknown, vet
from aggregator.steps.syndication.fastxml_texts import HTML, clean, construct, leaf
from aggregator.steps.syndication.feedxml import TAGS

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST = 8
"""Levels of Media RSS."""
_REFERENCE = re.compile(r"&([A-Za-z0-9_]+);")
_OF_SOURCE = frozenset(
    (
        *("title", "id", "updated", "published", "link", "subtitle", "rights", "generator", "category"),
        *("author", "contributor"),
    )
)


def _construct(place: Place, element: Any, default: str) -> dict[str, Any]:
    return construct(element, default, atom=place.atom, lang=place.lang, base=place.base)


def title(place: Place, element: Any, *, media: bool = False) -> None:
    """Keep a title, unless one stands at this depth or above; Media RSS's yields to others."""
    part = _construct(place, element, "text/plain")
    if not -1 < place.title_depth <= place.depth:
        if not place.inside or not place.title_kept or place.depth <= place.title_kept:
            place.title_kept = place.depth
            place.context["title"] = part["value"]
        place.context["title_detail"] = part
    if part["value"] and not media:
        place.title_depth = place.depth


def description(place: Place, element: Any, *, default: str = "text/html") -> None:
    """Keep a description; the second one is content."""
    if "summary" in place.context and not place.has_content:
        content(place, element)
        return
    part = _construct(place, element, default)
    if place.inside:
        place.context["summary"] = part["value"]
        place.context["summary_detail"] = part


def summary(place: Place, element: Any) -> None:
    """Keep a summary; one behind a description is content."""
    if "summary" in place.context and not place.has_content:
        content(place, element)
        return
    part = _construct(place, element, "text/plain")
    place.context["summary"] = part["value"]
    place.context["summary_detail"] = part


def content(place: Place, element: Any, *, default: str = "text/plain") -> None:
    """Keep content, and as summary too where there is none."""
    place.has_content = True
    part = _construct(place, element, default)
    place.context.setdefault("content", []).append(part)
    place.context.setdefault("summary", part["value"])


def link(place: Place, element: Any) -> None:
    """Keep an Atom link, or RSS's."""
    text = leaf(element)
    given = _with_href(attributes(element))
    relation = given.setdefault("rel", "alternate")
    kind = given.setdefault("type", "application/atom+xml" if relation == "self" else "text/html")
    place.context.setdefault("links", []).append(given)
    if "href" not in given:
        if place.inside:
            text = text.replace("&amp;", "&")
        text = _REFERENCE.sub(r"&\1", text)
        place.context["link"] = text
        if text:
            given["href"] = text
    elif relation == "alternate" and kind in HTML:
        place.context["link"] = given["href"]


def guid(place: Place, element: Any) -> None:
    """Keep the identity; it is the link too, unless it says otherwise or there is one."""
    value = place.context["id"] = leaf(element)
    if attributes(element).get("ispermalink", "true") == "true":
        place.context.setdefault("link", value)


def category(place: Place, element: Any, *, scheme: str | None = None) -> None:
    """Keep a category: attributes make one, text fills the gap in the last one or makes another."""
    given = attributes(element)
    said = given.get("scheme", scheme or given.get("domain"))
    _tag(place, given.get("term"), given.get("label"), said)
    _named(place, leaf(element))


def itunes_category(place: Place, element: Any) -> None:
    """Keep a category of iTunes."""
    _tag(place, attributes(element).get("text"), None, "itunes")
    _named(place, leaf(element))


def _named(place: Place, value: str) -> None:
    tags = place.context["tags"]
    if value and tags and not tags[-1]["term"]:
        tags[-1]["term"] = value
    elif value:
        _tag(place, value, None, None)


def keywords(place: Place, element: Any) -> None:
    """Keep categories in a list with commas."""
    if element.keys():
        raise Unsure("keywords with attributes")
    for term in leaf(element).split(","):
        if term.strip():
            _tag(place, term.strip(), None, None)


def _tag(place: Place, term: str | None, label: str | None, scheme: str | None) -> None:
    tags = place.context.setdefault("tags", [])
    if (term or scheme or label) and len(tags) < TAGS:
        tags.append({"term": term, "label": label})


def enclosure(place: Place, element: Any) -> None:
    """Keep an enclosure among the links."""
    leaf(element)
    given = _with_href(attributes(element))
    given["rel"] = "enclosure"
    place.context.setdefault("links", []).append(given)


def _with_href(given: dict[str, str]) -> dict[str, str]:
    """Attributes with the address under one name."""
    if href := given.get("url", given.get("uri", given.get("href"))):
        given.pop("url", None)
        given.pop("uri", None)
        given["href"] = href
    return given


def image(place: Place, element: Any) -> None:
    """Keep iTunes' image."""
    leaf(element)
    given = attributes(element)
    if href := given.get("href") or given.get("url"):
        place.context["image"] = {"href": href}


def thumbnail(place: Place, element: Any) -> None:
    """Keep an image of Media RSS."""
    given = attributes(element)
    if url := leaf(element):
        given.setdefault("url", url)
    place.context.setdefault("media_thumbnail", []).append(given)


def medium(place: Place, element: Any) -> None:
    """Keep a medium of Media RSS, and what is said inside."""
    place.context.setdefault("media_content", []).append(attributes(element))
    group(place, element)


def group(place: Place, element: Any) -> None:
    """Read what is said in a group of Media RSS."""
    vet(place, element)
    if len(element) and place.depth > _DEEPEST:
        raise Unsure("deep Media RSS")
    place.depth += 1
    for child in element:
        name = place.names[child.tag]
        action = _MEDIA.get(name)
        if action:
            action(place, child)
        else:
            unknown(place, child)
    place.depth -= 1


def source(place: Place, element: Any) -> None:
    """Skip the feed that an entry comes from; its title counts for which title is the first."""
    vet(place, element)
    place.title_depth = -1
    for child in element:
        name = place.names[child.tag]
        if name in {"author", "contributor"}:
            person(place, child)
        elif name in _OF_SOURCE:
            nothing(place, child)
            if name == "title" and clean(child.text):
                place.title_depth = place.depth + 1
        else:
            unknown(place, child)


_NOTHING = ("generator", "rights", "copyright", "dc_rights", "subtitle", "tagline", "itunes_subtitle", "info")
_DATES = {
    **dict.fromkeys(("published", "issued", "pubdate", "dcterms_issued"), "published"),
    **dict.fromkeys(("updated", "modified", "lastbuilddate", "dcterms_modified"), "updated"),
    **dict.fromkeys(("created", "dcterms_created"), "created"),
    "dc_date": "dc_date",
}
_MEDIA: dict[str, Callable[..., None]] = {
    "media_title": partial(title, media=True),
    "media_description": partial(description, default="text/plain"),
    "media_category": partial(category, scheme="media"),
    "media_keywords": keywords,
    "media_content": medium,
    "media_group": group,
    "media_thumbnail": thumbnail,
    **dict.fromkeys(("media_credit", "media_rating", "media_restriction", "media_license", "media_player"), nothing),
}
COMMON: dict[str, Callable[..., None]] = {
    **dict.fromkeys(("title", "dc_title"), title),
    **dict.fromkeys(("description", "dc_description"), description),
    **dict.fromkeys(("summary", "itunes_summary"), summary),
    "content": content,
    **dict.fromkeys(("content_encoded", "fullitem"), partial(content, default="text/html")),
    "link": link,
    **dict.fromkeys(("guid", "id"), guid),
    **dict.fromkeys(("author", "managingeditor", "dc_creator", "dc_author", "itunes_author"), author),
    "contributor": person,
    "itunes_image": image,
    **dict.fromkeys(("language", "dc_language"), partial(text, key="language")),
    **dict.fromkeys((*_NOTHING, "webmaster", "dc_publisher", "dc_contributor", "expirationdate"), nothing),
    **dict.fromkeys(("feedburner_browserfriendly", "itunes_block", "itunes_explicit"), nothing),
    **dict.fromkeys(("georss_point", "georss_line", "georss_polygon", "georss_box"), nothing),
    **{name: partial(text, key=key) for name, key in _DATES.items()},
    **_MEDIA,
}
"""What feeds and entries have in common."""
ENTRY: dict[str, Callable[..., None]] = {
    **COMMON,
    **dict.fromkeys(("category", "keywords", "dc_subject"), category),
    "itunes_category": itunes_category,
    "itunes_keywords": keywords,
    "enclosure": enclosure,
    "source": source,
}
"""What is read in entries."""
