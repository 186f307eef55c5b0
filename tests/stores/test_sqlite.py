"""The SQLite store: its file under every kind of damage, its transactions under kills, full disks and rivals."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator import errors, stores
from aggregator.model import FetchState, Record, Saved
from aggregator.stores.sqlite import database, schema

NOW = datetime(2025, 3, 1, tzinfo=UTC)
URL = "sqlite:///tagwire.db"
ACCESSES = ("write", "read", "scratch")


def record(key="a" * 16, **changes):
    fields = {
        "key": key,
        "source": "qq",
        "path": f"qq/{key}.md",
        "title": "春分",
        "link": "",
        "url": "",
        "entry_id": key,
        "published": NOW,
        "updated": NOW,
        "first_seen": NOW,
        "tags": ("AI",),
    }
    return Record(**(fields | changes))


@pytest.fixture
def opened(tmp_path):
    """Return a function that opens the index in `tmp_path`."""
    return lambda **options: stores.open_store(URL, str(tmp_path), **options)


@pytest.fixture
def filled(opened, tmp_path):
    """A closed index that holds one item and one state."""
    with opened() as store:
        store.commit(FetchState(source="qq", etag='"1"'), [Saved(record=record())])
    return tmp_path / "tagwire.db"


def names_in(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def raw(path, *statements):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def contents(store):
    return store.states(), store.items(), store.tags(), store.outbox()


# --- opening ---


def test_everything_is_there_after_reopening(opened):
    with opened() as store:
        store.enroll([("qq", "qq.test")])
        store.commit(FetchState(source="qq", next_at=NOW), [Saved(record=record())])
        before = contents(store)
    with opened() as store:
        assert contents(store) == before
        assert store.due_hosts(NOW, 1) == ["qq.test"]


def test_the_file_is_ours_durable_and_alone_when_closed(filled):
    assert raw(filled, "PRAGMA application_id") == [(schema.APPLICATION_ID,)]
    assert raw(filled, "PRAGMA user_version") == [(len(schema.MIGRATIONS),)]
    assert raw(filled, "PRAGMA journal_mode") == [("wal",)]
    assert names_in(filled.parent) == ["tagwire.db"]


def test_every_commit_waits_for_the_disk(opened):
    with opened() as store:
        assert store.database.read("PRAGMA synchronous") == [(2,)]


@pytest.mark.parametrize(
    "damage",
    [b"", b"SQLite format 3\0", b"not a database at all" * 500, b"\0" * 8192],
    ids=["empty", "cut", "foreign", "zeros"],
)
def test_a_damaged_file_is_refused_named_and_left_as_it_is(opened, filled, damage):
    filled.write_bytes(damage)
    for access in ACCESSES:
        with pytest.raises(errors.StoreCorrupt, match=r"tagwire\.db.*tagwire reindex"):
            opened(access=access)
    assert filled.read_bytes() == damage


def test_another_programs_database_is_refused(opened, tmp_path):
    raw(tmp_path / "tagwire.db", "CREATE TABLE bookmarks (url)")
    with pytest.raises(errors.StoreCorrupt, match="not an index of tagwire"):
        opened()


def test_a_newer_schema_is_refused_untouched(opened, filled):
    raw(filled, "PRAGMA user_version = 99")
    before = filled.read_bytes()
    for access in ACCESSES:
        with pytest.raises(errors.SchemaTooNew, match="schema 99"):
            opened(access=access)
    assert filled.read_bytes() == before


def test_an_older_schema_is_brought_up_to_date_or_not_changed_at_all(opened, filled, monkeypatch):
    added = (*schema.MIGRATIONS, ("ALTER TABLE item ADD COLUMN colour TEXT DEFAULT 'blue'",))
    monkeypatch.setattr(schema, "MIGRATIONS", (*added, ("CREATE TABLE half (a)", "nonsense")))
    with pytest.raises(errors.StoreError):
        opened()
    assert raw(filled, "PRAGMA user_version", "SELECT * FROM sqlite_master WHERE name = 'half'") == []
    monkeypatch.setattr(schema, "MIGRATIONS", added)
    with opened() as store:
        assert store.items() == [record()]
    assert raw(filled, "SELECT colour FROM item") == [("blue",)]


STRANGE = {
    "of another branch": (
        "PRAGMA user_version = 2",
        "schema 2 (dropped, dropped_newest, held …)",
    ),
    "a table less": ("DROP TABLE item_tag", f"schema {len(schema.MIGRATIONS)} (item_tag)"),
    "a column less": ("ALTER TABLE tag DROP COLUMN items", "(tag)"),
    "a column more": ("ALTER TABLE held ADD COLUMN x", "(held)"),
    "an index less": ("DROP INDEX item_newest", "(item_newest)"),
    "another trigger": ("DROP TRIGGER near_item; CREATE TRIGGER near_item DELETE ON item BEGIN SELECT 1; END", "near_"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_tables_that_are_not_those_of_the_schema_are_refused_and_left_as_they_are(opened, filled, tmp_path, name):
    """By whoever opens or checks it, before anything is read off them."""
    statements, told = STRANGE[name]
    raw(filled, *statements.split("; ", 1) if statements.startswith("DROP TRIGGER") else [statements])
    before = filled.read_bytes()
    said = f"does not have the tables of {told}" if told.startswith("schema") else told
    for look in (*(lambda access=access: opened(access=access) for access in ACCESSES), lambda: check(tmp_path)):
        with pytest.raises(errors.StoreCorrupt, match=rf"tagwire\.db .*{re.escape(said)}.*tagwire reindex"):
            look()
    assert filled.read_bytes() == before


def test_what_else_is_in_the_file_is_its_owners_affair(opened, filled, tmp_path):
    """A view of his own, an index that is made in another way, statistics."""
    raw(
        filled,
        "CREATE VIEW mine AS SELECT key FROM item",
        "CREATE TABLE notes (text)",
        "DROP INDEX item_newest",
        "CREATE INDEX item_newest ON item (published) -- as it was once",
        "ANALYZE",
    )
    assert check(tmp_path) == []
    for access in ACCESSES:
        with opened(access=access) as store:
            assert store.items() == [record()]


def check(folder):
    return stores.check(URL, str(folder))


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS)))
def test_every_older_schema_has_its_tables(opened, tmp_path, version, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:version])
        database.connect(str(tmp_path / "tagwire.db")).close()
    assert check(tmp_path) == []
    with opened():
        pass
    assert raw(tmp_path / "tagwire.db", "PRAGMA user_version") == [(len(schema.MIGRATIONS),)]


def test_a_path_that_cannot_be_a_file_is_a_store_error(opened, tmp_path):
    (tmp_path / "tagwire.db").mkdir()
    for access in ACCESSES:
        with pytest.raises(errors.StoreError, match=r"tagwire\.db"):
            opened(access=access)
    with pytest.raises(errors.StoreError, match="Not a directory"):
        stores.open_store("sqlite:////dev/null/x.db", "/")


def test_a_removed_index_does_not_come_back_from_its_write_ahead_log(opened, tmp_path):
    with opened() as store:
        store.commit(FetchState(source="qq"), [Saved(record=record())])
        log = (tmp_path / "tagwire.db-wal").read_bytes()
    (tmp_path / "tagwire.db").unlink()
    (tmp_path / "tagwire.db-wal").write_bytes(log)
    with opened() as store:
        assert contents(store) == ({}, [], {}, frozenset())


def test_discarding_makes_room_for_a_new_index_and_keeps_the_old(opened, filled):
    content = filled.read_bytes()
    stores.discard(URL, str(filled.parent))
    stores.discard(URL, str(filled.parent))
    with opened() as store:
        assert store.items() == []
    assert (filled.parent / "tagwire.db.broken").read_bytes() == content
    with pytest.raises(errors.StoreError, match="Not a directory"):
        stores.discard("sqlite:////dev/null/x.db", "/")


# --- unclean ends ---


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from aggregator import stores
from aggregator.model import FetchState
store = stores.open_store({url!r}, {root!r})
store.commit(FetchState(source="killed"), [])
os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_a_writer(root):
    done = subprocess.run([sys.executable, "-c", KILLED.format(url=URL, root=str(root))], check=False)
    assert done.returncode == -signal.SIGKILL


def checks(store):
    """Return the list into which every quick_check of the store is noted from now on."""
    seen = []
    store.database.connection.set_trace_callback(lambda sql: seen.append(sql) if "quick_check" in sql else None)
    return seen


def test_only_the_first_write_after_a_kill_checks_the_file(opened, filled):
    kill_a_writer(filled.parent)
    for expected in (1, 0):
        with opened() as store:
            seen = checks(store)
            assert store.states().keys() == {"qq", "killed"}
            assert seen == []
            store.outbox(done=["x"])
            store.outbox(done=["y"])
            assert len(seen) == expected


def test_damage_after_a_kill_is_found_before_anything_is_written(opened, filled):
    with opened() as store:
        store.replace([record(f"{n:016x}") for n in range(300)])
    kill_a_writer(filled.parent)
    with opened() as store:
        store.states()  # brings the log into the file when the last reader closes
    size = int(raw(filled, "PRAGMA page_size")[0][0])
    root = int(raw(filled, "SELECT rootpage FROM sqlite_master WHERE name = 'item_entry_id'")[0][0])
    with filled.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    with opened() as store, pytest.raises(errors.StoreCorrupt, match="tagwire reindex"):
        store.claim(["new"], NOW, 60)
    with opened() as store:
        assert "new" not in store.states()


def test_a_damaged_page_met_by_a_query_says_what_to_do(opened, filled):
    size = int(raw(filled, "PRAGMA page_size")[0][0])
    root = int(raw(filled, "SELECT rootpage FROM sqlite_master WHERE name = 'item'")[0][0])
    with filled.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    with opened() as store, pytest.raises(errors.StoreCorrupt, match="tagwire reindex"):
        store.items()


def test_an_unreadable_row_says_what_to_do(opened, filled):
    raw(filled, "UPDATE item SET record = '{'")
    with opened() as store, pytest.raises(errors.StoreCorrupt, match="tagwire reindex"):
        store.items()


# --- rows of other versions ---


def test_rows_outlive_changes_of_the_model(opened, filled):
    """A field that this version does not know is skipped, one that an older version did not write has its default."""
    state = json.loads(raw(filled, "SELECT state FROM source")[0][0])
    row = json.loads(raw(filled, "SELECT record FROM item")[0][0])
    del state["etag"], row["summary"], row["tags"]
    with closing(sqlite3.connect(filled, isolation_level=None)) as connection:
        connection.execute("UPDATE source SET state = ?", (json.dumps(state | {"tomorrow": {"a": [1]}}),))
        connection.execute("UPDATE item SET record = ?", (json.dumps(row | {"mood": 7}),))
    with opened() as store:
        assert store.states() == {"qq": FetchState(source="qq")}
        assert store.items() == [record(tags=())]


# --- transactions ---


def test_a_failure_in_the_last_statement_takes_everything_back(opened):
    with opened() as store:
        store.commit(FetchState(source="qq"), [Saved(record=record())])
        before = contents(store)
        store.database.connection.execute(
            "CREATE TEMP TRIGGER no BEFORE INSERT ON main.outbox WHEN new.feed = 'tag:z' "
            "BEGIN SELECT raise(ABORT, 'no'); END"
        )
        with pytest.raises(errors.StoreError, match="no"):
            store.commit(FetchState(source="qq", etag="2"), [Saved(record=record("b" * 16, tags=("z",)))])
        assert contents(store) == before
        store.commit(FetchState(source="qq", etag="3"), [])
        assert store.states()["qq"].etag == "3"


def test_a_full_disk_says_so_changes_nothing_and_recovers(opened):
    with opened() as store:
        store.commit(FetchState(source="qq"), [Saved(record=record())])
        before = contents(store)
        connection = store.database.connection
        connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
        many = [Saved(record=record(f"{n:016x}", title="长" * 500)) for n in range(200)]
        with pytest.raises(errors.StoreError, match="disk is full"):
            store.commit(FetchState(source="qq", etag="new"), many)
        assert contents(store) == before
        connection.execute("PRAGMA max_page_count = 100000")
        store.commit(FetchState(source="qq", etag="new"), many)
        assert len(store.items()) == 201


def test_text_that_is_not_unicode_is_a_store_error_and_changes_nothing(opened):
    with opened() as store:
        for bad in (record(title="\ud800"), record(path="\ud800")):
            with pytest.raises(errors.StoreError, match="not Unicode"):
                store.commit(FetchState(source="qq"), [Saved(record=record("b" * 16)), Saved(record=bad)])
        with pytest.raises(errors.StoreError):
            store.items(text="\ud800")
        assert contents(store) == ({}, [], {}, frozenset())


def test_a_closed_store_is_a_store_error(opened):
    with opened() as store:
        pass
    with pytest.raises(errors.StoreError):
        store.states()


def test_a_rival_that_keeps_writing_is_a_store_error_not_a_wait_for_ever(opened, filled):
    with opened() as store, closing(sqlite3.connect(filled, isolation_level=None)) as rival:
        store.database.connection.execute("PRAGMA busy_timeout = 1")
        rival.execute("BEGIN IMMEDIATE")
        with pytest.raises(errors.StoreError, match="another process"):
            store.claim(["a"], NOW, 1)
        assert store.items() == [record()]
        rival.execute("ROLLBACK")
        assert store.claim(["a"], NOW, 1)[0].generation == 1


def test_rivals_take_turns_without_an_error_or_a_lost_update(opened):
    def work():
        with opened() as store:
            for _ in range(25):
                store.claim(["shared"], NOW, 1)

    failed: list[errors.StoreError] = []
    threads = [threading.Thread(target=lambda: _note(work, failed)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with opened() as store:
        assert store.states()["shared"].generation == 75


def _note(work, failed):
    try:
        work()
    except errors.StoreError as error:
        failed.append(error)


def test_a_reader_in_another_process_sees_what_was_committed(opened):
    with opened() as writer, opened() as reader:
        writer.commit(FetchState(source="qq"), [Saved(record=record())])
        assert reader.items() == [record()]


def test_a_store_may_be_used_from_another_thread(opened):
    with opened() as store:
        thread = threading.Thread(target=store.enroll, args=([("a", "a.test")],))
        thread.start()
        thread.join()
        assert store.states() == {"a": FetchState(source="a")}


def test_enrolling_the_same_sources_writes_nothing(opened, filled):
    with opened() as store:
        store.enroll([("a", "a.test"), ("b", "b.test")])
    before = filled.read_bytes()
    with opened() as store:
        store.enroll([("b", "b.test"), ("a", "a.test")])
    assert filled.read_bytes() == before


# --- scratch ---


def snapshot(folder):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def test_a_scratch_copy_changes_nothing_on_disk(opened, filled):
    before = snapshot(filled.parent)
    with opened(access="scratch") as store:
        assert store.items() == [record()]
        store.replace([record("b" * 16)])
        assert len(store.items()) == 2
    assert snapshot(filled.parent) == before


def test_a_scratch_copy_of_nothing_is_empty_and_creates_nothing(opened, tmp_path):
    with opened(access="scratch") as store:
        store.commit(FetchState(source="qq"), [Saved(record=record())])
        assert store.items() == [record()]
    assert names_in(tmp_path) == []


def test_a_scratch_copy_sees_what_a_writer_at_work_has_committed(opened, filled):
    with opened() as writer:
        writer.replace([record("b" * 16)])
        names = names_in(filled.parent)
        with opened(access="scratch") as store:
            assert len(store.items()) == 2
            store.replace([record("c" * 16)])
        assert names_in(filled.parent) == names
        assert len(writer.items()) == 2


# --- reading only ---


def test_a_view_reads_and_cannot_write(opened, filled):
    before = filled.read_bytes()
    with opened(access="read") as store:
        assert store.items() == [record()]
        assert store.states()["qq"].etag == '"1"'
        with pytest.raises(errors.StoreError, match="readonly"):
            store.replace([record("b" * 16)])
    assert filled.read_bytes() == before


def test_a_view_needs_no_room_on_a_full_disk(filled):
    """Where no byte can be written, what was committed and closed is read all the same."""
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "from aggregator.stores import open_store\n"
        f"with open_store('sqlite:///{filled.name}', {str(filled.parent)!r}, access='read') as store:\n"
        "    print(len(store.items()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_a_view_of_nothing_is_empty_and_creates_nothing(opened, tmp_path):
    with opened(access="read") as store:
        assert store.items() == []
        assert store.states() == {}
    assert names_in(tmp_path) == []


def test_a_view_sees_what_a_writer_commits_and_hinders_nobody(opened, filled):
    with opened() as writer, opened(access="read") as store:
        writer.replace([record("b" * 16)])
        assert len(store.items()) == 2
        writer.replace([record("c" * 16)])
        assert len(store.items()) == 3
    with opened() as writer:
        assert len(writer.items()) == 3


def test_a_view_opened_before_a_writer_comes_goes_on(opened, filled):
    with opened(access="read") as store:
        with opened() as writer:
            writer.replace([record(letter * 16) for letter in "bcdef"])
        assert len(store.items()) == 6


def test_a_view_needs_no_right_to_create_files(opened, filled):
    """Root may create files anywhere but where a folder stands: so it meets what others meet on a read-only disk."""
    (filled.parent / "tagwire.db-shm").mkdir()
    with opened(access="read") as store:
        assert store.items() == [record()]


def test_a_view_of_an_older_schema_reads_a_copy_that_is_up_to_date(opened, filled, monkeypatch):
    added = (*schema.MIGRATIONS, ("ALTER TABLE item ADD COLUMN colour TEXT DEFAULT 'blue'",))
    monkeypatch.setattr(schema, "MIGRATIONS", added)
    with opened(access="read") as store:
        assert store.database.read("SELECT colour FROM item") == [("blue",)]
    assert raw(filled, "PRAGMA user_version") == [(len(added) - 1,)]


# --- speed that must not be lost: the shape of the plans, not the clock ---


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"tag": "ai"},
        {"source": "qq"},
        {"since": NOW},
        {"tag": "ai", "since": NOW - timedelta(days=1)},
        {"prefix": "aaaaaa"},
        {"text": "x"},
    ],
    ids=str,
)
def test_no_query_sorts_or_scans_the_whole_index(opened, query):
    with opened() as store:
        seen: list[str] = []
        store.database.connection.set_trace_callback(seen.append)
        store.items(**query, limit=200)
        store.database.connection.set_trace_callback(None)
        plan = [row[3] for row in store.database.read("EXPLAIN QUERY PLAN " + seen[-1])]
    by_reference = "prefix" in query or "text" in query
    assert not [step for step in plan if step.startswith("SCAN item") and (by_reference or "INDEX" not in step)], plan
    assert ("USE TEMP B-TREE FOR ORDER BY" in plan) == by_reference, plan


def test_an_older_index_learns_who_brought_its_items(opened, tmp_path):
    """Rows that cannot be read are left for whoever reads them to tell."""
    then = next(n for n, steps in enumerate(schema.MIGRATIONS) if any("brought_by" in one for one in steps))
    keys = ["a" * 16, "b" * 16, "c" * 16]
    with opened() as store:
        store.replace([record(key, via=via) for key, via in zip(keys, ["seeds", "qq", "seeds"], strict=True)])
    raw(
        tmp_path / "tagwire.db",
        "DROP TRIGGER near_aside",
        "DROP INDEX item_brought",
        "ALTER TABLE item DROP COLUMN brought_by",
        f"UPDATE item SET record = '{{' WHERE key = '{keys[2]}'",
        f"PRAGMA user_version = {then}",
    )
    with opened() as store:
        assert store.history.brought() == {"seeds": 1}
        assert [one.key for one in store.history.brought_by("seeds")] == keys[:1]
