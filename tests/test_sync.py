"""Files are the truth: edits, additions and deletions reach the index, and a lost index comes back."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator import files, journal, succession
from aggregator.errors import TreeError
from aggregator.model import Duplicate, Entry, FetchState, Item, New, Parsed, Record, Source
from aggregator.settings import TagRule
from aggregator.steps import dedupe, frontmatter, ids, tag
from aggregator.steps.identity import item_key
from aggregator.steps.normalize import Context, normalize
from aggregator.stores.memory import MemoryStore
from aggregator.sync import Synced, sync
from aggregator.tree import ItemTree

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 3, 3, 20, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
AUTHORITY = "localhost,2026"
PATTERN = "{source}/{date:%Y}/{date:%m}/{date:%d}-{slug}-{key}.md"


class Site:
    """A tree and a store over one directory."""

    def __init__(self, root: Path) -> None:
        self.tree = ItemTree(root / "items", PATTERN, ZONE)
        self.store = MemoryStore()
        self.rules: tuple[TagRule, ...] = ()
        self.ours: set[str] = set()

    def sync(self, now: datetime = LATER, *, accept_deletions: bool = False, everything: bool = False) -> Synced:
        def retag(record: Record, text: str) -> tuple[Item, bytes] | None:
            if record.key not in self.ours:
                return None
            item = replace(read(text, record.key, record.source, record.via), file="")
            return item, frontmatter.dump(item, ZONE).encode()

        context = Context(zone=ZONE, now=now, tagger=tag.compile(self.rules))

        def read(text: str, key: str, source: str, _via: str) -> Item:
            return normalize(Entry(file=text), key, Source(id=source), Parsed(), context, "")

        return sync(
            self.tree, self.store, read, now=now, authority=AUTHORITY,
            accept_deletions=accept_deletions, retag=retag if everything else None,
        )  # fmt: skip

    def add(self, number: int, *, source: str = "a", guid: str = "", of: Record | None = None) -> Record:
        one = Item(
            key=item_key(source, "guid", str(number)), source=source, title=f"Story {number}", guid=guid,
            link=f"http://127.0.0.1/{number}", published=NOW, summary="Text.", body=f"Text {number}.",
            tags=(source, "News"), lang="en",
        )  # fmt: skip
        row = dedupe.record_of(one, via=source, now=NOW, authority=AUTHORITY)
        if of:
            row = replace(row, duplicate_of=of.key, entry_id=ids.tag_id(one.key, AUTHORITY))
            one = replace(one, guid=row.entry_id)
        change = Duplicate(item=one, record=row, why="") if of else New(item=one, record=row)
        (state,) = self.store.claim([source], NOW, 60)
        saved = self.tree.save([change], NOW)
        self.store.commit(state, saved)
        return saved[0].record

    def row(self, key: str) -> Record:
        (row,) = self.store.known([key], [], [])
        return row


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_nothing_to_do_touches_nothing(site: Site) -> None:
    """An index in line with the tree stays as it is."""
    site.add(1)
    site.store.outbox(site.store.outbox())
    assert site.sync() == Synced()
    assert not site.store.outbox()


def test_an_edit_is_read_and_published(site: Site) -> None:
    """Title and tags come from the file; id, first sight and what the source wrote stay."""
    old = site.add(1)
    path = site.tree.root / old.path
    path.write_text(
        path.read_text(encoding="utf-8").replace('"Story 1"', '"My title"').replace('"News"', '"Mine"'),
        encoding="utf-8",
    )
    site.store.outbox(site.store.outbox())
    assert site.sync().edited == 1
    row = site.row(old.key)
    assert (row.title, row.tags, row.edited) == ("My title", ("a", "Mine"), True)
    assert (row.entry_id, row.first_seen, row.content_hash) == (old.entry_id, old.first_seen, old.content_hash)
    assert row.updated == LATER
    assert {"all", "tag:news", "tag:mine"} <= site.store.outbox()
    assert site.sync() == Synced()


def test_a_touched_file_is_no_edit(site: Site) -> None:
    """Other times on the same bytes, as after a checkout, publish nothing."""
    old = site.add(1)
    site.store.outbox(site.store.outbox())
    (site.tree.root / old.path).touch()
    assert site.sync().edited == 0
    assert not site.row(old.key).edited
    assert not site.store.outbox()
    assert site.sync() == Synced()


def test_a_deleted_file_is_buried_for_good(site: Site) -> None:
    """The decision is written down beside the items."""
    records = [site.add(number) for number in range(3)]
    (site.tree.root / records[0].path).unlink()
    assert site.sync().deleted == 1
    assert site.row(records[0].key).gone
    assert [line["key"] for line in journal.read(site.tree.root)] == [records[0].key]
    assert site.sync() == Synced()


def test_a_decision_that_was_never_finished_is_told_once_and_taken_again(site: Site) -> None:
    """A power cut while a deletion was written down: the next comparison tells it and writes it down."""
    records = [site.add(number) for number in range(3)]
    path = site.tree.root / journal.NAME
    path.write_text('{"event": "deleted", "at": "2025-', encoding="utf-8")
    (site.tree.root / records[0].path).unlink()
    (problem,) = site.sync().problems
    assert "never finished" in problem.message
    assert [line["event"] for line in journal.read(site.tree.root)] == ["unfinished", "deleted"]
    (site.tree.root / records[1].path).touch()
    assert site.sync().problems == ()


def test_an_unmounted_disk_is_not_a_wish(site: Site) -> None:
    """Over half of the files gone at once stops everything, unless it is said to be meant."""
    records = [site.add(number) for number in range(5)]
    for record in records[:3]:
        (site.tree.root / record.path).unlink()
    with pytest.raises(TreeError, match="3 of 5 item files are gone"):
        site.sync()
    assert not any(row.gone for row in site.store.known([record.key for record in records], [], []))
    assert journal.read(site.tree.root) == []
    assert site.sync(accept_deletions=True).deleted == 3


def test_a_lost_index_is_rebuilt_with_the_same_ids(site: Site) -> None:
    """Delete var/, read the files: same keys, ids, paths, copies and tombstones."""
    first, second = site.add(1, guid="urn:uuid:1"), site.add(2)
    copy = site.add(1, source="b", of=first)
    gone, *_ = site.add(3), site.add(4)
    (site.tree.root / gone.path).unlink()
    site.sync()
    before = {row.key: row for row in site.store.items()}
    site.store = MemoryStore()
    assert site.sync().added == 4
    after = {row.key: row for row in site.store.items()}
    assert after.keys() == before.keys()
    for key, row in after.items():
        facts = (row.entry_id, row.path, row.published, row.tags, row.duplicate_of, row.title, row.url)
        old = before[key]
        assert facts == (old.entry_id, old.path, old.published, old.tags, old.duplicate_of, old.title, old.url)
        assert row.content_hash == ""
    assert after[copy.key].duplicate_of == first.key
    assert after[second.key].entry_id == second.link
    assert site.row(gone.key).gone
    assert site.sync() == Synced()


def test_a_moved_file_is_the_same_item(site: Site) -> None:
    """Its key travels in its name."""
    old, *_ = site.add(1), site.add(2)
    target = site.tree.root / "archive" / Path(old.path).name
    target.parent.mkdir()
    (site.tree.root / old.path).rename(target)
    synced = site.sync()
    assert (synced.added, synced.deleted) == (1, 0)
    row = site.row(old.key)
    assert (row.path, row.gone, row.edited) == (f"archive/{target.name}", False, False)
    assert site.sync() == Synced()


def test_a_copied_file_is_an_item_of_its_own(site: Site) -> None:
    """Two files cannot be one item; both stay, and the next look agrees."""
    old = site.add(1)
    copy = site.tree.root / "a" / f"copy-of-{old.key}.md"
    copy.write_bytes((site.tree.root / old.path).read_bytes())
    assert site.sync().added == 1
    assert len(site.store.items()) == 2
    assert len({row.entry_id for row in site.store.items()}) == 2
    assert site.sync() == Synced()


def test_files_that_people_put_there_are_items(site: Site) -> None:
    """No key in the name is needed."""
    path = site.tree.root / "notes" / "hello.md"
    path.parent.mkdir(parents=True)
    path.write_text('---\ntitle: "Hello"\ncategories:\n  - "notes"\n---\n\nHi.\n', encoding="utf-8")
    assert site.sync().added == 1
    (row,) = site.store.items()
    assert (row.title, row.source, row.path) == ("Hello", "notes", "notes/hello.md")
    assert site.sync() == Synced()


def test_a_broken_edit_is_told_and_the_others_go_on(site: Site) -> None:
    """The last good row stays until the file is mended; it is said again each time."""
    bad, good = site.add(1), site.add(2)
    (site.tree.root / bad.path).write_text("---\ntitle: [\n---\n", encoding="utf-8")
    path = site.tree.root / good.path
    path.write_text(path.read_text(encoding="utf-8").replace("Story 2", "Edited 2"), encoding="utf-8")
    for _ in range(2):
        synced = site.sync()
        (problem,) = synced.problems
        assert bad.path in problem.where
        assert problem.line
    assert site.row(bad.key).title == "Story 1"
    assert site.row(bad.key).broken
    assert site.row(good.key).title == "Edited 2"


def test_a_mended_file_is_published_again(site: Site) -> None:
    """Bytes as before the damage are no edit, yet the feeds that lost the item get it back."""
    old, *_ = site.add(1), site.add(2)
    path = site.tree.root / old.path
    data = path.read_bytes()
    path.write_text("damaged", encoding="utf-8")
    site.sync()
    assert "tag:news" in site.store.outbox()
    site.store.outbox(site.store.outbox())
    path.write_bytes(data)
    site.sync()
    assert "tag:news" in site.store.outbox()
    assert (site.row(old.key).broken, site.row(old.key).edited) == (False, False)
    assert site.sync() == Synced()


def test_other_rules_reach_old_items_in_the_index_only(site: Site) -> None:
    """A tag that a new rule gives shows in the feeds; no file is touched, and nothing counts as edited."""
    old = site.add(1)
    before = (site.tree.root / old.path).read_bytes()
    site.rules = (TagRule(name="Tales", match=("story",)),)
    site.store.outbox(site.store.outbox())
    assert site.sync(everything=True) == Synced(retagged=1)
    row = site.row(old.key)
    assert (row.tags, row.edited, row.updated) == (("a", "News", "Tales"), False, old.updated)
    assert "tag:tales" in site.store.outbox()
    assert (site.tree.root / old.path).read_bytes() == before


def test_other_rules_reach_files_of_ours(site: Site) -> None:
    """A file that nobody else wrote gets the tag; that is no edit and no news."""
    old, edited = site.add(1), site.add(2)
    site.ours = {old.key, edited.key}
    mine = site.tree.root / edited.path
    mine.write_text(mine.read_text(encoding="utf-8").replace("Text 2", "My story"), encoding="utf-8")
    site.rules = (TagRule(name="Tales", match=("story",)),)
    assert site.sync(everything=True) == Synced(retagged=1, edited=1, rewritten=(old.path,))
    row = site.row(old.key)
    assert (row.tags, row.edited, row.updated) == (("a", "News", "Tales"), False, old.updated)
    assert '  - "Tales"\n' in site.tree.read(row)
    assert (site.row(edited.key).tags, site.row(edited.key).edited) == (("a", "News", "Tales"), True)
    assert "Tales" not in mine.read_text(encoding="utf-8")
    assert site.sync() == Synced()


def test_a_crash_after_rewriting_is_no_edit(site: Site) -> None:
    """The file has its new tags, the index died before it heard: doing it again finds the file as it should be."""
    old = site.add(1)
    site.ours = {old.key}
    site.rules = (TagRule(name="Tales", match=("story",)),)
    site.sync(everything=True)
    site.store.replace([old])
    assert site.sync(everything=True) == Synced(retagged=1)
    assert (site.row(old.key).edited, site.row(old.key).tags) == (False, ("a", "News", "Tales"))


def test_a_bare_file_is_filled_in_and_as_old_as_itself(site: Site) -> None:
    """Without category, date or title: its folder, its file's time, the beginning of its text."""
    path = site.tree.root / "notes" / "2025" / "bare.md"
    path.parent.mkdir(parents=True)
    path.write_text("---\nmenu: x\n---\n\nHello there.\n", encoding="utf-8")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    site.sync()
    (row,) = site.store.items()
    assert (row.source, row.title, row.published.timestamp()) == ("notes", "Hello there.", 1_700_000_000)


