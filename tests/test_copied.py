"""Notes of what folders gave to item files: the last word counts, and losing some of them is no trouble."""

from __future__ import annotations

from pathlib import Path

from aggregator import copied


def test_the_last_word_on_an_item_counts(tmp_path: Path) -> None:
    root = tmp_path / "items"
    assert copied.read(root) == {}
    copied.note(root, [])
    assert not root.exists()
    copied.note(root, [("a", "1"), ("b", "2")])
    copied.note(root, [("a", "3")])
    assert copied.read(root) == {"a": "3", "b": "2"}


def test_what_is_known_is_not_written_again(tmp_path: Path) -> None:
    copied.note(tmp_path, [("a", "1"), ("b", "2")])
    before = (tmp_path / copied.NAME).read_bytes()
    copied.note(tmp_path, [("b", "2"), ("a", "1")])
    assert (tmp_path / copied.NAME).read_bytes() == before


def test_half_a_line_says_nothing_and_harms_no_other(tmp_path: Path) -> None:
    copied.note(tmp_path, [("a", "1")])
    with (tmp_path / copied.NAME).open("ab") as file:
        file.write(b'["b", "2')
    assert copied.read(tmp_path) == {"a": "1"}
    copied.note(tmp_path, [("c", "3")])
    assert copied.read(tmp_path) == {"a": "1", "c": "3"}
