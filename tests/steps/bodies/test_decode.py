"""Bytes to text: what every order of lies in labels comes out as."""

from __future__ import annotations

import codecs
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps.bodies.decode import decode, read, utf8

CHINESE = "<rss><title>港口今天重新开放，渡轮恢复通行。市场反应积极，专家表示谨慎</title></rss>"
TRADITIONAL = "<rss><title>港口今天重新開放，渡輪恢復通行</title></rss>"
JAPANESE = "<rss><title>港が再び開きました。フェリーも動きます</title></rss>"
KOREAN = "<rss><title>항구가 다시 열렸습니다</title></rss>"
RUSSIAN = "<rss><title>Порт снова открыт, паром ходит</title></rss>"
FRENCH = "<rss><title>Le café du port est rouvert à l'été</title></rss>"


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        (CHINESE, "gbk", "gb2312"),
        (CHINESE, "gb18030", "GBK"),
        (CHINESE, "gbk", "utf-8"),
        (CHINESE, "gbk", "iso-8859-1"),
        (CHINESE, "gbk", ""),
        (CHINESE, "utf-8", "iso-8859-1"),
        (CHINESE, "utf-8", "gbk"),
        (CHINESE, "utf-16", ""),
        (CHINESE, "utf-16-le", ""),
        (CHINESE, "utf-16-be", "utf-8"),
        (CHINESE, "utf-32", ""),
        (CHINESE, "utf-32-le", ""),
        (CHINESE, "utf-32-be", ""),
        (CHINESE, "utf-8-sig", "gbk"),
        (TRADITIONAL, "big5", "Big5"),
        (TRADITIONAL, "big5hkscs", "big5-hkscs"),
        (JAPANESE, "cp932", "Shift_JIS"),
        (JAPANESE, "euc-jp", "EUC-JP"),
        (JAPANESE, "iso-2022-jp", "ISO-2022-JP"),
        (KOREAN, "cp949", "EUC-KR"),
        (RUSSIAN, "cp1251", "windows-1251"),
        (RUSSIAN, "koi8-r", "KOI8-R"),
        (RUSSIAN, "utf-8", "windows-1251"),
        (FRENCH, "cp1252", "iso-8859-1"),
        (FRENCH, "cp1252", ""),
        (FRENCH, "latin-1", "utf-8"),
        (FRENCH, "iso8859-15", "iso-8859-15"),
        ("𠮷 㐂 喆", "gb18030", "gb2312"),
    ],
)
def test_text_comes_out_right_whatever_the_label(text, codec, label):
    assert decode(text.encode(codec), label) == text


@pytest.mark.parametrize("codec", ["gbk", "big5", "shift_jis", "euc-kr", "windows-1251", "utf-8"])
def test_the_xml_declaration_is_believed_where_it_decodes(codec):
    text = {"gbk": CHINESE, "big5": TRADITIONAL, "shift_jis": JAPANESE, "euc-kr": KOREAN}.get(codec, RUSSIAN)
    document = f"<?xml version='1.0' encoding='{codec}'?>{text}"
    assert decode(document.encode(codec)) == document
    assert utf8(document.encode(codec)) == f"<?xml version='1.0'?>{text}".encode()


MANY = {
    "gb2312": f"{CHINESE}三个孩子在桥上等船，谁也不说话。",
    "gbk": f"{CHINESE}他把灯放在窗前，路上的人都看得见。",
    "gb18030": f"{CHINESE}春天来得晚，山上还有雪。",
    "big5": f"{TRADITIONAL}三個孩子在橋上等船，誰也不說話。",
    "shift_jis": f"{JAPANESE}三人の子供が橋の上で船を待っている。",
    "euc-jp": f"{JAPANESE}春が遅く、山にはまだ雪がある。",
    "euc-kr": f"{KOREAN} 세 아이가 다리 위에서 배를 기다린다.",
    "windows-1251": f"{RUSSIAN} Трое детей ждут лодку на мосту.",
    "koi8-r": f"{RUSSIAN} Весна пришла поздно, в горах ещё снег.",
}


@pytest.mark.parametrize("wrong", ["", "utf-8", "iso-8859-1", "windows-1252", "gb2312", "us-ascii", "nonsense"])
@pytest.mark.parametrize("codec", MANY)
def test_a_label_that_lies_is_seen_through(codec, wrong):
    """In the header, in the XML declaration or in both; single-byte encodings read as anything but never as GB."""
    body = MANY[codec].encode(codec)
    declared = f"<?xml version='1.0' encoding='{wrong}'?>".encode()
    assert decode(body, wrong) == MANY[codec]
    assert decode(declared + body).endswith(MANY[codec])
    assert decode(declared + body, wrong).endswith(MANY[codec])


