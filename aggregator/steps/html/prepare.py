"""Sanitised HTML rewritten where Markdown would lose something, so that it renders back to the same text.

A cheap look decides whether a tree is built at all; most HTML has nothing to cure and comes back as it is.
This module neither sanitises nor writes Markdown.
"""

from __future__ import annotations

import re

from aggregator.steps.html import emphasis, escapes, indents, listings, lists, nodes, ruby, tables
from aggregator.steps.html.nodes import BLOCKS, HEADINGS

MAX_TAGS = 20_000
"""HTML with more tags is left alone: no article has them, and trees of that size take seconds to edit."""

_STRIKE = ("s", "del", "strike")
_GLUED = ("address", "aside", "center", "details", "figure", "footer", "header", "main", "nav", "summary")
"""Blocks that markdownify takes for inline elements."""
_LISTED = ("dl", "dd", "dt")
_LONG = frozenset({"ul", "ol", "table", "pre"})
"""Blocks of several lines."""
_UNSEEN = ("abbr", "bdi", "big", "cite", "dfn", "ins", "mark", "small", "sub", "sup", "time", "tt", "u", "var", "wbr")
"""Inline elements that Markdown cannot show. Without them the texts around them are one."""

_BLOCK = r"(?:p|div|section|article|blockquote|pre|h\d|[uo]l|li|table)[ >]"
_MARK, _CODE = "(?:b|strong|em|i)", "(?:code|kbd|samp)"
_TAGS = (
    f"(?:table|r[pt]|{'|'.join(_STRIKE + _GLUED + _LISTED)})[ >]",
    rf"a [^<>]*>(?:[^<\[\]]|<(?!/a>|[bh]r>|{_BLOCK}))*+(?!</a>)",
    r"h\d>(?:[^<]|<(?!/h|img))*+<img",
    r"(?P<empty>p|div)>\s*</(?P=empty)>\s*(?:[^<\s]|<(?:a|b|strong|em|i|u|img|code)[ >])",
    rf"(?P<mark>b|strong|em|i)>(?:[^<]|<(?!/(?P=mark)>|br>\s*<|{_MARK}>|{_BLOCK}))*+<(?!/(?P=mark)>)",
    r'img [^<>]*?(?:alt|title)="[^"]*[\n\[\]\\`*_&]',
    r'a [^<>]*title="[^"]*[\n\\]',
    r'(?:a|img) [^<>]*?(?:href|src)="[^"]*(?:[()]|&amp;\w+;)',
    r'/ol>\s*<ol[ >]|li value=|ol [^<>]*start="(?![0-9]{1,9}")',
    r"(?:[uo]l(?: [^<>]*)?|/li)>\s*(?:[^<\s]|<(?!/?[uo]l|/?li|br>))",
    r"h\d>(?:[^<]|<(?!/h\d|(?:[uo]l|table|pre)[ >]))*+<(?!/)",
    f"/{_MARK}><{_MARK}>",
    f"/{_CODE}><{_CODE}>",
    rf"{_CODE}>(?:[^<]|<(?!/{_CODE}>|(?:a|br|img)[ >]|{_BLOCK}))*+<(?:a|br|img|{_BLOCK})",
    rf"pre>(?:[^<]|<(?!/pre>|br>|img[ ]|{_BLOCK}))*+<(?!/pre>)",
)
_LINE_MARK = r"(?:[^\S\n]|&nbsp;)*(?:[-+=#|:]|&gt;|~~~|\d{1,9}[.)](?:[\s<]|$))"
# Each pattern begins with one character, and is not asked where that is missing: looking for a sign costs nothing.
_SUSPECTS = tuple(
    (sign, re.compile(pattern))
    for sign, pattern in (
        ("<", f"<(?:{'|'.join(_TAGS)})"),
        ("`", "`"),
        ("\\", r"\\"),
        ("&", r"&(?:amp;#?[A-Za-z0-9]+;|lt;[A-Za-z/!?])"),
        ("]", r"\][(\[:]"),
        ("!", r"!(?:</\w+>)*<(?:\w{1,6}>)*a "),
        ("#", r"#\s*</"),
        (">", f">{_LINE_MARK}"),
        ("\n", f"\n{_LINE_MARK}"),
    )
)
_FIRST_LINE = re.compile(r"[ \t]*(?:[-+=#|:]|&gt;|~~~|\d{1,9}[.)])")
_MARK_TAG = re.compile(f"<(/?){_MARK}>")
_HARMLESS_BEFORE = re.compile(r"(?:^|[\s(]|<(?:p|li|td|div|br|/p|h\d)>)$")
_HARMLESS_AFTER = re.compile(r"$|[\s.,;:!?)，。；：！？）]|</?(?:p|li|td|div|h\d)>|<br>")
_ODD_SPACE = ("\xa0", "\u3000", "&nbsp;")
_LONGEST_TAG = 6

