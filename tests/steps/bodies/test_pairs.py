"""Damage in encodings of two bytes a character costs a character, not the sentence."""

from __future__ import annotations

import pytest

from aggregator.steps.bodies import pairs

TEXTS = {
    "gb18030": "<p>港口今天重新开放，渡轮恢复通行</p>",
    "cp949": "<p>항구가다시열렸습니다</p>",
    "euc_jp": "<p>港が再び開きました。新しいコケが見つかった</p>",
}


@pytest.mark.parametrize("codec", TEXTS)
def test_a_byte_of_no_character_costs_one_character_wherever_it_stands(codec):
    text = TEXTS[codec]
    body = text.encode(codec)
    for place in range(3, len(body) - 4):
        damaged = body[:place] + b"\xff" + body[place + 1 :]
        which = 3 + (place - 3) // 2
        assert pairs.decode(damaged, codec) == text[:which] + "\ufffd" + text[which + 1 :]


def test_a_body_of_nothing_but_damage_is_read_without_mending():
    body = b"\xff\xb0" * 20_000
    assert pairs.decode(body, "gb18030") == body.decode("gb18030", "replace")


def test_the_way_of_going_on_is_for_reading_only():
    with pytest.raises(UnicodeEncodeError):
        "港".encode("ascii", pairs._HANDLER)


@pytest.mark.parametrize("codec", ["big5hkscs", "cp932", "cp1251", "utf_8"])
def test_other_encodings_are_read_as_python_does(codec):
    body = b"ok \xff\x81 \xa4\xa4 \xc3\xa9 \x98"
    assert pairs.decode(body, codec) == body.decode(codec, "replace")