@pytest.mark.parametrize("other", MANY)
@pytest.mark.parametrize("codec", MANY)
def test_a_right_label_is_believed_whatever_the_other_says(codec, other):
    if codec == other or {codec, other} <= {"koi8-r", "windows-1251"}:  # each reads as the other: the first is believed
        return
    body = f"<?xml version='1.0' encoding='{codec}'?>{MANY[codec]}".encode(codec)
    if codec not in ("koi8-r", "windows-1251") and other not in ("koi8-r", "windows-1251"):
        assert decode(body, other).endswith(MANY[codec])
    assert decode(body, codec).endswith(MANY[codec])


@pytest.mark.parametrize(
    "text", ["Zażółć gęślą jaźń", "Grüße aus dem Süden", "Türkçe haberler, güneşli", "Νέα από το λιμάνι"]
)
@pytest.mark.parametrize("codec", ["cp1250", "cp1252", "cp1253", "cp1254"])
def test_western_labels_are_believed(codec, text):
    """The eye tells East Asian and Cyrillic texts only."""
    try:
        body = f"<rss><title>{text}</title><description>{text * 5}</description></rss>".encode(codec)
    except UnicodeEncodeError:
        return
    assert decode(body, codec) == body.decode(codec)


@pytest.mark.parametrize("codec", [name for name in MANY if name not in ("windows-1251", "koi8-r")])
def test_one_bad_byte_under_its_label_costs_a_character_or_two(codec):
    text = MANY[codec] * 5
    body = bytearray(text.encode(codec))
    body[body.index(b"</title>") - 2] = 0xFF
    found = decode(bytes(body), codec)
    assert found != text
    assert found[-len(text) + 60 :] == text[60:]
    assert found[: text.index("</title>") - 2] == text[: text.index("</title>") - 2]


def test_the_transports_label_comes_before_the_declaration():
    assert decode(f"<?xml version='1.0' encoding='koi8-r'?>{RUSSIAN}".encode("cp1251"), "cp1251").endswith(RUSSIAN)


def test_one_bad_byte_costs_one_character():
    body = CHINESE.encode().replace("渡".encode(), b"\xff")
    assert decode(body, "utf-8") == CHINESE.replace("渡", "\ufffd")
    assert decode(body) == CHINESE.replace("渡", "\ufffd")
    assert decode(b"<a>o\xffk</a>", "utf-8") == "<a>o\ufffdk</a>"


def test_a_text_cut_inside_a_character_keeps_the_rest():
    assert (
        decode(CHINESE.encode()[: CHINESE.encode().index("谨".encode()) + 2])
        == CHINESE[: CHINESE.index("谨")] + "\ufffd"
    )


def test_damage_at_random_places_leaves_999_in_1000_characters():
    rng = random.Random(7)
    text = CHINESE * 40
    body = text.encode()
    for _ in range(50):
        place = rng.randrange(len(body))
        damaged = body[:place] + bytes([rng.randrange(128, 256)]) + body[place + 1 :]
        kept = sum(1 for char in decode(damaged, "utf-8") if char != "\ufffd")
        assert kept >= len(text) - 3


def test_damaged_gb_under_its_label_keeps_the_rest():
    body = CHINESE.encode("gbk").replace("渡".encode("gbk"), b"\xff")
    assert decode(body, "gb2312").count("\ufffd") == 1


def test_damaged_text_under_another_label_keeps_the_rest():
    body = RUSSIAN.encode("cp949").replace("П".encode("cp949"), b"\xff")
    assert decode(body, "euc-kr").endswith("орт снова открыт, паром ходит</title></rss>")


def test_two_byte_sequences_under_a_chinese_label_are_chinese():
    assert decode("联通".encode("gbk"), "gbk") == "联通"
    assert decode("é".encode(), "utf-8") == "é"
    assert decode("é".encode(), "windows-1251") == "é"


def test_surrogates_that_were_encoded_one_by_one_are_joined_or_replaced():
    assert decode(b"a\xed\xa0\xbd\xed\xb8\x80b", "utf-8") == "a😀b"
    assert decode(b"a\xed\xa0\x80b\xed\xbf\xbfc\xed\xa0\x80\xed\xa0\x80", "utf-8") == "a\ufffdb\ufffdc\ufffd\ufffd"


