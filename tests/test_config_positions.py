"""The places of keys in TOML text."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.positions import line_column, scan

TEXT = '''# [not] a = "table"
title = "x = 1" # y
[site]
title = """a
[b] = 1
""""
a.b."c d" = 1
[[sources]]
url = 'http://x' \x20
headers = { "X-Y" = "1", z = 'a,}', q.r = [] }
tags = [ "a", # ]
  "b,]", '[',
]
[sources.items]
k = 1979-05-27 07:32:00
[[sources]]
"u\\u0072l" = 3
[[sources.sub]]
x = -1.5e3
[[sources.sub]]
x = { y = [ { z = true } ] }
[deep.er]
'''


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("title",), (2, 1)),
        (("site",), (3, 1)),
        (("site", "title"), (4, 1)),
        (("site", "a", "b"), (7, 1)),
        (("site", "a", "b", "c d"), (7, 1)),
        (("sources", 0), (8, 1)),
        (("sources", 0, "headers", "z"), (10, 26)),
        (("sources", 0, "headers", "q", "r"), (10, 37)),
        (("sources", 0, "tags", 1), (12, 3)),
        (("sources", 0, "items", "k"), (15, 1)),
        (("sources", 1, "url"), (17, 1)),
        (("sources", 1, "sub", 1, "x", "y", 0, "z"), (21, 15)),
        (("deep", "er"), (22, 1)),
    ],
)
def test_a_key_is_found_at_its_line_and_column(path, place):
    tomllib.loads(TEXT)
    assert line_column(TEXT, scan(TEXT)[path].key) == place


def test_a_value_is_what_stands_between_its_offsets():
    spans = scan(TEXT)
    values = {path: TEXT[span.value : span.end] for path, span in spans.items()}
    assert values[("title",)] == '"x = 1"'
    assert values[("sources", 0, "items", "k")] == "1979-05-27 07:32:00"
    assert values[("sources", 1, "url")] == "3"
    assert TEXT[spans[("sources", 1)].key : spans[("sources", 1)].end] == '[[sources]]\n"u\\u0072l" = 3'


def test_text_that_is_no_toml_ends_with_an_error():
    with pytest.raises(ValueError, match="tomllib"):
        scan("= 1")


KEYS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\x7f"), max_size=5)
LEAVES = st.one_of(st.integers(-9, 9), st.booleans(), KEYS)
VALUES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3))
)


def written(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k, ensure_ascii=False)} = {written(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[ " + ", ".join(map(written, value)) + " ]"
    return json.dumps(value, ensure_ascii=False)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_every_value_that_tomllib_reads_has_a_place_that_reads_as_the_value(table):
    text = "".join(f"{json.dumps(k, ensure_ascii=False)} = {written(v)}  # c\n" for k, v in table.items())
    assert tomllib.loads(text) == table
    spans = scan(text)
    for key, value in table.items():
        span = spans[(key,)]
        assert tomllib.loads(f"x = {text[span.value : span.end]}") == {"x": value}
