"""Bytes to text: the encoding that a document really has, whatever its labels say.

The order: byte order mark, UTF-16/32 by its pattern, strict UTF-8, UTF-8 with few damaged places or beside others
(`steps.bodies.mixed`), the transport's label, the XML declaration, what the characters seem to be
(`steps.bodies.detect`), GB18030 if that reads as Chinese, Western labels, Windows-1252. A label fits that damages few
places; it yields to the characters where they plainly say another script, and one that decodes anything never beats
text that is UTF-8. Damage is tolerated at each step: one bad byte costs its place and never changes the encoding.

This module does not remove control characters (`steps.text`) and does not read HTML's `meta` elements.
"""

from __future__ import annotations

import codecs
import re
from itertools import product
from typing import NamedTuple

from aggregator.model import Problem
from aggregator.steps.bodies import detect, labels, mixed, pairs

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


_DECLARED = re.compile(rb"\s*<\?xml\b[^>]{0,400}?\bencoding\s*=\s*([\"'])([^\"'>]{0,60})\1")
_ENCODING = re.compile(r"(\s*<\?xml\b[^>]{0,400}?)\s+encoding\s*=\s*([\"'])[^\"'>]{0,60}\2")

_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_GB_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_GB_COMMON = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")
_GB_LATE = 0xC9
_SAMPLE = 1 << 15
_LEAST = 12
"""Bytes beyond ASCII below which a label is believed that the text does not confirm, and a guess is told as one."""
_FEW = 3
"""Replacement characters that one damaged place can cost."""
_TOLERATED = 20
"""Characters beyond ASCII that stand for each damaged place where the encoding is right."""
_LETTERS = 3
"""Different letters beyond ASCII that another Latin alphabet shows at least: one word, repeated, tells nothing."""
_MIXED = 5
"""Damaged places for each sequence of UTF-8 up to which a document may have parts in UTF-8; others have more."""
_PLAIN = 0.2
"""Likeness from which the characters are plain."""
_SLIGHT = 0.1
_REPLACED = "\ufffd"
_WIDE = re.compile("[^\x00-\u07ff]")
"""Characters of three and four bytes in UTF-8."""


class Text(NamedTuple):
    """The text of a document, and what has to be told of how it was found: empty if there is no doubt."""

    text: str
    doubt: str = ""

    def problems(self, where: str) -> tuple[Problem, ...]:
        """Return the doubt as a problem of the document that it was read from."""
        return (Problem(where=where, message=self.doubt),) if self.doubt else ()


def decode(body: bytes, label: str = "") -> str:
    """Return the text of `body` without its byte order mark; damaged places become U+FFFD. Never raises.

    `label` is the transport's charset (RFC 9110 §8.3.2), which may lie, as may the XML declaration (XML 1.0 §4.3.3).
    """
    return read(body, label).text


def read(body: bytes, label: str = "") -> Text:
    """Return what `decode` returns, and in words what of it is damaged or no more than a guess."""
    for mark, codec in _BOMS:
        if body.startswith(mark):
            rest = body[len(mark) :]
            return _read(rest, label) if codec == "utf_8" else _told(rest, codec)
    return _read(body, label)


def unpadded(body: bytes, label: str = "") -> Text:
    """Return what `read` returns without the NULs, blanks and marks around it at which a reader of JSON would stop."""
    found = read(body, label)
    return found._replace(text=found.text.lstrip("\x00 \t\r\n\ufeff").rstrip("\x00"))


def utf8(body: bytes, label: str = "") -> bytes:
    """Return `body` in UTF-8, the XML declaration without an encoding; `body` itself where nothing has to change."""
    return encoded(body, decode(body, label))


def encoded(body: bytes, text: str) -> bytes:
    """Return `text`, which was read from `body`, as `utf8` does."""
    declared = _ENCODING.match(text)
    if declared:
        text = declared[1] + text[declared.end() :]
    elif len(text) == len(body) and text.isascii():
        return body
    return text.encode("utf-8", "replace")


