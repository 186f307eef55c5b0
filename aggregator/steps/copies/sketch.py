"""The sketches of texts (`model.Sketch`), by numpy, many texts in one array: most of an array's cost is to be made.

    tokens    a character of Chinese, Japanese or Thai, a word of other scripts; folded by `steps.words.folding`
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
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from aggregator.model import MOST_NUMBERS, Sketch
from aggregator.steps.copies import hashing
from aggregator.steps.words import folding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Places = NDArray[np.int64]

CHARACTERS: Final = 8_192
"""Characters of a text that are looked at: whoever copies a longer text copies its beginning, too."""
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
LEVELS: Final = (96, 128, 256, 1_536, 3_072, 6_144)
"""Up to so many tokens every hash is kept, every second, every fourth, and so on: never more than about 200."""

_PIECE: Final = 64
"""Characters that a text counts for besides its own: so an array holds fewer texts than `_order` can number."""
_LOW: Final = (1 << 32) - 1
_OFTEN: Final = 255
_HEAVIEST: Final = (1 << 26) - 1
_TARGET = re.compile(r"\]\([^)\s]*\)")
_TARGET_OR_IMAGE = re.compile(r"[!(](?:(?<=!)\[[^\]]*\]\([^)]*\)|(?<=\]\()[^)\s]*\))")
_ADDRESS = re.compile(r"https?://[\w./?=&%#:;~+@-]+")
"""What is not text in Markdown: where links lead, images, and bare addresses."""


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
    """Pieces of text read: the hashes of tokens and numbers, and where each piece's begin (one more: where all end)."""

    words: Hashes
    firsts: list[int]
    numbers: list[int]
    number_firsts: list[int]


