"""Images that wait for a script made visible, and embedded players turned into links, in HTML as it was published.

Runs before the sanitiser, on markup that nobody has checked: what it writes is escaped, and what it misreads costs a
picture, never safety. This module does not sanitise.
"""

from __future__ import annotations

import html as entities
import re

from aggregator.steps import urls
from aggregator.steps.html import formulas

_IMAGE = re.compile(r"<img\b([^<>]*)>?", re.IGNORECASE)
_SHELTERED = re.compile(r"<(/?)(picture|noscript|source|img)\b([^<>]*)>?", re.IGNORECASE)
_SHELTER = re.compile(r"<(?:picture|noscript)\b", re.IGNORECASE)
_EMBED = re.compile(r"<(iframe|embed|object|video|audio)(?=[\s/>])([^<>]*)>", re.IGNORECASE)
_SIGN = re.compile(
    r"""<img(?=\s[^<>]{0,1000}?(?:\bclass\s*=\s*["']?[^"'<>]{0,200}?(?<![\w-])(?:wp-smiley|emoji|latex|math|tex"""
    r"""|mwe-math-fallback-image-\w+|ql-img-\w+-\w+)(?![\w-])|\beeimg\s*="""
    r"""|\bstyle\s*=\s*["'][^"'<>]{0,200}?\bheight\s*:\s*1em\b))""",
    re.IGNORECASE,
)
"""An image that stands for a sign within a line, such as WordPress puts in place of emoji, or for a formula."""
_SIGNS = ("wp-smiley", "emoji", "tex", "math", "ql-img", "eeimg", "1em")
_END = r"\s*(?:!\s*important\s*)?(?:;|$)"
_TINY = re.compile(rf"(?:^|;)\s*(?:max-)?(?:width|height)\s*:\s*[01](?:px)?{_END}", re.IGNORECASE)
"""A style that makes an image a pixel."""
_UNSEEN = re.compile(
    rf"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*(?:0+(?:\.0*)?|\.0+)%?){_END}",
    re.IGNORECASE,
)
"""A style that hides an image, unless a script will show it."""
_HIDDEN = re.compile(r"\shidden(?=[\s/=]|$)", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_BEFORE_NOSCRIPT = re.compile(r"\s*<noscript\b[^<>]*>\s*<img\b", re.IGNORECASE)
_LOOKED = 50
"""Images in `<noscript>` that are looked for elsewhere: each costs a search of the whole."""
_PIXEL = frozenset({"0", "1", "0px", "1px"})
_SOURCE = re.compile(r"<source\b([^<>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=]+))""")
_CANDIDATE = re.compile(r"\s*([^\s,]\S*[^\s,])(?:\s+(\d+(?:\.\d+)?)[wx])?\s*(?:,|$)")

_LAZY = (
    "data-original",
    "data-src",
    "data-lazy-src",
    "data-original-src",
    "data-actualsrc",
    "data-lazyload",
    "data-lazy",
    "data-echo",
)
_LAZY_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_WAITING = (*_LAZY, "data-srcset", "data-lazy-srcset")
_PLACEHOLDER = re.compile(
    r"data:|about:|(?:.*[/_-])?(?:1x1|blank|default|grey|gray|lazy|lazyload|loading|pixel|placeholder|spacer|trans|"
    r"transparent)[^/]*\.(?:gif|jpe?g|png|svg|webp)(?:\?.*)?$",
    re.IGNORECASE,
)


def reveal(html: str, base: str) -> str:
    """Return HTML where lazy images have their `src`, and where a link stands before each embedded frame or player.

    An image that only a `<source>` or a `<noscript>` names is found there; formulas become text
    (`steps.html.formulas`); images that stand for signs get the height of a line, and pixels and hidden images that of
    a pixel, since the sanitiser takes away what else tells them. The players stay for the sanitiser to remove. `base`
    is what the players' URLs are relative to.
    """
    html, images = _IMAGE.subn(_reveal_image, formulas.written(html))
    if "<img" in html and ("style" in html or "hidden" in html):
        html = _IMAGE.sub(_hide, html)
    if _SHELTER.search(html):
        html = _unsheltered(html)
    if images and any(sign in html for sign in _SIGNS):
        html = _SIGN.sub('<img height="1em"', html)
    return _link_embeds(html, base) if _EMBED.search(html) else html


def _unsheltered(html: str) -> str:
    """Images of `<picture>` with the best of its sources if they have none, and those of `<noscript>` alone."""
    best, hidden, looked = "", False, 0

    def show(match: re.Match[str]) -> str:
        nonlocal best, hidden, looked
        closing, name = match[1], match[2].lower()
        if name == "picture":
            best = ""
        elif name == "noscript":
            hidden = not closing
        elif name == "source" and not closing and not best:
            attributes = _attributes(match[3])
            best = _best(attributes.get("srcset") or attributes.get("data-srcset", ""))
        elif name == "img" and hidden and looked < _LOOKED:
            looked += 1
            # What follows stands outside, and the rest inside again: what is in a noscript is text to the sanitiser.
            return f"</noscript>{match[0]}<noscript>" if _is_alone(match[0], html) else ""
        elif name == "img" and best and not _shows(_attributes(match[3])):
            return f'<img src="{entities.escape(best)}"{match[0][4:]}'
        return match[0]

    return _SHELTERED.sub(show, html)


def _is_alone(tag: str, html: str) -> bool:
    """Whether a tag shows an image that is no pixel and stands nowhere else."""
    attributes = _attributes(tag[4:])
    source = attributes.get("src", "").strip()
    if not _shows(attributes) or not _PIXEL.isdisjoint((attributes.get("width"), attributes.get("height"))):
        return False
    spellings = {source, entities.escape(source)}
    return all(html.count(spelling) == tag.count(spelling) for spelling in spellings)


def _shows(attributes: dict[str, str]) -> bool:
    shown = attributes.get("src", "").strip()
    return bool(shown) and not _PLACEHOLDER.match(shown)


def _reveal_image(match: re.Match[str]) -> str:
    tag = match[0]
    if "data-" not in tag and "srcset" not in tag:
        return "" if _BEFORE_NOSCRIPT.match(match.string, match.end()) and not _shows(_attributes(match[1])) else tag
    attributes = _attributes(match[1])
    if _shows(attributes):
        return tag
    hidden = next((attributes[name] for name in _LAZY if attributes.get(name)), "")
    if not hidden or hidden.startswith("data:"):
        hidden = next((best for name in _LAZY_SETS if (best := _best(attributes.get(name, "")))), "")
    # The first of two attributes of one name counts (HTML §13.2.5.33), so the tag itself may stay as it is.
    return f'<img src="{entities.escape(hidden)}"{tag[4:]}' if hidden else tag


def _hide(match: re.Match[str]) -> str:
    """An image that nobody is to see with the height of a pixel; what waits for a script, or for none, will be seen."""
    attributes = _attributes(match[1])
    style = attributes.get("style", "")
    unseen = _UNSEEN.search(style) or _HIDDEN.search(_QUOTED.sub("", match[1]))
    waits = any(attributes.get(name) for name in _WAITING) or _BEFORE_NOSCRIPT.match(match.string, match.end())
    return f'<img height="1"{match[0][4:]}' if _TINY.search(style) or (unseen and not waits) else match[0]


def _best(candidates: str) -> str:
    """The candidate with the biggest descriptor of a `srcset`, the first of several."""
    found = [(float(size or 1), url) for url, size in _CANDIDATE.findall(candidates)]
    return max(found, key=lambda candidate: candidate[0])[1] if found else ""


def _link_embeds(html: str, base: str) -> str:
    embeds = list(_EMBED.finditer(html))
    ends = [embed.start() for embed in embeds[1:]] + [len(html)]
    parts = [html[: embeds[0].start()]]
    for embed, end in zip(embeds, ends, strict=True):
        attributes = _attributes(embed[2])
        if embed[1].lower() in {"video", "audio"} and not attributes.get("src"):
            source = _SOURCE.search(html, embed.end(), end)
            attributes["src"] = _attributes(source[1]).get("src", "") if source else ""
        parts += [_link(attributes, base), html[embed.start() : end]]
    return "".join(parts)


def _link(attributes: dict[str, str], base: str) -> str:
    poster = urls.resolve(base, attributes.get("poster", ""))
    target = urls.resolve(base, attributes.get("src") or attributes.get("data-src") or attributes.get("data", ""))
    name = attributes.get("title") or attributes.get("aria-label") or urls.host(target)
    image = f'<img src="{entities.escape(poster)}" alt="">' if poster else ""
    link = f'<a href="{entities.escape(target)}">{entities.escape(name)}</a>' if urls.is_web(target) else ""
    return f"<div>{image}{link}</div>" if image or link else ""


def _attributes(written: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written):
        found.setdefault(name.lower(), entities.unescape(double or single or bare))
    return found
