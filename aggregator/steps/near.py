"""Whether two texts are copies of one another, from their sketches: the rule, and its evidence.

Candidates share a shingle of the index's sample, or their first 24 tokens. Two are copies if all of these hold:

    text      at least .7 of the shorter one's shingles stand in the longer one, seen on enough of them; of short texts
              about as long as each other nearly all, unless the titles agree (flashes differ in a name or a word)
    numbers   the shorter one's numbers stand in the longer one, too (templates differ in nothing else), but for those
              that went with a passage
    length    the shorter is nearly as long, or its title agrees and it is half as long, begins alike, or stands in the
              longer one nearly whole (digests hold whole items, but under titles of their own)
    titles    under serial titles texts name the same numbers, and some; within one source, where templates come from,
              titles agree nearly wholly, and are not serial
    time      published within 30 days

The relation is symmetric and knows no order, so that neither the order of sources nor that of fetches decides. What
follows for stories is decided in `steps.copies.stories`. Pure Python; sketches are made by `steps.copies.sketch`.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from aggregator.model import MOST_NUMBERS, Sketch, Verdict
from aggregator.steps.words.folding import KANA_AND_HANZI, comparable, pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aggregator.model import Record

CONTAINED: Final = 0.7
"""Share of the shorter text's shingles that the longer one must have."""
SURE: Final = 0.97
"""The same where a short text has another title: one word may make it another story."""
ALIKE: Final = 0.9
"""From this share on two titles, lengths or texts count as nearly the same."""
SHORT: Final = 256
"""Tokens. A text with fewer is short (`SURE`)."""
FLASH: Final = 64
"""Tokens. A text with fewer must stand in the other one nearly whole (`ALIKE`), though the titles agree."""
LONG: Final = 1_024
"""Tokens. A text with as many is no template that is filled in with other words or numbers."""
FEWEST: Final = 4
"""With fewer shingles to compare, agreement proves nothing unless the texts begin alike."""
_FEW: Final = 8
"""With fewer shingles to compare, all but one have to agree."""
NUMBERS: Final = 0.8
"""Share of the shorter text's numbers that the longer one must have."""
PASSAGE: Final = 7
"""Tokens. Where more are missing for each number that is missing, the numbers went with passages of text."""
HALF: Final = 0.5
"""The least length of a copy under the same title, measured by the longer text."""
WHOLE: Final = 0.85
"""The least length of a copy under another title, measured by the longer text; a shorter one is an excerpt."""
TITLES: Final = 0.65
"""Share of the shorter title's words that the longer one must have for the two to agree."""
DAYS: Final = 30
_STEPS: Final = ((128, 7), (256, 15), (512, 31), (1_536, 63), (3_072, 127))
"""(most tokens, mask): a text is searched by those of its hashes that have none of the mask's bits set."""
_LAST_MASK: Final = 255
"""The mask of longer texts."""
_HEAD = struct.Struct("<IBIHB")
_DIGITS = re.compile(r"\d+")
_RUNS = re.compile(rf"[{KANA_AND_HANZI}]+|[^\W_{KANA_AND_HANZI}]+")
_CORRECTED = re.compile(r"更正|勘误|订正|修订|correct|updat|revis|errat")


def verdict(one: tuple[Record, Sketch], other: tuple[Record, Sketch]) -> Verdict:
    """Return whether two items' texts are copies of one another, and why (not); the order does not matter."""
    (small, less), (big, more) = sorted((one, other), key=lambda pair: (pair[1].tokens, pair[1].hashes, pair[0].key))
    shared, seen = _shared(less, more)
    ratio = less.tokens / more.tokens if more.tokens else 0.0
    alike = bool(less.lead) and less.lead == more.lead
    pair = _Pair(small, big)
    score = shared / seen if seen else 0.0
    numbers = _Numbers(less, more, score)
    clauses = (
        ("text", _contained(shared, seen, _share(less, more, pair.agree), certain=alike and pair.agree >= TITLES)),
        ("numbers", numbers.hold(pair, same_length=ratio >= ALIKE)),
        ("length", _long_enough(ratio, pair.agree, alike=alike, whole=score >= ALIKE and seen >= _FEW)),
        ("titles", _titles(pair, numbers)),
        ("time", abs((small.published - big.published).days) <= DAYS),
    )
    failed = next((name for name, holds in clauses if not holds), "")
    evidence = (
        f"{shared} of {seen} shingles shared, {numbers.seen - numbers.missing} of {numbers.seen} numbers, "
        f"lengths {less.tokens} and {more.tokens}, titles {pair.agree:.0%} alike{', same beginning' if alike else ''}"
    )
    return Verdict(near=not failed, score=round(score, 3), failed=failed, evidence=evidence, part=ratio < ALIKE)


