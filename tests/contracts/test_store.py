"""What every store means by `ports.Store`: one suite, run over every module of `aggregator.stores`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from aggregator import errors, stores
from aggregator.model import Dropped, Failure, FetchState, Hints, Person, Reason, Record, Saved
from aggregator.steps import indexing

NOW = datetime(2025, 3, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SCHEMES = stores.schemes()


def record(key="a" * 16, **changes):
    fields = {
        "key": key,
        "source": "qq",
        "path": f"qq/2025/03/01-{key}.md",
        "title": "春分",
        "link": f"https://news.example.test/{key}",
        "url": f"news.example.test/{key}",
        "entry_id": f"https://news.example.test/{key}",
        "published": NOW,
        "updated": NOW,
        "first_seen": NOW,
        "tags": ("qq", "AI"),
    }
    return Record(**(fields | changes))


def saved(*records):
    return [Saved(record=one) for one in records]


def feeds(marks):
    return {mark for mark in marks if not mark.startswith("day:")}


def keys(records):
    return [one.key for one in records]


@pytest.fixture(params=SCHEMES or ["none"])
def store(request, tmp_path):
    assert SCHEMES, "no store was found"
    with stores.open_store(f"{request.param}:///var/index.db", str(tmp_path)) as store:
        yield store


# --- sources: enroll, due_hosts, claim ---


def test_new_sources_start_empty_and_are_due_at_once(store):
    store.enroll([("qq", "qq.test"), ("ws", "ws.test")])
    assert store.states() == {"qq": FetchState(source="qq"), "ws": FetchState(source="ws")}
    assert store.due_hosts(NOW, 10) == ["qq.test", "ws.test"]


def test_a_host_is_named_once_and_the_limit_is_kept(store):
    store.enroll([("a", "one.test"), ("b", "one.test"), ("c", "two.test"), ("d", "three.test")])
    assert store.due_hosts(NOW, 10) == ["one.test", "three.test", "two.test"]
    assert store.due_hosts(NOW, 2) == ["one.test", "three.test"]


def test_sources_that_are_not_enrolled_are_never_due_but_keep_their_state(store):
    store.enroll([("a", "a.test"), ("b", "b.test")])
    (state,) = store.claim(["a"], NOW, 60)
    store.commit(state, [])
    store.enroll([("b", "b.test")])
    assert store.due_hosts(NOW + 99 * MINUTE, 10) == ["b.test"]
    assert store.states()["a"].generation == 1
    store.enroll([("a", "moved.test"), ("b", "b.test")])
    assert "moved.test" in store.due_hosts(NOW + 99 * MINUTE, 10)
    assert store.states()["a"].generation == 1


def test_the_longest_overdue_host_comes_first(store):
    store.enroll([("a", "a.test"), ("b", "b.test"), ("c", "c.test")])
    for name, minutes in (("a", 5), ("b", 3), ("c", 4)):
        store.commit(FetchState(source=name, next_at=NOW + minutes * MINUTE), [])
    assert store.due_hosts(NOW + 2 * MINUTE, 10) == []
    assert store.due_hosts(NOW + 4 * MINUTE, 10) == ["b.test", "c.test"]
    assert store.due_hosts(NOW + 9 * MINUTE, 10) == ["b.test", "c.test", "a.test"]


def test_a_server_that_said_wait_is_left_alone_until_then(store):
    store.enroll([("a", "a.test")])
    store.commit(FetchState(source="a", retry_at=NOW + 5 * MINUTE), [])
    assert store.due_hosts(NOW, 10) == []
    assert store.due_hosts(NOW + 5 * MINUTE, 10) == ["a.test"]
    store.commit(FetchState(source="a", retry_at=NOW - MINUTE, next_at=NOW + MINUTE), [])
    assert store.due_hosts(NOW, 10) == []


def test_a_claim_of_what_is_due_leaves_out_what_is_not_or_was_claimed_meanwhile(store):
    store.enroll([("a", "a.test"), ("b", "a.test"), ("c", "a.test")])
    store.commit(FetchState(source="c", next_at=NOW + MINUTE), [])
    assert [state.source for state in store.claim(["a", "c"], NOW, 120, due=True)] == ["a"]
    assert [state.source for state in store.claim(["a", "b", "new"], NOW, 120, due=True)] == ["b", "new"]
    assert store.claim(["a", "b"], NOW + MINUTE, 120, due=True) == []
    assert [state.generation for state in store.claim(["a", "b"], NOW + 2 * MINUTE, 120, due=True)] == [2, 2]


def test_a_claimed_source_is_not_due_until_its_lease_ends(store):
    store.enroll([("a", "a.test")])
    (state,) = store.claim(["a"], NOW, 120)
    assert (state.generation, state.next_at) == (1, NOW + 2 * MINUTE)
    assert store.states() == {"a": state}
    assert store.due_hosts(NOW + MINUTE, 10) == []
    assert store.due_hosts(NOW + 2 * MINUTE, 10) == ["a.test"]


def test_claiming_returns_what_was_remembered_in_the_order_asked(store):
    store.commit(FetchState(source="b", etag='"ü"', failures=2, error=Failure(kind="dns", message="no address")), [])
    states = store.claim(["b", "new", "b"], NOW, 60)
    assert [state.source for state in states] == ["b", "new"]
    assert (states[0].etag, states[0].failures, states[0].error) == (
        '"ü"',
        2,
        Failure(kind="dns", message="no address"),
    )
    assert states[1] == FetchState(source="new", generation=1, next_at=NOW + MINUTE)
    assert store.claim([], NOW, 60) == []


# --- commit: fenced, whole, marking ---


def test_only_the_newest_claim_may_commit_and_a_stale_one_writes_nothing(store):
    (first,) = store.claim(["a"], NOW, 60)
    (second,) = store.claim(["a"], NOW + 2 * MINUTE, 60)
    with pytest.raises(errors.StaleClaim):
        store.commit(first, saved(record()))
    assert (store.items(), store.outbox(), store.states()["a"]) == ([], frozenset(), second)
    store.commit(second, saved(record()))
    assert keys(store.items()) == ["a" * 16]
    store.commit(second, [])


def test_a_generation_that_was_never_given_out_is_stale(store):
    with pytest.raises(errors.StaleClaim):
        store.commit(FetchState(source="a", generation=7), [])
    assert store.states() == {}


def test_commit_keeps_every_field_of_state_and_record(store):
    state = FetchState(
        source="a",
        url="https://a.test/feed",
        etag='W/"1"',
        last_modified="Sat, 01 Mar 2025 08:00:00 GMT",
        digest="0" * 32,
        title="甲",
        fetched_at=NOW,
        next_at=NOW + MINUTE,
        failing_since=NOW,
        moved_count=2,
        posts=1.5,
        reasons=(Reason(rule="posts", why="posts 1/day", seconds=3600.0),),
        adopted="https://b.test/feed",
        adopted_at=NOW,
        status=404,
        hints=Hints(ttl=60.0, base=NOW),
    )
    one = record(
        via="folder",
        lang="zh-CN",
        authors=(Person(name="王小明", email="w@example.test"),),
        content_hash="c" * 32,
        file_hash="f" * 32,
        size=12,
        mtime_ns=1740816000123456789,
        summary="春分",
        edited=True,
    )
    store.commit(state, saved(one))
    assert store.states() == {"a": state}
    assert store.items() == [one]


def test_instants_are_kept_in_utc_and_whole_seconds(store):
    odd = datetime.fromisoformat("2025-03-01T16:00:00.987654+08:00")
    store.commit(FetchState(source="a", fetched_at=odd), saved(record(published=odd)))
    assert store.states()["a"].fetched_at == NOW
    assert store.items()[0].published == NOW
    assert store.items()[0].published.utcoffset() == timedelta(0)


def test_commit_marks_all_the_source_and_the_tags_new_and_removed(store):
    store.commit(FetchState(source="a"), [Saved(record=record(tags=("qq", "AI")), removed_tags=("Old News",))])
    assert feeds(store.outbox()) == {"all", "source:qq", "tag:qq", "tag:ai", "tag:old-news"}


def test_commit_without_records_marks_nothing(store):
    store.commit(FetchState(source="a"), [])
    assert store.outbox() == frozenset()


def test_a_copy_set_aside_marks_its_feeds_and_stays_listed(store):
    copy = record("b" * 16, source="ws", duplicate_of="a" * 16, tags=("ws", "AI"))
    store.commit(FetchState(source="ws"), saved(record(), copy))
    assert {"source:ws", "tag:ws", "tag:ai"} <= store.outbox()
    assert keys(store.items(tag="ai")) == ["a" * 16, "b" * 16]
    assert keys(store.items(tag="ai", aside=True)) == ["b" * 16]
    assert keys(store.items(tag="ai", aside=False)) == ["a" * 16]
    assert store.tags()["ai"] == ("AI", 1)


def test_a_bad_row_takes_the_whole_transaction_back(store):
    with pytest.raises(TypeError):
        store.commit(
            FetchState(source="a", etag="new"), saved(record(), record("b" * 16, published=NOW.replace(tzinfo=None)))
        )
    assert (store.items(), store.states(), store.outbox(), store.tags()) == ([], {}, frozenset(), {})


def test_the_last_of_two_rows_with_one_key_stays(store):
    store.commit(FetchState(source="a"), saved(record(tags=("one",)), record(tags=("two",), title="later")))
    assert [one.title for one in store.items()] == ["later"]
    assert store.items(tag="one") == []
    assert "tag:two" in store.outbox()


def test_feeds_named_stale_are_published_too(store):
    store.commit(FetchState(source="a"), [], stale=["source:a", "all"])
    assert feeds(store.outbox()) == {"source:a", "all"}


# --- outbox ---


def test_the_days_of_old_and_new_are_marked_in_utc(store):
    store.replace([record(published=datetime(2025, 2, 28, 23, 59, tzinfo=UTC))])
    assert {mark for mark in store.outbox() if mark.startswith("day:")} == {"day:2025-02-28"}
    store.outbox(store.outbox())
    store.replace([record(published=datetime(2025, 3, 2, tzinfo=timezone(timedelta(hours=8))))])
    assert {mark for mark in store.outbox() if mark.startswith("day:")} == {"day:2025-02-28", "day:2025-03-01"}


def test_the_outbox_forgets_what_is_done_and_only_that(store):
    store.commit(FetchState(source="a"), saved(record()))
    assert feeds(store.outbox(done=["all", "tag:ai", "tag:never"])) == {"source:qq", "tag:qq"}
    assert feeds(store.outbox()) == {"source:qq", "tag:qq"}
    store.commit(FetchState(source="a"), saved(record(tags=("qq",))))
    assert feeds(store.outbox()) == {"all", "source:qq", "tag:qq", "tag:ai"}


# --- replace ---


def test_replace_marks_the_feeds_of_old_and_new(store):
    store.replace([record(tags=("old",), source="before")])
    store.outbox(done=store.outbox())
    store.replace([record(tags=("new",), source="after")])
    assert feeds(store.outbox()) == {"all", "source:before", "source:after", "tag:old", "tag:new"}
    assert store.items(tag="old") == store.items(source="before") == []
    assert keys(store.items(tag="new")) == keys(store.items(source="after")) == ["a" * 16]


def test_removed_items_leave_everything_but_their_marks(store):
    store.replace([record(), record("b" * 16)])
    store.outbox(done=store.outbox())
    store.replace([], removed=["a" * 16, "not there"])
    assert keys(store.items()) == keys(store.items(tag="ai")) == ["b" * 16]
    assert store.known(["a" * 16], [], []) == []
    assert feeds(store.outbox()) == {"all", "source:qq", "tag:qq", "tag:ai"}


def test_replacing_nothing_marks_nothing(store):
    store.replace([], removed=["not there"])
    assert store.outbox() == frozenset()


def test_a_key_both_removed_and_given_stays(store):
    store.replace([record()])
    store.replace([record(title="again")], removed=["a" * 16])
    assert [one.title for one in store.items(tag="ai")] == ["again"]


def test_a_touched_file_marks_nothing_but_is_remembered(store):
    store.replace([record()])
    store.outbox(done=store.outbox())
    store.replace([record(size=7, mtime_ns=9)])
    assert store.outbox() == frozenset()
    assert list(store.files()) == [(record().path, "a" * 16, 7, 9)]
    store.replace([record(size=7, mtime_ns=9, title="new")])
    assert "all" in store.outbox()


def test_files_are_those_of_all_living_records(store):
    store.replace([record(), record("b" * 16, duplicate_of="a" * 16), record("c" * 16, gone=True, path="")])
    assert sorted(key for _, key, _, _ in store.files()) == ["a" * 16, "b" * 16]


def test_files_come_by_path_and_the_past_by_time_however_many_there_are(store):
    keys = [f"{(7919 * number) % 2500:016x}" for number in range(2500)]
    store.replace([record(key, path=f"a/{key}.md", url="", entry_id=f"urn:{key}") for key in keys])
    assert [key for _, key, _, _ in store.files()] == sorted(keys)
    for tag in ("ai", ""):
        rows = store.history.span(tag, NOW - timedelta(days=1), NOW + timedelta(seconds=1))
        assert [key for _, key, _ in rows] == sorted(keys)


# --- known ---


def test_known_finds_by_key_url_or_entry_id_each_record_once(store):
    three = [record(letter * 16) for letter in "abc"]
    store.replace(three)
    assert store.known(["a" * 16], [three[0].url, three[1].url], [three[0].entry_id]) == three[:2]
    assert store.known([], [], [three[2].entry_id]) == three[2:]
    assert store.known(["nothing"], ["nothing"], ["nothing"]) == []
    assert store.known((key for key in ["b" * 16]), iter(()), iter(())) == three[1:2]


def test_empty_urls_and_ids_are_not_equal_to_each_other(store):
    store.replace([record(url="", entry_id="")])
    assert store.known([""], [""], [""]) == []


def test_tombstones_are_known_but_never_listed_or_counted(store):
    store.replace([record()])
    store.replace([record(gone=True, path="")])
    assert [one.gone for one in store.known(["a" * 16], [], [])] == [True]
    assert store.items() == store.items(tag="ai") == store.items(source="qq") == store.items(prefix="aaaaaa") == []
    assert store.tags()["ai"] == ("AI", 0)


def test_known_takes_thousands_of_keys(store):
    store.replace([record()])
    assert keys(store.known([*map(str, range(5000)), "a" * 16], [], [])) == ["a" * 16]


# --- items ---


def test_items_come_newest_first_then_by_entry_id(store):
    store.replace(
        [
            record("a" * 16, published=NOW - MINUTE),
            record("b" * 16, entry_id="z"),
            record("c" * 16, entry_id="y"),
            record("d" * 16, published=NOW + MINUTE),
        ]
    )
    order = [letter * 16 for letter in "dcba"]
    assert keys(store.items()) == keys(store.items(tag="AI")) == keys(store.items(source="qq")) == order
    assert keys(store.items(limit=2)) == keys(store.items(tag="ai", limit=2)) == order[:2]


def test_since_is_inclusive(store):
    store.replace([record("a" * 16, published=NOW), record("b" * 16, published=NOW - timedelta(seconds=1))])
    assert keys(store.items(since=NOW)) == keys(store.items(tag="ai", since=NOW)) == ["a" * 16]
    assert store.items(since=NOW + timedelta(seconds=1)) == []


def test_filters_narrow_each_other(store):
    store.replace([record("a" * 16), record("b" * 16, source="ws"), record("ab" * 8, source="ws", tags=("ws",))])
    assert keys(store.items(tag="ai", source="ws")) == ["b" * 16]
    assert keys(store.items(source="ws", prefix="ab")) == ["ab" * 8]
    assert store.items(tag="ai", prefix="ab") == []


@pytest.mark.parametrize(
    "tag", ["Machine Learning", "machine-learning", "ＭＡＣＨＩＮＥ learning", " machine  learning "]
)
def test_tags_are_compared_by_their_key(store, tag):
    store.replace([record(tags=("machine LEARNING",))])
    assert keys(store.items(tag=tag)) == ["a" * 16]
    assert store.items(tag="machine") == []


def test_a_prefix_is_taken_literally(store):
    store.replace([record("abcdef0123456789"), record("abd0000000000000")])
    assert keys(store.items(prefix="abcdef")) == ["abcdef0123456789"]
    assert keys(store.items(prefix="ab")) == ["abcdef0123456789", "abd0000000000000"]
    for odd in ("%", "_", "*", "ABC", "abcdefg", "中"):
        assert store.items(prefix=odd) == []


def test_text_is_the_path_the_link_or_the_entry_id(store):
    one = record(entry_id="urn:example:1")
    store.replace([one, record("b" * 16)])
    for text in (one.path, one.link, one.entry_id):
        assert store.items(text=text) == [one]
    assert keys(store.items(text="https://news.example.test/" + "b" * 16)) == ["b" * 16]
    assert store.items(text="春分") == []


# --- tags ---


def test_the_first_spelling_of_a_tag_is_its_label_for_ever(store):
    store.replace([record(tags=("Open Source", "open source"))])
    store.replace([record("b" * 16, tags=("OPEN-SOURCE",))])
    assert store.tags() == {"open-source": ("Open Source", 2)}
    store.replace([], removed=["a" * 16, "b" * 16])
    assert store.tags() == {"open-source": ("Open Source", 0)}
    store.replace([record(tags=("open source",))])
    assert store.tags() == {"open-source": ("Open Source", 1)}


def test_a_tag_without_a_key_is_no_tag(store):
    store.replace([record(tags=(" ", "", "AI"))])
    assert set(store.tags()) == {"ai"}
    assert store.items(tag=" ") == []


# --- sources ---


def test_sources_are_those_with_items_and_copies_do_not_count(store):
    store.replace([
        record(),
        record("b" * 16, source="ws", duplicate_of="a" * 16),
        record("c" * 16, source="gone", gone=True),
        record("d" * 16),
    ])  # fmt: skip
    assert store.sources() == {"qq": 2, "ws": 0}


# --- files ---


def test_files_are_told_by_path_without_tombstones(store):
    store.replace([record(size=3, mtime_ns=2**60), record("b" * 16, gone=True, path="")])
    assert list(store.files()) == [(record().path, "a" * 16, 3, 2**60)]


def test_another_file_time_alone_publishes_nothing(store):
    store.replace([record()])
    store.outbox(store.outbox())
    store.replace([record(size=5, mtime_ns=7)])
    assert store.outbox() == frozenset()
    assert [facts for _, _, *facts in store.files()] == [[5, 7]]
    store.replace([record(size=5, mtime_ns=7, title="another")])
    assert feeds(store.outbox()) == {"all", "source:qq", "tag:qq", "tag:ai"}


# --- text ---


@pytest.mark.parametrize("title", ["'; DROP TABLE item; --", "nul\0inside", "𝒳 🀄 e\u0301", "line\u2028separator", ""])
def test_any_text_comes_back_unchanged(store, title):
    store.replace([record(title=title, tags=(title, "AI"))])
    assert store.items(tag="AI")[0].title == title


# --- history ---


def test_a_span_has_the_items_of_a_tag_the_oldest_first(store):
    late, early = record("b" * 16, size=7), record("a" * 16, published=NOW - timedelta(hours=1))
    store.replace([late, early, record("c" * 16, tags=("other",)), record("d" * 16, gone=True)])
    rows = store.history.span("ai", NOW - timedelta(days=1), NOW + timedelta(seconds=1))
    assert list(rows) == [(int(NOW.timestamp()) - 3600, "a" * 16, 0), (int(NOW.timestamp()), "b" * 16, 7)]
    assert [key for _, key, _ in store.history.span("ai", NOW - timedelta(days=1), NOW)] == ["a" * 16]
    assert len(list(store.history.span("", NOW - timedelta(days=1), NOW + timedelta(seconds=1)))) == 3


def test_in_a_span_items_of_one_second_come_by_key(store):
    store.replace([record("c" * 16), record("a" * 16), record("b" * 16)])
    for tag in ("ai", ""):
        rows = store.history.span(tag, NOW - timedelta(days=1), NOW + timedelta(seconds=1))
        assert [key[0] for _, key, _ in rows] == ["a", "b", "c"]
        rows = store.history.span(tag, NOW, NOW + timedelta(seconds=1), after="a" * 16)
        assert [key[0] for _, key, _ in rows] == ["b", "c"]


def test_edges_are_the_nearest_items_before_and_from_an_instant(store):
    assert store.history.before("", NOW) is store.history.after("ai", NOW) is None
    store.replace([record("a" * 16), record("b" * 16, published=NOW - timedelta(days=40), tags=("x",))])
    assert store.history.before("", NOW) == NOW - timedelta(days=40)
    assert store.history.before("ai", NOW) is None
    assert store.history.after("", NOW - timedelta(days=39)) == store.history.after("ai", NOW) == NOW
    assert store.history.after("x", NOW) is None


def test_outlines_come_by_key_some_at_a_time(store):
    one = record("b" * 16, via="seeds", tags=("AI", "x"), copies=("c" * 16,), related=("d" * 16,))
    store.replace([one, record("a" * 16), record("c" * 16, gone=True), record("d" * 16)])
    first = store.history.outlines("", 2)
    assert [found.key[0] for found in first] == ["a", "b"]
    assert first[1][:5] == (one.key, one.source, "seeds", ("AI", "x"), ("c" * 16, "d" * 16))
    assert [found.key[0] for found in store.history.outlines(first[1].key, 2)] == ["d"]
    assert store.history.outlines("d" * 16, 2) == []


@pytest.mark.parametrize("change", [{"title": "x"}, {"size": 7}, {"mtime_ns": 7}, {"broken": True}, {"circle": "c"}])
def test_the_seal_of_an_outline_is_another_when_anything_of_the_record_is(store, change):
    seals = []
    for one in (record(), record(**change), record()):
        store.replace([one])
        seals += [found.seal for found in store.history.outlines("", 9)]
    assert seals[0] == seals[2] != seals[1]


def test_the_buried_come_latest_first(store):
    old, new = record("a" * 16, gone=True), record("b" * 16, gone=True, updated=NOW + timedelta(days=1))
    store.replace([old, new, record("c" * 16)])
    assert keys(store.history.buried(9)) == ["b" * 16, "a" * 16]
    assert keys(store.history.buried(1)) == ["b" * 16]


def test_what_folders_brought_under_other_names_is_counted_and_listed(store):
    one, two = record("b" * 16, via="seeds"), record("a" * 16, via="seeds", duplicate_of="b" * 16)
    others = record("c" * 16, via="qq"), record("d" * 16), record("e" * 16, via="seeds", gone=True)
    store.replace([one, two, *others])
    assert store.history.brought() == {"seeds": 1}
    assert store.history.brought_by("seeds") == [two, one]
    assert store.history.brought_by("qq") == store.history.brought_by("") == []
    store.replace([record("b" * 16, via="qq")], removed=["a" * 16])
    assert store.history.brought() == {}


# --- drops ---


def dropped(number, **changes):
    fields: dict[str, Any] = {
        "key": f"{number:016x}",
        "source": "qq",
        "title": "广告",
        "link": "",
        "why": "filter 1",
        "at": NOW,
    }
    return Dropped(**(fields | changes))


def test_what_was_dropped_is_listed_newest_first(store):
    assert store.drops.note([dropped(1), dropped(2, at=NOW + MINUTE), dropped(3, source="ws")]) == 3
    assert [one.key[-1] for one in store.drops.listed()] == ["2", "1", "3"]
    assert store.drops.listed(source="ws") == [dropped(3, source="ws")]
    assert len(store.drops.listed(limit=1)) == 1


def test_what_was_dropped_counts_once(store):
    assert store.drops.note([dropped(1), dropped(1)]) == 1
    assert store.drops.note([dropped(1, at=NOW + MINUTE), dropped(2)]) == 1
    assert store.drops.listed(limit=1) == [dropped(1)]


def test_each_source_has_its_bound(store):
    store.drops.note([dropped(10_000, source="ws")])
    store.drops.note([dropped(number, at=NOW + number * MINUTE) for number in range(indexing.DROPS + 5)])
    kept = store.drops.listed(source="qq")
    assert (len(kept), kept[-1].key) == (indexing.DROPS, f"{5:016x}")
    assert len(store.drops.listed(source="ws")) == 1


# --- sketches and revisions ---


def sketched(number, *, at=NOW, level=0):
    from aggregator.model import Sketch, Sketched
    from aggregator.steps import near
    from aggregator.steps.copies import topics

    found = Sketch(tokens=9, level=level, hashes=(8 * number, 800, 808), lead=number, topic=((number, 9), (77, 1)))
    return Sketched(
        key=f"{number:08x}" * 2, at=at, body=near.pack(found), topic=near.pack_topic(found),
        places=tuple(near.places(found)), topic_places=tuple(topics.places(found.topic)),
    )  # fmt: skip


def test_items_are_fresh_until_they_are_looked_at(store):
    store.replace([record("1" * 16), record("2" * 16)])
    assert store.sketches.fresh() == ["1" * 16, "2" * 16]
    store.sketches.keep([], looked=["1" * 16])
    store.replace([record("1" * 16, title="another")])
    assert store.sketches.fresh() == ["2" * 16], "what is known stays so"
    for of, fresh in (("2" * 16, ["1" * 16]), ("3" * 16, []), ("", ["1" * 16])):
        store.sketches.keep([], looked=["1" * 16, "2" * 16])
        store.replace([record("1" * 16, duplicate_of=of)])
        assert store.sketches.fresh() == fresh, "who was set aside, or came back, is looked at anew"


def test_sketches_are_found_by_any_place_those_with_most_first(store):
    one, other = sketched(1), sketched(2)
    store.sketches.keep([one, other], looked=[])
    assert [row.key for row in store.sketches.find([[800 >> 3, -2]])[0]] == [other.key, one.key]
    assert store.sketches.find([]) == []
    both = store.sketches.find([[-2], [12345], [800 >> 3, -2]])
    assert [[row.key for row in found] for found in both] == [[other.key], [], [other.key, one.key]]
    (found,) = store.sketches.find([[-1]])[0]
    assert (found.body, found.topic, found.at, found.places) == (one.body, one.topic, NOW, ())
    assert set(store.sketches.get([one.key, "f" * 16])) == {one.key}


def test_a_sketch_that_is_replaced_is_not_found_where_it_was(store):
    old, new = sketched(1), sketched(3)
    store.sketches.keep([old], looked=[])
    from dataclasses import replace

    store.sketches.keep([replace(new, key=old.key)], looked=[])
    assert store.sketches.find([[-1]])[0] == []
    assert [row.key for row in store.sketches.find([[-3]])[0]] == [old.key]


def test_old_sketches_and_topics_are_forgotten_links_stay(store):
    from aggregator.model import Link

    old, new = sketched(1, at=NOW - 40 * 24 * 60 * MINUTE), sketched(2)
    store.sketches.keep([old, new], looked=[])
    link = Link(small=old.key, big=new.key, bond="near", score=0.9, part=True)
    store.sketches.link([link])
    terms = [(1 << 32) + 77, (1 << 32) + 2]
    assert [row.key for row in store.sketches.find([terms])[0]] == [new.key], "one term in common says nothing"
    assert store.sketches.forget(NOW - MINUTE, NOW + MINUTE) == 1
    assert store.sketches.get([old.key]) == {}
    (left,) = store.sketches.find([[800 >> 3]])[0]
    assert (left.key, left.topic) == (new.key, b"")
    assert store.sketches.find([terms])[0] == []
    assert store.sketches.links([old.key]) == store.sketches.links([new.key]) == [link]


def test_links_are_renewed_but_for_those_to_the_forgotten_and_the_owners(store):
    from aggregator.model import Link

    rows = [sketched(number) for number in (1, 2)]
    store.sketches.keep(rows, looked=[])
    one, two, gone = rows[0].key, rows[1].key, "f" * 16
    links = [
        Link(small=one, big=two, bond="near", score=1.0),
        Link(small=one, big=gone, bond="near", score=1.0),
        Link(small=one, big=two, bond="merged", score=1.0),
    ]
    store.sketches.link(links)
    assert store.sketches.link([], renewed=[one]) == {one, two, gone}
    assert {(link.big, link.bond) for link in store.sketches.links([one])} == {(gone, "near"), (two, "merged")}
    assert store.sketches.link([], parted=[two]) == {one, two}
    assert [link.big for link in store.sketches.links([one])] == [gone]


def test_revisions_are_kept_with_the_item_and_bounded(store):
    from aggregator.model import Revision

    (state,) = store.claim(["qq"], NOW, 60)
    for number in range(12):
        kept = Revision(key="a" * 16, at=NOW + number * MINUTE, text=f"text {number} 春", held=number == 11)
        store.commit(state, [Saved(record=record(), revision=kept)])
    found = store.revisions.of("a" * 16)
    assert [one.text for one in found] == [f"text {number} 春" for number in range(2, 12)]
    assert [one.held for one in found] == [False] * 9 + [True]
    assert found[0].at == NOW + 2 * MINUTE
    assert store.revisions.of("b" * 16) == []


# --- days ---


def test_days_are_counted_for_tags_and_for_all_without_copies_and_tombstones(store):
    day = timedelta(days=1)
    store.replace(
        [
            record("a" * 16),
            record("b" * 16, published=NOW + day - timedelta(seconds=1)),
            record("c" * 16, published=NOW + day, tags=("qq",)),
            record("d" * 16, published=NOW + day, duplicate_of="c" * 16),
            record("e" * 16, published=NOW + day, gone=True),
            record("f" * 16, published=NOW + 2 * day),
            record("0" * 16, published=NOW - timedelta(seconds=1)),
        ]
    )
    edges = [NOW, NOW + day, NOW + 2 * day]
    assert store.history.counts(["ai", "", "qq", "none"], edges) == {
        "ai": (2, 0),
        "": (2, 1),
        "qq": (2, 1),
        "none": (0, 0),
    }
    assert store.history.counts([], edges) == {}
    assert store.history.counts(["ai"], [NOW]) == {"ai": ()}
