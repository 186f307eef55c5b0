"""What is no JSON is told in our words, with line and column; none of Python's reach people."""

from __future__ import annotations

import json

import pytest

from aggregator.steps.bodies import notjson


def failure(text: str) -> ValueError | RecursionError:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return error
    raise AssertionError(f"{text[:80]} is JSON")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a value is expected at line 1, column 1"),
        ("[1,\n  nope]", "a value is expected at line 2, column 3"),
        ("{'a': 1}", "a name in double quotes is expected at line 1, column 2"),
        ('{"a" 1}', "a colon is expected at line 1, column 6"),
        ("[1 2]", "a comma or the end is expected at line 1, column 4"),
        ('["abc', "a text without end begins at line 1, column 2"),
        ('["a\tb"]', "a control character stands in a text at line 1, column 4"),
        (r'["\x"]', "a backslash begins no escape at line 1, column 3"),
        (r'["\u12"]', "a backslash begins no escape at line 1, column 4"),
        ("{} {}", "something stands behind the end at line 1, column 4"),
        ("9" * 5000, "a number has thousands of digits"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_every_reason_has_words_of_ours(text: str, why: str) -> None:
    assert notjson.why(failure(text)) == why


def test_the_line_is_known_or_zero() -> None:
    assert notjson.line_of(failure("[1,\n  nope]")) == 2
    assert notjson.line_of(failure("9" * 5000)) == 0


def test_a_reason_that_is_new_has_its_place_all_the_same() -> None:
    assert notjson.why(json.JSONDecodeError("Some new words", "a\nb", 2)) == "it cannot be read at line 2, column 1"


WHOLE = r'{"a": [-12.5e+3, true, null, "a\\\u5bcc\"b"], "富": {"b": [1, [2, {}]]}}'


def test_a_text_that_is_cut_anywhere_ends_early():
    assert json.loads(WHOLE)
    assert all(notjson.ends_early(failure(WHOLE[:end])) for end in range(1, len(WHOLE)))


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1,}',
        '{"a": 1} x',
        '{"a" 1}',
        "{a: 1}",
        r'{"a": "\x"}',
        "[1 2]",
        "[tru]",
        r'["\u12zz"]',
        '{"a": 1]',
        "[" * 9**6,
    ],
    ids=lambda text: text[:9],
)
def test_a_text_that_is_wrong_does_not(text):
    assert not notjson.ends_early(failure(text))
