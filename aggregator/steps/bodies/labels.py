"""Labels of encodings: which of Python's codecs a charset parameter or an XML declaration means.

The table is the WHATWG Encoding Standard's (§4.2 Names and labels, 228 labels), kept by webencodings: what a label
means in practice is the superset that its users write. Beside it stand labels that are seen in feeds and not in the
standard. Labels are hostile input: only codecs of our list are ever answered. This module decodes nothing.
"""

from __future__ import annotations

import re

WESTERN = frozenset({"cp1252", "iso8859_15", "mac_roman"})
"""What is said by default, by servers and libraries that know nothing of the document."""
MULTI = frozenset({"gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "johab"})
ESCAPED = frozenset({"iso2022_jp_ext", "iso2022_kr", "hz"})
"""Encodings of 7 bits, which pass as ASCII."""

_CODECS = {
    "utf-8": "utf_8",
    "ibm866": "cp866",
    "big5": "big5hkscs",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "shift_jis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-8-i": "iso8859_8",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "windows-874": "cp874",
}
"""Python's name of each encoding of the standard; left out are UTF-16, which is known by its pattern and never by its
label, and `replacement` and `x-user-defined`, which read no text."""
_CODECS |= {f"windows-125{n}": f"cp125{n}" for n in range(9)}
_CODECS |= {f"iso-8859-{n}": f"iso8859_{n}" for n in (*range(2, 9), 10, 13, 14, 15, 16)}

_SEEN = {
    "utf8mb4": "utf_8",
    "cnbig5": "big5hkscs",
    "xbig5": "big5hkscs",
    "big5eten": "big5hkscs",
    "cp950": "big5hkscs",
    "windows950": "big5hkscs",
    "cp936": "gb18030",
    "windows936": "gb18030",
    "ms936": "gb18030",
    "xgb2312": "gb18030",
    "euccn": "gb18030",
    "cp932": "cp932",
    "ms932": "cp932",
    "windows932": "cp932",
    "sjis": "cp932",
    "ujis": "euc_jp",
    "cp949": "cp949",
    "ms949": "cp949",
    "uhc": "cp949",
    "xeuckr": "cp949",
    "ksc5601": "cp949",
    "ksx1001": "cp949",
    "johab": "johab",
    "iso2022kr": "iso2022_kr",
    "csiso2022kr": "iso2022_kr",
    "iso2022jp1": "iso2022_jp_ext",
    "iso2022jp2": "iso2022_jp_ext",
    "hz": "hz",
    "hzgb2312": "hz",
    "koi8ru": "koi8_u",
    "koi8": "koi8_r",
    "cp874": "cp874",
    "tis": "cp874",
    "xtis620": "cp874",
    "maccyrillic": "mac_cyrillic",
    "macroman": "mac_roman",
    "latin9": "iso8859_15",
    "ansi": "cp1252",
}
"""Labels that are seen and not in the standard, without punctuation."""
_WINDOWS = re.compile(r"(?:x?cp|x?win|windows|xwindows|ms|xansi|cswindows|ibm)(125[0-8]|874|866)")
_ISO = re.compile(r"(?:iso|isoiec)?8859(1[0-6]|[1-9])(?:\d{4}|[ei])?")
_QUOTES = "\t\n\f\r \"';,"
_PUNCTUATION = re.compile(r"[^a-z0-9]+")
_LONGEST = 60


def codec(label: str) -> str:
    """Return Python's name for the encoding that `label` means; empty if it is unknown, or none that we read."""
    name = label[:_LONGEST].strip(_QUOTES).lower()
    if name in {"utf-8", "utf8", ""}:
        return name and "utf_8"
    from webencodings.labels import LABELS  # noqa: PLC0415 - most documents say UTF-8

    return _CODECS.get(LABELS.get(name, ""), "") or _seen(_PUNCTUATION.sub("", name), LABELS)


def _seen(name: str, standard: dict[str, str]) -> str:
    """Codec of a label that is not in the standard, `name` being it without punctuation."""
    if name.startswith("gb"):
        return "gb18030"
    if name in _SEEN:
        return _SEEN[name]
    if windows := _WINDOWS.fullmatch(name):
        return f"cp{windows[1]}"
    iso = _ISO.fullmatch(name)
    known = standard.get(f"iso-8859-{iso[1]}" if iso else name, "")
    return _CODECS.get(known, "")
