"""New, updated, unchanged, copy or repeat: the decisions, without a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import Adopted, Duplicate, Item, New, Record, Repeated, Unchanged, Updated
from aggregator.steps import dedupe
from aggregator.steps.identity import item_key

NOW = datetime(2025, 3, 3, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
AUTHORITY = "news.example,2025"
HOSTS = {"a": "a.example", "b": "b.example", "a2": "feeds.a.example"}
LINK = "https://a.example/story/1"


def item(source: str = "a", guid: str = "g1", **fields: object) -> Item:
    values = {
        "title": "山里的图书馆开门了", "link": LINK, "published": NOW - timedelta(hours=1),
        "summary": "今天早上，山里的图书馆第一次开门，来的人比座位多。", "body": "正文", "tags": (source,), **fields,
    }  # fmt: skip
    return Item(key=item_key(source, "guid", guid), source=source, **values)  # type: ignore[arg-type]


def record(one: Item, now: datetime = NOW) -> Record:
    return dedupe.record_of(one, via=one.source, now=now, authority=AUTHORITY)


def decide(items: list[Item], known: list[Record], now: datetime = NOW):
    return dedupe.decide(items, [record(one, now) for one in items], known, HOSTS, authority=AUTHORITY)


def kept(change: New | Duplicate | Updated) -> Record:
    return replace(change.record, path=f"{change.record.key}.md")


def test_an_item_never_seen_is_new() -> None:
    """Its id is its link, its dates what they said."""
    (change,) = decide([item()], [])
    assert isinstance(change, New)
    assert change.record.entry_id == LINK
    assert change.record.first_seen == NOW
    assert change.item.guid == ""


def test_an_undated_item_takes_the_instant_of_first_sight_for_good() -> None:
    """`now` enters once, and is remembered."""
    (change,) = decide([item(published=None)], [])
    assert isinstance(change, New)
    assert change.item.published == change.record.published == NOW
    (again,) = decide([item(published=None, title="另一个标题")], [kept(change)], LATER)
    assert isinstance(again, Updated)
    assert again.record.published == NOW


def test_a_file_without_a_date_keeps_its_first_sight_and_its_text() -> None:
    """A folder's file is never rewritten, so it does not say when it was seen; one that has got a date is believed."""
    (change,) = decide([item(published=None, file="---\n---\n")], [])
    assert isinstance(change, New)
    assert (change.record.published, change.item.published) == (NOW, None)
    (again,) = decide([item(published=None, title="另一个标题", file="---\n---\n\n")], [kept(change)], LATER)
    assert isinstance(again, Updated)
    assert (again.record.published, again.item.published) == (NOW, None)
    (dated,) = decide([item(title="又一个标题", file="---\n---\n\n\n")], [kept(again)], LATER)
    assert isinstance(dated, Updated)
    assert dated.record.published == NOW - timedelta(hours=1)


def test_deciding_twice_changes_nothing() -> None:
    """What was decided is known."""
    (change,) = decide([item()], [])
    assert isinstance(change, New)
    assert decide([item()], [kept(change)], LATER) == [Unchanged(key=change.item.key)]


def test_other_dates_and_tags_alone_are_no_update() -> None:
    """A feed that stamps every fetch does not churn."""
    (change,) = decide([item()], [])
    assert isinstance(change, New)
    assert decide([item(published=NOW, tags=("a", "x"))], [kept(change)], LATER) == [Unchanged(key=change.item.key)]


def test_an_update_keeps_path_id_and_dates() -> None:
    """Only text, title and `updated` move."""
    (change,) = decide([item()], [])
    assert isinstance(change, New)
    known = kept(change)
    (after,) = decide([item(body="改正后的正文", link=LINK + "?page=2", published=NOW)], [known], LATER)
    assert isinstance(after, Updated)
    assert (after.record.path, after.record.entry_id, after.record.published) == (known.path, LINK, known.published)
    assert after.record.updated == LATER
    assert after.item.guid == LINK, "the id no longer follows from the link, so the file spells it out"
    assert after.item.published == known.published


def test_the_sources_own_update_instant_is_believed_if_it_moved_on() -> None:
    """Atom `updated` beats the instant at which we noticed."""
    (change,) = decide([item()], [])
    assert isinstance(change, New)
    said = NOW + timedelta(minutes=30)
    (after,) = decide([item(body="新", updated=said)], [kept(change)], LATER)
    assert isinstance(after, Updated)
    assert after.record.updated == said


