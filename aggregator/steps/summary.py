"""An item's plain text, its summary and its first image, all taken from sanitised HTML.

This module does not sanitise (`steps.html.sanitize`) and guesses no language (`steps.language`).
"""

from __future__ import annotations

import html as entities
import re
from functools import lru_cache

from aggregator.steps import urls
from aggregator.steps.html import pictures

CJK_WHOLE = 80
"""A text of fewer code points is its own summary in CJK languages."""
CJK_LEAD = 50
"""Code points of a longer text's summary in CJK languages."""
WORDS = 50
"""Words of a summary elsewhere; a text of fewer is its own summary."""

# Korean puts spaces between words, yet counts here: its words are as dense as Chinese ones, and the rule says CJK.
_CJK = frozenset({"zh", "cmn", "yue", "wuu", "nan", "hak", "gan", "hsn", "cdo", "lzh", "ja", "ko"})

_BLOCKS = (
    "address|article|aside|blockquote|br|caption|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|"
    "h[1-6]|header|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_BORDER = "\x1f"
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCKS})(?=[\s/>])[^>]*>")
_TAG = re.compile(r'</?[a-zA-Z][^<>"]*(?:"[^"]*"[^<>"]*)*+>')
_SPACES = re.compile(" {2,}")
_WORD = re.compile(r"\S+")

_IMAGE = re.compile(r'<img\s((?:[^<>"]|"[^"]*")*+)>')
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(px|r?em|ex)?\s*")
_SMALL, _LINES = 32.0, 2.0
"""Pixels, and heights of a line, up to which an image is a sign within the text: an emoji, an icon, a pixel."""
_SIGN_PATH = re.compile(r"/(?:images/core/emoji|wp-includes/images/smilies|twemoji|emoji/assets)/", re.IGNORECASE)


@lru_cache(maxsize=256)
def is_cjk(lang: str) -> bool:
    """Whether the BCP 47 tag names a Chinese language, Japanese or Korean."""
    return lang.replace("_", "-").partition("-")[0].lower() in _CJK


def marked(html: str) -> str:
    """Return the visible text of sanitised HTML, for `joined`: with a sign of our own between blocks and lines.

    Without the images' alternative texts. Runs of space, tab and newline become one space; NBSP and U+3000 stay. This
    is what takes the time, and it is the same for all languages.
    """
    text = _TAG.sub("", _BLOCK_TAG.sub(_BORDER, html)) if "<" in html else html
    text = entities.unescape(text)
    for blank in "\t\n\r\f":
        text = text.replace(blank, " ")
    return _SPACES.sub(" ", text) if "  " in text else text


def joined(text: str, lang: str) -> str:
    """Return a text made by `marked` on one line; empty if there is nothing to see.

    Blocks and line breaks join with nothing in CJK languages and with one space in others. No plain space at the ends.
    """
    blocks = (block.strip(" ") for block in text.split(_BORDER))
    return ("" if is_cjk(lang) else " ").join(filter(None, blocks))


def summarize(text: str, lang: str) -> str:
    """Return the beginning of a text made by `joined`, with "..." where it was cut.

    CJK: the whole text if it has under 80 code points, else the first 50. Others: the whole text if it has under 50
    words, else the first 50 with the white space between them.
    """
    if is_cjk(lang):
        return text if len(text) < CJK_WHOLE else text[:CJK_LEAD] + "..."
    for count, word in enumerate(_WORD.finditer(text), 1):
        if count == WORDS:
            return text[: word.end()] + "..."
    return text


def first_image(html: str) -> str:
    """Return the URL of the first image that is meant to be seen, empty if there is none.

    Skips images as small as a sign (32 pixels, 2 em), WordPress's emoji, formulas, avatars, pixels that only count
    readers, and everything that is not http or https.
    """
    if "<img" not in html:
        return ""
    for image in _IMAGE.finditer(html):
        attributes = dict(_ATTRIBUTE.findall(image[1]))
        source = entities.unescape(attributes.get("src", ""))
        is_sign = _is_small(attributes) or _SIGN_PATH.search(source)
        if urls.host(source) and not is_sign and pictures.shows(source):
            return source
    return ""


def _is_small(attributes: dict[str, str]) -> bool:
    for name in ("width", "height"):
        size = _SIZE.fullmatch(attributes.get(name, ""))
        if size and float(size[1][:9]) <= (_SMALL if size[2] in {None, "px"} else _LINES):
            return True
    return False
