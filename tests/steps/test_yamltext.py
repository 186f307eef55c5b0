"""YAML text: what we write reads back, and no header takes the process down."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from aggregator.errors import EntryError
from aggregator.steps import yamltext


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", '"plain"'),
        ('say "hi" \\ bye', r'"say \"hi\" \\ bye"'),
        ("a\nb\tc\0", r'"a\nb\tc\0"'),
        ("\x85\u2028\u2029\x1b", r'"\N\L\P\e"'),
        ("\x01\x7f\x9f", r'"\x01\x7F\x9F"'),
        ("\ufeff\uffff", r'"\uFEFF\uFFFF"'),
        ("中文 \U0001f600\xa0\u3000", '"中文 \U0001f600\xa0\u3000"'),
        ("\ud800", '"\N{REPLACEMENT CHARACTER}"'),
    ],
)
def test_strings_are_quoted_as_yaml_wants_them(text: str, expected: str) -> None:
    assert yamltext.quoted(text) == expected


@pytest.mark.parametrize(
    "text", ['"', "\\", "\0\a\b\t\n\v\f\r\x1b", "\x85\u2028\u2029", "\x7f\x80\x9f", "a: b # c", "---"]
)
def test_pyyaml_writes_the_same_quoted_text(text: str) -> None:
    written = yaml.dump(text, default_style='"', allow_unicode=True, width=10**6).rstrip("\n")
    assert yamltext.quoted(text) == written


@pytest.mark.parametrize(
    "value",
    [
        True,
        False,
        None,
        0,
        -7,
        1.5,
        1e17,
        -1e-9,
        float("inf"),
        float("-inf"),
        "",
        "yes",
        "2025-01-01",
        (),
        {},
        ("a", 1, True),
        {"k": "v", "n": {"m": (1, 2)}},
        ({"a": "1", "b": (1, ("x", "y"))}, ("p", {"q": {}}), ()),
    ],
)
def test_entries_of_every_shape_read_back(value: object) -> None:
    assert yamltext.read(yamltext.entry("key", value)) == {"key": value}


def test_not_a_number_reads_back() -> None:
    number = yamltext.read(yamltext.entry("key", float("nan")))["key"]
    assert number != number  # noqa: PLR0124


@pytest.mark.parametrize("key", ["yes", "N", "null", "a b", "1", "", "中文", "x:", "- x", "#"])
def test_keys_that_yaml_would_misread_are_quoted(key: str) -> None:
    assert yamltext.read(yamltext.entry(key, "v")) == {key: "v"}


def test_dates_are_quoted_where_they_are_written() -> None:
    assert yamltext.entry("day", date(2025, 1, 2)) == 'day: "2025-01-02"\n'


def test_lists_of_strings_are_indented_by_two_spaces() -> None:
    assert yamltext.strings("tags", ("a", "b")) == 'tags:\n  - "a"\n  - "b"\n'
    assert yamltext.strings("tags", ()) == "tags: []\n"


def test_an_empty_header_is_an_empty_mapping() -> None:
    assert yamltext.read("") == {}
    assert yamltext.read("# only a comment\n") == {}


@pytest.mark.parametrize(
    ("header", "line", "message"),
    [
        ("a: 1\nnull: 2\n", 11, "empty or null"),
        ("a: 1\n: 2\n", 11, "did not find expected key"),
        ("a: 1\nb: 2\na: 3\n", 12, "a stands here twice"),
        ("a: 1\nb: 2025-02-30\n", 11, "unreadable value '2025-02-30'"),
        (f"a: {'9' * 5000}\n", 10, "unreadable value"),
        (f"a: 0x{'f' * 5000}\n", 10, "unreadable value"),
        ("a: !!timestamp x\n", 10, "unreadable value 'x'"),
        ("a: !!bool maybe\n", 10, "unreadable value 'maybe'"),
        ("a: !!int [1]\n", 10, "expected a scalar node"),
        ("a: !!set [1]\n", 10, "expected a mapping node"),
        ("a:\n\tb: 1\n", 11, "cannot start any token"),
        ("a: [1\nb: 2\n", 11, "did not find expected"),
        ("- a\n- b\n", 10, "not a list of keys and values"),
        ("just text\n", 10, "not a list of keys and values"),
        ("a: 1\nb: !!python/object:os.system x\n", 11, "could not determine a constructor"),
        ("? [x]\n: 1\n", 10, "unhashable"),
        ("a: *nobody\n", 10, "undefined alias"),
    ],
)
def test_bad_headers_are_refused_with_their_line(header: str, line: int, message: str) -> None:
    with pytest.raises(EntryError, match=message) as caught:
        yamltext.read(header, 10)
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "header",
    [
        "[" * 65_000,
        "a: " + "[" * 65_000,
        "- " * 32_000,
        "a: " + "{b: " * 16_000,
        "\n".join(" " * depth + "a:" for depth in range(350)),
        "a: " + '["]",' * 12_000,
    ],
)
def test_deep_nesting_is_refused_before_libyaml_composes_it(header: str) -> None:
    with pytest.raises(EntryError, match="nested too deeply"):
        yamltext.read(header)


def test_many_keys_are_not_deep() -> None:
    header = "".join(f"k{number}: [{number}]\n" for number in range(200))
    assert len(yamltext.read(header)) == 200


@pytest.mark.parametrize(
    "header",
    [
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30)),
        "a: &a [*a]\n",
        "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
    ],
)
def test_aliases_may_not_multiply(header: str) -> None:
    with pytest.raises(EntryError, match="front matter"):
        yamltext.read(header)


def test_modest_aliases_and_merge_keys_work() -> None:
    assert yamltext.read("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n") == {"a": {"x": 1}, "b": {"x": 1, "y": 2}}


def test_control_characters_are_refused_with_the_first_line() -> None:
    with pytest.raises(EntryError, match="front matter") as caught:
        yamltext.read("a: \x01\n", 2)
    assert caught.value.line == 2


def test_values_of_other_types_become_plain() -> None:
    found = yamltext.read("s: !!set {x}\nb: !!binary aGk=\nd: 2025-01-02\n1: one\n")
    assert found == {"s": ("x",), "b": "b'hi'", "d": date(2025, 1, 2), "1": "one"}
