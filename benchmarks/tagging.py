"""Finding 1,000 keywords in a text of 4,000 characters, and what tagging an item costs around it.

    python benchmarks/tagging.py [--runs 200]

Texts and keywords are made up from a fixed seed: half Chinese, half Latin; a tenth of the keywords are planted in the
text. Times are CPU of this process, the median of the runs.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import time
from typing import TYPE_CHECKING

from aggregator.settings import TagRule
from aggregator.steps import tag
from aggregator.steps.words import han, terms

if TYPE_CHECKING:
    from collections.abc import Callable

HAN = [chr(number) for number in range(0x4E00, 0x4E00 + 2500)]
LATIN = "etaoinshrdlucmfwypvbgkjqxz"


def word(chance: random.Random, *, chinese: bool) -> str:
    if chinese:
        return "".join(chance.choices(HAN, k=chance.randint(2, 5)))
    return "".join(chance.choices(LATIN, k=chance.randint(3, 10)))


def made(chance: random.Random, keywords: list[str], length: int) -> str:
    parts: list[str] = []
    while sum(map(len, parts)) < length:
        chinese = chance.random() < 0.5
        new = [word(chance, chinese=chinese) for _ in range(20)]
        if chance.random() < 0.5:
            new.append(chance.choice(keywords))
        parts.append(("" if chinese else " ").join(new) + ("。" if chinese else ". "))
    return "".join(parts)[:length]


def milliseconds(work: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        begun = time.process_time_ns()
        work()
        times.append(time.process_time_ns() - begun)
    return statistics.median(times) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    chance = random.Random(1)
    keywords = sorted({word(chance, chinese=number % 2 == 0) for number in range(1010)})[:1000]
    text = made(chance, keywords, 4000)
    folded = terms.folded(text)
    vocabulary = terms.Vocabulary(keywords)
    tagger = tag.compile(tuple(TagRule(name=f"t{n}", match=(one,)) for n, one in enumerate(keywords)))
    expression = re.compile("|".join(map(re.escape, sorted(map(terms.folded, keywords), key=len, reverse=True))))
    vocabulary_100 = terms.Vocabulary([rf"re:\b{one}\d+\b" for one in keywords if one.isascii()][:100])
    found = len(vocabulary.find(folded))
    print(f"{len(keywords)} keywords, {len(folded)} characters, {found} found; extra zh: {han.available()}")
    rows = {
        "find in folded text": lambda: vocabulary.find(folded),
        "fold the text": lambda: terms.folded(text),
        "an item's tags, folding included": lambda: tagger.tags("s", (), (), text),
        "100 expressions instead": lambda: vocabulary_100.find(folded),
        "one re alternation instead": lambda: expression.findall(folded),
        "`in` for each keyword instead": lambda: [one for one in keywords if one in folded],
    }
    for name, work in rows.items():
        print(f"{milliseconds(work, runs):8.3f} ms  {name}")


if __name__ == "__main__":
    main()
