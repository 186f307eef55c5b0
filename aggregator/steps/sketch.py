"""The sketches of texts (`model.Sketch`), by numpy, many texts in one array: most of an array's cost is to be made.

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
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from aggregator.model import Sketch
from aggregator.steps import folding, hashing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Places = NDArray[np.int64]

CHARACTERS: Final = 8_192
TOKENS: Final = 1_536
"""What is looked at of a text; a copy of a longer one is a copy of its beginning."""
TITLE: Final = 1_024
"""Characters that are looked at of a title."""
_LONGEST: Final = CHARACTERS + 1024
"""A text may grow when it is folded."""
_AT_ONCE: Final = 4 * _LONGEST
"""Characters, about, of the texts that share arrays; more would not stay in a processor's cache."""
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

_PIECE: Final = 64
"""What an empty text counts for."""
_LOW: Final = (1 << 32) - 1
_OFTEN: Final = 255
_HEAVIEST: Final = (1 << 26) - 1
_LINK = re.compile(r"[!(h](?:(?<=!)\[[^\]]*\]\([^)]*\)|(?<=\]\()[^)\s]*\)|(?<=h)ttps?://[\w./?=&%#:;~+@-]+)")
"""What is not text in Markdown: images, where links lead, and bare addresses."""


def sketch(title: str, body: str) -> Sketch:
    """Return the sketch of an item's Markdown. Never raises; a text without words has an empty sketch."""
    return sketches([(title, body)])[0]


def sketches(texts: Sequence[tuple[str, str]]) -> list[Sketch]:
    """Return the sketches of many items, each of (title, Markdown): those of `sketch`, several times faster."""
    return [found for batch in _batches(texts) for found in _sketches(batch)]


def tokens(text: str) -> Hashes:
    """Return the hash of every token of a text, the highest bit telling a character from a word."""
    return _scan([text[:CHARACTERS]]).words


def terms(words: Hashes) -> Hashes:
    """Return the terms of a text: pairs of neighbouring characters, and words."""
    alone = words >> np.uint64(63) == 1
    return np.concatenate((_pairs(words, np.flatnonzero(alone[:-1] & alone[1:])), words[~alone]))