def promising(one: Sketch, other: Sketch) -> bool:
    """Whether two sketches can be of one text, before anything is known of titles; much cheaper than `verdict`."""
    less, more = sorted((one, other), key=lambda sketch: (sketch.tokens, sketch.hashes))
    shared, seen = _shared(less, more)
    if not _Numbers(less, more, shared / seen if seen else 0.0).promising():
        return False
    return _contained(shared, seen, _share(less, more, 1), certain=bool(less.lead) and less.lead == more.lead)


def places(sketch: Sketch) -> list[int]:
    """Return the numbers under which a text is searched and found; two copies have one in common, nearly always."""
    mask = next((mask for most, mask in _STEPS if sketch.tokens <= most), _LAST_MASK)
    found = [value >> 3 for value in sketch.hashes if not value & mask]
    return [*found, -sketch.lead] if sketch.lead else found


def pack(sketch: Sketch) -> bytes:
    """Return all but the topic as bytes, for the index: 4 a shingle, 2 a number, 12 beside."""
    head = _HEAD.pack(sketch.tokens, sketch.level, sketch.lead, len(sketch.hashes), len(sketch.numbers))
    return b"".join((head, _bytes("I", sketch.hashes), _bytes("H", sketch.numbers)))


def unpack(data: bytes, topic: bytes = b"") -> Sketch:
    """Return the sketch that was packed, with its topic if that is given."""
    tokens, level, lead, hashes, numbers = _HEAD.unpack_from(data)
    middle = _HEAD.size + 4 * hashes
    return Sketch(
        tokens=tokens,
        level=level,
        lead=lead,
        hashes=_values("I", data[_HEAD.size : middle]),
        numbers=_values("H", data[middle : middle + 2 * numbers]),
        topic=unpack_topic(topic),
    )


def pack_topic(sketch: Sketch) -> bytes:
    """Return the topic as bytes, 5 a term."""
    return _bytes("I", [term for term, _ in sketch.topic]) + bytes(weight for _, weight in sketch.topic)


def unpack_topic(data: bytes) -> tuple[tuple[int, int], ...]:
    """Return the topic that was packed."""
    terms = len(data) // 5
    return tuple(zip(_values("I", data[: 4 * terms]), data[4 * terms :], strict=True))


class _Pair:
    """Two items' titles compared: how far they agree, and whether one of them says that it is a correction."""

    def __init__(self, small: Record, big: Record) -> None:
        self.agree = _agreement(small.title, big.title)
        self.same_source = small.source == big.source
        titles = [comparable(one.title) for one in (small, big)]
        said = [bool(_CORRECTED.search(title)) for title in titles]
        self.corrected = self.agree >= TITLES and said[0] != said[1]
        self._numbered = [Counter(_DIGITS.findall(title)) for title in titles]

    def serial(self) -> bool:
        """Whether both titles are numbered, and differently."""
        less, more = sorted(self._numbered, key=Counter.total)
        return bool(less) and not less <= more


