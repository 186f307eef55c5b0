"""Dates as feeds write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps.dates import clamp, parse

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
INSTANT = datetime(2025, 2, 12, 5, 15, 58, tzinfo=UTC)
MINUTE = INSTANT.replace(second=0)


@pytest.mark.parametrize(
    "text",
    [
        "Wed, 12 Feb 2025 05:15:58 GMT",
        "Wed, 12 Feb 2025 13:15:58 +0800",
        "Wed, 12 Feb 2025 00:15:58 -0500",
        "Wed, 12 Feb 2025 05:15:58 Z",
        "Wed, 12 Feb 2025 00:15:58 EST",
        "Tue, 11 Feb 2025 21:15:58 PST",
        "Wed, 12 Feb 2025 10:45:58 IST",
        "Fri, 12 Feb 2025 05:15:58 GMT",
        "Wed,12 Feb 2025 05:15:58 UT",
        "12 Feb 2025 05:15:58 GMT",
        "12 Feb 25 05:15:58 GMT",
        "Wednesday, 12-Feb-25 05:15:58 GMT",
        "Wednesday, 12 February 2025 05:15:58 GMT",
        "12 Feb 2025 13:15:58 GMT+8",
        "12 Feb 2025 13:15:58 UTC+08:00",
        "Wed, 12 Feb 2025 13:15:58 +0800 (CST)",
        "Wed, 12 Feb 2025 13:15:58 +08:00",
        "wed, 12 FEB 2025 05:15:58 gmt",
        "  Wed, 12  Feb 2025\n05:15:58 GMT ",
        "Wed Feb 12 05:15:58 GMT 2025",
        "February 12, 2025 5:15:58 AM GMT",
        "2025-02-12T05:15:58Z",
        "2025-02-12T05:15:58.123Z",
        "2025-02-12T05:15:58,5Z",
        "2025-02-12T13:15:58.123456789+08:00",
        "2025-02-12T13:15:58+0800",
        "2025-02-12T13:15:58+08",
        "2025-02-12t05:15:58z",
        "2025-02-12 05:15:58Z",
        "2025-02-12 05:15:58 +0000 UTC",
        "2025-02-12 13:15:58 +0800",
        "2025-2-12 5:15:58 UTC",
        "20250212T051558Z",
        "1739337358",
        "1739337358123",
        "/Date(1739337358123)/",
        "2025-02-12T13:15:58+08:00[Asia/Shanghai]",
        "１７３９３３７３５８",
    ],
)
def test_one_instant_in_many_spellings(text):
    assert parse(text, NEW_YORK) == INSTANT


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-12 13:15",
        "2025/02/12 13:15",
        "2025/2/12 1:15 PM",
        "2025.02.12 13:15",
        "2025年2月12日 13:15",
        "2025年2月12日13时15分",
        "2025年02月12日 下午1:15",
        "2025年2月12日 下午1点15分",
        "2025年2月12日 星期三 13:15",
        "2025年2月12日（周三）13:15",
        "２０２５年２月１２日　１３：１５",
        "2025年2月12日(水) 13時15分",
        "2025年2月12日 午後1時15分",
        "2025년 2월 12일 오후 1:15",
        "2025년 2월 12일 13시 15분",
        "2025-02-12 下午 1:15",
        "2025/2/12 下午 01:15:00",
        "2025-02-12（周三） 13:15",
        "发布时间：2025-02-12 13:15",
        "民國114年2月12日 13:15",
        "12 Feb 2025 13:15",
        "12 Feb 2025 13:15 CST",
        "2025-02-12 13:15 CST",
    ],
)
def test_dates_without_offset_are_in_the_zone_of_the_source(text):
    assert parse(text, SHANGHAI) == MINUTE


@pytest.mark.parametrize(
    "text",
    [
        "20/11/2026 08:00",
        "11/20/2026 8:00 am",
        "20.11.2026, 08:00",
        "20-11-2026 08:00:00",
        "Fr, 20.11.2026 - 08:00",
        "Friday, November 20, 2026 - 08:00",
        "20 November 2026 – 08:00",
    ],
)
def test_a_day_beyond_the_months_or_between_dots_is_known_wherever_it_stands(text):
    assert parse(text, SHANGHAI) == datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize("text", ["5.6.2026", "05.06.2026"])
def test_between_dots_the_day_comes_first(text):
    assert parse(text, UTC) == datetime(2026, 6, 5, tzinfo=UTC)


def test_day_and_month_may_be_the_same_number():
    assert parse("05/05/2026", UTC) == datetime(2026, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2025-02-12", "2025/2/12", "2025年2月12日", "20250212", "12 Feb 2025", "2025-043", "2025-W07-3"]
)
def test_a_day_begins_at_midnight_of_the_zone(text):
    assert parse(text, SHANGHAI) == datetime(2025, 2, 11, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026. 10. 1. 오전 9:05",
        "2026. 10. 1.(목) 오전 9:05",
        "2026.10.1. 9:05",
        "1. 10. 2026 9:05",
        "2026년 10월 1일 목요일 오전 9시 5분",
        "2026年10月1日9点05",
        "2026年10月1日 9时5分",
        "2026年10月1日 9:5",
        "2026年10月1日(木) 午前9時05分00秒",
        "2026年10月1日，早上9:05",
        "2026年10月1日 9:05 AM",
        "2026-10-01 9:05 上午",
        "2026年10月1日 9:05 上午",
        "2026-10-01 AM 9:05",
        "二〇二六年十月一日 上午九点零五分",
        "二零二六年十月一日九時〇五",
        "二○二六年十月一日 星期四 上午九点五分",
        "令和8年10月1日 9時5分",
        "令和八年十月一日（木）午前九時五分",
        "民國115年10月1日 上午9:05",
        "中華民國一一五年十月一日 上午9時5分",
        "中華民國一百一十五年十月一日 9:05",
        "２０２６／１０／０１　０９：０５",
        "2026\u200e/\u200e10\u200e/\u200e1 9:05",
        "2026-10-01T09:05+08:00",
        "2026-10-01T09:05\uff0b08:00",
        "Wed, 30 Sep 2026 20:05:00 \u22120500",
        "2026-09-30T20:05\u221205:00",
    ],
)
def test_numerals_eras_units_and_signs_of_east_asia(text):
    assert parse(text, SHANGHAI) == datetime(2026, 10, 1, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("平成30年4月1日", (2018, 4, 1)),
        ("令和元年5月1日", (2019, 5, 1)),
        ("昭和64年1月7日", (1989, 1, 7)),
        ("平成三十一年四月三十日", (2019, 4, 30)),
        ("二〇二六年十二月廿五日", (2026, 12, 25)),
        ("二〇二六年十二月三十一日", (2026, 12, 31)),
        ("㋿8年1月2日", (2026, 1, 2)),
    ],
)
def test_years_of_reigns_and_days_in_numerals(text, day):
    year, month, number = day
    assert parse(text, UTC) == datetime(year, month, number, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-10-01T10Z", "2026-10-01T18+08", "2026-10-01t10"])
def test_an_hour_alone_is_read_behind_a_t(text):
    assert parse(text, UTC) == datetime(2026, 10, 1, 10, tzinfo=UTC)


def test_cst_is_chinas_only_where_the_source_is():
    text = "Wed, 12 Feb 2025 05:15:58 CST"
    assert parse(text, SHANGHAI) == INSTANT - timedelta(hours=8)
    assert parse(text, NEW_YORK) == INSTANT + timedelta(hours=6)


def test_summer_time_of_the_zone_counts():
    assert parse("2025-07-01 12:00", NEW_YORK) == datetime(2025, 7, 1, 16, tzinfo=UTC)
    assert parse("2025-01-01 12:00", NEW_YORK) == datetime(2025, 1, 1, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("上午9:00", 9),
        ("凌晨12:30", 0),
        ("中午12:10", 12),
        ("中午1:00", 13),
        ("晚上8:05", 20),
        ("下午15:00", 15),
        ("午後0:30", 12),
        ("晚8点半", 20),
        ("8点半 晚上", 20),
        ("八点一刻", 8),
        ("上午十点整", 10),
        ("12:30 AM", 0),
        ("12:30 PM", 12),
        ("10:00 下午", 22),
        ("새벽 1시", 1),
        ("낮 12시 30분", 12),
        ("二十三时五十九分", 23),
        ("오전 7:00", 7),
    ],
)
def test_parts_of_the_day(text, hour):
    found = parse(f"2025年2月12日 {text}", UTC)
    assert found is not None
    assert found.hour == hour


def test_the_last_minute_of_a_day_may_be_24_and_a_leap_second_60():
    assert parse("2025-02-12T24:00:00Z", UTC) == datetime(2025, 2, 13, tzinfo=UTC)
    assert parse("2025年2月12日 晚上12:00", UTC) == datetime(2025, 2, 13, tzinfo=UTC)
    assert parse("Wed, 12 Feb 2025 23:59:60 GMT", UTC) == datetime(2025, 2, 13, tzinfo=UTC)
    assert parse("31 Dec 49 00:00 GMT", UTC) == datetime(2049, 12, 31, tzinfo=UTC)
    assert parse("31 Dec 50 00:00 GMT", UTC) == datetime(1950, 12, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "not a date",
        "yesterday",
        "3 hours ago",
        "刚刚",
        "3小时前",
        "昨天 10:20",
        "今天 05:15",
        "2025",
        "2025-03",
        "2025年3月",
        "二〇二五年三月",
        "10月1日",
        "二六年十月一日",
        "2026年10月110:00",
        "农历二〇二六年十月一日",
        "平成32年1月1日",
        "令和0年1月1日",
        "二〇二六年一十四十月一日",
        "2026年10月1日 上午15:00",
        "2026年10月1日 早上12:00",
        "2026年10月1日 中午7:00",
        "2026年10月1日 晚上1:05",
        "2026-10-01 下午 3:00 AM",
        "2026-10-01T1",
        "12/02/2025",
        "05/06/2026 08:00",
        "05-06-2026",
        "20/13/2026",
        "32.01.2026",
        "20/11.2026",
        "Wed, 30 Feb 2025 10:00:00 GMT",
        "12 Fub 2025 10:00 GMT",
        "2025-02-30",
        "2025-13-01",
        "2025-366",
        "2025-000",
        "2025-W60-1",
        "2025-02-12T25:61:61Z",
        "2025-02-12T24:00:01Z",
        "2025-02-12T05:15:61Z",
        "2025-02-12T05:15:58+99:99",
        "2025-02-12T05:15:58+08:75",
        "2025-02-12T05:15:58 EST+3",
        "2025-02-12 05:15:58 XYZ",
        "2025年2月12日 晚上12:05",
        "2025年2月12日 99:00",
        "0000-00-00 00:00:00",
        "-1",
        "0",
        "99999999999999999999",
        "Sat, 01 Jan 10000 00:00:00 GMT",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "Mon, 01 Jan 0001 00:00:00 +0800",
        "1" * 100_000,
        "2025-" * 20_000,
    ],
)
def test_what_names_no_instant_is_unknown(text):
    assert parse(text, SHANGHAI) is None


@given(st.text(max_size=60))
def test_no_text_raises(text):
    found = parse(text, SHANGHAI)
    assert found is None or found.tzinfo is UTC


@given(
    st.from_regex(
        r"[0-9]{1,4}[-/年 ][0-9]{1,2}[-/月 ][0-9]{1,2}[T 日]([0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?( ?[+-][0-9]{2,4})?"
    )
)
def test_nothing_that_looks_like_a_date_raises(text):
    found = parse(text, NEW_YORK)
    assert found is None or found.microsecond == 0


@given(st.text("0129年月日時点分秒半刻:：-. 令和元平成民國〇一二十百廿上下午晚早오전星期曜(（）)−zt+", max_size=40))
def test_nothing_that_looks_east_asian_raises(text):
    found = parse(text, SHANGHAI)
    assert found is None or found.tzinfo is UTC


NUMERALS = "〇一二三四五六七八九"


def counted(number):
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else NUMERALS[tens]) + ("十" if tens else "") + (NUMERALS[ones] if ones or not tens else "")


INSTANTS = st.datetimes(datetime(1950, 1, 2), datetime(2049, 12, 30))  # noqa: DTZ001 - the zone is drawn apart
INSTANTS = INSTANTS.map(lambda value: value.replace(microsecond=0))
OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(INSTANTS, OFFSETS)
def test_what_we_format_is_read_back(local, offset):
    value = local.replace(tzinfo=offset)
    for text in (value.isoformat(), value.strftime("%a, %d %b %Y %H:%M:%S %z"), value.strftime("%d %B %y %H:%M:%S %z")):
        assert parse(text, SHANGHAI) == value


@given(INSTANTS)
def test_local_forms_are_read_back(local):
    value = local.replace(tzinfo=SHANGHAI).astimezone(UTC)
    for form in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日 %H:%M:%S", "%Y%m%d%H%M%S"):
        assert parse(local.strftime(form), SHANGHAI) == value


@given(INSTANTS)
def test_chinese_numerals_are_read_back(local):
    year = "".join(NUMERALS[int(digit)] for digit in f"{local:%Y}")
    day = f"{year}年{counted(local.month)}月{counted(local.day)}日"
    text = f"{day}{counted(local.hour)}时{counted(local.minute)}分{counted(local.second)}秒"
    assert parse(text, SHANGHAI) == local.replace(tzinfo=SHANGHAI).astimezone(UTC)


def test_clamp_leaves_only_what_can_be_true():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert clamp(INSTANT, now) == INSTANT
    assert clamp(now + timedelta(seconds=1), now) == now
    assert clamp(datetime(1970, 1, 1, tzinfo=UTC), now) is None
    assert clamp(datetime(1990, 1, 1, tzinfo=UTC), now) == datetime(1990, 1, 1, tzinfo=UTC)
    assert clamp(None, now) is None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-02-13 19:47:22 北京时间", datetime(2025, 2, 13, 11, 47, 22, tzinfo=UTC)),
        ("北京时间：2025年2月13日 晚8点半", datetime(2025, 2, 13, 12, 30, tzinfo=UTC)),
        ("2025年2月13日 下午3:20（台北標準時間）", datetime(2025, 2, 13, 7, 20, tzinfo=UTC)),
        ("东京时间2025年2月13日9时", datetime(2025, 2, 13, tzinfo=UTC)),
        ("香港時間2025年2月13日", datetime(2025, 2, 12, 16, tzinfo=UTC)),
        ("2025-02-13 19:47:22+0900 北京时间", None),
    ],
)
def test_the_time_of_a_place_is_that_places(text: str, instant: datetime | None) -> None:
    """Whatever the source's zone; what contradicts it is unknown."""
    assert parse(text, ZoneInfo("Europe/Berlin")) == instant
