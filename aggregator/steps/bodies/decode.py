"""Bytes to text: the encoding that a document really has, whatever its labels say.

The order: byte order mark, UTF-16/32 by its pattern, strict UTF-8, UTF-8 with few damaged places, the transport's
label, the XML declaration, what the characters seem to be (`steps.bodies.detect`), GB18030 if that reads as Chinese,
Western labels, Windows-1252. A label that fits yields to the characters where they plainly say East Asian; one that
decodes anything never beats text that is UTF-8. Codecs come from a list of ours: labels are hostile input.

This module does not remove control characters (`steps.text`) and does not read HTML's `meta` elements.
"""

from __future__ import annotations

import codecs
import re
from encodings.aliases import aliases

from aggregator.steps.bodies import detect

_BOMS = (
    (codecs.BOM_UTF8, "utf_8"),
    (codecs.BOM_UTF32_LE, "utf_32_le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf_32_be"),
    (codecs.BOM_UTF16_LE, "utf_16_le"),
    (codecs.BOM_UTF16_BE, "utf_16_be"),
)
_UNMARKED = (
    (re.compile(rb"[^\x00]\x00\x00\x00", re.DOTALL), "utf_32_le"),
    (re.compile(rb"\x00\x00\x00[^\x00]", re.DOTALL), "utf_32_be"),
    (re.compile(rb"[^\x00]\x00[^\x00]\x00", re.DOTALL), "utf_16_le"),
    (re.compile(rb"\x00[^\x00]\x00[^\x00]", re.DOTALL), "utf_16_be"),
)

_WESTERN = frozenset({"cp1252", "latin_1", "iso8859_15", "mac_roman"})
_SINGLE = _WESTERN | {f"cp125{n}" for n in range(9)} | {f"iso8859_{n}" for n in (*range(2, 9), 10, 13, 14, 16)}
_SINGLE |= {"cp866", "cp874", "koi8_r", "koi8_u", "mac_cyrillic"}
_MULTI = frozenset({"gb18030", "big5hkscs", "cp950", "cp932", "euc_jp", "cp949", "johab"})
_ESCAPED = frozenset({"iso2022_jp", "iso2022_jp_2", "iso2022_kr", "hz"})
_ALLOWED = _SINGLE | _MULTI | _ESCAPED | {"utf_8", "utf_16", "utf_16_le", "utf_16_be", "utf_32"}

# What a label means in practice is the superset that its users write (WHATWG Encoding Standard §4.2).
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x_gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "windows_31j": "cp932",
    "x_sjis": "cp932",
    "x_euc_jp": "euc_jp",
    "euc_kr": "cp949",
    "windows_949": "cp949",
    "latin_1": "cp1252",
    "ascii": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "windows_874": "cp874",
    "utf_8_sig": "utf_8",
    "utf8mb4": "utf_8",
}
_NON_WORD = re.compile(r"[^a-z0-9]+")

_DECLARED = re.compile(rb"\s*<\?xml\b[^>]{0,400}?\bencoding\s*=\s*([\"'])([^\"'>]{0,60})\1")
_ENCODING = re.compile(r"(\s*<\?xml\b[^>]{0,400}?)\s+encoding\s*=\s*([\"'])[^\"'>]{0,60}\2")

_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_GB_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_GB_COMMON = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")
_GB_LATE = 0xC9
_SAMPLE = 1 << 17
_LEAST = 12
"""Bytes beyond ASCII below which a label is believed that the text does not confirm."""
_FEW = 3
"""Replacement characters that one damaged place can cost."""
_REPLACED = "\ufffd"
_WIDE = re.compile("[^\x00-\u07ff]")
"""Characters of three and four bytes in UTF-8."""


def decode(body: bytes, label: str = "") -> str:
    """Return the text of `body` without its byte order mark; damaged places become U+FFFD. Never raises.

    `label` is the transport's charset (RFC 9110 §8.3.2), which may lie, as may the XML declaration (XML 1.0 §4.3.3).
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            rest = body[len(mark) :]
            return _read(rest, label) if codec == "utf_8" else rest.decode(codec, "replace").lstrip("\ufeff")
    return _read(body, label)


def unpadded(body: bytes, label: str = "") -> str:
    """Return `decode`'s text without the NULs, blanks and marks around it at which a reader of JSON would stop."""
    return decode(body, label).lstrip("\x00 \t\r\n\ufeff").rstrip("\x00")


def utf8(body: bytes, label: str = "") -> bytes:
    """Return `body` in UTF-8, the XML declaration without an encoding; `body` itself where nothing has to change."""
    text = decode(body, label)
    declared = _ENCODING.match(text)
    if declared:
        text = declared[1] + text[declared.end() :]
    elif len(text) == len(body) and text.isascii():
        return body
    return text.encode("utf-8", "replace")


