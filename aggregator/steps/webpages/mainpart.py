"""The article of a page in the page's own HTML, found by the texts that an extractor took from it.

Extractors know which text is the article and forget how it was marked up. So their texts are looked up in the page: the
smallest element that holds them all is the article, less what they left out around it (menus, related articles,
comments). What stands among them stays, whether they saw it or not: code, captions, players, tables.
This module extracts nothing itself, and sanitises nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from aggregator.steps.html import nodes
from aggregator.steps.webpages.pagetext import PageText, located, read, squeezed

if TYPE_CHECKING:
    from collections.abc import Iterable

ENOUGH = 0.8
"""The share of the extracted characters that has to be found in the page."""
_TEXTS = 5_000

_FOREIGN = frozenset(("aside", "button", "dialog", "footer", "form", "header", "menu", "nav"))
_CONTAINERS = frozenset(("article", "body", "center", "div", "font", "form", "html", "main", "section", "span"))
_SOLID = frozenset(("blockquote", "figure", "img", "p", "picture", "pre"))
_CONTENT = _SOLID | {"details", "dl", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "table", "ul"}
_MEDIA = ("audio", "embed", "iframe", "img", "object", "picture", "pre", "table", "video")
_HEADINGS = frozenset(("h1", "h2", "h3"))
_NAMED = re.compile(
    r"(?:^|[\s_-])(?:ads?|advert\w*|author|banner|breadcrumbs?|byline|comments?|cookies?|copyright|disqus|footer|hot|"
    r"menu|meta|nav\w*|newsletter|pager|pagination|popup|promo\w*|rank\w*|recommend\w*|related|respond|"
    r"shar(?:e|ing)\w*|sidebar|social|sponsor\w*|subscri\w*|tags|toolbar|widgets?)(?:$|[\s_-])",
    re.IGNORECASE,
)
"""What classes and ids say of boxes around an article."""
_BREAK = re.compile(r"[-|_–—·:»«‹(（].*", re.DOTALL)
_DENSE, _LIST = 0.5, 4
"""The share of a box' text within links from which it is a list of other pages; the links that make it surely one."""
_PART, _LEVELS = 80, 3
"""Characters of a box that may be one of several parts of an article, and how far above the found one they may part."""
_BOXES = ("div", "section", "td")
_ABOVE = 150
"""Characters that may stand above the title: where in the site the page is, a date, a rubric."""


def find(root: Any, texts: Iterable[str]) -> Any | None:
    """Return the element of the page that is the article, pruned; None if most of `texts` are not in the page.

    Changes the tree. A heading that repeats the page's title is no part of the article.
    """
    text = read(root)
    titles = {squeezed("".join(one.itertext())) for one in root.iter("h1")}
    wanted = [one for one in map(squeezed, texts) if one and one not in titles][:_TEXTS]
    found = located(text.signs, wanted)
    if not found or sum(end - start for start, end in found) < ENOUGH * sum(map(len, wanted)):
        return None
    found = _without_lists(root, text, found)
    text.starts, text.ends = sorted(start for start, _ in found), sorted(end for _, end in found)
    article = _with_its_like(_smallest(root, text, min(found)[0], max(end for _, end in found)), text)
    titles |= {squeezed(one) for one in root.xpath("//head/title/text() | //meta[@property='og:title']/@content")}
    for element in _unwanted(article, text):
        nodes.replace(element, _figures(element) if element.tag == "header" else [])
    _untitle(article, titles)
    return article


