"""Makes the tables under aggregator/steps/data/: `hanzi` (needs the extra `zh`), `folding`, and `terms DIR` from texts.

    python benchmarks/tables.py hanzi
    python benchmarks/tables.py folding       # after hanzi
    python benchmarks/tables.py terms DIR     # JSON files: lists of {"title", "description" (HTML)}

hanzi.txt: a line per character and its other forms (traditional, simplified, regional), as OpenCC converts single
characters; the first of a line stands for all of it. folding.bin: what `steps.words.folding.table` says of each code
point, less the code point, as four planes of bytes, deflated; from the Unicode version of the Python that makes it.
terms.bin: for 65,536 hash buckets, in how many of 255 parts of the texts a term of the bucket occurs, deflated.
"""

from __future__ import annotations

import json
import sys
import unicodedata
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from aggregator.steps.words import folding

DATA = Path(__file__).parents[1] / "aggregator" / "steps" / "data"
CONVERSIONS = ("t2s", "s2t", "s2tw", "s2hk", "tw2s", "hk2s", "tw2t", "hk2t")
BLOCKS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2A6DF), (0x2A700, 0x323AF))


def hanzi() -> None:
    import opencc

    converters = [opencc.OpenCC(name) for name in CONVERSIONS]
    head: dict[str, str] = {}

    def find(char: str) -> str:
        while head.get(char, char) != char:
            char = head[char]
        return char

    for first, last in BLOCKS:
        for char in map(chr, range(first, last + 1)):
            for converter in converters:
                other = unicodedata.normalize("NFKC", converter.convert(char))
                if len(other) == 1 and find(other) != find(char):
                    low, high = sorted((find(other), find(char)))
                    head[high] = low
    groups: dict[str, set[str]] = {}
    for char in {*head, *head.values()}:
        groups.setdefault(find(char), set()).add(char)
    lines = sorted(first + "".join(sorted(group - {first})) for first, group in groups.items())
    (DATA / "hanzi.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"{len(lines)} characters, {sum(map(len, lines))} forms")


ALONE = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),
    (0x3040, 0x30FF),  # kana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0x20000, folding.SIZE - 1),
)
HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2F7FF), (0x30000, folding.SIZE - 1))
"""Han characters that fold to themselves, or as `data/hanzi.txt` says."""
OTHERS = ((0x1, 0x33FF), (0x4DC0, 0x4DFF), (0xA000, 0xD7FF), (0xE000, 0xE000), (0xF900, 0x1FFFF), (0x2F800, 0x2FA1F))
COMPOSING = ((0x1160, 0x11FF), (0xFF9E, 0xFF9F), (0x3099, 0x309A))
"""Beside combining marks: Hangul vowels and finals, and voiced sound marks."""


def fold() -> None:
    import numpy as np

    hanzi = folding.hanzi()
    entries = np.zeros(folding.SIZE, dtype=np.uint32)
    for low, high in HAN:
        entries[low : high + 1] = np.arange(low, high + 1, dtype=np.uint32) | folding.WORD | folding.ALONE
    for other, first in hanzi.items():
        entries[other] = first | folding.WORD | folding.ALONE
    codes = [code for low, high in OTHERS for code in range(low, high + 1)]
    forms = folding.folded("\0".join(map(chr, codes))).split("\0")
    for code, form in zip(codes, forms, strict=True):
        entries[code] = _entry(chr(code), form, hanzi)
    difference = (entries - np.arange(folding.SIZE, dtype=np.uint32)).astype("<u4")
    planes = difference.view(np.uint8).reshape(-1, 4).T
    packed = zlib.compress(planes.tobytes(), 9)
    (DATA / "folding.bin").write_bytes(packed)
    print(f"Unicode {unicodedata.unidata_version}, {len(packed)} bytes")


def _entry(char: str, form: str, hanzi: dict[int, int]) -> int:
    code = ord(char)
    if form == char and not _in_word(char):
        return 0
    several = len(form) != 1 and any(map(_in_word, form))
    if several or unicodedata.combining(char) or any(low <= code <= high for low, high in COMPOSING):
        return code | folding.SLOW | (folding.WORD | folding.ALONE * _alone(code)) * _in_word(char)
    if len(form) != 1 or not _in_word(form):
        return 0
    point = hanzi.get(ord(form), ord(form))
    return point | folding.WORD | folding.ALONE * _alone(point) | folding.DIGIT * (form in "0123456789")


def _in_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char)[0] == "M"


def _alone(point: int) -> bool:
    return any(low <= point <= high for low, high in ALONE)


def terms(directory: str) -> None:
    import numpy as np

    from aggregator.steps.copies import sketch
    from aggregator.steps.html.markdown import to_markdown
    from aggregator.steps.html.sanitize import sanitize

    counts = np.zeros(sketch.BUCKETS, dtype=np.uint32)
    number = 0
    for path in sorted(Path(directory).glob("*.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            text = to_markdown(sanitize(entry.get("description") or "", ""))
            tokens = sketch.tokens(f"{entry['title']}\n{text}")
            counts[np.unique(sketch.buckets(sketch.terms(tokens)))] += 1
            number += 1
    table = np.ceil(counts * 255.0 / number).clip(0, 255).astype(np.uint8)
    (DATA / "terms.bin").write_bytes(zlib.compress(table.tobytes(), 9))
    print(f"{number} texts, {int((counts > 0).sum())} buckets used")


if __name__ == "__main__":
    {"hanzi": hanzi, "folding": fold, "terms": terms}[sys.argv[1]](*sys.argv[2:])
