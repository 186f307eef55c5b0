"""Characters as texts are compared by: compatibility forms, case and the forms of Chinese characters folded into one.

The table of Chinese characters is `data/hanzi.txt`, made by `benchmarks/tables.py` with OpenCC; nothing of OpenCC is
needed at run time. `table` needs numpy and is meant for worker processes; `comparable` does not.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from aggregator.steps import text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CODE: Final = 0xFFFFFF
"""The bits of an entry that hold the folded code point."""
ALONE: Final = 1 << 24
"""A token by itself: characters of scripts without spaces."""
DIGIT: Final = 1 << 25
WORD: Final = 1 << 26
"""Part of a token; everything else only separates."""
SLOW: Final = 1 << 27
"""Folds to several characters, or together with its neighbours: the text has to be normalised first."""
SIZE: Final = 0x32400
"""Code points from here on separate; nothing above is a letter but unassigned and private ones."""

_ALONE = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3040, 0x30FF),  # kana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0x20000, SIZE - 1),
)
_HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2F7FF), (0x30000, SIZE - 1))
"""Han characters that fold to themselves, or as `data/hanzi.txt` says."""
_OTHERS = ((0x1, 0x33FF), (0x4DC0, 0x4DFF), (0xA000, 0xD7FF), (0xE000, 0xE000), (0xF900, 0x1FFFF), (0x2F800, 0x2FA1F))
_COMPOSING = ((0x1160, 0x11FF), (0xFF9E, 0xFF9F), (0x3099, 0x309A))
"""Beside combining marks: Hangul vowels and finals, and voiced sound marks."""


@lru_cache(maxsize=4096)
def comparable(words: str) -> str:
    """Return a title in the form in which titles are compared; `steps.text.fold`, and Chinese characters folded."""
    return text.fold(words).translate(_hanzi())


def folded(words: str) -> str:
    """Return a text so normalised that every character folds by itself."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", words).casefold())


@cache
def table() -> NDArray[np.uint32]:
    """Return the entry of every code point below `SIZE`: `CODE` bits, and the flags of the folded character."""
    import numpy as np  # noqa: PLC0415 - in workers only

    entries = np.zeros(SIZE, dtype=np.uint32)
    for low, high in _HAN:
        entries[low : high + 1] = np.arange(low, high + 1, dtype=np.uint32) | WORD | ALONE
    for other, first in _hanzi().items():
        entries[other] = first | WORD | ALONE
    codes = [code for low, high in _OTHERS for code in range(low, high + 1)]
    forms = folded("\0".join(map(chr, codes))).split("\0")  # one call for all, since so many are slow
    for code, form in zip(codes, forms, strict=True):
        entries[code] = _entry(chr(code), form)
    return entries


@cache
def _hanzi() -> dict[int, int]:
    lines = resources.files("aggregator.steps").joinpath("data/hanzi.txt").read_text(encoding="utf-8").splitlines()
    return {ord(other): ord(line[0]) for line in lines for other in line[1:]}


def _entry(char: str, form: str) -> int:
    code = ord(char)
    if form == char and not _in_word(char):
        return 0
    several = len(form) != 1 and any(map(_in_word, form))
    if several or unicodedata.combining(char) or any(low <= code <= high for low, high in _COMPOSING):
        return code | SLOW | (WORD | ALONE * _alone(code)) * _in_word(char)
    if len(form) != 1 or not _in_word(form):
        return 0
    point = _hanzi().get(ord(form), ord(form))
    return point | WORD | ALONE * _alone(point) | DIGIT * (form in "0123456789")


def _in_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char)[0] == "M"


def _alone(point: int) -> bool:
    return any(low <= point <= high for low, high in _ALONE)
