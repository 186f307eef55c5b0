"""Makes the tables under aggregator/steps/data/: `hanzi` (needs the extra `zh`), and `terms DIR` from texts.

    python benchmarks/tables.py hanzi
    python benchmarks/tables.py terms DIR     # JSON files: lists of {"title", "description" (HTML)}

hanzi.txt: a line per character and its other forms (traditional, simplified, regional), as OpenCC converts single
characters; the first of a line stands for all of it. terms.bin: for 65,536 hash buckets, in how many of 255 parts of
the texts a term of the bucket occurs, deflated.
"""

from __future__ import annotations

import json
import sys
import unicodedata
import zlib
from pathlib import Path

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


def terms(directory: str) -> None:
    import numpy as np

    from aggregator.steps import sketch
    from aggregator.steps.markdown import to_markdown
    from aggregator.steps.sanitize import sanitize

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
    {"hanzi": hanzi, "terms": terms}[sys.argv[1]](*sys.argv[2:])
