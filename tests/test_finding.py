"""The full-text index follows the item files; deleting it loses nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.app import App
from aggregator.errors import StoreError
from aggregator.finding import FILE, open_finder
from aggregator.locks import lock
from tests.server.conftest import Desk

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    desk.publish()
    return desk


def update(desk, **arguments):
    finder = open_finder(desk.settings)
    try:
        with App.open(desk.settings) as app:
            return finder.update(app.store, **arguments)
    finally:
        finder.close()


def titles(desk, text):
    finder = open_finder(desk.settings)
    try:
        return [hit.title for hit in finder.find(text, NOW)[1].hits]
    finally:
        finder.close()


def test_new_edited_and_deleted_files_are_followed(desk):
    assert update(desk).put == 2
    assert titles(desk, "gulls") == ["Gulls over the harbour"]
    assert update(desk).put == 0
    desk.write("gulls", "Terns over the harbour", "They came later.")
    (desk.root / "items/harbour/apple.md").unlink()
    desk.write("boats", "Boats", "Many boats.")
    desk.publish()
    done = update(desk)
    assert (done.put, done.removed) == (2, 1)
    assert titles(desk, "gulls") == titles(desk, "苹果") == []
    assert titles(desk, "terns") == ["Terns over the harbour"]
    assert titles(desk, "boats") == ["Boats"]


def test_deleting_the_index_loses_nothing(desk):
    update(desk)
    before = titles(desk, "since:2026-01-01")
    for path in (desk.root / FILE).parent.glob("search.db*"):
        path.unlink()
    assert update(desk).put == 2
    assert titles(desk, "since:2026-01-01") == before
    assert len(before) == 2


def test_an_excerpt_shows_what_was_searched_for(desk):
    update(desk)
    finder = open_finder(desk.settings)
    _, found = finder.find("苹果", NOW)
    assert found.hits[0].excerpt == (("山谷里的", False), ("苹果", True), ("熟了，游客很多。", False))
    _, found = finder.find("gulls", NOW)
    assert "".join(piece for piece, _ in found.hits[0].excerpt) == "The gulls came back & stayed."
    finder.close()


def test_a_hit_whose_file_went_has_no_excerpt(desk):
    update(desk)
    (desk.root / "items/harbour/apple.md").unlink()
    finder = open_finder(desk.settings)
    assert [hit.excerpt for hit in finder.find("苹果", NOW)[1].hits] == [()]
    finder.close()


def test_a_file_that_cannot_be_read_is_told_and_found_by_its_title(desk):
    desk.write("boats", "Boats", "Many masts.", day=3)
    desk.publish()
    (desk.root / "items/harbour/boats.md").write_bytes(b"\xff\xfe no text at all")
    done = update(desk)
    assert done.put == 3
    assert ["boats.md" in problem.where for problem in done.problems] == [True]
    assert titles(desk, "boats") == ["Boats"]
    assert titles(desk, "gulls")


def test_a_file_that_is_not_to_be_had_is_tried_again_at_every_search(desk):
    """Its text is found as soon as it can be read, though nothing in the file has changed; meanwhile nothing is put."""
    desk.write("boats", "Boats", "Many masts. " * 200 + "One keel.", day=3)
    desk.publish()
    place, away = desk.root / "items/harbour/boats.md", desk.root / "away.md"
    place.rename(away)
    first, second = update(desk), update(desk)
    assert (first.put, second.put) == (3, 0)
    assert [problem.message for one in (first, second) for problem in one.problems] == ["No such file or directory"] * 2
    assert (titles(desk, "boats"), titles(desk, "keel")) == (["Boats"], [])
    away.rename(place)
    assert (update(desk).problems, titles(desk, "keel")) == ((), ["Boats"])


def test_only_one_process_is_at_it(desk):
    with lock(desk.root / f"{FILE}.lock", who="somebody"):
        done = update(desk)
    assert done.put == 0
    assert "somebody" in done.busy
    assert update(desk).put == 2


def test_who_is_told_to_stop_leaves_the_rest_for_the_next_time(desk):
    assert update(desk, stopped=lambda: True).put == 0
    assert update(desk).put == 2


def test_copies_that_are_set_aside_are_not_found(desk):
    aside = desk.root / "items/.duplicates/harbour"
    aside.mkdir(parents=True)
    (desk.root / "items/harbour/apple.md").rename(aside / "apple.md")
    desk.publish()
    update(desk)
    assert titles(desk, "苹果") == []


def test_a_search_that_says_nothing_finds_nothing(desk):
    update(desk)
    assert titles(desk, "") == titles(desk, "—") == []


def test_a_folder_that_cannot_be_written_is_told(desk):
    (desk.root / FILE).mkdir()
    with pytest.raises(StoreError, match=r"search\.db"):
        open_finder(desk.settings)