def test_bytes_of_no_encoding_become_some_text():
    assert decode(b"\x81\xff\x8d caf\xe9") == "\x81ÿ\x8d café"
    assert decode(b"") == ""
    assert decode(b"\xff\xfe") == ""


def test_smart_quotes_of_windows_survive_a_false_utf8_label():
    assert decode(b"\x93one\x94, \x93two\x94", "utf-8") == "“one”, “two”"


@pytest.mark.parametrize(
    "label",
    [
        "idna",
        "punycode",
        "undefined",
        "utf-7",
        "unicode_escape",
        "raw_unicode_escape",
        "rot13",
        "zlib",
        "base64",
        "mbcs",
    ],
)
def test_codecs_that_are_no_encodings_of_feeds_are_never_used(label):
    assert decode(b"a+AGE-\\u0041 \xc3\xa9", label) == "a+AGE-\\u0041 é"
    assert decode(b"\xe9t\xe9 \\u0041 +AGE-", label) == "été \\u0041 +AGE-"


@pytest.mark.parametrize("label", ["", "x" * 100_000, "\x00", "../../x", "utf-8; x", "名", "os.path"])
def test_labels_of_any_kind_are_harmless(label):
    assert decode(CHINESE.encode("gbk"), label) == CHINESE


def test_marks_are_removed_once_and_again():
    assert decode(codecs.BOM_UTF8 * 2 + b"a") == "a"
    assert decode("\ufeff\ufeffa".encode("utf-16-le")) == "a"


def test_utf8_keeps_the_rest_of_the_declaration():
    body = b'<?xml version="1.0" encoding="gb2312" standalone="yes"?><a>\xb0\xa2\xb0\xcd</a>'
    assert utf8(body) == '<?xml version="1.0" standalone="yes"?><a>阿巴</a>'.encode()


def test_utf8_returns_ascii_without_encoding_as_it_is():
    body = b"<rss/>"
    assert utf8(body) is body


@given(st.binary(max_size=300), st.text(max_size=20))
def test_decoding_never_raises_and_gives_encodable_text(body, label):
    decode(body, label).encode()
    utf8(body, label).decode()


@given(st.text(st.characters(blacklist_categories=["Cs"]), min_size=1))
def test_utf8_text_with_a_mark_comes_back(text):
    assert decode(codecs.BOM_UTF8 + b"<" + text.encode()) == "<" + text or "\x00" in text[:3]


@pytest.mark.parametrize("label", ["own", "", "utf-8", "iso-8859-1", "koi8-r"])
@pytest.mark.parametrize("codec", [name for name in MANY if name not in ("windows-1251", "koi8-r")])
def test_a_damaged_byte_never_changes_what_a_document_is_taken_for(codec, label):
    """Ten places, each of ten bytes: whatever the label, all other sentences stay what they were."""
    rng = random.Random(11)
    sentences = [f"<p>{n} {MANY[codec]}</p>" for n in range(6)]
    body = "".join(sentences).encode(codec)
    places = [place for place in range(len(body)) if body[place] > 127]
    for place in rng.sample(places, 10):
        damaged = body[:place] + bytes([rng.choice((0x80, 0xFE, 0xFF, rng.randrange(128, 256)))]) + body[place + 1 :]
        found = decode(damaged, codec if label == "own" else label)
        assert sum(sentence in found for sentence in sentences) >= 5


PAGES = {
    "cp1253": "Το λιμάνι άνοιξε ξανά και το πλοίο ταξιδεύει κάθε πρωί",
    "iso8859-7": "Το λιμάνι άνοιξε ξανά και το πλοίο ταξιδεύει κάθε πρωί",
    "cp1255": "הנמל נפתח מחדש והמעבורת שטה בכל בוקר",
    "cp1256": "أعيد فتح الميناء والعبارة تبحر كل صباح",
    "iso8859-6": "أعيد فتح الميناء والعبارة تبحر كل صباح",
    "cp874": "ท่าเรือเปิดอีกครั้งและเรือข้ามฟากออกทุกเช้า",
    "iso8859-5": "Порт снова открыт, и паром ходит каждое утро",
    "cp866": "Порт снова открыт, и паром ходит каждое утро",
    "cp1250": "Przystań znów otwarta, prom pływa każdego ranka, a ludzie się cieszą",
    "iso8859-2": "Přístav je znovu otevřen a přívoz jezdí každé ráno, lidé se těší",
    "cp1254": "Liman yeniden açıldı, vapur her sabah çalışıyor, insanlar sevinçli",
    "cp1257": "Uostas vėl atidarytas, keltas plaukia kiekvieną rytą, žmonės džiaugiasi",
}


