"""Characters as texts are compared by: compatibility forms, case and the forms of Chinese characters folded into one.

The tables are `data/hanzi.txt` and `data/folding.bin`, made by `benchmarks/tables.py` with OpenCC and from Unicode
14.0: nothing of OpenCC is needed at run time, and another Python folds alike. `table` needs numpy and is meant for
worker processes; `comparable` does not.
"""

from __future__ import annotations

import unicodedata
import zlib
from functools import cache, lru_cache
from itertools import pairwise
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


KANA_AND_HANZI: Final = "\u3040-\u30ff\u3400-\u9fff"
"""For classes of regular expressions: what is written without spaces in titles."""


@lru_cache(maxsize=4096)
def comparable(words: str) -> str:
    """Return a title in the form in which titles are compared; `steps.text.fold`, and Chinese characters folded."""
    return text.fold(words).translate(hanzi())


def pairs(run: str) -> list[str]:
    """Return the pairs of neighbouring characters of a run of kana, hanzi or hangul; none of another script's word."""
    return list(map("".join, pairwise(run))) if run >= KANA_AND_HANZI[0] else []


def folded(words: str) -> str:
    """Return a text so normalised that every character folds by itself."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", words).casefold())


@cache
def table() -> NDArray[np.uint32]:
    """Return the entry of every code point below `SIZE`: `CODE` bits, and the flags of the folded character.

    One more stands at the end, for all others: they separate, and like everything that does have no bits at all.
    """
    import numpy as np  # noqa: PLC0415 - in workers only

    packed = _data("folding.bin")
    planes = np.frombuffer(zlib.decompress(packed), dtype=np.uint8).reshape(4, SIZE)
    entries = planes.T.copy().view("<u4").reshape(SIZE).astype(np.uint32)
    entries += np.arange(SIZE, dtype=np.uint32)
    return np.append(entries, np.uint32(0))


@cache
def hanzi() -> dict[int, int]:
    """Return the first form of every Chinese character that has other forms, by each of these."""
    lines = _data("hanzi.txt").decode("utf-8").splitlines()
    return {ord(other): ord(line[0]) for line in lines for other in line[1:]}


def _data(name: str) -> bytes:
    from importlib import resources  # noqa: PLC0415 - 15 ms that a round without news need not pay

    return resources.files("aggregator.steps").joinpath("data", name).read_bytes()
