"""Stories from links: owners, digests, what the site's owner said, what is related; never an order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Link, Record
from aggregator.steps.copies import stories, topics

NOW = datetime(2025, 3, 3, 8, tzinfo=UTC)
HOSTS = {"a": "a.example", "b": "b.example", "c": "c.example"}


def record(key: str, source: str, **fields: object) -> Record:
    values = {
        "path": f"{key}.md", "title": f"title {key}", "link": f"https://else.example/{key}", "url": "", "entry_id": key,
        "published": NOW, "updated": NOW, "first_seen": NOW, **fields,
    }  # fmt: skip
    return Record(key=key, source=source, **values)  # type: ignore[arg-type]


def near(small: str, big: str, *, part: bool = False) -> Link:
    return Link(small=small, big=big, bond="near", score=1.0, part=part)


def settle(records: list[Record], links: list[Link]) -> dict[str, Record]:
    by_key = {one.key: one for one in records}
    return by_key | {one.key: one for one in stories.settle(by_key, links, HOSTS, by_key)}


def test_the_first_seen_owns_a_story() -> None:
    """Nobody is on the link's host."""
    found = settle([record("1", "b", first_seen=NOW + timedelta(1)), record("2", "a")], [near("1", "2")])
    assert {one.story for one in found.values()} == {"2"}
    assert (found["1"].copies, found["2"].copies) == (("2",), ("1",))


def test_who_is_on_the_links_host_owns_it() -> None:
    """Though seen later."""
    late = record("2", "b", link="https://b.example/x", first_seen=NOW + timedelta(1))
    assert settle([record("1", "a"), late], [near("1", "2")])["1"].story == "2"


def test_of_one_round_the_name_decides() -> None:
    """Not the key, not the order."""
    assert settle([record("1", "b"), record("2", "a")], [near("1", "2")])["1"].story == "2"


def test_a_digest_holds_no_story_together() -> None:
    """Two texts that are no copies of each other, both parts of a third."""
    rows = [record("1", "a"), record("2", "b"), record("3", "c")]
    links = [near("1", "3", part=True), near("2", "3", part=True)]
    assert all(not one.story for one in settle(rows, links).values())
    assert len(settle(rows, [*links, near("1", "2")])["1"].copies) == 2


def test_what_was_split_stands_alone_and_what_was_merged_together() -> None:
    """Before all rules."""
    rows = [record("1", "a"), record("2", "b", alone=True), record("3", "c")]
    links = [near("1", "2"), replace(near("2", "3"), bond="merged")]
    found = settle(rows, links)
    assert found["1"].story == ""
    assert found["2"].copies == ("3",)


def test_copies_that_were_set_aside_belong_to_the_story() -> None:
    """But never own it."""
    rows = [record("1", "a", duplicate_of="2"), record("2", "b"), record("3", "c")]
    found = settle(rows, [near("2", "3")])
    assert {one.story for one in found.values()} == {"2"}
    assert found["3"].copies == ("2", "1")


def test_the_dead_leave_their_stories() -> None:
    """And those who stay are alone."""
    rows = [record("1", "a", gone=True), record("2", "b", story="1", copies=("1",), circle="x")]
    found = settle(rows, [near("1", "2")])["2"]
    assert (found.story, found.copies, found.circle) == ("", (), "")


def test_related_items_are_shown_by_their_owners_closest_first() -> None:
    """At most five, never of the same story."""
    rows = [record(str(number), "abc"[number % 3]) for number in range(9)]
    links = [Link(small="0", big=str(number), bond="related", score=number / 10) for number in range(1, 9)]
    found = settle(rows, [*links, near("7", "8"), near("0", "1")])
    assert found["0"].related == found["1"].related == ("7", "6", "5", "4", "3")
    assert len(found["0"].related) == stories.RELATED
    assert found["8"].related == (found["0"].story,)