def _without_lists(root: Any, text: PageText, found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The texts that stand in no box of links to other pages; all of them if that would leave less than half."""
    listed = bytearray(len(text.signs))
    for box in root.iter(*_BOXES):
        start, end = text.spans[box]
        count, share = text.links_in(box)
        if count >= _LIST and share > _DENSE:
            listed[start:end] = b"\1" * (end - start)
    kept = [(start, end) for start, end in found if not listed[start]]
    enough = 2 * sum(end - start for start, end in kept) > sum(end - start for start, end in found)
    return kept if enough else found


def _smallest(root: Any, text: PageText, start: int, end: int) -> Any:
    """The smallest element that holds the text from `start` to `end` and can be an article."""
    chosen = root
    while True:
        spans = ((child, text.spans.get(child, (0, 0))) for child in chosen)
        inner = next((child for child, (begin, close) in spans if begin <= start and close >= end), None)
        if inner is None or inner.tag in _CONTENT - {"table"}:
            return chosen
        chosen = inner


def _with_its_like(article: Any, text: PageText) -> Any:
    """The article, or a box around it if it is one of several parts there, of which the extractor saw only this one."""
    chosen = inner = article
    for box in list(article.iterancestors())[:_LEVELS]:
        kind = _kind(inner)
        if any(child is not inner and _kind(child) == kind and _is_part(child, text) for child in box if kind):
            chosen = box
        inner = box
    return chosen


def _is_part(element: Any, text: PageText) -> bool:
    """Whether a box is so much text that it may be a part of an article, and no article of its own."""
    start, end = text.spans.get(element, (0, 0))
    own = element.tag == "article" or next(element.iter("h1", "header", "article"), None) is not None
    titled = any(next(heading.iter("a"), None) is not None for heading in element.iter("h2", "h3", "h4"))
    return end - start >= _PART and not own and not titled and text.links_in(element)[1] <= _DENSE


def _unwanted(article: Any, text: PageText) -> list[Any]:
    """The elements in an article, or around its parts, that are none of it."""
    found: list[Any] = []
    waiting = [article]
    while waiting:
        box = waiting.pop()
        children = list(box)
        kept = [number for number, child in enumerate(children) if text.holds(child)]
        waiting += (children[number] for number in kept if children[number].tag in _CONTAINERS)
        written = text.beside(box)
        texts = written or any(_is_paragraph(children[number]) for number in kept)
        kinds = {_kind(children[number]) for number in kept} - {""}
        for number in sorted(set(range(len(children))) - set(kept)):
            child = children[number]
            among = written or (bool(kept) and kept[0] < number < kept[-1])
            alike = _kind(child) in kinds and _is_part(child, text)
            if _is_foreign(child) or not _belongs(child, text, among=among, texts=texts, alike=alike):
                found.append(child)
    return found


def _kind(element: Any) -> str:
    """What tells elements of one kind: name and class; empty for an element without a class."""
    named = element.get("class") or ""
    return f"{element.tag} {named}" if named else ""


def _is_paragraph(element: Any) -> bool:
    """Whether an element is a piece of text, not a box of pieces."""
    return element.tag not in _CONTAINERS or not any(child.tag in _CONTAINERS | _CONTENT for child in element)


def _belongs(element: Any, text: PageText, *, among: bool, texts: bool, alike: bool) -> bool:
    """Whether something that was not extracted is part of the article nevertheless.

    `among`: extracted text stands before and behind it; `texts`: its box holds the text itself, not boxes of text;
    `alike`: something of the same kind beside it was extracted.
    """
    dense = text.links_in(element)[1] > _DENSE
    if element.tag in _CONTENT:
        beside = texts or among or alike or element.tag in {"figure", "picture"}
        return beside and (texts or among or not dense or element.tag in _SOLID)
    if element.tag not in _CONTAINERS or element.tag in {"span", "font"}:
        return texts
    media = next(element.iter(*_MEDIA), None) is not None
    start, end = text.spans[element]
    picture = media and start == end and next(element.iter("a"), None) is None
    return not dense and (alike or picture or (among and (texts or media)) or (texts and media))


def _is_foreign(element: Any) -> bool:
    named = f"{element.get('class') or ''} {element.get('id') or ''}"
    return element.tag in _FOREIGN or (element.tag not in {"p", "pre", "figure"} and bool(_NAMED.search(named)))


def _untitle(article: Any, titles: set[str]) -> None:
    """Drop the page's title from the beginning of the article, and the little that stands above it."""
    above = len(squeezed(article.text or ""))
    for element in article.iterdescendants():
        said = squeezed("".join(element.itertext())) if element.tag in _HEADINGS else ""
        if said and (element.tag == "h1" or any(_is_title(said, title) for title in titles)):
            _drop_until(article, element)
            return
        above += len(squeezed(element.text or "")) + len(squeezed(element.tail or ""))
        if above > _ABOVE:
            return


def _drop_until(article: Any, last: Any) -> None:
    """Drop an element of an article, and what stands before it."""
    inner = last
    while inner is not article:
        box = inner.getparent()
        box.text = None
        for child in list(inner.itersiblings(preceding=True)):
            child.tail = None
            nodes.replace(child, _figures(child))
        inner = box
    nodes.replace(last, [])


def _figures(element: Any) -> list[Any]:
    """The pictures with captions in a head, taken out of it: the article's own, whereas a site's sign has none."""
    found = [figure for figure in element.iter("figure") if next(figure.iterancestors("figure"), None) is None]
    for figure in found:
        figure.tail = None
    return found


def _is_title(heading: str, title: str) -> bool:
    return title.startswith(heading) and (title == heading or bool(_BREAK.fullmatch(title[len(heading) :])))
