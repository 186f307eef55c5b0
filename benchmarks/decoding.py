"""Feeds in the world's encodings, damaged, mislabelled and mixed: how many characters come out right.

    python benchmarks/decoding.py [--feeds 500] [--rounds 40] [--seed 7] [--show 5]

Every feed is made here from sentences of our own and read by the parser as a refresh does. `damaged`: UTF-8 and legacy
encodings with one random byte replaced. `misjudged`: the same under right, wrong and missing labels; how many feeds
lost more than half of their characters. `labelled`: each encoding under each label, in the transport's header, in the
XML declaration, in both, in neither, and wrongly. `mixed`: feeds in UTF-8 with some entries in another encoding.
`labels`: every label of the WHATWG Encoding Standard, in the header and in the declaration. `pages`: single-byte
encodings without a label, by length. A feed is `right` if every text is, `told` if reading raised one of our errors,
told a problem or left U+FFFD to be seen, and `mojibake` if neither: wrong text that looks like text.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from itertools import product

from webencodings.labels import LABELS

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

OTHERS = {
    "cp1253": ("Το λιμάνι άνοιξε ξανά και το πλοίο ταξιδεύει", "Η μικρή βιβλιοθήκη στα βουνά άνοιξε επιτέλους"),
    "cp1255": ("הנמל נפתח מחדש והמעבורת שטה", "הספרייה הקטנה בהרים נפתחה סוף סוף"),
    "cp1256": ("أعيد فتح الميناء والعبارة تبحر من جديد", "فتحت المكتبة الصغيرة في الجبال أبوابها أخيرا"),
    "cp874": ("ท่าเรือเปิดอีกครั้งและเรือข้ามฟากออกเดินทาง", "ห้องสมุดเล็กบนภูเขาเปิดแล้วในที่สุด"),
    "iso8859_5": RUSSIAN,
    "cp866": RUSSIAN,
    "cp1250": ("Przystań znów otwarta, prom pływa jak dawniej", "Mała biblioteka w górach została wreszcie otwarta"),
    "iso8859_2": ("Přístav je znovu otevřen a přívoz jezdí", "Malá knihovna v horách se konečně otevřela"),
    "cp1254": ("Liman yeniden açıldı, vapur çalışıyor", "Dağlardaki küçük kütüphane sonunda açıldı"),
    "cp1252": ("Le port est rouvert et le bac a repris son service", "La petite bibliothèque a été inaugurée à l'été"),
}
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


def read(body: bytes, charset: str) -> tuple[list[str], bool]:
    """Return the texts that the parser finds, and whether it told of trouble: none after one of our errors."""
    document = Document(name="http://127.0.0.1/feed", body=body, media_type="application/xml", charset=charset)
    try:
        parsed = parsers.choose(document).parse(document)
    except ParseError:
        return [], True
    texts = [text for entry in parsed.entries for text in (entry.content or entry.summary, entry.title)]
    return texts, bool(parsed.problems)


def verdict(body: bytes, charset: str, texts: list[str]) -> str:
    """Return what became of a feed: right, told or mojibake."""
    found, told = read(body, charset)
    if found == texts:
        return "right"
    return "told" if told or any("\ufffd" in text for text in found) or len(found) < len(texts) else "mojibake"


def bruised(rng: random.Random, body: bytes) -> bytes:
    """Return a body with one byte of its texts replaced: markup is another matter, it would not be well-formed."""
    start = body.index(b"<item>")
    place = rng.choice([place for place in range(start, len(body)) if body[place] > 127])
    return body[:place] + bytes([rng.randrange(128, 256)]) + body[place + 1 :]


def kept(body: bytes, charset: str, texts: list[str]) -> int:
    """Return how many characters of a feed come out right."""
    return sum(same(one, other) for one, other in zip(read(body, charset)[0], texts, strict=False))


def damaged(rng: random.Random, feeds: int) -> dict[str, object]:
    """Replace one byte of each feed's texts; return the share of characters kept, the worst feed's and all together."""
    shares, kept_all, total_all = {}, 0, 0
    for codec in ("utf-8", "gbk", "gb18030", "big5", "shift_jis", "euc-kr"):
        right = total = 0
        worst = 1.0
        for _ in range(feeds):
            text, texts = feed(rng, CODECS[codec], codec, rng.randint(10, 30))
            good = kept(bruised(rng, text.encode(codec)), rng.choice(["", codec]), texts)
            size = sum(map(len, texts))
            right, total, worst = right + good, total + size, min(worst, good / size)
        shares[codec] = {"kept": round(right / total, 5), "worst": round(worst, 4)}
        kept_all, total_all = kept_all + right, total_all + total
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
            what = verdict(text.encode(codec), header, texts)
            counts.setdefault(f"{codec}, {kind}", Counter())[what] += 1
            if what == "mojibake" and len(shown) < show:
                shown.append([codec, header, declared, read(text.encode(codec), header)[0][:2], texts[:2]])
    return {**summed(counts), "examples": shown}


def summed(counts: dict[str, Counter[str]]) -> dict[str, object]:
    """Return the sum of all cases, and those that were not right throughout."""
    total: Counter[str] = sum(counts.values(), Counter())
    bad = {name: dict(count) for name, count in counts.items() if set(count) != {"right"}}
    return {"total": dict(total), "not all right": bad}


def misjudged(rng: random.Random, feeds: int) -> dict[str, object]:
    """Replace one byte under right, wrong and missing labels; return how many feeds were taken for something else."""
    counts, right, total = Counter[str](), 0, 0
    for codec, _ in product(CODECS, range(feeds)):
        if codec.startswith("utf-16"):
            continue
        for header, declared in (("", codec), ("", ""), ("", "utf-8"), ("utf-8", "utf-8"), ("iso-8859-1", "")):
            text, texts = feed(rng, CODECS[codec], declared, rng.randint(5, 30))
            size, good = sum(map(len, texts)), kept(bruised(rng, text.encode(codec)), header, texts)
            counts[f"{codec}, {header or 'no header'}, {declared or 'no declaration'}"] += 2 * good < size
            right, total = right + good, total + size
    return {"feeds": len(counts) * feeds, "wholly wrong": dict(+counts), "kept": round(right / total, 5)}


def mixed(rng: random.Random, rounds: int) -> dict[str, object]:
    """Return what became of feeds of 50 entries in UTF-8, labelled as such, some of which are in another encoding."""
    counts: dict[str, Counter[str]] = {}
    for codec, strange, _ in product(("gbk", "big5", "shift_jis", "euc-kr"), (1, 3, 10, 20, 30), range(rounds)):
        text, texts = feed(rng, CODECS[codec], "utf-8", 50)
        pieces = text.split("<item>")
        chosen = set(rng.sample(range(1, 51), strange))
        parts = [piece.encode(codec if n in chosen else "utf-8") for n, piece in enumerate(pieces)]
        what = verdict(b"<item>".join(parts), "utf-8", texts)
        counts.setdefault(f"{strange} of 50 in {codec}", Counter())[what] += 1
    return summed(counts)


def standard(rng: random.Random) -> dict[str, object]:
    """Return what became of feeds under each label of the standard, in the header or in the declaration."""
    counts: dict[str, Counter[str]] = {}
    same_letters = {"iso-8859-7": "cp1253", "iso-8859-8": "cp1255", "iso-8859-8-i": "cp1255", "iso-8859-6": "cp1256"}
    own = {**{name.replace("cp125", "windows-125"): texts for name, texts in OTHERS.items()}, **CODECS}
    own |= {name: OTHERS[codec] for name, codec in same_letters.items()}
    own |= {"ibm866": RUSSIAN, "iso-8859-5": RUSSIAN, "koi8-u": RUSSIAN, "x-mac-cyrillic": RUSSIAN,
            "windows-874": OTHERS["cp874"], "iso-8859-2": OTHERS["iso8859_2"], "iso-2022-jp": JAPANESE}  # fmt: skip
    python = {"iso-8859-8-i": "iso8859-8", "x-mac-cyrillic": "mac-cyrillic", "windows-874": "cp874"}
    for label, name in LABELS.items():
        sentences, codec = own.get(name, ("The harbour is open again",)), python.get(name, name)
        if name in {"replacement", "x-user-defined", "utf-16be"}:
            continue
        for header, declared in ((label, ""), ("", label)):
            text, texts = feed(rng, sentences, declared, 10)
            body = text.encode("mac-roman" if codec == "macintosh" else codec)
            counts.setdefault(f"{label} ({name})", Counter())[verdict(body, header, texts)] += 1
    return summed(counts)


def pages(rng: random.Random, rounds: int) -> dict[str, object]:
    """Return what became of feeds in single-byte encodings without a label, and with the label that means nothing."""
    counts: dict[str, Counter[str]] = {}
    for codec, entries, label, _ in product(OTHERS, (1, 10), ("", "utf-8", "iso-8859-1"), range(rounds)):
        text, texts = feed(rng, OTHERS[codec], label, entries)
        what = verdict(text.encode(codec), "", texts)
        counts.setdefault(f"{codec} as {label or 'nothing'}, {entries} entries", Counter())[what] += 1
    return summed(counts)


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", type=int, default=5)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    figures = {
        "damaged": damaged(rng, options.feeds),
        "labelled": labelled(rng, options.rounds, options.show),
        "misjudged": misjudged(rng, max(1, options.feeds // 10)),
        "mixed": mixed(rng, max(1, options.rounds // 2)),
        "labels": standard(rng),
        "pages": pages(rng, max(1, options.rounds // 4)),
    }
    json.dump(figures, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
