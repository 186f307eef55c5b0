"""Which encoding bytes are in when no label can be believed: by how often their characters occur in each language.

chardet tells; here stands what is asked of it and which answers count. East Asian and Cyrillic encodings are worth
telling apart, since each reads as nonsense under another; Western ones are the default of who asks. This module decodes
nothing.
"""

from __future__ import annotations

import re

_ANSWERS = {
    "gb18030": "gb18030",
    "big5hkscs": "big5hkscs",
    "cp932": "cp932",
    "euc_jis_2004": "euc_jp",
    "cp949": "cp949",
    "cp1251": "cp1251",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
}
_OTHERS = ("cp1250", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "iso8859-2", "iso8859-15")
"""Answers that mean: none of those, leave it to the labels."""
_ASKED = (*_ANSWERS, *_OTHERS)
_MARKUP = re.compile(rb"<[^<>]{0,400}>")
_FOREIGN = re.compile(rb"[\x80-\xff]+")
_MOST = 16 * 1024
"""Bytes of text that are looked at: a few pages tell as much as a book."""


def codec(body: bytes, *, least: int = 1) -> str:
    """Return the codec that the text between the tags seems to be in, empty if it is Western or nothing can be told.

    Text with fewer than `least` bytes beyond ASCII tells nothing.
    """
    text = _MARKUP.sub(b" ", body[: 8 * _MOST])[:_MOST]
    if sum(map(len, _FOREIGN.findall(text))) < least:
        return ""
    import chardet  # noqa: PLC0415 - 90 ms that hardly any document needs

    found = chardet.detect(text, include_encodings=_ASKED, compat_names=False, no_match_encoding="cp1252")
    return _ANSWERS.get(str(found["encoding"] or "").lower(), "")
