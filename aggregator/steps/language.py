"""The language of an item: what was declared if it can be true, else what the script says.

Tells languages apart by script only, so it cannot tell English from French; dialects and mixed texts are not its
business.
"""

from __future__ import annotations

import re

from aggregator.steps.summary import is_cjk

_SAMPLE = 1_000
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_FIRST = re.compile(r"[^\s,;]*")
_SCRIPT_LENGTH, _REGION_LENGTH = 4, 2
_ALIASES = {"cn": "zh-CN", "jp": "ja", "zh-chs": "zh-Hans", "zh-cht": "zh-Hant"}
_UNDETERMINED = frozenset({"und", "mul", "mis", "zxx"})

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_KANA_SIGNS = "\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d"
_HANGUL_SIGNS = "\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3"
_KANA, _HANGUL = re.compile(f"[{_KANA_SIGNS}]+"), re.compile(f"[{_HANGUL_SIGNS}]+")
_KANA_OR_HANGUL = re.compile(f"[{_KANA_SIGNS}{_HANGUL_SIGNS}]")
_WORD = re.compile("[A-Za-z\u00c0-\u10ff\u1200-\u1fff]+")
# Japanese without kana is a headline at most; Chinese with some kana quotes a brand.
_KANA_SHARE = 0.1

_SIMPLIFIED = (
    "们这国来时为会对发经学动现进过还说样实业开问关点电话题车长门见马风语头让认识记设计论议该请谁调谈护报场应产类总统级红线"
    "组织结给继续网罗义买卖质贵费资赛转载边达远运连选铁银钱错钟针难颜额龙齐亿华无后价视觉亲观规团员单战爱听写东乐书习飞机"
)
_TRADITIONAL = (
    "們這國來時為會對發經學動現進過還說樣實業開問關點電話題車長門見馬風語頭讓認識記設計論議該請誰調談護報場應產類總統級紅線"
    "組織結給繼續網羅義買賣質貴費資賽轉載邊達遠運連選鐵銀錢錯鐘針難顏額龍齊億華無後價視覺親觀規團員單戰愛聽寫東樂書習飛機"
)
_SHARED = frozenset(_SIMPLIFIED) & frozenset(_TRADITIONAL) | frozenset("后")
_ONLY_SIMPLIFIED = re.compile(f"[{''.join(sorted(frozenset(_SIMPLIFIED) - _SHARED))}]")
_ONLY_TRADITIONAL = re.compile(f"[{''.join(sorted(frozenset(_TRADITIONAL) - _SHARED))}]")


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
    """Return `zh-CN`, `zh-TW`, `ja` or `ko` if most words of `text` are, `en` if it has other words, else empty.

    Each sign of an East Asian script counts as a word, for a Chinese text may hold long English names. Han alone is
    Chinese: `zh-TW` where Traditional forms prevail, else `zh-CN`.
    """
    sample = text[:_SAMPLE]
    if sample.isascii():
        return "en" if _WORD.search(sample) else ""
    han, kana, hangul = _signs(_HAN, sample), 0, 0
    if _KANA_OR_HANGUL.search(sample):
        kana, hangul = _signs(_KANA, sample), _signs(_HANGUL, sample)
    words = len(_WORD.findall(sample))
    if han + kana + hangul <= words:
        return "en" if words else ""
    if hangul > han + kana:
        return "ko"
    if kana >= _KANA_SHARE * (han + kana):
        return "ja"
    traditional = len(_ONLY_TRADITIONAL.findall(sample))
    return "zh-TW" if traditional and traditional > len(_ONLY_SIMPLIFIED.findall(sample)) else "zh-CN"


def _signs(runs: re.Pattern[str], sample: str) -> int:
    return sum(map(len, runs.findall(sample)))


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