def _batches(texts: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    """Yield titles and texts by turns, so many as make a good array."""
    pieces: list[str] = []
    size = 0
    for title, body in texts:
        pieces += (title[:TITLE], _prose(body[:CHARACTERS]))
        size += len(pieces[-2]) + len(pieces[-1]) + _PIECE
        if size >= _AT_ONCE:
            yield pieces
            pieces, size = [], 0
    if pieces:
        yield pieces


def _prose(markdown: str) -> str:
    """Return Markdown with blanks for what is no text."""
    text = _TARGET_OR_IMAGE.sub(" ", markdown) if "![" in markdown else _TARGET.sub("] ", markdown)
    return _ADDRESS.sub(" ", text)


def _sketches(pieces: list[str]) -> list[Sketch]:
    """Return a sketch for every two pieces, a title and a text."""
    scan = _scan(pieces)
    lengths = [end - first for first, end in _bodies(scan.firsts)]
    levels = [bisect_left(LEVELS, length) for length in lengths]
    numbers = (sorted(set(scan.numbers[first:end]))[:MOST_NUMBERS] for first, end in _bodies(scan.number_firsts))
    return [
        Sketch(tokens=length, level=level, hashes=hashes, lead=lead, numbers=tuple(found), topic=topic)
        for length, level, hashes, lead, found, topic in zip(
            lengths, levels, _sample(scan, lengths, levels), _leads(scan), numbers, _topics(scan), strict=True
        )
    ]


def _bodies(firsts: list[int]) -> list[tuple[int, int]]:
    """Where the second of every two pieces begins and ends."""
    return list(zip(firsts[1::2], firsts[2::2], strict=True))


def _scan(pieces: list[str]) -> _Scan:
    entries, borders = _entries(pieces)
    fresh, alone, digit = ((entries & np.uint32(flag)) != 0 for flag in (folding.WORD, folding.ALONE, folding.DIGIT))
    letter = fresh ^ alone
    fresh[1:] ^= letter[1:] & letter[:-1]  # of a word only the first letter begins a token
    starts = np.flatnonzero(fresh)
    sums = hashing.sums(entries & np.uint32(folding.CODE))
    hashes = hashing.mixed(hashing.runs(sums, np.append(starts, len(entries)))) >> np.uint64(1)
    hashes |= alone[starts].astype(np.uint64) << np.uint64(63)
    turns = np.flatnonzero(digit[1:] != digit[:-1]) + 1  # by turns where a number begins and where it ends
    numbers = hashing.mixed(hashing.runs(sums, turns)[::2]) >> np.uint64(48)
    firsts, number_firsts = (np.searchsorted(places, borders).tolist() for places in (starts, turns[::2]))
    return _Scan(hashes, firsts, numbers.tolist(), number_firsts)


def _entries(pieces: list[str]) -> tuple[NDArray[np.uint32], list[int]]:
    """Return the table's entries of all pieces, one that separates before and after each, and where each begins."""
    entries, borders = _looked_up(pieces)
    slow = entries >= folding.SLOW
    if slow.any():
        late = set((np.searchsorted(borders, np.flatnonzero(slow), side="right") - 1).tolist())
        pieces = [folding.folded(text)[:_LONGEST] if n in late else text for n, text in enumerate(pieces)]
        entries, borders = _looked_up(pieces)
        entries &= ~np.uint32(folding.SLOW)
        entries[entries < folding.WORD] = 0  # what separates has no bits, as in the rest of the table
    return entries, borders


def _looked_up(pieces: list[str]) -> tuple[NDArray[np.uint32], list[int]]:
    points = np.frombuffer(" ".join(("", *pieces, "")).encode("utf-32-le", "replace"), dtype="<u4")
    borders = accumulate((len(text) + 1 for text in pieces), initial=1)
    return folding.table().take(points, mode="clip"), list(borders)


def _sample(scan: _Scan, lengths: list[int], levels: list[int]) -> list[tuple[int, ...]]:
    """Return of every text the distinct hashes of shingles that end in as many zero bits as its level, sorted."""
    words, counts = scan.words, [max(length - 2, 0) for length in lengths]
    shingles = (words[:-2] * np.uint64(hashing.BASE) + words[1:-1]) * np.uint64(hashing.BASE) + words[2:]
    shingles = hashing.mixed(_joined(shingles, scan.firsts[1::2], counts)) >> np.uint64(32)
    masks = np.repeat(np.array([(1 << level) - 1 for level in levels], dtype=np.uint64), counts)
    owners = np.repeat(np.arange(len(counts), dtype=np.uint64) << np.uint64(32), counts)
    found, _ = _distinct((owners | shingles)[shingles & masks == 0])
    borders = np.searchsorted(found, np.arange(len(counts) + 1, dtype=np.uint64) << np.uint64(32)).tolist()
    plain = (found & np.uint64(_LOW)).tolist()
    return [tuple(plain[first:end]) for first, end in pairwise(borders)]


def _joined(values: NDArray[Any], firsts: list[int], counts: list[int]) -> NDArray[Any]:
    """Return parts of an array side by side."""
    return np.concatenate([values[first : first + count] for first, count in zip(firsts, counts, strict=False)])


def _distinct(values: Hashes) -> tuple[Hashes, Places]:
    """Return the distinct values, sorted, and how often each occurs; `values` itself is sorted."""
    values.sort()
    fresh = np.ones(len(values) + 1, dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=fresh[1:-1])
    edges = np.flatnonzero(fresh)
    return values[edges[:-1]], edges[1:] - edges[:-1]


def _leads(scan: _Scan) -> list[int]:
    """Return the hash of each text's first tokens, 0 where there are too few."""
    bodies = _bodies(scan.firsts)
    begun = [scan.words[first : first + LEAD] for first, end in bodies if end - first >= LEAD]
    if not begun:
        return [0] * len(bodies)
    found = hashing.mixed((np.array(begun) * hashing.powers(LEAD)[0]).sum(axis=1)) >> np.uint64(33)
    leads = iter(np.maximum(found, np.uint64(1)).tolist())
    return [next(leads) if end - first >= LEAD else 0 for first, end in bodies]


def _topics(scan: _Scan) -> list[tuple[tuple[int, int], ...]]:
    """Return of every text the weightiest terms, (32-bit hash, weight of 1 to 255), the heaviest first."""
    texts = len(scan.firsts) // 2
    found, counts = _distinct(_named_terms(scan))
    if not len(found):
        return [()] * texts
    weights = _oftenness()[np.minimum(counts, _OFTEN)] * _rarity()[buckets(found)]
    mine = found >> np.uint64(48)
    order = _order(mine, weights)
    firsts = np.searchsorted(mine, np.arange(texts + 1, dtype=np.uint64))
    kept = np.minimum(firsts[1:] - firsts[:-1], TOPIC)
    heaviest = np.repeat(weights[order[np.minimum(firsts[:-1], len(order) - 1)]], kept)
    order = _joined(order, firsts.tolist(), kept.tolist())
    scaled = np.maximum((weights[order] * np.uint64(510) + heaviest) // (heaviest * np.uint64(2)), np.uint64(1))
    pairs = list(zip((found[order] >> np.uint64(16) & np.uint64(_LOW)).tolist(), scaled.tolist(), strict=True))
    return [tuple(pairs[first:end]) for first, end in pairwise(accumulate(kept.tolist(), initial=0))]


def _named_terms(scan: _Scan) -> Hashes:
    """Return the terms of all titles, each thrice, and of all openings.

    The upper bits are the text's number, then come the term's upper 32 bits, and 16 of its lower ones for its bucket.
    """
    sizes = [end - first for first, end in pairwise(scan.firsts)]
    counts = [min(size, OPENING) if number % 2 else size for number, size in enumerate(sizes)]
    words = _joined(scan.words, scan.firsts, counts)
    owners = np.repeat(np.arange(len(counts), dtype=np.uint64), counts)
    alone = words >> np.uint64(63) == 1
    together = np.flatnonzero(alone[:-1] & alone[1:] & (owners[:-1] == owners[1:]))
    places = np.concatenate((together, np.flatnonzero(~alone)))
    hashes = np.concatenate((_pairs(words, together), words[~alone]))
    owners = owners[places]
    named = (owners >> np.uint64(1) << np.uint64(48)) | (hashes >> np.uint64(32) << np.uint64(16))
    named |= hashes & np.uint64(BUCKETS - 1)
    return np.repeat(named, np.where(owners & np.uint64(1), 1, TITLE_WEIGHT))


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
def _rarity() -> NDArray[np.uint16]:
    """How much a term of each bucket says, in thousandths: the logarithm of how few texts it stands in."""
    packed = resources.files("aggregator.steps").joinpath("data/terms.bin").read_bytes()
    shares = np.frombuffer(zlib.decompress(packed), dtype=np.uint8)
    said: NDArray[np.uint16] = np.rint(1000 * np.log(256.0 / (shares + 0.5))).astype(np.uint16)
    return said


@cache
def _oftenness() -> Hashes:
    """How much it says, in thousandths, that a term stands in a text so many times."""
    times: Hashes = np.rint(1000 * (1 + np.log(np.arange(1, _OFTEN + 1)))).astype(np.uint64)
    return np.concatenate((times[:1], times))