_SPACES = re.compile(r"[ \t\r\n]+")
_REFERENCE = re.compile(r"&(?=#?\w+;)")
_STARRED = re.compile(r"\\([*_])")
_PARENTHESIS = re.compile(r"[()]")


def prepare(html: str) -> str:
    """Return sanitised HTML that survives Markdown; the identical object where there was nothing to cure.

    Struck text loses its stroke, readings (ruby) stand in parentheses, definition lists become paragraphs, layout
    tables their content, images in headings and cells Markdown of their own; links and emphasis stay within one block;
    code holds text alone; what looks like Markdown is escaped; indents stand where converters keep them.
    """
    return indents.secure(_cured(html) if _is_suspect(html) and html.count("<") <= MAX_TAGS else html)


def _cured(html: str) -> str:
    lined = listings.lines(html)
    root = nodes.parse(lined)
    for element in list(root.iter(*_UNSEEN)):
        nodes.unwrap(element)
    changed = [
        cure(root)
        for cure in (
            _quotes,
            _blocks,
            lists.gather,
            _headings,
            listings.mend,
            _links,
            tables.mend,
            emphasis.mend,
            escapes.escape,
            _inline_images,
            lists.number,
        )
    ]
    return nodes.serialize(root) if any(changed) or lined != html else html


def _is_suspect(html: str) -> bool:
    """Whether there may be something to cure; cheap, and wrong only to the safe side."""
    return (
        _FIRST_LINE.match(html) is not None
        or any(sign in html and pattern.search(html) for sign, pattern in _SUSPECTS)
        or any(_is_odd(html, tag) for tag in _MARK_TAG.finditer(html))
    )


def _is_odd(html: str, tag: re.Match[str]) -> bool:
    """Whether Markdown may fail to see this end of an emphasised run."""
    before, after = html[max(tag.start() - _LONGEST_TAG, 0) : tag.start()], html[tag.end() : tag.end() + _LONGEST_TAG]
    if tag[1]:
        edge = before[-1:]
        return before.endswith(_ODD_SPACE) or not (edge.isalnum() or _HARMLESS_AFTER.match(after))
    edge = after[:1]
    return after.startswith(_ODD_SPACE) or not (edge.isalnum() or _HARMLESS_BEFORE.search(before))


def _quotes(root: nodes.Element) -> bool:
    """Quotations in the signs that they become, since emphasis depends on the signs beside it."""
    quotes = list(root.iter("q"))
    for quote in quotes:
        quote.text = '"' + (quote.text or "")
        if len(quote):
            quote[-1].tail = (quote[-1].tail or "") + '"'
        else:
            quote.text += '"'
        nodes.unwrap(quote)
    return bool(quotes)


