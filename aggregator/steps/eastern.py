"""East Asian dates respelt as `steps.dates` reads any other: `令和八年十月一日 晚8点半` as `2026-10-1 晚上 8:30:00`.

Signs of full width, numerals, eras, units, weekdays, parts of the day and places become one form each. What is no date
is respelt as well; this module judges nothing.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

PARTS: Final = ("am", "pm", "早上", "中午", "晚上")
"""The parts of the day that are left."""

_SIGNS = {0x2212: "-"} | dict.fromkeys((*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF))
"""The minus of typographers, and characters that nobody sees."""
_DIGITS = str.maketrans("〇零○一二两兩三四五六七八九", "00012223456789")
_NUMERALS = "[〇零○一二两兩三四五六七八九十百廿卅]+"
_NUMBER = re.compile(rf"(?<=[点點时時]){_NUMERALS}|{_NUMERALS}(?=\s*[年月日号號时時点點分秒刻])")
_COUNTED = re.compile(r"(?:([1-9]?)百0?)?(?:([1-9]?)([十廿卅]))?([1-9]?)")
_TENS = {"十": 10, "廿": 20, "卅": 30}
_LABEL = re.compile(r"^(?:(?:发布|發布|发表|發表|更新)(?:时间|時間|日期|于|於)|时间|時間|日期)\s*:?\s*")
_PLACES = {
    **dict.fromkeys(["北京", "中国", "中國", "香港", "台北", "臺北", "台湾", "台灣", "臺灣", "新加坡"], "+08:00"),
    **dict.fromkeys(["日本", "东京", "東京", "首尔", "首爾", "韩国", "韓國"], "+09:00"),
}
"""Offsets of places whose time a date says that it is."""
_PLACE = re.compile(rf"\(?({'|'.join(_PLACES)})(?:标准|標準)?(?:时间|時間)\)?\s*:?")
_WEEKDAY = re.compile(
    r"\s*\((?:星期|周|週)?[一二三四五六日天月火水木金土월화수목금토일](?:曜日?|요일)?\)\s*"
    r"|\s*(?:(?:星期|周|週)[一二三四五六日天]|[月火水木金土日]曜日?|[월화수목금토일]요일)\s*"
)
_ERAS = {"令和": (2018, 99), "平成": (1988, 31), "昭和": (1925, 64), "民國": (1911, 199), "民国": (1911, 199)}
"""Year before the first, and years that there are at most: the reigns, and the Republic of China."""
_ERA = re.compile(rf"(?:中華)?({'|'.join(_ERAS)})\s*(\d{{1,3}}|元)(?=\s*年)")
_DAY = re.compile(r"(?<!\d)(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})(?:\s*[日号號일],?|(?!\d))")
_CLOCK = re.compile(
    r"(?<!\d)(?P<hour>\d{1,2})\s*[时時点點시]\s*(?:[钟鐘整]|(?P<half>[半반])|(?P<quarters>[13])\s*刻"
    r"|(?P<minute>\d{1,2})\s*[分분]?(?:\s*(?P<second>\d{1,2})\s*[秒초])?)?"
)
_SHORT = re.compile(r"(?<=\d:)(?=\d(?!\d))")
_WORDS = {
    "am": "上午 凌晨 午前 오전 새벽",
    "pm": "下午 午后 午後 오후",
    "早上": "早上 早晨 清晨 早 朝 아침",
    "中午": "中午 正午 낮",
    "晚上": "晚上 晚间 晚間 傍晚 夜间 夜間 夕方 晚 夜 저녁 밤",
}
_MARKS = {word: mark for mark, words in _WORDS.items() for word in words.split()}
_PART = re.compile("|".join(sorted(_MARKS, key=len, reverse=True)))


def respelt(text: str) -> str:
    """Return a text in lower case with East Asian dates and times as `2026-10-1 9:05:00`, parts of the day as `PARTS`.

    White space is single spaces. Never raises.
    """
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS))
    place = _PLACE.search(text)
    text = _PLACE.sub(" ", text) if place else text
    text = _WEEKDAY.sub(" ", _LABEL.sub("", text.strip()))
    text = _ERA.sub(_year, _NUMBER.sub(_number, text))
    text = _CLOCK.sub(_time, _DAY.sub(r"\1-\2-\3 ", text))
    text = _PART.sub(lambda match: f" {_MARKS[match[0]]} ", text)
    text = _SHORT.sub("0", " ".join(text.split()))
    return f"{text}{'' if ':' in text else ' 0:00:00'}{_PLACES[place[1]]}" if place else text


def _number(match: re.Match[str]) -> str:
    """`二〇二六` digit by digit, `三十一` counted; what is neither stays as it is."""
    written = match[0].translate(_DIGITS)
    if written.isdecimal():
        return written
    found = _COUNTED.fullmatch(written)
    if found is None:
        return match[0]
    hundreds, many, ten, ones = found.groups()
    total = int(ones or 0) + int(many or 1) * _TENS.get(ten, 0)
    return str(total if hundreds is None else total + 100 * int(hundreds or 1))


def _year(match: re.Match[str]) -> str:
    before, most = _ERAS[match[1]]
    year = 1 if match[2] == "元" else int(match[2])
    return str(before + year) if 0 < year <= most else match[0]


def _time(match: re.Match[str]) -> str:
    minute = 30 if match["half"] else 15 * int(match["quarters"] or 0) or int(match["minute"] or 0)
    return f" {match['hour']}:{minute:02}:{int(match['second'] or 0):02} "
