"""Documents that are UTF-8 in some places and something else in others, as planets and scrapers glue them together.

What stands between two tags is one piece and has one encoding. Pieces in UTF-8 are believed; pieces that are UTF-8 but
for some damage keep U+FFFD there; the others are read together in another script's encoding if their characters plainly
say so, and else keep U+FFFD: never is one of them read as Western, as that reads anything.
"""

from __future__ import annotations

import re

from aggregator.steps.bodies import detect, pairs

_PIECE = re.compile(rb"[\x80-\xff][^<>\n]*")
_WIDE = re.compile("[^\x00-\u07ff]")
"""Characters of three and four bytes in UTF-8."""
_ASCII = bytes(range(128))
_REPLACED = "\ufffd"
_SHARE = 0.2
"""Share of the bytes beyond ASCII that stand in pieces of UTF-8, from which a document is mixed."""
_PLAIN = 0.3
_LEAST = 12
_NARROW = 4
"""Sequences of two bytes that other encodings hardly have side by side by chance."""
_LOOK = 64 * 1024


def read(body: bytes) -> str | None:
    """Return the text of a document of which a good part is UTF-8, None if it is not."""
    proved = sum(_foreign(piece[0]) for piece in _PIECE.finditer(body) if _proves(piece[0]))
    if not proved or proved < _SHARE * _foreign(body):
        return None
    codec = _codec(_strange(body))
    return _PIECE.sub(lambda piece: _read(piece[0], codec).encode(), body).decode()


def _strange(body: bytes) -> bytes:
    """The pieces that are not UTF-8, as many as are looked at."""
    found, size = [], 0
    for piece in _PIECE.finditer(body):
        if not _mostly_utf8(piece[0].decode("utf-8", "replace")):
            found.append(piece[0])
            size += len(piece[0])
        if size > _LOOK:
            break
    return b">".join(found)


def _read(piece: bytes, codec: str) -> str:
    """Text of a piece; what is not UTF-8 is read by `codec` if there is one."""
    text = piece.decode("utf-8", "replace")
    return text if not codec or _mostly_utf8(text) else pairs.decode(piece, codec)


def _foreign(piece: bytes) -> int:
    """How many bytes are beyond ASCII."""
    return len(piece.translate(None, _ASCII))


def _beyond(text: str) -> int:
    """How many characters are beyond ASCII."""
    return len(text) - len(text.encode("ascii", "ignore"))


def _proves(piece: bytes) -> bool:
    """Whether hardly any text in another encoding would be UTF-8 as far as this one is."""
    text = piece.decode("utf-8", "replace")
    bad = text.count(_REPLACED)
    good = _beyond(text) - bad
    return good >= max(4 * bad, _LEAST) if bad else good >= _NARROW or len(_WIDE.findall(text)) > 1


def _mostly_utf8(text: str) -> bool:
    """Whether at least half of the places beyond ASCII were UTF-8."""
    return _beyond(text) >= 2 * text.count(_REPLACED)


def _codec(body: bytes) -> str:
    """The encoding of another script that the pieces which are not UTF-8 are plainly in; empty if none is plain."""
    seen = detect.look(body)
    found = seen.best()
    return found if found in detect.SCRIPTS and seen.like(found) >= _PLAIN and seen.foreign >= _LEAST else ""
