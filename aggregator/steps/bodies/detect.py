"""Which encoding bytes are in, by how often their characters occur in each language, damaged places left aside.

chardet tells how much a text is like each language in each encoding, but strikes out every encoding that one byte does
not fit. Here each is judged by the text without what it cannot read, and loses by the share of that: so one damaged
byte never changes what a document is taken for. This module returns no text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_EAST_ASIAN = {
    "gb18030": "gb18030",
    "big5hkscs": "big5hkscs",
    "cp932": "cp932",
    "euc_jis_2004": "euc_jp",
    "cp949": "cp949",
}
_SCRIPTS = {
    "cp1251": "cp1251",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
    "iso8859-5": "iso8859_5",
    "cp866": "cp866",
    "cp1253": "cp1253",
    "iso8859-7": "iso8859_7",
    "cp1255": "cp1255",
    "iso8859-8": "iso8859_8",
    "cp1256": "cp1256",
    "iso8859-6": "iso8859_6",
    "cp874": "cp874",
}
_LATIN = {
    "cp1250": "cp1250",
    "iso8859-2": "iso8859_2",
    "cp1254": "cp1254",
    "cp1257": "cp1257",
    "iso8859-13": "iso8859_13",
}
_LABELLED = {
    "johab": "johab",
    "mac-cyrillic": "mac_cyrillic",
    "cp1258": "cp1258",
    "iso8859-3": "iso8859_3",
    "iso8859-4": "iso8859_4",
    "iso8859-10": "iso8859_10",
    "iso8859-14": "iso8859_14",
    "iso8859-16": "iso8859_16",
}
"""Encodings so rare that only a label brings them up."""
_ANSWERS = {**_EAST_ASIAN, **_SCRIPTS, **_LATIN, "cp1252": "cp1252"}
_ALL = {**_ANSWERS, **_LABELLED}
_NAMES = {codec: name for name, codec in _ALL.items()}
LATIN = frozenset(_LATIN.values())
"""Codecs that differ from Western ones in some letters only."""
SCRIPTS = frozenset({*_EAST_ASIAN.values(), *_SCRIPTS.values()})
"""Codecs of other scripts, whose text reads as nonsense in any other."""
WESTERN = "cp1252"

_MARKS = re.compile(rb"[<>]")
_FOREIGN = re.compile(rb"[\x80-\xff]")
_RUNS = re.compile("[^\x00-\x7f]+")
_LOOK = 128 * 1024
_MOST = 16 * 1024
"""Bytes of text that are looked at: a few pages tell as much as a book."""
_GLANCE = 4 * 1024
_DAMAGE = 0.1
"""Share of the characters beyond ASCII that an encoding may fail to read and still be asked about."""
_PENALTY = 5.0
_REPLACED = "\ufffd"
_NONE = "ascii"
"""chardet's word for none of those: an encoding that no text beyond ASCII is in."""
_CONTROLS = bytes({*range(32)} - {*b"\t\n\r\x1b"})
_SURE_MULTI, _SURE_SINGLE = 0.35, 0.2


class Seen(NamedTuple):
    """What the characters tell: how many bytes are beyond ASCII, and the likeness (0 to 1) of each codec."""

    text: bytes
    """What was looked at, as `sample` gives it."""
    foreign: int
    likeness: dict[str, float]

    def best(self) -> str:
        """Return the codec that the text is most like, the Western one if nothing is known."""
        return max(self.likeness, key=self.likeness.__getitem__, default=WESTERN)

    def like(self, codec: str) -> float:
        """Return how much the text is like a codec; 0 if it was not asked about or is out of the question."""
        return self.likeness.get(codec, 0.0)


def sample(body: bytes) -> bytes:
    """Return the texts and tags with bytes beyond ASCII, as many as are looked at."""
    first = _FOREIGN.search(body)
    start = max(0, first.start() - 200) if first else 0
    pieces = (piece for piece in _MARKS.split(body[start : start + _LOOK]) if not piece.isascii())
    return b" ".join((b"", *pieces)).translate(None, _CONTROLS)[:_MOST]


def confirms(body: bytes, codec: str) -> bool:
    """Whether the text, as far as `codec` reads it, is plainly in that encoding: one short look, for the usual case."""
    found = _asked(_readable(sample(body)[:_GLANCE], codec)[0], _names(codec))
    likeness = found.get(codec, 0.0)
    sure = _SURE_MULTI if codec in _EAST_ASIAN.values() else _SURE_SINGLE
    return likeness >= sure and likeness == max(found.values())


def look(body: bytes, label: str = "") -> Seen:
    """Return what the characters of `body` tell; the codec that a label names is judged beside the usual ones."""
    text = sample(body)
    foreign = len(text) - len(text.translate(None, bytes(range(128, 256))))
    groups: dict[bytes, list[str]] = {}
    lost: dict[str, float] = {}
    for name in _names(label):
        codec = _ALL[name]
        readable, bad = _readable(text, codec)
        share = bad / max(1, foreign // 2 if name in _EAST_ASIAN else foreign)
        if not bad or share <= _DAMAGE:
            groups.setdefault(readable, []).append(name)
            lost[codec] = share
    likeness = {codec: found for part, names in groups.items() for codec, found in _asked(part, tuple(names)).items()}
    return Seen(text, foreign, {codec: found * (1 - _PENALTY * lost[codec]) for codec, found in likeness.items()})


def likeliest(seen: Seen) -> str:
    """Return the codec that the text is most like, of those in which what is beyond ASCII makes words.

    Texts of another script have runs of its signs; a letter or two within or beside Latin words (`Sarà`, `20 °C`) are
    accents and signs of a Western text, however often they come.
    """
    ranked = sorted(seen.likeness, key=seen.likeness.__getitem__, reverse=True)
    return next((codec for codec in ranked if codec not in SCRIPTS or _in_words(seen.text, codec)), WESTERN)


def _in_words(text: bytes, codec: str) -> bool:
    """Whether most characters beyond ASCII that a codec makes of a text stand in runs, as letters of words do."""
    least = 2 if codec in _EAST_ASIAN.values() else 3
    runs = [len(run) for run in _RUNS.findall(text.decode(codec, "replace"))]
    return sum(length for length in runs if length >= least) * 2 >= sum(runs)


def _names(label: str) -> tuple[str, ...]:
    """Names by which chardet knows what is asked about."""
    return tuple(dict.fromkeys((*_ANSWERS, *filter(None, (_NAMES.get(label),)))))


def _readable(text: bytes, codec: str) -> tuple[bytes, int]:
    """What a codec can read of a text, and how many places it cannot."""
    read = text.decode(codec, "replace")
    bad = read.count(_REPLACED)
    return (read.replace(_REPLACED, "").encode(codec, "ignore") if bad else text), bad


def _asked(text: bytes, names: tuple[str, ...]) -> dict[str, float]:
    """Likeness of a text, as chardet sees it, to each of the encodings."""
    if text.isascii():
        return {}
    import chardet  # noqa: PLC0415 - 90 ms that hardly any document needs

    answers = chardet.detect_all(
        text,
        ignore_threshold=True,
        include_encodings=(*names, _NONE),
        compat_names=False,
        no_match_encoding=_NONE,
        empty_input_encoding=_NONE,
    )
    found = ((_ALL.get(str(one["encoding"] or "").lower(), ""), float(one["confidence"])) for one in answers)
    return {codec: likeness for codec, likeness in found if codec}
