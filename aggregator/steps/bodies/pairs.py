"""Damage in encodings of two bytes a character: reading goes on at the next character, not in the middle of one.

In GB18030, EUC-KR and EUC-JP both bytes of nearly every character are beyond ASCII, and a byte that is none of them
shifts everything up to the next ASCII character by one: a whole sentence of wrong characters. As runs of such bytes are
of even length, the parity of what is left of the run tells where the next character begins.
"""

from __future__ import annotations

import codecs
import re

_EVEN = frozenset({"gb18030", "cp949", "euc_jp"})
_RUN = re.compile(rb"[\x80-\xff]{0,4096}")
_MOST = 10_000
"""Damaged places that are worth 7 µs each; what has more is no text."""
_HANDLER = "tagwire.pairs"
_REPLACED = "\ufffd"


def decode(body: bytes, codec: str) -> str:
    """Return the text of `body`, damaged places replaced by U+FFFD. Never raises for a codec of `labels`."""
    text = body.decode(codec, "replace")
    mendable = codec in _EVEN and 0 < text.count(_REPLACED) <= _MOST
    return body.decode(codec, _HANDLER) if mendable else text


def _resume(error: UnicodeError) -> tuple[str, int]:
    """One replacement character, and where to go on: an even number of bytes before the run ends."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    run = _RUN.match(error.object, error.end)
    return _REPLACED, error.end + (len(run[0]) % 2 if run else 0)


codecs.register_error(_HANDLER, _resume)