def test_the_age_of_a_bare_file_outlives_the_index_and_the_times_of_files(site: Site) -> None:
    """Remembered once; a copy of the items on another disk has other times. What is no instant says nothing."""
    for name in ("one", "two"):
        path = site.tree.root / "notes" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\ntitle: {name}\n---\n\nHello {name}.\n", encoding="utf-8")
        os.utime(path, (1_700_000_000, 1_700_000_000))
    site.sync()
    before = {row.key: row.published for row in site.store.items()}
    for path in site.tree.root.rglob("*.md"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    site.store = MemoryStore()
    site.sync()
    assert {row.key: row.published for row in site.store.items()} == before
    lines = journal.read(site.tree.root)
    assert sorted((line["event"], line["key"]) for line in lines) == [("seen", key) for key in sorted(before)]
    with (site.tree.root / journal.NAME).open("a", encoding="utf-8") as file:
        file.write(f'{{"event": "seen", "key": "{min(before)}", "first": "long ago"}}\n')
    assert journal.first_seen(journal.read(site.tree.root)) == {(key, ""): at for key, at in before.items()}


def test_a_restored_file_lives_again(site: Site) -> None:
    """Putting a deleted file back takes the decision back."""
    old, *_ = site.add(1), site.add(2), site.add(3)
    path = site.tree.root / old.path
    data = path.read_bytes()
    path.unlink()
    site.sync()
    path.write_bytes(data)
    site.sync()
    assert not site.row(old.key).gone
    site.store = MemoryStore()
    site.sync()
    assert not site.row(old.key).gone


def test_states_are_not_touched(site: Site) -> None:
    """Comparing files forgets no validator."""
    (state,) = site.store.claim(["a"], NOW, 60)
    site.store.commit(replace(state, etag='"1"'), [])
    site.sync()
    assert site.store.states()["a"].etag == '"1"'
    assert isinstance(site.store.states()["a"], FetchState)


def test_copies_of_a_deleted_article_are_buried_with_it(site: Site) -> None:
    """Journalled like the deletion, their files removed; an edited one follows and takes over id and copies."""
    first, second, *_ = site.add(1), site.add(2), site.add(3)
    plain, later = site.add(1, source="b", of=first), site.add(2, source="b", of=second)
    mine = site.add(2, source="c", of=second)
    path = site.tree.root / mine.path
    path.write_text(path.read_text(encoding="utf-8").replace("Text 2", "My text"), encoding="utf-8")
    for record in (first, second):
        (site.tree.root / record.path).unlink()
    assert site.sync().deleted == 2
    assert site.row(plain.key).gone
    assert site.row(later.key).gone
    assert not (site.tree.root / plain.path).exists()
    for _ in range(2):
        row = site.row(mine.key)
        assert (row.entry_id, row.duplicate_of, row.gone) == (second.entry_id, "", False)
        assert row.path == mine.path.removeprefix(".duplicates/")
        assert site.sync() == Synced()
        site.store = MemoryStore()
        site.sync()


def test_a_copy_that_cannot_be_read_is_not_deleted_with_its_article(site: Site) -> None:
    """Nobody but its owner wrote what is in it, so it follows, as an edited one does."""
    first, *_ = site.add(1), site.add(2), site.add(3)
    copy = site.add(1, source="b", of=first)
    (site.tree.root / copy.path).write_text("my own words", encoding="utf-8")
    (site.tree.root / first.path).unlink()
    site.sync()
    row = site.row(copy.key)
    assert (row.entry_id, row.broken, row.gone) == (first.entry_id, True, False)
    assert site.tree.read(row) == "my own words"


def test_a_moved_file_that_cannot_be_read_is_the_same_item(site: Site) -> None:
    """Its row knows where it is, all that was known stays, and it is read as soon as it can be."""
    old, *_ = site.add(1), site.add(2), site.add(3)
    path = site.tree.root / old.path
    text = path.read_text(encoding="utf-8")
    path.write_text("---\n", encoding="utf-8")
    moved = path.rename(site.tree.root / f"mine-{old.key}.md")
    for _ in range(2):
        assert [old.key in problem.where for problem in site.sync().problems] == [True]
        assert site.row(old.key) == replace(old, path=moved.name, size=0, mtime_ns=0, broken=True)
    moved.write_text(text, encoding="utf-8")
    assert site.sync().problems == ()
    assert (site.row(old.key).path, site.row(old.key).broken) == (moved.name, False)
    assert site.sync() == Synced()


def test_a_broken_file_beside_the_item_that_its_name_tells_is_none_of_it(site: Site) -> None:
    """A copy that its owner made and broke: told, and the item stays where it is."""
    old = site.add(1)
    (site.tree.root / f"mine-{old.key}.md").write_text("---\n", encoding="utf-8")
    assert len(site.sync().problems) == 1
    assert site.row(old.key) == old


def test_the_first_seen_copy_follows_and_the_others_belong_to_it(site: Site) -> None:
    """When a source goes, its articles stay; after the index was lost, too."""
    owner, *_ = site.add(1), site.add(2)
    copies = [site.add(1, source=source, of=owner) for source in ("b", "c")]
    heir, other = sorted(copies, key=lambda record: record.key)
    rows = succession.purge(site.tree, site.store, [owner], LATER)
    site.store.replace(rows, removed=[owner.key])
    for _ in range(2):
        assert (site.row(heir.key).entry_id, site.row(heir.key).duplicate_of) == (owner.entry_id, "")
        assert site.row(other.key).duplicate_of == heir.key
        assert site.sync() == Synced()
        site.store = MemoryStore()
        site.sync()


def test_a_dry_run_buries_nothing_on_disk(site: Site) -> None:
    """Copies' files and the journal stay as they are."""
    owner, *_ = site.add(1), site.add(2)
    copy = site.add(1, source="b", of=owner)
    (site.tree.root / owner.path).unlink()
    site.tree = ItemTree(site.tree.root, PATTERN, ZONE, dry=True)
    assert site.sync().deleted == 1
    assert (site.tree.root / copy.path).exists()
    assert journal.read(site.tree.root) == []


def test_a_file_renamed_and_edited_is_known_by_its_link(site: Site) -> None:
    """Two vanished files and three new ones: each finds its own, what is unreadable or new stays what it is."""
    one, two, *_ = site.add(1), site.add(2), site.add(3)
    folder = site.tree.root / "a"
    (site.tree.root / one.path).rename(folder / "one.md")
    edited = (site.tree.root / two.path).read_text(encoding="utf-8").replace("Story 2", "My title")
    (site.tree.root / two.path).unlink()
    (folder / "two.md").write_text(edited, encoding="utf-8")
    (folder / "new.md").write_text('---\ntitle: "New"\n---\n\nNew.\n', encoding="utf-8")
    (folder / "bad.md").write_bytes(b"\xff")
    (folder / "worse.md").write_text("---\ntitle: [\n---\n", encoding="utf-8")
    synced = site.sync()
    assert (synced.deleted, len(synced.problems)) == (0, 2)
    for _ in range(2):
        rows = {row.path: row for row in site.store.items()}
        assert (rows["a/one.md"].key, rows["a/two.md"].key) == (one.key, two.key)
        assert (rows["a/one.md"].entry_id, rows["a/two.md"].entry_id) == (one.entry_id, two.entry_id)
        assert (rows["a/two.md"].title, rows["a/one.md"].title) == ("My title", "Story 1")
        assert rows["a/new.md"].title == "New"
        site.store = MemoryStore()
        site.sync()


def test_an_edited_link_keeps_id_and_copies_when_the_index_is_lost(site: Site) -> None:
    """The journal has the id, and the address by which copies of others are known; it is written once."""
    old, *_ = site.add(1), site.add(2)
    copy = site.add(1, source="b", of=old)
    path = site.tree.root / old.path
    for new in ("elsewhere", "elsewhere/again"):
        text = path.read_text(encoding="utf-8").replace("](http://127.0.0.1", f"](http://127.0.0.1/{new}")
        path.write_text(text, encoding="utf-8")
        site.sync(LATER + timedelta(minutes=len(new)))
    for _ in range(2):
        assert (site.row(old.key).entry_id, site.row(copy.key).duplicate_of) == (old.entry_id, old.key)
        site.store = MemoryStore()
        site.sync()


@pytest.mark.parametrize(
    ("old", "new"),
    [("Hello", "Hello again"), ("2025-03-01", "2025-03-02"), ("Hi.\n", "Hi.\n\n[notes](http://127.0.0.1/1)\n")],
)
def test_an_item_that_nothing_but_its_title_told_stays_itself(site: Site, old: str, new: str) -> None:
    """Neither name nor link say which it is: once title or date say something else the journal does, with one line."""
    path = site.tree.root / "notes" / "hello.md"
    text = '---\ntitle: "Hello"\ndate: "2025-03-01 10:00:00"\ncategories: ["notes"]\n---\n\nHi.\n'
    files.write(path, text.encode())
    site.sync()
    (before,) = site.store.items()
    assert journal.read(site.tree.root) == []
    for number in range(2):
        path.write_text(text.replace(old, new) + "\n" * number, encoding="utf-8")
        site.sync(LATER + timedelta(minutes=number))
    (line,) = journal.places(journal.read(site.tree.root)).items()
    assert line == ("notes/hello.md", before.key)
    for _ in range(2):
        (row,) = site.store.items()
        assert (row.key, row.entry_id) == (before.key, before.entry_id)
        site.store = MemoryStore()
        site.sync()
