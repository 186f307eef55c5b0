"""Labels of encodings: the standard's table, what is seen beside it, and nothing else."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webencodings.labels import LABELS

from aggregator.steps.bodies import labels

UNREAD = {"replacement", "x-user-defined", "utf-16le", "utf-16be"}
SEEN = {
    "tis-620": "cp874",
    "dos-874": "cp874",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-8-e": "iso8859_8",
    "win-1251": "cp1251",
    "win1251": "cp1251",
    "windows1251": "cp1251",
    "x-cp1251": "cp1251",
    "x-cp1250": "cp1250",
    "cp-1251": "cp1251",
    "cn-big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "big5-eten": "big5hkscs",
    "ks_c_5601-1989": "cp949",
    "cseuckr": "cp949",
    "ms949": "cp949",
    "koi8-ru": "koi8_u",
    "unicode-1-1-utf-8": "utf_8",
    "utf8mb4": "utf_8",
    "GB2312-80": "gb18030",
    "gb_18030": "gb18030",
    "x-mac-cyrillic": "mac_cyrillic",
    "iso8859_2": "iso8859_2",
    "ISO_8859-15": "iso8859_15",
    "iso-8859-1": "cp1252",
    "iso-8859-9": "cp1254",
    "ibm866": "cp866",
    "hz-gb-2312": "hz",
    "iso-2022-kr": "iso2022_kr",
    " 'Shift_JIS' ": "cp932",
}


def test_every_label_of_the_standard_is_known_by_a_codec_that_exists():
    for label, name in LABELS.items():
        found = labels.codec(label)
        assert bool(found) is (name not in UNREAD) or label in {"hz-gb-2312", "iso-2022-kr", "csiso2022kr"}, label
        assert not found or codecs.lookup(found).name, label


@pytest.mark.parametrize(("label", "codec"), SEEN.items())
def test_labels_that_are_seen_mean_what_their_users_write(label, codec):
    assert labels.codec(label) == codec
    assert labels.codec(label.upper()) == codec


@pytest.mark.parametrize("label", ["", "utf-7", "rot13", "idna", "utf-16", "utf-32", "iso-8859-12", "iso-8859-99", "?"])
def test_other_labels_mean_nothing(label):
    assert labels.codec(label) == ""


@given(st.text(max_size=80))
def test_a_label_gives_a_codec_of_the_list_or_none(label):
    found = labels.codec(label)
    assert found == "" or found in set(labels._CODECS.values()) | set(labels._SEEN.values())