def test_a_tombstone_stays() -> None:
    """A file that its owner deleted does not come back."""
    (change,) = decide([item()], [])
    assert isinstance(change, New)
    gone = replace(kept(change), gone=True, path="")
    assert decide([item(body="改了")], [gone], LATER) == [Unchanged(key=gone.key)]


def test_a_record_made_from_a_file_is_adopted_first() -> None:
    """After a rebuild nobody knows whether the owner or the source wrote the difference."""
    (change,) = decide([item()], [])
    assert isinstance(change, New)
    (after,) = decide([item(body="别的")], [replace(kept(change), content_hash="")], LATER)
    assert isinstance(after, Adopted)
    assert after.record.content_hash
    assert after.record.updated == change.record.updated


def test_a_repeat_in_the_document_is_told() -> None:
    """The same entry twice is one item."""
    first, second = decide([item(), item()], [])
    assert isinstance(first, New)
    assert isinstance(second, Repeated)
    assert "twice" in second.why


def test_a_rotated_guid_is_the_same_item() -> None:
    """Same source, same URL, same title, the old guid no longer in the document."""
    (change,) = decide([item()], [])
    assert isinstance(change, New)
    assert decide([item(guid="g2")], [kept(change)], LATER) == [Unchanged(key=change.item.key)]


@pytest.mark.parametrize("fields", [{"title": "完全不同的事"}, {"link": "https://a.example/story/2"}])
def test_one_link_on_many_entries_loses_none(fields: dict[str, str]) -> None:
    """Another title or another link is another item."""
    (change,) = decide([item()], [])
    assert isinstance(change, New)
    (other,) = decide([item(guid="g2", **fields)], [kept(change)], LATER)
    assert isinstance(other, New)


def test_two_entries_of_a_document_with_own_guids_are_two_items() -> None:
    """A source that tells two entries apart is believed."""
    first, second = decide([item(), item(guid="g2")], [])
    assert isinstance(first, New)
    assert isinstance(second, New)
    assert second.record.entry_id == f"tag:{AUTHORITY}:item/{second.record.key}"
    assert second.item.guid == second.record.entry_id


def test_a_copy_under_another_source_is_set_aside_and_explained() -> None:
    """The owner of the article is the source on the link's host."""
    (mine,) = decide([item()], [])
    assert isinstance(mine, New)
    (copy,) = decide([item("b", link="http://www.a.example/story/1/?utm_source=b")], [kept(mine)], LATER)
    assert isinstance(copy, Duplicate)
    assert copy.record.duplicate_of == mine.record.key
    assert "a has" in copy.why
    assert copy.record.entry_id != mine.record.entry_id


def test_the_owner_takes_over_when_it_turns_up() -> None:
    """The first seen gives way to the source on the link's host, and gives back the id."""
    (copy,) = decide([item("b")], [])
    assert isinstance(copy, New)
    (mine,) = decide([item()], [kept(copy)], LATER)
    assert isinstance(mine, New)
    assert mine.record.entry_id == LINK
    (displaced,) = mine.displaces
    assert displaced.duplicate_of == mine.record.key
    assert displaced.entry_id == f"tag:{AUTHORITY}:item/{displaced.key}"


def test_without_an_owner_the_first_seen_stands() -> None:
    """Two sources that both only point elsewhere."""
    link = "https://elsewhere.example/x"
    (first,) = decide([item("a", link=link)], [])
    assert isinstance(first, New)
    (second,) = decide([item("b", link=link)], [kept(first)], LATER)
    assert isinstance(second, Duplicate)
    assert second.record.duplicate_of == first.record.key


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_of_two_seen_in_one_round_the_name_decides(order: tuple[str, str]) -> None:
    """Which server answers first must not."""
    link = "https://elsewhere.example/x"
    index: dict[str, Record] = {}
    for source in order:
        (change,) = decide([item(source, link=link)], list(index.values()))
        assert isinstance(change, New | Duplicate)
        index[change.record.key] = kept(change)
        index.update({record.key: record for record in (change.displaces if isinstance(change, New) else ())})
    by_source = {record.source: record for record in index.values()}
    assert by_source["a"].duplicate_of == ""
    assert by_source["a"].entry_id == link
    assert by_source["b"].duplicate_of == by_source["a"].key
    assert by_source["b"].entry_id != link