def _read(body: bytes, label: str) -> Text:
    """Text of a body without mark."""
    if b"\x00" in body[:8]:
        for head, (pattern, codec) in product((body[:4], body[4:8]), _UNMARKED):  # the second for a damaged first
            if pattern.match(head):
                return _told(body, codec)
    said = _said(body, label)
    escaped = _escaped(body, said)
    if escaped is not None:
        return escaped
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return _guess(body, said)
    return Text(_unless_by_chance(text, body, said).lstrip("\ufeff"))


def _said(body: bytes, label: str) -> tuple[str, ...]:
    """The codecs that transport and XML declaration name, as far as we allow them."""
    declared = _DECLARED.match(body[:1024])
    names = (label, declared[2].decode("latin_1") if declared else "")
    return tuple(dict.fromkeys(codec for name in names if (codec := labels.codec(name))))


def _escaped(body: bytes, said: tuple[str, ...]) -> Text | None:
    """Text in an encoding of 7 bits, which would pass as ASCII: as labelled, or Japanese by its escape sequences."""
    found = [codec for codec in said if codec in labels.ESCAPED]
    if b"\x1b" in body and b"\x1b$" in body:  # one byte is looked for far faster than two
        found += ["iso2022_jp_ext", "iso2022_kr"]
    for codec in found:
        if _nearly(body, codec) is not None:
            return _told(body, codec)
    return None


def _told(body: bytes, codec: str, doubt: str = "") -> Text:
    """Text by a codec, with the number of its damaged places."""
    return _counted(pairs.decode(body, codec).lstrip("\ufeff"), doubt)


def _counted(text: str, doubt: str = "") -> Text:
    bad = text.count(_REPLACED)
    lost = f"damaged places that could not be read and became U+FFFD: {bad}" if bad else ""
    return Text(text, "; ".join(filter(None, (doubt, lost))))


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
        if codec in labels.MULTI and (other := _strict(body, codec)) is not None:
            return other
    return text


def _guess(body: bytes, said: tuple[str, ...]) -> Text:
    """Text of a body that is not strictly UTF-8."""
    repaired = _SURROGATE.sub(b"\xef\xbf\xbd", _PAIR.sub(_join, body))
    text = repaired.decode("utf-8", "replace")
    foreign = [codec for codec in said if codec not in labels.WESTERN and codec != "utf_8"]
    fits = [codec for codec in foreign if _nearly(body, codec) is not None]
    found = _largely_utf8(repaired, text, fits) or _confirmed(body, said, foreign, fits)
    if found is not None:
        return found
    seen = detect.look(body, fits[0] if fits else "")
    if codec := (_instead(seen, fits[0]) if fits else _plain(body, seen, said)):
        return _told(body, codec, "" if fits else _doubt(seen, codec, said))
    if "utf_8" in said and (text.count(_REPLACED) <= _FEW or repaired is not body):
        return _counted(text)
    return _last(body, said, foreign, _doubt(seen, "cp1252", said))


def _largely_utf8(body: bytes, text: str, fits: list[str]) -> Text | None:
    """Text of a body that is UTF-8 but for some damage or for some parts; None if it is not.

    Few sequences may be valid by chance, thus not where an East Asian label fits better.
    """
    bad = text.count(_REPLACED)
    good = _foreign(text) - bad
    if bad <= _FEW and (good >= _TOLERATED * bad or (good >= bad and labels.MULTI.isdisjoint(fits))):
        return _counted(text)
    parts = mixed.read(body) if _MIXED * good >= bad else None
    if parts is not None:
        return _counted(parts)
    return _counted(text) if good >= _TOLERATED * bad else None


