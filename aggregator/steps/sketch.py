"""The sketch of a text (`model.Sketch`), by numpy: about 60 µs for 560 tokens.

    tokens    a character of Chinese, Japanese or Thai, a word of other scripts; folded by `steps.folding`
    shingle   three tokens in a row; a sample of their hashes, denser for short texts, is the sketch
    lead      a hash of the first 24 tokens
    numbers   hashes of all runs of digits
    terms     pairs of characters and words, weighed by how rare they are, the title's threefold: what it is about

Meant for worker processes, since numpy costs a start 0.1 s. Whether two sketches are of one text is decided in
`steps.near`.
"""

from __future__ import annotations

import re
import zlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

import numpy as np

from aggregator.model import Sketch
from aggregator.steps import folding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

CHARACTERS: Final = 8_192
TOKENS: Final = 1_536
"""What is looked at of a text; a copy of a longer one is a copy of its beginning."""
_LONGEST: Final = CHARACTERS + 1024
"""A text may grow when it is folded."""
LEAD: Final = 24
TOPIC: Final = 24
"""Terms that are kept."""
TITLE_WEIGHT: Final = 3
OPENING: Final = 256
"""Tokens of the text that tell what it is about."""
BUCKETS: Final = 1 << 16
LEVELS: Final = (64, 128, 256)
"""Up to so many tokens every hash is kept, every second, every fourth; of longer texts every eighth."""
_NUMBERS: Final = 32

_SPACE: Final = np.zeros(1, dtype=np.uint32)
_BASE: Final = 0x9E3779B97F4A7C15
_LINK = re.compile(r"[!(h](?:(?<=!)\[[^\]]*\]\([^)]*\)|(?<=\]\()[^)\s]*\)|(?<=h)ttps?://[\w./?=&%#:;~+@-]+)")
"""What is not text in Markdown: images, where links lead, and bare addresses."""


def sketch(title: str, body: str) -> Sketch:
    """Return the sketch of an item's Markdown. Never raises; a text without words has an empty sketch."""
    head, words, numbers = _scan(title, _LINK.sub(" ", body[:CHARACTERS]))
    words = words[:TOKENS]
    level = sum(len(words) > most for most in LEVELS)
    return Sketch(
        tokens=len(words),
        level=level,
        hashes=tuple(_sample(words, level).tolist()),
        lead=_lead(words),
        numbers=tuple(sorted(set(numbers.tolist()))[:_NUMBERS]),
        topic=_topic(head, words[:OPENING]),
    )


def tokens(text: str) -> Hashes:
    """Return the hash of every token of a text, the highest bit telling a character from a word."""
    return _scan("", text[:CHARACTERS])[1]


def terms(words: Hashes) -> Hashes:
    """Return the terms of a text: pairs of neighbouring characters, and words."""
    alone = words >> np.uint64(63) == 1
    pairs = _mixed(words[:-1] * np.uint64(_BASE) + words[1:])[alone[:-1] & alone[1:]]
    return np.concatenate((pairs, words[~alone]))


def buckets(found: Hashes) -> NDArray[np.int64]:
    """Return the bucket of each term in the table of how common terms are."""
    return (found & np.uint64(BUCKETS - 1)).astype(np.int64)


def _scan(title: str, text: str) -> tuple[Hashes, Hashes, NDArray[np.uint16]]:
    """Return the hashes of the title's tokens, of the text's tokens, and of the text's numbers, in their order."""
    head, entries = _entries(title), _entries(text)
    border = len(head) + 1
    entries = np.concatenate((head, _SPACE, entries))
    word, alone = entries >= folding.WORD, (entries & folding.ALONE) != 0
    fresh = word.copy()
    fresh[1:] &= alone[1:] | alone[:-1] | ~word[:-1]
    values = ((entries & np.uint32(folding.CODE)) * word) * _powers()[0][: len(entries)]
    starts = np.flatnonzero(fresh)
    hashes = _mixed(_runs(values, starts)) >> np.uint64(1)
    hashes |= alone[starts].astype(np.uint64) << np.uint64(63)
    titled = int(np.searchsorted(starts, border))
    return hashes[:titled], hashes[titled:], _numbers(entries[border:], values[border:], border)


