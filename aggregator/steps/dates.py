"""Dates as feeds write them, to instants: RFC 822, RFC 3339 and what people send instead.

What is not understood in full is unknown (None), never guessed and never "now": a wrong date is worse than none.
This module does not read the clock; `clamp` is told what time it is.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from aggregator.steps import eastern

_LIMIT = 100
"""Characters; longer texts are no dates."""

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        1,
    )
    for name in names.split()
}

# Hours east of Greenwich: RFC 822 §5.1 and what is common beside it. Other names are unknown, and so is the instant.
_ZONES = {
    **dict.fromkeys(("z", "ut", "utc", "gmt", "wet"), 0.0),
    **dict.fromkeys(("cet", "met", "bst", "west"), 1.0),
    **dict.fromkeys(("eet", "cest", "mest", "sast"), 2.0),
    **dict.fromkeys(("msk", "eest"), 3.0),
    **dict.fromkeys(("hkt", "sgt", "awst", "pht"), 8.0),
    **dict.fromkeys(("jst", "kst"), 9.0),
    "ist": 5.5,
    "aest": 10.0,
    "aedt": 11.0,
    "nzst": 12.0,
    "nzdt": 13.0,
    "ast": -4.0,
    "adt": -3.0,
    "nst": -3.5,
    "est": -5.0,
    "edt": -4.0,
    "cst": -6.0,
    "cdt": -5.0,
    "mst": -7.0,
    "mdt": -6.0,
    "pst": -8.0,
    "pdt": -7.0,
    "akst": -9.0,
    "akdt": -8.0,
    "hst": -10.0,
}
_CHINA = timedelta(hours=8)
_HOURS = {
    "am": {12: 0} | {hour: hour for hour in range(12)},
    "pm": {hour: hour + 12 for hour in range(12)} | {hour: hour for hour in range(12, 24)},
    "早上": {hour: hour for hour in range(3, 12)},
    "中午": {1: 13, 2: 14} | {hour: hour for hour in range(11, 15)},
    "晚上": {hour: hour + 12 for hour in range(4, 13)} | {hour: hour for hour in range(16, 24)},
}
"""Part of the day → hour as written → hour of the day, 24 being its end.