def _confirmed(body: bytes, said: tuple[str, ...], foreign: list[str], fits: list[str]) -> Text | None:
    """Text by the first label that the characters confirm at a glance, None if they confirm none."""
    for codec in fits:
        if (codec == "gb18030" and _reads_as_chinese(body)) or detect.confirms(body, codec):
            return _told(body, codec)
    western = not foreign and labels.WESTERN.intersection(said) and detect.confirms(body, detect.WESTERN)
    return _last(body, said, foreign) if western else None


def _foreign(text: str) -> int:
    """How many characters are beyond ASCII."""
    return len(text) - len(text.encode("ascii", "ignore"))


def _nearly(body: bytes, codec: str) -> str | None:
    """Text of a body with few damaged places; None if there are many: then it is not in that encoding."""
    text = body.decode(codec, "replace")
    bad = text.count(_REPLACED)
    if not bad:
        return text
    foreign = _foreign(text)
    return text if _TOLERATED * bad <= foreign or (bad <= _FEW and 10 * bad <= foreign) else None


def _instead(seen: detect.Seen, label: str) -> str:
    """The codec that a label means which fits, unless the characters plainly say another script."""
    best = seen.best()
    plain = best in detect.SCRIPTS and seen.foreign >= _LEAST and seen.like(best) >= max(_PLAIN, 2 * seen.like(label))
    return best if plain else label


def _plain(body: bytes, seen: detect.Seen, said: tuple[str, ...]) -> str:
    """The codec that the characters say; empty if they may well be Western."""
    best, western = detect.likeliest(seen), seen.like(detect.WESTERN)
    likeness, labelled = seen.like(best), not labels.WESTERN.isdisjoint(said)
    if best in detect.SCRIPTS and likeness >= max(_SLIGHT, 1.5 * western) and not (labelled and seen.foreign < _LEAST):
        return best
    if _reads_as_chinese(body) and _nearly(body, "gb18030") is not None:
        return "gb18030"
    margin = 1.5 if labelled else 1.2
    letters = len(set(seen.text.translate(None, bytes(range(128)))))
    told = best in detect.LATIN and letters >= _LETTERS and likeness >= max(_SLIGHT, margin * western)
    return best if told and 2 * seen.foreign >= _LEAST else ""


def _doubt(seen: detect.Seen, codec: str, said: tuple[str, ...]) -> str:
    """What to tell of a guess: nothing if it is plain."""
    if seen.foreign >= _LEAST and seen.like(codec) >= _PLAIN:
        return ""
    why = "its label does not fit" if said else "no label says its encoding"
    return f"{why}, and its characters say too little: it was read as {codec.replace('_', '-')}"


def _join(pair: re.Match[bytes]) -> bytes:
    """One character for two surrogates that were encoded one by one (CESU-8, Unicode TR #26)."""
    return pair[0].decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16").encode()


def _reads_as_chinese(body: bytes) -> bool:
    """Whether GB18030 gives mostly punctuation and first-level characters of GB 2312, as Chinese prose does.

    Big5, Cyrillic and Western bytes form pairs too, but those fall into rarer rows or have ASCII letters behind. Korean
    fills the first half of the rows only.
    """
    pairs = _GB_PAIR.findall(body[:_SAMPLE])
    common = sum(1 for pair in pairs if _GB_COMMON.match(pair))
    late = sum(1 for pair in pairs if pair[0] >= _GB_LATE)
    plausible = common >= 0.7 * len(pairs) and late >= 0.1 * len(pairs)
    return len(pairs) > 1 and plausible


def _last(body: bytes, said: tuple[str, ...], foreign: list[str], doubt: str = "") -> Text:
    """Text by the labels, damaged places replaced; without labels Windows-1252, its five gaps read as Latin-1."""
    for codec in (*foreign, *said):
        if codec not in {"utf_8", "cp1252"}:
            return _told(body, codec)
    text = _strict(body, "cp1252")
    return Text(body.decode("latin_1") if text is None else text, "" if "cp1252" in said else doubt)