def _numbers(entries: NDArray[np.uint32], values: Hashes, border: int) -> NDArray[np.uint16]:
    """Return the hashes of runs of digits."""
    digit = (entries & folding.DIGIT) != 0
    if not digit.any():
        return np.empty(0, dtype=np.uint16)
    first = digit.copy()
    first[1:] &= ~digit[:-1]
    starts = np.flatnonzero(first)
    found = _mixed(np.add.reduceat(values * digit, starts) * _powers()[1][starts + border])
    return (found >> np.uint64(48)).astype(np.uint16)


def _entries(text: str) -> NDArray[np.uint32]:
    table = folding.table()
    entries = table.take(_points(text))
    if (entries & folding.SLOW).any():
        entries = table.take(_points(folding.folded(text)[:_LONGEST])) & ~np.uint32(folding.SLOW)
    return entries


def _points(text: str) -> NDArray[np.uint32]:
    points = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32)
    return np.where(points < folding.SIZE, points, 0)


def _runs(values: Hashes, starts: NDArray[np.int64]) -> Hashes:
    """Return a polynomial hash of each run, whatever its place: what it sums up to, divided by its first power."""
    if not len(starts):
        return np.empty(0, dtype=np.uint64)
    return np.add.reduceat(values, starts) * _powers()[1][starts]


def _sample(words: Hashes, level: int) -> NDArray[np.uint32]:
    """Return the distinct hashes of shingles that end in `level` zero bits, sorted."""
    if len(words) < 3:  # noqa: PLR2004 - tokens of a shingle
        return np.empty(0, dtype=np.uint32)
    shingles = _mixed((words[:-2] * np.uint64(_BASE) + words[1:-1]) * np.uint64(_BASE) + words[2:])
    hashes = (shingles >> np.uint64(32)).astype(np.uint32)
    return np.unique(hashes[hashes & np.uint32((1 << level) - 1) == 0])


def _lead(words: Hashes) -> int:
    if len(words) < LEAD:
        return 0
    return int(_mixed(np.sum(words[:LEAD] * _powers()[0][:LEAD], keepdims=True))[0] >> np.uint64(33)) or 1


def _topic(head: Hashes, words: Hashes) -> tuple[tuple[int, int], ...]:
    """Return the weightiest terms, (31-bit hash, weight of 1 to 255), the heaviest first."""
    titled = terms(head)
    found, counts = np.unique(np.concatenate((terms(words), *[titled] * TITLE_WEIGHT)), return_counts=True)
    if not len(found):
        return ()
    weights = (1.0 + np.log(counts)) * _rarity()[buckets(found)]
    heaviest = np.lexsort((found, -weights))[:TOPIC]
    scaled = np.maximum(1, np.rint(weights[heaviest] * (255.0 / weights[heaviest[0]]))).astype(np.int64)
    return tuple(zip((found[heaviest] >> np.uint64(32)).tolist(), scaled.tolist(), strict=True))


def _mixed(values: Hashes) -> Hashes:
    """SplitMix64's finaliser: every bit of the input reaches every bit of the output."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@cache
def _powers() -> tuple[Hashes, Hashes]:
    """The powers of an odd base modulo 2⁶⁴, and their inverses."""
    inverse = pow(_BASE, -1, 1 << 64)
    return tuple(
        np.concatenate(([np.uint64(1)], np.cumprod(np.full(2 * _LONGEST, base, dtype=np.uint64))))
        for base in (_BASE, inverse)
    )  # type: ignore[return-value]


@cache
def _rarity() -> NDArray[np.float64]:
    """How much a term of each bucket says: the logarithm of how few texts it stands in."""
    packed = resources.files("aggregator.steps").joinpath("data/terms.bin").read_bytes()
    shares = np.frombuffer(zlib.decompress(packed), dtype=np.uint8)
    return np.asarray(np.log(256.0 / (shares + 0.5)), dtype=np.float64)
