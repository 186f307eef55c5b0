"""Images that wait for a script made visible, and embedded players turned into links, in HTML as it was published.

Runs before the sanitiser, on markup that nobody has checked: what it writes is escaped, and what it misreads costs a
picture, never safety. This module does not sanitise.
"""

from __future__ import annotations

import html as entities
import re

from aggregator.steps import urls

_IMAGE = re.compile(r"<img\b([^<>]*)>?", re.IGNORECASE)
_EMBED = re.compile(r"<(iframe|embed|video|audio)(?=[\s/>])([^<>]*)>", re.IGNORECASE)
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
_PLACEHOLDER = re.compile(
    r"data:|about:|(?:.*[/_-])?(?:1x1|blank|default|grey|gray|lazy|lazyload|loading|pixel|placeholder|spacer|trans|"
    r"transparent)[^/]*\.(?:gif|jpe?g|png|svg|webp)(?:\?.*)?$",
    re.IGNORECASE,
)


def reveal(html: str, base: str) -> str:
    """Return HTML where lazy images have their `src`, and where a link stands before each embedded frame or player.

    The players themselves stay for the sanitiser to remove. `base` is what the players' URLs are relative to.
    """
    html = _IMAGE.sub(_reveal_image, html)
    return _link_embeds(html, base) if _EMBED.search(html) else html


def _reveal_image(match: re.Match[str]) -> str:
    tag = match[0]
    if "data-" not in tag and "srcset" not in tag:
        return tag
    attributes = _attributes(match[1])
    shown = attributes.get("src", "").strip()
    if shown and not _PLACEHOLDER.match(shown):
        return tag
    hidden = next((attributes[name] for name in _LAZY if attributes.get(name)), "")
    if not hidden or hidden.startswith("data:"):
        hidden = next((best for name in _LAZY_SETS if (best := _best(attributes.get(name, "")))), "")
    # The first of two attributes of one name counts (HTML §13.2.5.33), so the tag itself may stay as it is.
    return f'<img src="{entities.escape(hidden)}"{tag[4:]}' if hidden else tag


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
    target = urls.resolve(base, attributes.get("src") or attributes.get("data-src", ""))
    name = attributes.get("title") or attributes.get("aria-label") or urls.host(target)
    image = f'<img src="{entities.escape(poster)}" alt="">' if poster else ""
    link = f'<a href="{entities.escape(target)}">{entities.escape(name)}</a>' if urls.is_web(target) else ""
    return f"<div>{image}{link}</div>" if image or link else ""


def _attributes(written: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written):
        found.setdefault(name.lower(), entities.unescape(double or single or bare))
    return found
