"""Documents in two encodings: each piece is read as what it is, and nothing becomes Western garbage."""

from __future__ import annotations

import pytest

from aggregator.steps.bodies import mixed
from aggregator.steps.bodies.decode import decode

CHINESE = "港口今天重新开放，渡轮恢复通行，市场反应积极"
JAPANESE = "港が再び開きました。フェリーも動きます"
KOREAN = "산속의 작은 도서관이 마침내 문을 열었다"
RUSSIAN = "Маленькая библиотека в горах наконец открылась"


def feed(strange: int, codec: str, text: str, *, of: int = 20) -> bytes:
    """A feed in UTF-8 of which some entries are not."""
    items = [f"<item><title>{n} {text}</title></item>" for n in range(of)]
    return b"<rss>" + b"".join(item.encode(codec if n < strange else "utf-8") for n, item in enumerate(items))


@pytest.mark.parametrize("label", ["utf-8", "", "iso-8859-1"])
@pytest.mark.parametrize("strange", [1, 2, 8, 15])
@pytest.mark.parametrize(
    ("codec", "text"),
    [("gbk", CHINESE), ("shift_jis", JAPANESE), ("euc-kr", KOREAN), ("windows-1251", RUSSIAN)],
)
def test_entries_in_another_script_are_read_in_theirs(codec, text, strange, label):
    assert decode(feed(strange, codec, text), label) == feed(0, codec, text).decode()


@pytest.mark.parametrize("label", ["utf-8", ""])
def test_western_entries_keep_replacement_characters(label):
    body = feed(0, "utf-8", CHINESE) + "<item>été à la plage, où çà</item>".encode("latin-1")
    assert (
        decode(body, label)
        == feed(0, "utf-8", CHINESE).decode() + "<item>\ufffdt\ufffd \ufffd la plage, o\ufffd \ufffd\ufffd</item>"
    )


def test_a_damaged_piece_keeps_what_is_right_of_it():
    parts = ["市场反应积极", "专家", "表示谨慎"] * 6
    body = b"<p>" + b"".join(part.encode("gbk" if part == "专家" else "utf-8") for part in parts) + b"</p>"
    found = decode(body, "utf-8")
    assert found.count("市场反应积极") == found.count("表示谨慎") == 6
    assert "\ufffd" in found


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("gbk", CHINESE),
        ("shift_jis", JAPANESE),
        ("euc-jp", JAPANESE),
        ("euc-kr", KOREAN),
        ("windows-1251", RUSSIAN),
        ("koi8-r", RUSSIAN),
        ("cp866", RUSSIAN),
        ("iso8859-5", RUSSIAN),
    ],
)
def test_documents_in_one_encoding_are_not_mixed(codec, text):
    assert mixed.read(feed(20, codec, text)) is None
