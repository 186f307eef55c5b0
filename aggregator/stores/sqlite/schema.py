"""The tables, as numbered migrations in plain SQL. This module runs nothing."""

from __future__ import annotations

APPLICATION_ID = 0x74616777
"""Tells our files from others' (`tagw`); `file` and `PRAGMA application_id` show it."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Instants are seconds since 1970; due_at is 0 for sources that are due at once.
        """
        CREATE TABLE source (
            id         TEXT PRIMARY KEY,
            host       TEXT NOT NULL DEFAULT '',
            enrolled   INTEGER NOT NULL DEFAULT 0,
            due_at     INTEGER NOT NULL DEFAULT 0,
            generation INTEGER NOT NULL DEFAULT 0,
            state      TEXT NOT NULL                 -- model.FetchState as JSON
        ) WITHOUT ROWID
        """,
        "CREATE INDEX source_due ON source (due_at, host) WHERE enrolled",
        # Beside the record stand only the fields that are searched.
        """
        CREATE TABLE item (
            key       TEXT PRIMARY KEY,
            source    TEXT NOT NULL,
            path      TEXT NOT NULL,
            size      INTEGER NOT NULL,
            mtime_ns  INTEGER NOT NULL,
            link      TEXT NOT NULL,
            url       TEXT NOT NULL,
            entry_id  TEXT NOT NULL,
            published INTEGER NOT NULL,
            aside     INTEGER NOT NULL,
            gone      INTEGER NOT NULL,
            record    TEXT NOT NULL                  -- model.Record as JSON
        )
        """,
        "CREATE INDEX item_newest ON item (published) WHERE NOT gone",
        "CREATE INDEX item_source ON item (source, published, aside) WHERE NOT gone",
        "CREATE INDEX item_url ON item (url)",
        "CREATE INDEX item_entry_id ON item (entry_id)",
        # The item tree is compared with this one alone.
        "CREATE INDEX item_file ON item (path, key, size, mtime_ns) WHERE NOT gone",
        "CREATE INDEX item_link ON item (link) WHERE link <> entry_id",  # mostly they are the same
        # One row per living item and tag: a feed's window is the end of one range.
        """
        CREATE TABLE item_tag (
            tag       TEXT NOT NULL,
            published INTEGER NOT NULL,
            key       TEXT NOT NULL,
            aside     INTEGER NOT NULL,
            PRIMARY KEY (tag, published, key)
        ) WITHOUT ROWID
        """,
        "CREATE TABLE tag (key TEXT PRIMARY KEY, label TEXT NOT NULL) WITHOUT ROWID",
        "CREATE TABLE outbox (feed TEXT PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    ),
    ("CREATE INDEX item_gone ON item (json_extract(record, '$.updated') DESC, key) WHERE gone",),
    (
        # What filters kept out, to be listed.
        """
        CREATE TABLE dropped (
            key    TEXT PRIMARY KEY,
            source TEXT NOT NULL,
            at     INTEGER NOT NULL,
            title  TEXT NOT NULL,
            link   TEXT NOT NULL,
            why    TEXT NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX dropped_newest ON dropped (source, at)",
    ),
    (
        # Items as numbers: their keys are 16 hex digits. `near_sketch.id` is short, since it stands in 20 rows more.
        """
        CREATE TABLE near_sketch (
            id    INTEGER PRIMARY KEY,
            item  INTEGER NOT NULL UNIQUE,
            at    INTEGER NOT NULL,
            body  BLOB NOT NULL,
            topic BLOB                               -- NULL when it is too old to be related to anything
        )
        """,
        "CREATE TABLE near_place (place INTEGER, id INTEGER, PRIMARY KEY (place, id)) WITHOUT ROWID",
        """
        CREATE TABLE near_link (
            small INTEGER NOT NULL,
            big   INTEGER NOT NULL,
            bond  TEXT NOT NULL,
            score REAL NOT NULL,
            part  INTEGER NOT NULL,
            PRIMARY KEY (small, big, bond)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX near_link_back ON near_link (big, small)",
        # What came into the index and was not looked at; written in the very transaction that brings the item.
        "CREATE TABLE near_fresh (key TEXT PRIMARY KEY) WITHOUT ROWID",
        "CREATE TRIGGER near_item AFTER INSERT ON item BEGIN INSERT OR IGNORE INTO near_fresh VALUES (new.key); END",
        """
        CREATE TABLE revision (
            key  TEXT NOT NULL,
            at   INTEGER NOT NULL,
            held INTEGER NOT NULL,
            text BLOB NOT NULL,                      -- deflated
            PRIMARY KEY (key, at, held)
        ) WITHOUT ROWID
        """,
    ),
    # Days are counted off this one alone.
    ("CREATE INDEX item_day ON item (published) WHERE NOT gone AND NOT aside",),
    (
        # The upper half of an item's number instead of a row's: which of many are looked at, order must not decide.
        "CREATE TABLE near_mark (place INTEGER, mark INTEGER, PRIMARY KEY (place, mark)) WITHOUT ROWID",
        """
        INSERT OR IGNORE INTO near_mark
        SELECT place, item >> 32 FROM near_place JOIN near_sketch USING (id) ORDER BY 1, 2
        """,
        "DROP TABLE near_place",
        "ALTER TABLE near_mark RENAME TO near_place",
    ),
    (
        # How many items a tag and a source have: counting 100,000 takes longer than publishing one.
        "ALTER TABLE tag ADD COLUMN items INTEGER NOT NULL DEFAULT 0",
        "UPDATE tag SET items = (SELECT count(*) FROM item_tag WHERE item_tag.tag = tag.key AND NOT aside)",
        """
        CREATE TABLE held (
            source TEXT PRIMARY KEY,
            items  INTEGER NOT NULL,
            copies INTEGER NOT NULL                  -- that are set aside
        ) WITHOUT ROWID
        """,
        "INSERT INTO held SELECT source, sum(NOT aside), sum(aside) FROM item WHERE NOT gone GROUP BY source",
    ),
    (
        # Who brought an item under another name, as folders do; else empty. In most sites these are few or none.
        "ALTER TABLE item ADD COLUMN brought_by TEXT NOT NULL DEFAULT ''",
        """
        UPDATE item SET brought_by = json_extract(record, '$.via')
        WHERE json_valid(record) AND json_extract(record, '$.via') <> source
        """,
        "CREATE INDEX item_brought ON item (brought_by, aside) WHERE brought_by <> '' AND NOT gone",
    ),
    (
        # Who was set aside, or came back, changes the story of another item. OR IGNORE would be that of the statement
        # which sets the trigger off (https://www.sqlite.org/lang_createtrigger.html), and an upsert's aborts.
        """
        CREATE TRIGGER near_aside AFTER UPDATE OF aside ON item WHEN new.aside <> old.aside
        BEGIN
            INSERT INTO near_fresh SELECT new.key WHERE NOT EXISTS (SELECT 1 FROM near_fresh WHERE key = new.key);
        END
        """,
        "INSERT OR IGNORE INTO near_fresh SELECT key FROM item WHERE aside AND NOT gone",
    ),
    (
        # A month of everything is read off this one alone, in order.
        "DROP INDEX item_newest",
        "CREATE INDEX item_newest ON item (published, key, size) WHERE NOT gone",
    ),
)
"""What each version changed; the file's `user_version` is the number of migrations that it has seen."""