def buckets(found: Hashes) -> NDArray[np.int64]:
    """Return the bucket of each term in the table of how common terms are."""
    return (found & np.uint64(BUCKETS - 1)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Scan:
    """Pieces of text read: the hashes of all their tokens, and where each piece's begin (one more: where all end)."""

    words: Hashes
    firsts: Places
    numbers: NDArray[np.uint16]
    number_firsts: Places


def _batches(texts: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    """Yield titles and texts by turns, so many as make a good array."""
    pieces: list[str] = []
    size = 0
    for title, body in texts:
        pieces += (title[:TITLE], _LINK.sub(" ", body[:CHARACTERS]))
        size += len(pieces[-2]) + len(pieces[-1]) + _PIECE
        if size >= _AT_ONCE:
            yield pieces
            pieces, size = [], 0
    if pieces:
        yield pieces


def _sketches(pieces: list[str]) -> list[Sketch]:
    """Return a sketch for every two pieces, a title and a text."""
    scan = _scan(pieces)
    counts = np.diff(scan.firsts)
    titled = np.arange(len(pieces)) & 1 == 0
    lengths = np.where(titled, 0, np.minimum(counts, TOKENS))
    levels = np.searchsorted(LEVELS, lengths)
    owners = np.repeat(np.arange(len(pieces)), counts)
    inside = np.arange(len(scan.words)) - scan.firsts[owners]
    hashes = _sample(scan.words, owners, inside + 2 < lengths[owners], levels)
    topics = _topics(scan.words, owners, inside < np.where(titled, counts, OPENING)[owners], len(pieces) // 2)
    numbers = _kept_numbers(scan)
    leads = _leads(scan)
    return [
        Sketch(tokens=size, level=level, hashes=mine, lead=lead, numbers=found, topic=topic)
        for size, level, mine, lead, found, topic in zip(
            lengths[1::2].tolist(), levels[1::2].tolist(), hashes, leads, numbers, topics, strict=True
        )
    ]


def _scan(pieces: list[str]) -> _Scan:
    entries, borders = _entries(pieces)
    word, alone = entries >= folding.WORD, (entries & folding.ALONE) != 0
    fresh = word.copy()
    fresh[1:] &= alone[1:] | alone[:-1] | ~word[:-1]
    values = ((entries & np.uint32(folding.CODE)) * word) * hashing.powers(len(entries))[0]
    starts = np.flatnonzero(fresh)
    hashes = hashing.mixed(hashing.runs(values, starts)) >> np.uint64(1)
    hashes |= alone[starts].astype(np.uint64) << np.uint64(63)
    digit = (entries & folding.DIGIT) != 0
    first = digit.copy()
    first[1:] &= ~digit[:-1]
    digits = np.flatnonzero(first)
    numbers = (hashing.mixed(hashing.runs(values * digit, digits)) >> np.uint64(48)).astype(np.uint16)
    return _Scan(hashes, np.searchsorted(starts, borders), numbers, np.searchsorted(digits, borders))


def _entries(pieces: list[str]) -> tuple[NDArray[np.uint32], Places]:
    """Return the table's entries of all pieces, one that separates after each, and where each piece begins."""
    entries = folding.table().take(_points(" ".join(pieces)))
    slow = (entries & folding.SLOW) != 0
    borders = _borders(pieces)
    if slow.any():
        late = set((np.searchsorted(borders, np.flatnonzero(slow), side="right") - 1).tolist())
        pieces = [folding.folded(text)[:_LONGEST] if n in late else text for n, text in enumerate(pieces)]
        entries = folding.table().take(_points(" ".join(pieces))) & ~np.uint32(folding.SLOW)
        borders = _borders(pieces)
    return entries, borders


def _borders(pieces: list[str]) -> Places:
    return np.cumsum([0, *(len(text) + 1 for text in pieces)])


def _points(text: str) -> NDArray[np.uint32]:
    points = np.frombuffer(text.encode("utf-32-le", "replace"), dtype="<u4")
    return np.where(points < folding.SIZE, points, 0)


def _sample(words: Hashes, owners: Places, whole: NDArray[np.bool_], levels: Places) -> list[tuple[int, ...]]:
    """Return of every text the distinct hashes of shingles that end in as many zero bits as its level, sorted."""
    if not whole.any():
        return [()] * (len(levels) // 2)
    shingles = hashing.mixed(
        (words[:-2] * np.uint64(hashing.BASE) + words[1:-1]) * np.uint64(hashing.BASE) + words[2:]
    ) >> np.uint64(32)
    masks = ((np.uint64(1) << levels.astype(np.uint64)) - np.uint64(1))[owners[:-2]]
    chosen = np.flatnonzero(whole[:-2] & (shingles & masks == 0))
    return _shared_out(shingles[chosen], owners[chosen] >> 1, len(levels) // 2)


def _shared_out(values: Hashes, owners: Places, texts: int) -> list[tuple[int, ...]]:
    """Return the distinct 32-bit values of each text, sorted."""
    found = np.unique((owners.astype(np.uint64) << np.uint64(32)) | values)
    borders = np.searchsorted(found, np.arange(texts + 1, dtype=np.uint64) << np.uint64(32)).tolist()
    plain = (found & np.uint64(_LOW)).tolist()
    return [tuple(plain[borders[n] : borders[n + 1]]) for n in range(texts)]


def _kept_numbers(scan: _Scan) -> list[tuple[int, ...]]:
    """Return the least numbers of each text; a title's do not count."""
    pieces = len(scan.number_firsts) - 1
    owners = np.repeat(np.arange(pieces), np.diff(scan.number_firsts))
    chosen = np.flatnonzero(owners & 1)
    found = _shared_out(scan.numbers[chosen].astype(np.uint64), owners[chosen] >> 1, pieces // 2)
    return [numbers[:_NUMBERS] for numbers in found]


def _leads(scan: _Scan) -> list[int]:
    """Return the hash of each text's first tokens, 0 where there are too few."""
    firsts, ends = scan.firsts[1:-1:2], scan.firsts[2::2]
    enough = np.flatnonzero(ends - firsts >= LEAD)
    leads = np.zeros(len(firsts), dtype=np.uint64)
    if len(enough):
        begun = scan.words[firsts[enough][:, None] + np.arange(LEAD)]
        leads[enough] = np.maximum(
            hashing.mixed((begun * hashing.powers(LEAD)[0]).sum(axis=1)) >> np.uint64(33), np.uint64(1)
        )
    return leads.tolist()


def _topics(words: Hashes, owners: Places, seen: NDArray[np.bool_], texts: int) -> list[tuple[tuple[int, int], ...]]:
    """Return of every text the weightiest terms, (32-bit hash, weight of 1 to 255), the heaviest first."""
    found, counts = _counted(words, owners, seen)
    weights = _oftenness()[np.minimum(counts, _OFTEN)] * _rarity()[buckets(found)]
    mine = found >> np.uint64(48)
    order = _order(mine, weights)
    borders = np.searchsorted(mine, np.arange(texts + 1, dtype=np.uint64))
    owner = mine.astype(np.int64)
    kept = order[np.arange(len(found)) - borders[owner] < TOPIC]
    heaviest = weights[order[np.minimum(borders[owner[kept]], len(order) - 1)]]
    scaled = np.maximum((weights[kept] * np.uint64(510) + heaviest) // (heaviest * np.uint64(2)), np.uint64(1))
    pairs = list(zip((found[kept] >> np.uint64(16) & np.uint64(_LOW)).tolist(), scaled.tolist(), strict=True))
    ends = np.cumsum(np.minimum(np.diff(borders), TOPIC)).tolist()
    return [tuple(pairs[first:end]) for first, end in pairwise([0, *ends])]


def _counted(words: Hashes, owners: Places, seen: NDArray[np.bool_]) -> tuple[Hashes, NDArray[np.int64]]:
    """Return the distinct terms of all texts, sorted, and how often each occurs; in a title it counts threefold.

    The upper bits are the text's number, then come the term's upper 32 bits, and 16 of its lower ones for its bucket.
    """
    alone = words >> np.uint64(63) == 1
    together = (alone & seen)[:-1] & (alone & seen)[1:] & (owners[:-1] == owners[1:])
    first, single = np.flatnonzero(together), np.flatnonzero(~alone & seen)
    places = owners[np.concatenate((first, single))]
    hashes = np.concatenate((_pairs(words, first), words[single]))
    named = (places >> 1).astype(np.uint64) << np.uint64(48)
    named |= (hashes >> np.uint64(32) << np.uint64(16)) | (hashes & np.uint64(BUCKETS - 1))
    titled = named[places & 1 == 0]
    found = np.sort(np.concatenate((named, *[titled] * (TITLE_WEIGHT - 1))))
    firsts = np.flatnonzero(np.concatenate(([True], found[1:] != found[:-1]))[: len(found)])
    return found[firsts], np.diff(firsts, append=len(found))


def _order(texts: Hashes, weights: Hashes) -> Places:
    """Return the places of terms by text, the heaviest first; of those that weigh the same the first stays first."""
    ranks = (texts << np.uint64(54)) | ((np.uint64(_HEAVIEST) - weights) << np.uint64(28))
    ranks |= np.arange(len(texts), dtype=np.uint64)
    ranks.sort()
    return (ranks & np.uint64((1 << 28) - 1)).astype(np.int64)


def _pairs(words: Hashes, places: Places) -> Hashes:
    """Return the terms that pairs of neighbouring tokens make."""
    return hashing.mixed(words[places] * np.uint64(hashing.BASE) + words[places + 1])


@cache
def _rarity() -> Hashes:
    """How much a term of each bucket says, in thousandths: the logarithm of how few texts it stands in."""
    packed = resources.files("aggregator.steps").joinpath("data/terms.bin").read_bytes()
    shares = np.frombuffer(zlib.decompress(packed), dtype=np.uint8)
    said: Hashes = np.rint(1000 * np.log(256.0 / (shares + 0.5))).astype(np.uint64)
    return said


@cache
def _oftenness() -> Hashes:
    """How much it says, in thousandths, that a term stands in a text so many times."""
    times: Hashes = np.rint(1000 * (1 + np.log(np.arange(1, _OFTEN + 1)))).astype(np.uint64)
    return np.concatenate((times[:1], times))
