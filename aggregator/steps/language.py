"""The language of an item: what was declared if it can be true, else what the script says.

Tells languages apart by script only, so it cannot tell English from French, or Russian from Ukrainian; dialects and
mixed texts are not its business.
"""

from __future__ import annotations

import re
from functools import lru_cache

from aggregator.steps.summary import is_cjk

_SAMPLE = 1_000
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_FIRST = re.compile(r"[^\s,;]*")
_SCRIPT_LENGTH, _REGION_LENGTH = 4, 2
_ALIASES = {"cn": "zh-CN", "jp": "ja", "zh-chs": "zh-Hans", "zh-cht": "zh-Hant"}
_UNDETERMINED = frozenset({"und", "mul", "mis", "zxx"})

_HAN = re.compile("([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")
_KANA_SIGNS = "\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d"
_HANGUL_SIGNS = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"
_KANA, _HANGUL = re.compile(f"[{_KANA_SIGNS}]+"), re.compile(f"[{_HANGUL_SIGNS}]+")
_KANA_OR_HANGUL = re.compile(f"[{_KANA_SIGNS}{_HANGUL_SIGNS}]")
_WORD = re.compile("[A-Za-z\u00c0-\u10ff\u1200-\u1fff]+")
_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f]+")
# Japanese without kana is a headline at most; Chinese with some kana quotes a brand.
_KANA_SHARE = 0.1

# Japan's own short forms that are often used: in all of its standard are also rare signs of Chinese names.
_SHINJITAI = (
    "悪圧囲応仮価絵拡覚楽関歓観帰拠駆経継撃検権県険験広効恵済歳剤残辞実釈従渋焼証奨乗浄畳譲図粋随枢瀬斉摂戦銭専浅潜"
    "桜総荘捜挿巣装騒増臓続帯滞沢択単団断遅鋳庁聴鎮転伝当党稲徳読届縄悩脳覇廃拝売発髪抜蛮秘浜払併変辺弁舗歩宝豊"
    "毎満黙訳薬様謡頼覧竜両猟緑塁励霊齢暦歴恋錬炉労録亀円駅気対"
)

_SCRIPTS = tuple(
    (lang, re.compile(f"[{signs}]+"))
    for lang, signs in (
        ("ru", "\u0400-\u052f"),
        ("el", "\u0370-\u03ff"),
        ("he", "\u0590-\u05ff"),
        ("ar", "\u0600-\u06ff"),
        ("hi", "\u0900-\u097f"),
        ("th", "\u0e00-\u0e7f"),
    )
)
"""The language with most readers of each script that one can be told by."""
_OTHER_SCRIPT = re.compile("[\u0370-\u0e7f]")


def choose(source_lang: str, entry_lang: str, feed_lang: str, text: str, default: str) -> str:
    """Return the BCP 47 tag of an item's language.

    The first that is a language tag: the source's (the operator knows), the entry's, the feed's, what the script of
    `text` says, `default`. What entry and feed declare is ignored if it is no CJK language while the text is.
    """
    if declared := normalize(source_lang):
        return declared
    detected = detect(text)
    for tag in map(normalize, (entry_lang, feed_lang)):
        if tag and (is_cjk(tag) or not is_cjk(detected)):
            return tag
    if detected == "en" and not is_cjk(default):
        return default  # a script cannot tell English from the site's own language
    return detected or default


def detect(text: str) -> str:
    """Return the language that the script of `text` tells, `en` for Latin words, empty where there are no words.

    Chinese (`zh-CN`, or `zh-TW` where Traditional forms prevail), `ja` and `ko` if that is what most words are: each
    sign of an East Asian script counts as one, for a Chinese text may hold long English names.
    """
    sample = text[:_SAMPLE]
    if sample.isascii():
        return "en" if _WORD.search(sample) else ""
    runs = _HAN.split(sample)
    others, han = " ".join(runs[::2]), "".join(runs[1::2])
    kana, hangul = 0, 0
    if _KANA_OR_HANGUL.search(others):
        kana, hangul = _signs(_KANA, others), _signs(_HANGUL, others)
    words = len(_WORD.findall(others))
    if len(han) + kana + hangul <= words:
        return _alphabet(others) if words else ""
    if hangul > len(han) + kana:
        return "ko"
    if kana >= _KANA_SHARE * (len(han) + kana):
        return "ja"
    return _forms(han)


def _alphabet(sample: str) -> str:
    """The language of the alphabet that most words are written in; every Latin one is taken for English."""
    if not _OTHER_SCRIPT.search(sample):
        return "en"
    counts = {lang: len(words.findall(sample)) for lang, words in _SCRIPTS}
    most = max(counts, key=counts.__getitem__)
    return most if counts[most] > len(_LATIN_WORD.findall(sample)) else "en"


def _forms(han: str) -> str:
    """Simplified, Traditional or Japanese, by the signs that only one of them has."""
    try:
        han.encode("gb2312")
    except UnicodeEncodeError:
        simplified, traditional, japanese = (len(signs.findall(han)) for signs in _own_signs())
    else:
        return "zh-CN"  # as nearly all Chinese texts; looking for single signs takes longer by far
    if japanese > simplified:
        return "ja"
    return "zh-TW" if traditional > simplified else "zh-CN"


@lru_cache(maxsize=1)
def _own_signs() -> tuple[re.Pattern[str], ...]:
    """Signs in China's first standard and not in Taiwan's, the other way round, and those that only Japan uses."""
    every = "".join(map(chr, range(0x4E00, 0xA000)))
    china, taiwan, japan = (set(every.encode(name, "ignore").decode(name)) for name in ("gb2312", "big5", "euc_jp"))
    own = china - taiwan, taiwan - china, set(_SHINJITAI) & japan - china - taiwan
    return tuple(re.compile(f"[{''.join(sorted(signs))}]") for signs in own)


def _signs(runs: re.Pattern[str], sample: str) -> int:
    return sum(map(len, runs.findall(sample)))


@lru_cache(maxsize=256)
def normalize(tag: str) -> str:
    """Return a language tag in the case that RFC 5646 §2.1.1 recommends, empty if it is none or says nothing.

    Underscores are read as hyphens, and of a list the first is taken.
    """
    first = _FIRST.match(tag.strip())
    written = first[0].replace("_", "-") if first else ""
    if not _TAG.fullmatch(written):
        return ""
    primary, *rest = written.lower().split("-")
    if primary in _UNDETERMINED:
        return ""
    private = rest.index("x") if "x" in rest else len(rest)
    shown = [primary, *(_cased(part) for part in rest[:private]), *rest[private:]]
    return _ALIASES.get("-".join(shown), "-".join(shown))


def _cased(part: str) -> str:
    if len(part) == _REGION_LENGTH:
        return part.upper()
    return part.title() if len(part) == _SCRIPT_LENGTH and part.isalpha() else part
