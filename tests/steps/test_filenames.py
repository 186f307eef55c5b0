"""Names of files that are not UTF-8 are known, and can be shown."""

from __future__ import annotations

import os

import pytest

from aggregator.steps.filenames import is_utf8, shown, strange_part

GBK = os.fsdecode("新闻".encode("gbk"))


@pytest.mark.parametrize("name", ["", "a.md", "新闻/一.md", "é"])
def test_names_in_utf8_stay_as_they_are(name: str) -> None:
    assert is_utf8(name)
    assert shown(name) == name
    assert strange_part(name) == name


def test_other_names_can_be_printed_and_cut_at_the_part_that_is_wrong() -> None:
    path = f"新闻/{GBK}/一.md"
    assert not is_utf8(path)
    assert shown(path).encode().startswith("新闻/\ufffd".encode())
    assert strange_part(path) == f"新闻/{GBK}"