Hours that are missing here are not understood: one o'clock at night may be of this day or of the next.
"""
_WIDEST = timedelta(hours=14, minutes=59)

_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
_ZONE = r"(?P<zone>(?:[a-z]{1,5})?\s?[+-]\d{1,2}:?\d{0,2}|[a-z]{1,5})?(?:\s*\([^()]*\)|(?<=\d)\s+[a-z]{3,5}$)?"
_PART = rf"(?:(?P<part>{'|'.join(eastern.PARTS)})\s*)?"
_AMPM = rf"(?:\s?(?P<after>{'|'.join(eastern.PARTS)}))?"

_W3C = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    rf"(?:(?:t|\s+|t\s+){_PART}{_TIME}{_AMPM}\s*{_ZONE})?"
)
_HOURLY = re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d{{2}})-(?P<day>\d{{2}})t(?P<hour>\d{{2}}){_ZONE}")
_SLASHED = re.compile(
    r"(?P<year>\d{4})(?P<mark>[/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})\.?"
    rf"(?:[t\s]+{_PART}{_TIME}{_AMPM}\s*{_ZONE})?"
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})t?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})"
    rf"(?:[.,]\d+)?\s*{_ZONE}"
)
_DAY = re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})")
_AT = r",?\s+(?:(?:at|[-–—|])\s+)?"
_EUROPEAN = re.compile(
    r"(?:[a-z]{2,9}\.?,?\s+)?(?P<one>\d{1,2})(?P<mark>[/.-])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4})"
    rf"(?:{_AT}{_TIME}{_AMPM}\s*{_ZONE})?"
)
_RFC822 = re.compile(
    r"(?:[a-z]{2,9}\.?\s*,?\s*)?(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s-]+(?P<name>[a-z]{3,9})\.?,?[\s-]+(?P<year>\d{2}|\d{4})"
    rf"(?:{_AT}{_TIME}{_AMPM}\s*{_ZONE})?"
)
_AMERICAN = re.compile(
    r"(?:[a-z]{2,9}\.?\s*,?\s+)?(?P<name>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})"
    rf"(?:{_AT}{_TIME}{_AMPM}\s*{_ZONE})?"
)
_ASCTIME = re.compile(
    rf"[a-z]{{3,9}},?\s+(?P<name>[a-z]{{3,9}})\s+(?P<day>\d{{1,2}})\s+{_TIME}\s*{_ZONE}\s+(?P<year>\d{{4}})"
)
_EPOCH = re.compile(r"(?:/date\()?(?P<seconds>\d{10})(?:\d{3}|\.\d+)?(?:\)/)?")
_NAMED_ZONE = re.compile(r"(?<=[\dz])\[[a-z0-9_/+-]+\]$")
"""What Java adds to an offset."""
_DOTTED = re.compile(r"(?<=\d)\. (?=\d{1,4}(?:[. ]|$))")
"""Between numbers of a date, as Koreans and Germans write it: `2026. 10. 1.`, `1. 10. 2026`."""
_WEEK = re.compile(r"(?P<year>\d{4})-?w(?P<week>\d{2})-?(?P<weekday>[1-7])")
_ORDINAL = re.compile(r"(?P<year>\d{4})-(?P<ordinal>\d{3})")
_OFFSET = re.compile(r"([+-])(\d{1,2}?):?(\d{2})?")

_FAST_RFC822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d\d) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4})"
    r" ([01]\d|2[0-3]):([0-5]\d):([0-5]\d) (?:GMT|([+-])(\d\d)([0-5]\d))"
)
_FAST_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)", re.ASCII
)
_FORMS = (_W3C, _RFC822, _SLASHED, _COMPACT, _DAY, _AMERICAN, _ASCTIME, _EUROPEAN, _HOURLY)
_PREFIXES = frozenset(("", "gmt", "utc", "ut", "z"))
"""What may stand before a numeric offset."""
_NEVER = 99
"""An hour that no day has."""
_FIRST = datetime(1990, 1, 1, tzinfo=UTC)


def parse(text: str, zone: tzinfo) -> datetime | None:
    """Return the instant that `text` names, aware, in UTC and whole seconds; None if it names none. Never raises.

    RFC 822 §5 with RFC 2822 §3.3, RFC 3339 and W3C-DTF, and what is found beside them. Dates without an offset are read
    in `zone`. CST is China's where `zone` is eight hours east, else North America's.
    """
    try:
        return _fast(text) or _slow(text, zone)
    except (ValueError, OverflowError):
        return None


def _fast(text: str) -> datetime | None:
    """The two forms that nearly all feeds write, without the price of the others."""
    match = _FAST_RFC822.fullmatch(text)
    if match:
        day, name, year, hour, minute, second, sign, east, west = match.groups()
        moment = datetime(int(year), _MONTHS[name.lower()], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        return moment - _signed(sign, int(east), int(west)) if sign else moment
    if _FAST_RFC3339.fullmatch(text):
        return datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0)
    return None


def _slow(text: str, zone: tzinfo) -> datetime | None:
    """Every form, tried in turn."""
    text = text.strip()
    if not text or len(text) > _LIMIT:
        return None
    text = " ".join(text.lower().split()) if text.isascii() else eastern.respelt(text.lower())
    text = _NAMED_ZONE.sub("", text)
    text = _DOTTED.sub(".", text) if ". " in text else text
    if match := _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(match["seconds"]), UTC)
    if match := _WEEK.fullmatch(text):
        return _local(datetime.fromisocalendar(int(match["year"]), int(match["week"]), int(match["weekday"])), zone)
    if match := _ORDINAL.fullmatch(text):
        day = datetime(int(match["year"]), 1, 1) + timedelta(days=int(match["ordinal"]) - 1)  # noqa: DTZ001
        return _local(day, zone) if day.year == int(match["year"]) else None
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _instant(_ordered(match.groupdict()), zone)
    return None


def _ordered(found: dict[str, str | None]) -> dict[str, str | None]:
    """Which number is the day: between dots the first, else the one beyond twelve. Raises ValueError if both may be."""
    one, two = found.get("one"), found.get("two")
    if not one or not two:
        return found
    if found["mark"] != "." and int(one) != int(two):
        if int(two) > 12:  # noqa: PLR2004 - months of a year
            one, two = two, one
        elif int(one) <= 12:  # noqa: PLR2004
            raise ValueError("day and month may stand either way")
    return {**found, "day": one, "month": two}


def _instant(found: dict[str, str | None], zone: tzinfo) -> datetime | None:
    """The instant of a date taken apart. Raises ValueError or OverflowError if there is no such day or time."""
    name = found.get("name")
    if name and name not in _MONTHS:
        return None
    year = int(found["year"] or 0)
    if found["year"] and len(found["year"]) == 2:  # noqa: PLR2004 - two digits, RFC 2822 §4.3
        year += 2000 if year < 50 else 1900  # noqa: PLR2004
    month = _MONTHS[name] if name else int(found["month"] or 0)
    parts = {part for part in (found.get("part"), found.get("after")) if part}
    hour = int(found.get("hour") or 0)
    for part in parts:
        hour = _HOURS[part].get(hour, _NEVER)
    second = int(found.get("second") or 0)
    if len(parts) > 1 or second > 60:  # noqa: PLR2004 - 60 is a leap second
        return None
    midnight = hour == 24  # noqa: PLR2004 - ISO 8601 §4.2.3
    if midnight and (int(found.get("minute") or 0) or second):
        return None
    local = datetime(  # noqa: DTZ001 - the zone comes next
        year, month, int(found["day"] or 0), 0 if midnight else hour, int(found.get("minute") or 0), min(second, 59)
    )
    local += timedelta(days=midnight, seconds=second // 60)
    return _zoned(local, (found.get("zone") or "").replace(" ", ""), zone)


def _zoned(local: datetime, written: str, zone: tzinfo) -> datetime | None:
    """The instant of a local time under the zone as written, or `zone` where none is."""
    if not written:
        return _local(local, zone)
    digits = written.lstrip("abcdefghijklmnopqrstuvwxyz")
    name = written[: len(written) - len(digits)]
    if (name and name not in _ZONES) or (digits and name not in _PREFIXES):
        return None
    if digits:
        match = _OFFSET.fullmatch(digits)
        offset = _signed(match[1], int(match[2]), int(match[3] or 0)) if match else None
    elif name == "cst" and zone.utcoffset(local) == _CHINA:
        offset = _CHINA
    else:
        offset = timedelta(hours=_ZONES[name])
    return None if offset is None else (local - offset).replace(tzinfo=UTC)


def _signed(sign: str, hours: int, minutes: int) -> timedelta:
    """Offset east of Greenwich. Raises ValueError beyond what clocks use."""
    offset = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or offset > _WIDEST:  # noqa: PLR2004
        raise ValueError("no such offset")
    return -offset if sign == "-" else offset


def _local(local: datetime, zone: tzinfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def typed(text: str) -> datetime | None:
    """Return the instant of an ISO 8601 date or time as somebody types it, in UTC, which it is in if it names no zone.

    None for anything else. Never raises.
    """
    try:
        instant = datetime.fromisoformat(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def clamp(value: datetime | None, now: datetime) -> datetime | None:
    """Return `value` where it can be true: None before 1990, `now` instead of any later instant."""
    if value is None or value < _FIRST:
        return None
    return min(value, now)
