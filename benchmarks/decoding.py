"""Feeds in the encodings of East Asia and Russia, damaged and mislabelled: how many characters come out right.

    python benchmarks/decoding.py [--feeds 500] [--seed 7] [--show 5]

Every feed is made here from sentences of our own and read by the parser as a refresh does. `damaged`: UTF-8 and legacy
encodings with one random byte replaced. `labelled`: each encoding under each label, in the transport's header, in the
XML declaration, in both, in neither, and wrongly. A feed is `right` if every text is, `told` if reading raised one of
our errors or left U+FFFD to be seen, and `mojibake` if neither: wrong text that looks like text.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from itertools import product

from aggregator import parsers
from aggregator.errors import ParseError
from aggregator.model import Document

SIMPLIFIED = (
    "港口今天重新开放，渡轮恢复通行", "市场反应积极，专家表示谨慎", "山里的小图书馆终于开门了", "来的人比座位多",
    "明年要再添两排书架和一盏灯", "列车晚点四十分钟后抵达终点站", "气温骤降，菜价略有上涨", "研究人员发现一种新的苔藓",
    "这条街上的灯笼都换成了新的", "联通", "阿里", "“谁来修桥？”他问道。", "第二季度营收同比增长百分之七",
)  # fmt: skip
TRADITIONAL = (
    "港口今天重新開放，渡輪恢復通行", "市場反應積極，專家表示謹慎", "山裡的小圖書館終於開門了", "來的人比座位多",
    "明年要再添兩排書架和一盞燈", "氣溫驟降，菜價略有上漲", "研究人員發現一種新的苔蘚", "這條街上的燈籠都換成了新的",
)  # fmt: skip
JAPANESE = (
    "港が再び開きました。フェリーも動きます", "山の小さな図書館がやっと開いた", "気温が下がり、野菜が少し高くなった",
    "列車は四十分遅れて終点に着いた", "新しい種類のコケが見つかった",
)  # fmt: skip
KOREAN = (
    "항구가 다시 열렸습니다", "산속의 작은 도서관이 마침내 문을 열었다", "기온이 떨어지고 채소 값이 조금 올랐다",
    "기차가 사십 분 늦게 종점에 도착했다", "새로운 이끼가 발견되었다",
)  # fmt: skip
RUSSIAN = (
    "Порт снова открыт, паром ходит", "Маленькая библиотека в горах наконец открылась",
    "Похолодало, и овощи немного подорожали", "Поезд пришёл на сорок минут позже", "Найден новый вид мха",
)  # fmt: skip

CODECS = {
    "gb2312": SIMPLIFIED, "gbk": SIMPLIFIED, "gb18030": SIMPLIFIED, "big5": TRADITIONAL, "utf-16": SIMPLIFIED,
    "utf-16-le": JAPANESE, "shift_jis": JAPANESE, "euc-jp": JAPANESE, "euc-kr": KOREAN, "windows-1251": RUSSIAN,
    "koi8-r": RUSSIAN, "utf-8": SIMPLIFIED,
}  # fmt: skip
WRONG = ("utf-8", "iso-8859-1", "gb2312", "windows-1252")


def feed(rng: random.Random, sentences: tuple[str, ...], label: str, entries: int) -> tuple[str, list[str]]:
    """Return a feed's text, with `label` in its XML declaration if it is not empty, and its summaries and titles."""
    texts = [
        text
        for _ in range(entries)
        for text in ("".join(rng.choices(sentences, k=rng.randint(1, 12))), rng.choice(sentences))
    ]
    declared = f' encoding="{label}"' if label else ""
    items = "".join(
        f"<item><guid isPermaLink='false'>{n}</guid>"
        f"<description>{texts[n]}</description><title>{texts[n + 1]}</title></item>"
        for n in range(0, 2 * entries, 2)
    )
    head = f'<?xml version="1.0"{declared}?><rss version="2.0"><channel><title>{texts[1]}</title>'
    return f"{head}{items}</channel></rss>", texts


def read(body: bytes, charset: str) -> list[str] | None:
    """Return the texts that the parser finds, None if it raises one of our errors."""
    document = Document(name="http://127.0.0.1/feed", body=body, media_type="application/xml", charset=charset)
    try:
        entries = parsers.choose(document).parse(document).entries
        return [text for entry in entries for text in (entry.content or entry.summary, entry.title)]
    except ParseError:
        return None


def verdict(found: list[str] | None, texts: list[str]) -> str:
    """Return what became of a feed: right, told or mojibake."""
    if found == texts:
        return "right"
    if found is None or any("\ufffd" in text for text in found) or len(found) < len(texts):
        return "told"
    return "mojibake"


def damaged(rng: random.Random, feeds: int) -> dict[str, object]:
    """Replace one byte of each feed's texts; return the share of characters kept, the worst feed's and all together."""
    shares, kept_all, total_all = {}, 0, 0
    for codec in ("utf-8", "gbk", "gb18030", "big5", "shift_jis", "euc-kr"):
        kept = total = 0
        worst = 1.0
        for _ in range(feeds):
            text, texts = feed(rng, CODECS[codec], codec, rng.randint(10, 30))
            body = bytearray(text.encode(codec))
            place = rng.randrange(body.index(b"<item>"), len(body))
            while body[place] < 128:  # markup is another matter: that is not well-formed, whatever the encoding
                place = rng.randrange(body.index(b"<item>"), len(body))
            body[place] = rng.randrange(128, 256)
            found = read(bytes(body), rng.choice(["", codec])) or []
            good = sum(same(one, other) for one, other in zip(found, texts, strict=False))
            size = sum(map(len, texts))
            kept, total, worst = kept + good, total + size, min(worst, good / size)
        shares[codec] = {"kept": round(kept / total, 5), "worst": round(worst, 4)}
        kept_all, total_all = kept_all + kept, total_all + total
    return {**shares, "all": round(kept_all / total_all, 5)}


def same(one: str, other: str) -> int:
    """Return how many characters stand at the same distance from the nearer end."""
    head = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    pairs = zip(reversed(one[head:]), reversed(other[head:]), strict=False)
    return head + next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)) - head)


def labelled(rng: random.Random, rounds: int, show: int) -> dict[str, object]:
    """Return for each encoding and kind of label how many feeds were right, told or mojibake."""
    counts: dict[str, Counter[str]] = {}
    shown: list[object] = []
    for codec, _ in product(CODECS, range(rounds)):
        cases = [("header", codec, ""), ("xml", "", codec), ("both", codec, codec), ("neither", "", "")]
        cases += [("wrong header", wrong, codec) for wrong in WRONG] + [("wrong xml", codec, wrong) for wrong in WRONG]
        cases += [("wrong header alone", wrong, "") for wrong in WRONG] + [("wrong xml alone", "", w) for w in WRONG]
        for kind, header, declared in cases:
            text, texts = feed(rng, CODECS[codec], declared, rng.randint(1, 20))
            found = read(text.encode(codec), header)
            what = verdict(found, texts)
            counts.setdefault(f"{codec}, {kind}", Counter())[what] += 1
            if what == "mojibake" and len(shown) < show:
                shown.append([codec, header, declared, found[:2] if found else found, texts[:2]])
    total: Counter[str] = sum(counts.values(), Counter())
    bad = {name: dict(count) for name, count in counts.items() if set(count) != {"right"}}
    return {"total": dict(total), "not all right": bad, "examples": shown}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", type=int, default=5)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    figures = {"damaged": damaged(rng, options.feeds), "labelled": labelled(rng, options.rounds, options.show)}
    json.dump(figures, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