class _Numbers:
    """The numbers of two texts compared.

    `seen` are those of the shorter text that can be looked for in the longer one, whose sketch may not hold all of its
    numbers; `missing` are those of them that are not there. `_most` says that few are missing, `_gone` that so much
    text is missing that they went with it, `_replaced` that other numbers stand in a text that is just as long.
    """

    def __init__(self, less: Sketch, more: Sketch, score: float) -> None:
        mine, theirs = _within(less, more), _within(more, less)
        self.seen = len(mine)
        self.missing = len(mine - theirs)
        self._most = self.seen - self.missing >= NUMBERS * self.seen
        self._gone = (1 - score) * less.tokens > PASSAGE * (self.missing + 1)
        others = bool(theirs - mine) or len(more.numbers) >= MOST_NUMBERS  # the sketch may not hold what came instead
        as_long = more.tokens - less.tokens <= FEWEST
        self._replaced = bool(self.missing) and others and as_long and less.tokens < LONG

    def promising(self) -> bool:
        """Whether the numbers may agree whatever the titles say: a correction may have changed one of them."""
        return self.missing <= 1 or self._most or self._gone

    def hold(self, pair: _Pair, *, same_length: bool) -> bool:
        """Whether the numbers agree as copies' do.

        A correction that says so may change one. Else none may be missing within one source, under serial titles, and
        where numbers were only replaced: those are templates, filled in anew.
        """
        if pair.corrected:
            return self.missing <= 1 or self._most
        strict = pair.same_source or pair.serial() or (same_length and self._replaced)
        return not self.missing or (not strict and (self._most or (self._gone and pair.agree >= ALIKE)))


def _long_enough(ratio: float, agree: float, *, alike: bool, whole: bool) -> bool:
    """Whether the shorter of two texts is a copy of the longer one, not an excerpt or an item of a digest."""
    if ratio >= WHOLE:
        return True
    if ratio >= HALF or alike:
        return agree >= TITLES
    return whole and agree >= ALIKE


def _titles(pair: _Pair, numbers: _Numbers) -> bool:
    if pair.same_source and (pair.agree < ALIKE or pair.serial()):
        return False
    return not pair.serial() or (numbers.seen > 0 and not numbers.missing)


def _share(less: Sketch, more: Sketch, agree: float) -> float:
    """The share of a text's shingles that the other one must have: in a short one a word makes another story.

    Unless the titles agree as well, or the other text is so much longer that this one is an excerpt.
    """
    if less.tokens >= SHORT or less.tokens < HALF * more.tokens:
        return CONTAINED
    if agree < ALIKE:
        return SURE
    return ALIKE if less.tokens < FLASH else CONTAINED


def _contained(shared: int, seen: int, share: float, *, certain: bool) -> bool:
    """Whether the shorter text stands in the longer one; few places have to agree better than many."""
    if certain and seen:
        return shared >= share * seen and (seen >= FEWEST or shared == seen)
    if seen < FEWEST:
        return False
    return shared >= share * seen if seen >= _FEW else shared >= seen - (seen > FEWEST)


def _shared(less: Sketch, more: Sketch) -> tuple[int, int]:
    """Return how many of the shorter text's hashes the longer one has, and how many could be compared.

    Those can that both sketches would hold, whichever of them keeps fewer.
    """
    mask = (1 << max(less.level, more.level)) - 1
    mine = {value for value in less.hashes if not value & mask}
    return len(mine.intersection(more.hashes)), len(mine)


def _within(one: Sketch, other: Sketch) -> set[int]:
    """Return those numbers of a text that the other text's sketch would hold: of very many it holds the least ones."""
    most = other.numbers[-1] if len(other.numbers) >= MOST_NUMBERS else 0
    return {number for number in one.numbers if number <= most} if most else set(one.numbers)


def _agreement(one: str, other: str) -> float:
    """The share of what the shorter title consists of that the other one has; 0 without titles."""
    less, more = sorted((_units(one), _units(other)), key=len)
    return len(less & more) / len(less) if less else 0.0


@lru_cache(maxsize=4096)
def _units(title: str) -> frozenset[str]:
    """A title's words; of East Asian ones the pairs of their characters instead, if they have several."""
    return frozenset(unit for run in _RUNS.findall(comparable(title)) for unit in pairs(run) or [run])


def _bytes(code: str, values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}{code}", *values)


def _values(code: str, data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // struct.calcsize(code)}{code}", data)
