"""Formulas in HTML as it was published made text: their TeX once, else a line of their MathML; pictures of formulas.

KaTeX, MathJax and Wikipedia write a formula several times, for the eye, for the ear and as its source: one stays. Runs
before the sanitiser, on markup that nobody has checked, in linear time: what it writes is escaped. This module renders
nothing and looks for no TeX in text.
"""

from __future__ import annotations

import html as entities
import re
from typing import TYPE_CHECKING

from aggregator.steps.html import mathml

if TYPE_CHECKING:
    from collections.abc import Iterator

_MATH = re.compile(r"<math\b([^<>]*)>((?:[^<]|<(?!/?math\b))*+)</math\s*>", re.IGNORECASE)
_TEX = re.compile(r"<annotation\s[^<>]*\b(?:la)?tex\b[^<>]*>([^<]*)</annotation", re.IGNORECASE)
_ALTTEXT = re.compile(r"""\balttext\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_STYLED = re.compile(r"\{\\(?:display|text)style\s*((?:[^{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*+\})*+\})*+\})*+)\}")
"""What Wikipedia wraps all its TeX in; braces that are nested deeper stay as they are."""
_SCRIPT = re.compile(r"<script\b([^<>]*\bmath/tex\b[^<>]*)>((?:[^<]|<(?!/?script\b))*+)</script\s*>", re.IGNORECASE)
_CDATA = re.compile(r"%?\s*(?:<!\[CDATA\[|\]\]>)")
_REFERENCE = re.compile(r"&(?:lt|gt|amp);")

# The same formula once more: drawn by KaTeX and by Wikipedia behind its MathML, by MathJax before its source.
_KATEX_DRAWN = re.compile(
    r"</math\s*>\s*</span>\s*(?P<drawn><(?P<name>span)\b[^<>]*\b(?:katex-html|aria-hidden)\b[^<>]*>)"
)
_MATHJAX_DRAWN = re.compile(
    r"""(?P<drawn><(?P<name>span|div)\b[^<>]{0,300}?\bclass\s*=\s*["']?[^"'<>]{0,100}?\bMathJax(?:_\w+)?\b[^<>]*>)"""
)
_FALLBACK = re.compile(r"(</math\s*>\s*</span>\s*(?:<noscript>\s*)?)<img\b[^<>]*\bmwe-math-fallback[^<>]*>")
_MJX_DRAWN = re.compile(r"<(mjx-math|nobr)\b[^<>]*>(?:[^<]|<(?!/?(?:mjx-math|nobr)\b))*+</\1\s*>")
_SPAN = {name: re.compile(rf"<(/?){name}\b[^<>]*>", re.IGNORECASE) for name in ("span", "div")}

_PICTURES = (
    r"[^?#]*/(?:latex\.php|(?:mathtex|mimetex)\.cgi)\?",
    r"[^?#]*/equation/?\?tex=",
    r"[^?#]*/api/rest_v1/media/math/render/",
    r"[^?#]*/_images/math/",
    r"[\w.-]+\.codecogs\.com/(?!eqnedit)",
    r"chart\.(?:googleapis|apis\.google)\.com/chart\?[^#]*\bcht=tx\b",
    r"(?:i\.upmath\.me|latex\.csdn\.net|math\.(?:now\.sh|vercel\.app)|mathurl\.com|tex\.s2cms\.(?:com|ru))/",
    r"(?:www\.)?quicklatex\.com/cache",
    r"math\.jianshu\.com/math\?",
    r"render\.githubusercontent\.com/render/math",
    r"upload\.wikimedia\.org/math/",
)
_DRAWN = re.compile(rf"https?://(?:{'|'.join(_PICTURES)})", re.IGNORECASE)
"""Addresses of services and programs (Sphinx) that draw formulas. Chosen by hand; last looked over in November 2026."""


def is_drawn(url: str) -> bool:
    """Whether an image's absolute URL is that of a formula, as far as its address tells."""
    return _DRAWN.match(url) is not None


def written(html: str) -> str:
    """Return HTML with each formula in it as text, once: its TeX, else its alternative text, else a line of its MathML.

    Displayed formulas of MathJax 2 stand in a block of their own.
    """
    if "math/tex" in html:
        html = _SCRIPT.sub(_script, _without(html, _MATHJAX_DRAWN))
    if "<math" not in html:
        return html
    if "mjx-assistive" in html or "MJX_Assistive" in html:
        html = _MJX_DRAWN.sub("", html)
    return _MATH.sub(_formula, _FALLBACK.sub(r"\1", _without(html, _KATEX_DRAWN)))


def _without(html: str, drawn: re.Pattern[str]) -> str:
    """HTML less the elements whose start tags are found; from one on that never ends it stays as it is."""
    return "".join(_kept(html, drawn))


def _kept(html: str, drawn: re.Pattern[str]) -> Iterator[str]:
    at = 0
    while found := drawn.search(html, at):
        end = _end(html, found.end(), _SPAN[found["name"].lower()])
        if end < 0:
            break
        yield html[at : found.start("drawn")]
        at = end
    yield html[at:]


def _end(html: str, start: int, tags: re.Pattern[str]) -> int:
    """Where the element ends whose content begins at `start`; -1 if it never does."""
    depth = 1
    for tag in tags.finditer(html, start):
        depth += -1 if tag[1] else 1
        if not depth:
            return tag.end()
    return -1


def _script(match: re.Match[str]) -> str:
    tex = _REFERENCE.sub(lambda reference: entities.unescape(reference[0]), _CDATA.sub("", match[2]))
    return f"<div>{_line(tex)}</div>" if "display" in match[1] else _line(tex)


def _formula(match: re.Match[str]) -> str:
    tex, alternative = _TEX.search(match[2]), _ALTTEXT.search(match[1])
    found = tex[1] if tex else (alternative[1] or alternative[2] or "") if alternative else ""
    formula = entities.unescape(found).strip() or mathml.line(match[2])
    styled = _STYLED.fullmatch(formula)
    return _line(styled[1] if styled else formula)


def _line(formula: str) -> str:
    return entities.escape(" ".join(formula.split()), quote=False)
