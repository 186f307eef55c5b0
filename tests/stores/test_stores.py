"""The stores' front door: schemes, scratch copies, and two stores that always give the same answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import errors, stores
from aggregator.model import FetchState, Record, Saved

NOW = datetime(2025, 3, 1, tzinfo=UTC)
names = st.sampled_from("abc")
instants = st.integers(-3, 3).map(lambda n: NOW + timedelta(seconds=n))
tags = st.lists(st.sampled_from(["AI", "ai", "A I", "News", "新闻", "qq", " "]), max_size=3).map(tuple)
records = st.builds(
    Record,
    key=st.sampled_from(["00aa", "00ab", "01ff", "ffff"]),
    source=names,
    path=names,
    title=st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    link=names,
    url=st.sampled_from(["", "u", "v"]),
    entry_id=names,
    published=instants,
    updated=instants,
    first_seen=instants,
    tags=tags,
    duplicate_of=st.sampled_from(["", "00aa"]),
    gone=st.booleans(),
)
saved = st.lists(st.builds(Saved, record=records, removed_tags=tags), max_size=3)
states = st.builds(
    FetchState,
    source=names,
    generation=st.integers(0, 2),
    etag=st.text(st.characters(max_codepoint=255), max_size=3),
    next_at=st.none() | instants,
    retry_at=st.none() | instants,
)
feeds = st.lists(st.sampled_from(["all", "tag:ai", "source:a"]), max_size=2)
calls = st.one_of(
    st.tuples(st.just("enroll"), st.tuples(st.lists(st.tuples(names, names), max_size=3))),
    st.tuples(st.just("claim"), st.tuples(st.lists(names, max_size=2), instants, st.integers(0, 3))),
    st.tuples(st.just("commit"), st.tuples(states, saved)),
    st.tuples(
        st.just("replace"), st.tuples(st.lists(records, max_size=3), st.lists(st.sampled_from(["00aa", "ffff"])))
    ),
    st.tuples(st.just("outbox"), st.tuples(feeds)),
)
queries = st.fixed_dictionaries(
    {},
    optional={
        "tag": st.sampled_from(["AI", "a-i", "新闻", " "]),
        "source": names,
        "since": instants,
        "prefix": st.sampled_from(["0", "00a", "f", "x"]),
        "text": names,
        "aside": st.booleans(),
        "limit": st.integers(0, 2),
    },
)


def names_in(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def answer(store, method, arguments):
    try:
        return getattr(store, method)(*arguments)
    except errors.StoreError as error:
        return type(error)


@settings(max_examples=75)
@given(st.lists(calls, max_size=12), queries)
def test_every_store_gives_the_same_answers(steps, query):
    """The dicts say in a page what the SQL means: whatever is done, both answer alike."""
    sqlite, memory = (
        stores.open_store("sqlite:///none.db", "/nonexistent", access="scratch"),
        stores.open_store("memory:", "/nonexistent"),
    )
    with sqlite, memory:
        for method, arguments in steps:
            assert answer(sqlite, method, arguments) == answer(memory, method, arguments)
        assert sqlite.states() == memory.states()
        assert sqlite.tags() == memory.tags()
        assert sqlite.outbox() == memory.outbox()
        assert sqlite.items() == memory.items()
        assert sqlite.items(**query) == memory.items(**query)
        assert sqlite.due_hosts(NOW, 2) == memory.due_hosts(NOW, 2)
        assert sqlite.known(["00aa"], ["u"], ["a"]) == memory.known(["00aa"], ["u"], ["a"])


@pytest.mark.parametrize("url", ["postgres://host/db", "var/tagwire.db", "", "nosuch:", "../evil:x"])
def test_an_unknown_scheme_names_those_that_exist(url, tmp_path):
    for function in (stores.open_store, stores.discard):
        with pytest.raises(errors.StoreError, match="there are memory, sqlite"):
            function(url, str(tmp_path))


@pytest.mark.parametrize("url", ["sqlite:", "sqlite:///", "sqlite://host", "sqlite:tagwire.db"])
def test_a_sqlite_url_without_path_says_what_was_expected(url, tmp_path):
    with pytest.raises(errors.StoreError, match=r"expected sqlite:///path/to/file\.db"):
        stores.open_store(url, str(tmp_path))
    assert names_in(tmp_path) == []


def test_relative_paths_start_at_the_site_and_absolute_ones_do_not(tmp_path):
    with stores.open_store("sqlite:///var/a.db", str(tmp_path)):
        assert (tmp_path / "var" / "a.db").is_file()
    with stores.open_store(f"sqlite:///{tmp_path}/b.db", "/nonexistent"):
        assert (tmp_path / "b.db").is_file()


def test_memory_stores_are_private_and_have_nothing_to_discard(tmp_path):
    one, two = (stores.open_store("memory:", str(tmp_path)) for _ in range(2))
    one.enroll([("a", "a.test")])
    assert two.states() == {}
    stores.discard("memory:", str(tmp_path))


def test_the_files_of_an_index_are_told_without_opening_it(tmp_path):
    """Whether they are there or not; an index in memory has none."""
    path = tmp_path / "var/a.db"
    assert stores.files("sqlite:///var/a.db", str(tmp_path)) == [f"{path}{end}" for end in ("", "-wal", "-shm")]
    assert stores.files("memory:", str(tmp_path)) == []
    assert not path.parent.exists()