def test_stories_are_related_whichever_of_their_items_are() -> None:
    """All items of a story show the other side's owner; of ties the newest comes first, then the key."""
    rows = [record(key, "a") for key in "1245"]
    rows += [record("3", "b"), record("6", "a", published=NOW + timedelta(1)), record("7", "a")]
    tied = [Link(small="5", big=key, bond="related", score=0.5) for key in "67"]
    across = Link(small="2", big="4", bond="related", score=0.5)
    found = settle(rows, [near("1", "2"), near("3", "4"), near("4", "5"), across, *tied])
    assert {found[key].story for key in "345"} == {found["4"].story}
    assert {found[key].related for key in "345"} == {("6", "1", "7")}
    assert {found[key].related for key in "1267"} == {(found["4"].story,)}


def test_another_title_of_a_neighbour_shows() -> None:
    """Whoever shows it has to be published again."""
    rows = [record("1", "a"), record("2", "b")]
    before = settle(rows, [near("1", "2")])["1"].circle
    after = settle([rows[0], replace(rows[1], title="other")], [near("1", "2")])["1"].circle
    assert before != after


@given(st.data())
def test_the_order_of_links_and_items_leaves_no_trace(data: st.DataObject) -> None:
    """Groups, owners, related items."""
    rows = [
        record(str(number), "abc"[number % 3], first_seen=NOW + timedelta(hours=number // 4)) for number in range(8)
    ]
    ends = st.tuples(st.sampled_from("01234567"), st.sampled_from("01234567")).filter(lambda pair: pair[0] < pair[1])
    pairs = data.draw(st.lists(ends, max_size=10, unique=True))
    links = [near(*pair, part=data.draw(st.booleans())) for pair in pairs]
    links += [
        Link(small=small, big=big, bond="related", score=data.draw(st.sampled_from((0.2, 0.3))))
        for small, big in data.draw(st.lists(ends, max_size=6, unique=True))
    ]
    shuffled_rows, shuffled_links = data.draw(st.permutations(rows)), data.draw(st.permutations(links))
    found = settle(rows, links)
    assert found == {key: settle(shuffled_rows, shuffled_links)[key] for key in found}
    for one in found.values():
        shown = [found[key] for key in one.related]
        assert all((one.story or one.key) in other.related or len(other.related) == stories.RELATED for other in shown)


def about(title: str, source: str = "a", **fields: object) -> Record:
    return replace(record(title, source), title=title, lang="zh-CN", **fields)  # type: ignore[arg-type]


def test_items_about_one_event_share_terms_of_their_titles() -> None:
    """Alike in what they are about, within three days."""
    one, other = about("青石桥旧书集市重新开张"), about("旧书集市开张首日：青石桥人山人海", "b")
    assert topics.related(one, other, 0.2)
    assert not topics.related(one, other, 0.05)
    assert not topics.related(one, replace(other, published=NOW + timedelta(hours=73)), 0.2)
    assert not topics.related(one, about("渡口的新船", "b"), 0.2)


def test_recurring_titles_of_one_source_say_nothing() -> None:
    """They differ in numbers only."""
    assert not topics.related(about("小城早报 3月1日"), about("小城早报 3月2日"), 0.9)
    assert topics.related(about("小城早报 3月1日"), about("小城早报 3月2日", "b"), 0.9)


def test_words_need_more_than_characters() -> None:
    """English texts on the same trade resemble each other more."""
    one, other = (replace(about("Harbour market reopens today", source), lang="en") for source in "ab")
    assert not topics.related(one, other, 0.15)
    assert topics.related(one, other, 0.25)


def test_the_cosine_of_topics() -> None:
    """1 with itself, 0 with nothing in common or nothing at all."""
    assert topics.cosine(((1, 3), (2, 4)), ((2, 4), (1, 3))) == 1.0
    assert topics.cosine(((1, 3),), ((2, 4),)) == 0.0
    assert topics.cosine((), ()) == 0.0
