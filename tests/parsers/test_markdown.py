"""Markdown files: the exact text, or what is wrong with the file and where."""

from __future__ import annotations

import pytest

from aggregator.errors import ParseError
from aggregator.model import Document
from aggregator.parsers import markdown


def read(body):
    return markdown.parse(Document(name="a.md", body=body, media_type="text/markdown"))


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: T\n---\n\nText\n",
        '---\r\ntitle: "港口"\r\n---\r\n\r\n　　缩进\r\n',
        "---\n---\n",
        "--- \ntitle: x\n---\t\nno blank line, no final newline",
        "---\ntitle: a --- b\nlead: |\n  ---\n---\nText\n---\nmore",
    ],
)
def test_the_text_is_kept_to_the_character(text):
    (entry,) = read(text.encode()).entries
    assert entry.file == text


def test_a_byte_order_mark_is_kept_since_files_are_copied_byte_for_byte():
    assert read(b"\xef\xbb\xbf---\na: b\n---\n").entries[0].file == "\ufeff---\na: b\n---\n"


@pytest.mark.parametrize(
    ("body", "words", "line"),
    [
        (b"", "empty", 0),
        (b"\n \n", "empty", 0),
        (b"# Title\n", "no front matter", 1),
        (b"----\ntitle: T\n----\n", "no front matter", 1),
        (b"\n---\ntitle: T\n---\n", "no front matter", 1),
        (b"---\ntitle: T\n...\nText\n", "no closing line", 1),
        (b"---\n", "no closing line", 1),
        (b"---\ntitle: T\n--- x\n", "no closing line", 1),
        (b"---\nt: T\n---\n\ncaf\xe9\n", "not UTF-8: byte 0xe9", 5),
        (b"\xef\xbb\xbf---\nt: \x00\n---\n", "NUL", 2),
        (b"\xef\xbb\xbf---\n---\n\xff", "not UTF-8: byte 0xff", 3),
        (b"\xef\xbb\xbf---\n---\n\xff\n\n\n", "not UTF-8: byte 0xff", 3),
        (b"---\nt: " + b"[" * 70_000 + b"\n---\n", "longer than 64 kB", 1),
        (b"---\nt: " + b"[" * 70_000, "no closing line", 1),
    ],
)
def test_a_bad_file_is_reported_with_its_line(body, words, line):
    with pytest.raises(ParseError, match=words) as caught:
        read(body)
    assert caught.value.line == line
    assert caught.value.url == "a.md"


def test_only_declared_markdown_is_taken():
    assert not markdown.recognizes(Document(name="a.md", body=b"---\n---\n"))