def _blocks(root: nodes.Element) -> bool:
    changed = False
    for element in list(root.iter(*_STRIKE)):
        nodes.unwrap(element)
        changed = True
    changed |= ruby.mend(root)
    for element in list(root.iter(*_GLUED, *_LISTED)):
        element.tag = "p" if element.tag in {"dt", "dd"} else "div"
        changed = True
    for element in list(root.iter("p", "div")):
        if not len(element) and not (element.text or "").strip(" \t\n") and _between_text(element):
            nodes.replace(element, [element.makeelement("br")])
            changed = True
    return changed


def _between_text(element: nodes.Element) -> bool:
    previous = element.getprevious()
    parent = element.getparent()
    before = (previous.tail if previous is not None else parent.text if parent is not None else "") or ""
    inline_before = before.strip() or (previous is not None and previous.tag not in BLOCKS)
    following = element.getnext()
    inline_after = (element.tail or "").strip() or (following is not None and following.tag not in BLOCKS)
    return bool(inline_before and inline_after)


def _headings(root: nodes.Element) -> bool:
    """Headings end before a list, a table or code in them: Markdown's are one line."""
    long = [heading for heading in root.iter(*HEADINGS) if nodes.has(heading, _LONG)]
    for heading in long:
        content = nodes.contents(heading)
        at = next(at for at, node in enumerate(content) if _is_long(node))
        nodes.fill(heading, content[:at])
        shown = nodes.text_of(heading).strip() or nodes.has(heading, ["img"])
        nodes.replace(heading, [*([heading] if shown else []), *content[at:]])
    return bool(long)


def _is_long(node: nodes.Node) -> bool:
    return not isinstance(node, str) and (node.tag in _LONG or nodes.has(node, _LONG))


def _links(root: nodes.Element) -> bool:
    changed = False
    for link in list(root.iter("a")):
        if len(link) == 1 and link[0].tag in HEADINGS and not (link.text or "").strip() + (link[0].tail or "").strip():
            _swap(link, link[0])
            changed = True
        if nodes.has(link, BLOCKS | {"br", "hr"}):
            _flatten(link)
            changed = True
        changed |= _writable(link, "href")
    for image in root.iter("img"):
        changed |= _writable(image, "src")
    return changed


def _swap(link: nodes.Element, heading: nodes.Element) -> None:
    """`<a><h2>…</h2></a>` becomes `<h2><a>…</a></h2>`."""
    heading.tail = link.text = None
    nodes.replace(link, [heading])
    nodes.fill(link, nodes.contents(heading))
    heading.append(link)


def _flatten(link: nodes.Element) -> None:
    for element in list(link.iterdescendants(*BLOCKS, "br", "hr")):
        nodes.replace(element, [" ", *nodes.contents(element), " "])
    for element in link.iter():
        element.text = _SPACES.sub(" ", element.text) if element.text else None
        if element is not link and element.tail:
            element.tail = _SPACES.sub(" ", element.tail)


def _writable(element: nodes.Element, attribute: str) -> bool:
    """URL and title as they may stand within Markdown's parentheses."""
    url, title = element.get(attribute, ""), element.get("title")
    written = _REFERENCE.sub("&amp;", url)
    if not _paired(url):
        written = _PARENTHESIS.sub(r"\\\g<0>", written)
    changed: bool = written != url
    element.set(attribute, written)
    if title is not None and (plain := _SPACES.sub(" ", title).replace("\\", "/")) != title:
        element.set("title", plain)
        changed = True
    return changed


def _paired(url: str) -> bool:
    depth = 0
    for character in url:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
    return depth == 0


def _inline_images(root: nodes.Element) -> bool:
    """Write images in headings and cells as Markdown, for markdownify keeps only their alternative text there."""
    changed = False
    for image in list(root.iter("img")):
        if any(around.tag in HEADINGS or around.tag in {"td", "th"} for around in image.iterancestors()):
            alt = _STARRED.sub(r"\1", image.get("alt", ""))  # markdownify escapes these in text
            nodes.replace(image, [f"![{alt}]({image.get('src', '')})"])
            changed = True
    return changed
