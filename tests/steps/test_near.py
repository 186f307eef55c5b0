"""The rule for copies, clause by clause, on texts of our own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zlib import crc32

import pytest

from aggregator.model import MOST_NUMBERS, Record, Sketch, Verdict
from aggregator.steps import near
from aggregator.steps.copies.sketch import sketch

NOW = datetime(2025, 3, 3, 8, tzinfo=UTC)
LEAD = "青石桥的旧书集市在上周六重新开张，面包师和修钟匠一早就赶到现场，排队的人从巷口一直站到了河边的茶馆门口。"
MIDDLE = "集市原先办在老钟楼下面，屋顶漏雨以后停了两年，街坊们轮流把书搬到自家阁楼里，才没有让那些旧杂志烂在水里。"
END = "组织者说，往后每个月的最后一个周末都会开门，谁家有不看的书都可以拿来换，换不走的就送给渡口的小学。"
OTHER = "南湾渡口的老船坞昨天挂上新招牌，三位木匠花了半个冬天把龙骨翻修一遍，准备在清明以后重新载客过江。"


def known(title: str, body: str, source: str = "a", **fields: object) -> tuple[Record, Sketch]:
    record = Record(
        key=f"{crc32((title + body + source).encode()):016x}", source=source, path="", title=title, link="", url="",
        entry_id="", published=NOW, updated=NOW, first_seen=NOW,
    )  # fmt: skip
    return replace(record, **fields), sketch(title, body)  # type: ignore[arg-type]


def judge(one: tuple[Record, Sketch], other: tuple[Record, Sketch]) -> Verdict:
    found = near.verdict(one, other)
    assert near.verdict(other, one) == found, "the order of the two must not matter"
    assert near.promising(one[1], other[1]) or not found.near
    return found


def test_the_same_text_under_another_title_is_a_copy() -> None:
    """Score, evidence and no failed clause."""
    found = judge(known("集市开张", LEAD + MIDDLE), known("旧书又回来了", LEAD + MIDDLE, "b"))
    assert (found.near, found.score, found.failed) == (True, 1.0, "")
    assert "shingles shared" in found.evidence


def test_another_text_is_none() -> None:
    """Too little in common."""
    assert judge(known("集市", LEAD + MIDDLE), known("船坞", OTHER + END, "b")).failed == "text"


def test_few_places_prove_nothing() -> None:
    """A flash of ten characters that stands in another text."""
    assert judge(known("一", LEAD[:5]), known("二", LEAD, "b")).failed == "text"


def test_numbers_part_templates() -> None:
    """The same words, other figures."""
    words = (
        MIDDLE + "今日集市豆腐均价为每板{}元，茶叶每斤{}元，鲜鱼到港{}筐，摊位共{}个，以实际成交为准，仅供街坊参考。"
    )
    one, other = (words.format(*numbers) for numbers in ((12, 34, 56, 78), (13, 35, 57, 79)))
    assert judge(known("行情", one), known("行情", other, "b")).failed == "numbers"


def test_a_correction_that_says_so_may_change_a_number() -> None:
    """One of five, under the same title with the word for it."""
    words = LEAD + "摊位共{}个，旧书{}册，志愿者{}人，茶水{}壶，收入{}元。" + MIDDLE
    one, other = words.format(21, 350, 14, 60, 905), words.format(21, 350, 15, 60, 905)
    assert judge(known("集市重新开张", one), known("更正：集市重新开张", other, "b")).near
    assert judge(known("集市重新开张", one), known("集市重新开张", other, "b")).failed == "numbers"


@pytest.mark.parametrize("numbers", [(21,), (21, 350), (21, 350, 14)])
def test_a_correction_may_change_one_number_however_few_there_are(numbers: tuple[int, ...]) -> None:
    """Of two that both say so neither corrects the other: so do bulletins with times in them."""
    words = LEAD + "，".join(f"第{n}排摆了{{}}摊" for n in "甲乙丙"[: len(numbers)]) + "。" + MIDDLE
    one, other = words.format(*numbers), words.format(29, *numbers[1:])
    assert judge(known("集市重新开张", one), known("更正：集市重新开张", other, "b")).near
    assert judge(known("集市重新开张", one), known("集市重新开张", other, "b")).failed == "numbers"
    assert judge(known("更正：集市重新开张", one), known("更正：集市重新开张", other, "b")).failed == "numbers"


def counted(first: int, last: int) -> str:
    return "".join(f"{name}巷{n}号换出旧书{n * 7}册，" for n in range(first, last) for name in ("桐", "柳"))


def test_of_very_many_numbers_those_are_compared_that_both_sketches_hold() -> None:
    """A sketch holds the least 32: those of a beginning are not the least of the whole."""
    whole, half = LEAD + counted(100, 140), LEAD + counted(100, 125)
    assert len(sketch("", whole).numbers) == MOST_NUMBERS
    verdict = judge(known("集市", whole), known("集市", half, "b"))
    assert verdict.near, verdict
    assert judge(known("集市", whole), known("集市", LEAD + counted(300, 325), "b")).failed
    least = min(range(100, 140), key=lambda n: sketch("", str(n)).numbers)
    template = known("集市", whole.replace(f"{least}号", "999号"), "b")
    assert judge(known("集市", whole), template).failed == "numbers", "also where what came instead is out of sight"


def test_titles_agree_by_words_where_words_are_written() -> None:
    """Letters that occur in any title say nothing: a digest that begins with an article has a title of its own."""
    body = "The old book fair at Stone Bridge opened again on Saturday, and bakers queued along the river for it. " * 3
    more = "".join(f"Another thing was said on day {name} of trees and boats and bread. " for name in "abcdefghijkl")
    article = known("The clock tower drew visitors from across the valley", body)
    assert judge(article, known("This week in the valley", body + more, "b")).failed == "length"
    assert judge(article, known("Clock tower drew visitors", body + more, "b")).near


def test_a_long_text_is_known_by_its_beginning_and_in_another_order() -> None:
    """Numbers beyond do not count; of longer texts fewer shingles are kept, and those of both are compared."""
    days = [f"第{n}天，{MIDDLE.replace('旧杂志', f'第{n}箱旧书')}\n\n" for n in range(100, 140)]
    whole = LEAD + "".join(days)
    for other in ("（本报讯）" + whole, whole[:1700], "（本报讯）" + whole[:1100], LEAD + "".join(reversed(days))):
        assert judge(known("集市", whole), known("集市", other, "b")).near


WIRE = "小城社3月3日电，{}辞去职务，接任的人选另行通知，敬请街坊们留意公告栏。"
NOTE = "(Valley Wire) - {} names a new head, a note on the door said on Friday."
CALM = "今日{}一带整体平静，往来较为顺畅，往后几天仍需留意天气和路况，请关注公告，合理安排，看好老人孩子。"


@pytest.mark.parametrize(
    ("title", "mould", "one", "other"),
    [
        ("{}辞职", WIRE, "青石书局局长", "南湾船坞坞主"),
        ("{} names a new head", NOTE, "Westmere Rail", "Larkfield Bank"),
        ("今日{}行情", CALM, "茶市", "渡口"),
    ],
)
def test_short_texts_that_differ_in_a_name_are_no_copies(title: str, mould: str, one: str, other: str) -> None:
    """Flashes and templates, whose titles differ in it, too; the very text is a copy under any title."""
    first = known(title.format(one), mould.format(one))
    assert judge(first, known(title.format(other), mould.format(other), "b")).failed == "text"
    assert judge(first, known("Another title 别的标题", mould.format(one), "b")).near


def test_boilerplate_makes_no_copies() -> None:
    """Though most of both texts is the same."""
    footer = MIDDLE + END
    assert judge(known("集市", LEAD[:40] + footer), known("渡口", OTHER[:40] + footer, "b")).failed == "text"


def test_numbers_may_go_with_a_passage() -> None:
    """Under the same title; without, or where little but the number is missing, they may not."""
    counted = "第三天的{}街上，街坊们把旧书一箱一箱搬到河边，数了又数，最后说是一共{}箱。"
    start = LEAD + LEAD.replace("书", "画") + MIDDLE + END + OTHER
    whole = known("集市开张", start + counted.format("桐", 37) + counted.format("柳", 52))
    wire = (
        "本报从街坊处了解到，集市的事有了下文，以下是各方面汇总来的情况，供读者参考，更多消息请看明日的报纸。" * 2
        + start
    )
    assert judge(whole, known("集市开张！", wire, "b")).near
    assert judge(whole, known("渡口近况", wire, "b")).failed == "numbers"


def test_a_digest_is_no_copy_of_what_it_holds() -> None:
    """Whether it begins with the item or not."""
    for digest in (LEAD + OTHER + END + MIDDLE, OTHER + LEAD + END + MIDDLE):
        assert judge(known("集市重新开张", LEAD), known("一周要闻", digest, "b")).failed == "length"


@pytest.mark.parametrize("title", ["集市重新开张", "集市重新开张_小城日报"])
def test_an_excerpt_under_its_title_is_a_copy(title: str) -> None:
    """It begins alike."""
    found = judge(known("集市重新开张", LEAD), known(title, LEAD + MIDDLE + END + OTHER, "b"))
    assert found.near
    assert found.part


def test_serial_titles_with_other_numbers_are_no_copies_unless_every_number_agrees() -> None:
    """Within a source never; across sources only if the texts have numbers, and the same ones."""
    one, other = known("小城早报 3月1日", LEAD + MIDDLE), known("小城早报 3月2日", LEAD + MIDDLE)
    assert judge(one, other).failed == "titles"
    assert judge(one, (replace(other[0], source="b"), other[1])).failed == "titles"
    counted = f"{LEAD}一共换出旧书350册。{MIDDLE}"
    assert judge(known("小城早报 3月1日", counted), known("小城早报 3月2日", counted, "b")).near
    assert judge(
        known("小城早报 3月1日", LEAD + MIDDLE + "3月1日"), known("小城早报 3月2日", LEAD + MIDDLE + "3月2日", "b")
    ).failed
    assert judge(known("Quarry 2.4.1 released", counted), known("Quarry 2.4.2 released", counted)).failed == "titles"


def test_within_one_source_titles_must_agree() -> None:
    """A source's own boilerplate makes its items look alike."""
    assert judge(known("集市重新开张", LEAD + MIDDLE), known("渡口告示", LEAD + MIDDLE)).failed == "titles"
    assert judge(known("集市重新开张", LEAD + MIDDLE), known("集市重新开张了", LEAD + MIDDLE)).near


def test_a_month_parts_texts() -> None:
    """What comes back every year is no copy."""
    later = known("集市开张", LEAD + MIDDLE, "b", published=NOW + timedelta(days=40))
    assert judge(known("集市开张", LEAD + MIDDLE), later).failed == "time"


def test_empty_texts_are_never_copies() -> None:
    """No text, no title, no sketch."""
    assert not judge(known("", ""), known("", "", "b")).near
    assert judge(known("集市", LEAD), known("", "", "b")).score == 0


def test_places_of_a_copy_meet() -> None:
    """By a shingle or by the beginning."""
    one, other = sketch("", LEAD + MIDDLE + END), sketch("", "本报讯。" + LEAD + MIDDLE)
    assert set(near.places(one)) & set(near.places(other))
    assert len(near.places(one)) < len(one.hashes)