def _read(body: bytes, label: str) -> str:
    """Text of a body without mark."""
    head = body[:4]
    if b"\x00" in head:
        for pattern, codec in _UNMARKED:
            if pattern.match(head):
                return body.decode(codec, "replace")
    said = _said(body, label)
    for codec in said:
        if codec in _ESCAPED and (text := _strict(body, codec)) is not None:  # 7 bits: it would pass as ASCII
            return text
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return _guess(body, said)
    return _unless_by_chance(text, body, said).lstrip("\ufeff")


def _said(body: bytes, label: str) -> tuple[str, ...]:
    """The codecs that transport and XML declaration name, as far as we allow them."""
    declared = _DECLARED.match(body[:1024])
    names = (label, declared[2].decode("latin_1") if declared else "")
    return tuple(dict.fromkeys(codec for name in names if (codec := _codec(name))))


def _codec(label: str) -> str:
    """Name of the codec for a label, the superset where there is one; empty if unknown or not allowed."""
    name = _NON_WORD.sub("_", label[:60].strip().lower()).strip("_")
    name = aliases.get(name, name)
    if name.startswith("gb"):
        return "gb18030"
    name = _SUPERSETS.get(name, name)
    return name if name in _ALLOWED else ""


def _strict(body: bytes, codec: str) -> str | None:
    try:
        return body.decode(codec)
    except UnicodeDecodeError:
        return None


def _unless_by_chance(text: str, body: bytes, said: tuple[str, ...]) -> str:
    """Valid UTF-8 is UTF-8, except two-byte sequences only (联通 in GBK) under a label that reads them as well."""
    if "utf_8" in said or text.isascii() or _WIDE.search(text):
        return text
    for codec in said:
        if codec in _MULTI and (other := _strict(body, codec)) is not None:
            return other
    return text


def _guess(body: bytes, said: tuple[str, ...]) -> str:
    """Text of a body that is not strictly UTF-8."""
    repaired = _SURROGATE.sub(b"\xef\xbf\xbd", _PAIR.sub(_join, body))
    text = repaired.decode("utf-8", "replace")
    bad = text.count(_REPLACED)
    good = sum(text.count(char) for char in set(text) if char > "\x7f") - bad
    if good >= 20 * bad or (bad <= _FEW and good >= bad):
        return text
    foreign = [codec for codec in said if codec not in _WESTERN and codec != "utf_8"]
    found = _labelled(body, foreign)
    if found is None:
        seen = detect.codec(body)
        found = _nearly(body, seen) if seen else None
    if found is not None:
        return found
    if "gb18030" in said or _reads_as_chinese(body):
        return body.decode("gb18030", "replace")
    if "utf_8" in said and (bad <= _FEW or repaired is not body):
        return text
    return _last(body, said)


def _labelled(body: bytes, foreign: list[str]) -> str | None:
    """Text by the first label that fits, or nearly fits if none does; None if none does even that.

    `steps.bodies.detect` is asked where a wrong label would fit as well.
    """
    for codec in foreign:
        if (text := _strict(body, codec)) is not None:
            if codec == "gb18030" and _reads_as_chinese(body):
                return text
            seen = detect.codec(body, least=_LEAST)
            other = _strict(body, seen) if seen in _MULTI and seen != codec else None
            return text if other is None else other
    return next((text for codec in foreign if (text := _nearly(body, codec)) is not None), None)


def _nearly(body: bytes, codec: str) -> str | None:
    """Text of a body with hardly a damaged place; None if there are many: then it is not in that encoding."""
    text = body.decode(codec, "replace")
    bad = text.count(_REPLACED)
    return text if not bad or (bad <= _FEW and 10 * bad <= sum(char > "\x7f" for char in text)) else None


def _join(pair: re.Match[bytes]) -> bytes:
    """One character for two surrogates that were encoded one by one (CESU-8, Unicode TR #26)."""
    return pair[0].decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16").encode()


def _reads_as_chinese(body: bytes) -> bool:
    """Whether strict GB18030 gives mostly punctuation and first-level characters of GB 2312, as Chinese prose does.

    Big5, Cyrillic and Western bytes form pairs too, but those fall into rarer rows or have ASCII letters behind. Korean
    fills the first half of the rows only.
    """
    pairs = _GB_PAIR.findall(body[:_SAMPLE])
    common = sum(1 for pair in pairs if _GB_COMMON.match(pair))
    late = sum(1 for pair in pairs if pair[0] >= _GB_LATE)
    plausible = common >= 0.7 * len(pairs) and late >= 0.1 * len(pairs)
    return len(pairs) > 1 and plausible and _strict(body, "gb18030") is not None


def _last(body: bytes, said: tuple[str, ...]) -> str:
    """Text by the labels, damaged places replaced; without labels Windows-1252, its five gaps read as Latin-1."""
    for codec in said:
        if codec not in {"utf_8", "cp1252"}:
            return body.decode(codec, "replace")
    text = _strict(body, "cp1252")
    return body.decode("latin_1") if text is None else text