def test_two_feeds_of_one_site_are_one_article() -> None:
    """Both are on the link's host: the first seen stands."""
    (first,) = decide([item("a")], [])
    assert isinstance(first, New)
    (second,) = decide([item("a2")], [kept(first)], LATER)
    assert isinstance(second, Duplicate)


def test_a_third_copy_points_at_the_owner_not_at_a_copy() -> None:
    """Groups have one head."""
    (first,) = decide([item("b")], [])
    assert isinstance(first, New)
    (owner,) = decide([item("a")], [kept(first)], LATER)
    assert isinstance(owner, New)
    displaced = replace(owner.displaces[0], path=".duplicates/x.md")
    (third,) = decide([item("c")], [displaced, kept(owner)], LATER)
    assert isinstance(third, Duplicate)
    assert third.record.duplicate_of == owner.record.key


def test_the_same_url_alone_proves_nothing() -> None:
    """Neither title nor text agrees: another article, with an id of its own and a file that says nothing of it."""
    (first,) = decide([item("b")], [])
    assert isinstance(first, New)
    stranger = item("c", title="无关的标题", summary="无关的文字，一个字也不相同，从头到尾说的是另一件事情。")
    (other,) = decide([stranger], [kept(first)], LATER)
    assert isinstance(other, New)
    assert other.displaces == ()
    assert other.record.entry_id.startswith("tag:")
    assert other.record.contested
    assert other.item.guid == ""


def test_an_id_on_a_sources_own_host_is_given_back_by_a_stranger() -> None:
    """Whoever claimed it before: the stranger stays where it is, under its tag URI."""
    (first,) = decide([item("b")], [])
    assert isinstance(first, New)
    (mine,) = decide(
        [item("a", title="无关的标题", summary="无关的文字，一个字也不相同，从头到尾。")], [kept(first)], LATER
    )
    assert isinstance(mine, New)
    assert mine.record.entry_id == LINK
    (stranger,) = mine.displaces
    assert (stranger.key, stranger.duplicate_of, stranger.contested) == (first.record.key, "", True)
    assert stranger.entry_id == f"tag:{AUTHORITY}:item/{stranger.key}"


def test_another_title_over_the_same_text_is_the_same_article() -> None:
    """Texts that begin alike confirm the URL."""
    (first,) = decide([item("a")], [])
    assert isinstance(first, New)
    (copy,) = decide([item("b", title="【转】图书馆")], [kept(first)], LATER)
    assert isinstance(copy, Duplicate)


def test_a_deleted_owner_draws_no_copies() -> None:
    """A tombstone is no article to be a copy of."""
    (first,) = decide([item("a")], [])
    assert isinstance(first, New)
    (copy,) = decide([item("b")], [replace(kept(first), gone=True)], LATER)
    assert isinstance(copy, New)


def test_copies_within_one_folder_see_each_other() -> None:
    """Decisions count for the items that follow."""
    link = "https://elsewhere.example/x"
    first, second = decide([item("a", link=link), item("b", link=link)], [])
    assert isinstance(first, New)
    assert isinstance(second, Duplicate)


def test_items_that_came_as_files_are_updated_by_any_change() -> None:
    """Every character of an item file counts, its date too."""
    (change,) = decide([item(file="one")], [])
    assert isinstance(change, New)
    (after,) = decide([item(file="two", published=NOW)], [kept(change)], LATER)
    assert isinstance(after, Updated)
    assert after.record.published == NOW


def test_an_id_that_follows_from_the_file_is_not_spelt_out() -> None:
    """Without link the tag URI follows from the key in the file's name; an upstream id stays even if it is not used."""
    lonely = item(link="")
    (change,) = decide([lonely], [])
    assert isinstance(change, New)
    assert change.record.entry_id == f"tag:{AUTHORITY}:item/{lonely.key}"
    assert change.item.guid == ""
    (video,) = decide([replace(item(), guid="yt:video:1")], [])
    assert isinstance(video, New)
    assert (video.record.entry_id, video.item.guid) == (LINK, "yt:video:1")