@pytest.mark.parametrize("label", ["", "utf-8", "iso-8859-1"])
@pytest.mark.parametrize("codec", PAGES)
def test_code_pages_are_known_by_their_characters(codec, label):
    text = f"<p>{PAGES[codec]}</p>" * 3
    assert decode(text.encode(codec), label) == text


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("tis-620", "cp874", PAGES["cp874"]),
        ("iso-8859-8-i", "iso8859-8", PAGES["cp1255"]),
        ("x-mac-cyrillic", "mac-cyrillic", RUSSIAN),
        ("windows1251", "cp1251", RUSSIAN),
        ("cn-big5", "big5", TRADITIONAL),
        ("ks_c_5601-1989", "cp949", KOREAN),
        ("iso-8859-3", "iso8859-3", "Ħafna nies ġew fil-port, u ż-żgħażagħ ferħu ħafna"),
        ("windows-1258", "cp1258", "Cang đa mơ, pha chay môi sang, ngươi dân vui mưng"),
    ],
)
def test_rare_labels_are_believed(label, codec, text):
    text = text.encode(codec, "ignore").decode(codec)
    assert decode(text.encode(codec), label) == text
    assert decode(f"<?xml version='1.0' encoding='{label}'?>{text}".encode(codec)).endswith(text)


@pytest.mark.parametrize("label", ["", "utf-8", "iso-8859-1"])
def test_japanese_in_seven_bits_is_known_by_its_escapes(label):
    assert decode(JAPANESE.encode("iso-2022-jp"), label) == JAPANESE
    assert decode(b"colours: \x1b[31mred\x1b[0m \x1b$ 5", label) == "colours: \x1b[31mred\x1b[0m \x1b$ 5"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_damaged_byte_at_the_beginning_does_not_hide_utf16(codec):
    body = f"<?xml version='1.0'?>{CHINESE}".encode(codec)
    for place in range(8):
        assert decode(body[:place] + b"\x81" + body[place + 1 :]).endswith(CHINESE)


def test_a_label_yields_to_characters_of_another_script():
    assert decode((RUSSIAN * 3).encode("koi8-r"), "windows-1251") == RUSSIAN * 3
    assert decode((CHINESE * 3).encode("gbk"), "windows-1251") == CHINESE * 3


def test_what_is_damaged_or_guessed_is_told_and_nothing_else():
    assert read(CHINESE.encode("gbk"), "gbk").doubt == ""
    assert read(f"{CHINESE}{CHINESE}".encode("gbk")).doubt == ""
    assert read(FRENCH.encode("latin-1"), "iso-8859-1").doubt == ""
    assert "it was read as cp1252" in read(b"caf\xe9").doubt
    assert read(CHINESE.encode().replace("渡".encode(), b"\xff")).doubt.endswith("U+FFFD: 1")
    assert read((CHINESE * 3).encode("gbk").replace("渡".encode("gbk"), b"\xff")).doubt.endswith("U+FFFD: 3")
    assert [problem.where for problem in read(b"caf\xe9").problems("feed")] == ["feed"]
    assert read(b"plain").problems("feed") == ()


def test_few_sequences_that_are_utf8_by_chance_do_not_beat_a_label():
    for word in ("球队", "联通", "罢工"):
        assert decode(word.encode("gbk"), "gb2312") == word


@pytest.mark.parametrize("times", [1, 2, 5, 20])
@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1252", ""])
@pytest.mark.parametrize(
    "phrase",
    ["sunny, 20 °C", "poster 40 × 60 cm", "face à face", "sarà così", "è vero", "Perú", "Això és tot", "“said”", "½ l"],
)
def test_accents_and_signs_in_latin_text_are_no_other_script(phrase, label, times):
    """However few they are, and however often they come: letters of another script come in words."""
    body = f"<rss><title>News of the day</title>{f'<title>{phrase}</title>' * times}</rss>".encode("cp1252")
    assert f"<title>{phrase}</title>" in decode(body, label)


@pytest.mark.parametrize("codec", ["cp1251", "koi8_r", "cp1253", "cp1255"])
def test_words_of_another_script_are_read_though_the_label_is_western(codec):
    """Servers say ISO-8859-1 of whatever they send."""
    text = {"cp1253": "Ειδήσεις της ημέρας από την πόλη", "cp1255": "חדשות היום מן העיר הגדולה"}.get(
        codec, "Новости сегодняшнего дня из города"
    )
    body = f"<rss>{f'<title>{text}</title>' * 3}</rss>".encode(codec)
    assert text in decode(body, "iso-8859-1")
