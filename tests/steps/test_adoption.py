"""Files that nobody knows any more: what their source writes, but for tags and constants."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator.errors import EntryError
from aggregator.model import Enclosure, Item
from aggregator.steps import adoption, frontmatter

ONE = Item(
    key="0" * 16, source="wire", title="Ferry", link="http://127.0.0.1/1", published=datetime(2025, 3, 3, tzinfo=UTC),
    summary="渡轮。", body="渡轮 leaves.", tags=("wire",), lang="en", extra=(("toc", False),),
    enclosures=(Enclosure(href="http://127.0.0.1/1.mp3"),),
)  # fmt: skip


def file(one: Item) -> bytes:
    return frontmatter.dump(one, UTC).encode()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tags": ("wire", "Sea")},
        {"extra": (("toc", True), ("weight", 3))},
        {"link": "http://127.0.0.1/1?utm_source=feed"},
    ],
)
def test_tags_constants_and_tracking_are_no_difference(fields: dict[str, object]) -> None:
    there = replace(ONE, **fields)  # type: ignore[arg-type]
    assert adoption.pristine(file(there), ONE, UTC)
    kept = adoption.headed(replace(ONE, body="New."), file(there), UTC)
    assert (kept.tags, kept.extra, kept.body, kept.link) == (there.tags, there.extra, "New.", ONE.link)


@pytest.mark.parametrize(
    "data",
    [
        file(replace(ONE, title="Ferries")),
        file(replace(ONE, body="渡轮 sails.")),
        file(replace(ONE, link="http://127.0.0.1/2")),
        file(replace(ONE, enclosures=())),
        file(replace(ONE, published=datetime(2025, 3, 4, tzinfo=UTC))),
        file(replace(ONE, summary="Mine.")),
        file(ONE).replace(b"toc: false", b"toc: false  # not here"),
    ],
)
def test_what_else_is_written_there_is_one(data: bytes) -> None:
    assert not adoption.pristine(data, ONE, UTC)


def test_of_a_folders_file_every_character_counts() -> None:
    assert not adoption.pristine(file(ONE), replace(ONE, file="other"), UTC)


@pytest.mark.parametrize("data", [b"no header", b"---\n\xff"])
def test_a_file_that_cannot_be_read_says_nothing(data: bytes) -> None:
    with pytest.raises(EntryError):
        adoption.pristine(data, ONE, UTC)
    assert adoption.headed(ONE, data, UTC) == ONE
