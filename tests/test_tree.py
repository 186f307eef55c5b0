"""The item tree: one file per item, and whose word counts."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

import pytest

from aggregator import files, journal
from aggregator.disk import STAGING, strangers
from aggregator.errors import DiskError, EntryError, TreeError
from aggregator.model import Adopted, Duplicate, Item, New, Record, Unchanged, Updated
from aggregator.steps import dedupe
from aggregator.steps.identity import item_key
from aggregator.tree import ItemTree, key_in, source_in

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 3, 3, 20, 0, tzinfo=UTC)
PATTERN = "{source}/{date:%Y}/{date:%m}/{date:%d}-{slug}-{key}.md"


@pytest.fixture
def tree(tmp_path: Path) -> ItemTree:
    return ItemTree(tmp_path / "items", PATTERN, ZONE)


def item(**fields: object) -> Item:
    values = {
        "key": item_key("a", "guid", "1"), "source": "a", "title": "Night Train", "link": "http://127.0.0.1/1",
        "published": NOW, "summary": "A train.", "body": "A train at night.", "tags": ("a",), "lang": "en", **fields,
    }  # fmt: skip
    return Item(**values)  # type: ignore[arg-type]


def record(one: Item) -> Record:
    return dedupe.record_of(one, via="a", now=NOW, authority="localhost,2026")


def save_new(tree: ItemTree, one: Item) -> Record:
    (saved,) = tree.save([New(item=one, record=record(one))], NOW)
    return saved.record


def test_a_new_item_lands_where_the_pattern_says(tree: ItemTree) -> None:
    """The date in the path is the site's, not UTC's."""
    saved = save_new(tree, item())
    assert saved.path == f"a/2025/03/04-night-train-{saved.key}.md"
    data = (tree.root / saved.path).read_bytes()
    assert saved.file_hash == files.digest(data)
    assert (saved.size, saved.mtime_ns) == (
        (tree.root / saved.path).stat().st_size,
        (tree.root / saved.path).stat().st_mtime_ns,
    )
    assert tree.read(saved) == data.decode()
    assert dict(tree.listing()) == {saved.path: (saved.size, saved.mtime_ns)}
    assert tree.text(saved.path) == (data.decode(), data)


def test_files_are_listed_by_path_whatever_lies_among_them(tree: ItemTree) -> None:
    """A folder stands among files as its paths do; nothing that begins with a dot is listed but copies set aside."""
    items = [".duplicates/a/x.md", "a-b.md", "a.md", "a/b.md", "a/b/c.md", "a0.md", "b.md/d.md", "港/一.md", "😀.md"]
    for path in (*items, ".hidden/e.md", "a/.f.md", "a/.duplicates/g.md", "notes.txt"):
        files.write(tree.root / path, b"")
    assert [path for path, _ in tree.listing()] == items == sorted(items)


def test_names_that_are_not_utf8_are_told_once_and_left_out(tree: ItemTree) -> None:
    """A folder counts as one, and only if there is a file in it that could be an item."""
    odd = os.fsdecode(b"d\xe9")
    for path in ("a/1.md", f"{odd}/1.md", f"{odd}/2.md", f"a/{odd}.md", f"{odd}.jpg", f"{odd}2/1.jpg"):
        files.write(tree.root / path, b"")
    strange: set[str] = set()
    assert [path for path, _ in tree.listing(strange)] == ["a/1.md"]
    assert strange == {odd, f"a/{odd}.md"}
    told = [str(problem).removeprefix(f"{tree.root}/") for problem in strangers(tree.root, strange)]
    assert told == [
        f"{name}: the name is not UTF-8, so it is left out; rename it" for name in ("a/d\ufffd.md", "d\ufffd")
    ]


def test_sections_of_hugo_are_no_items(tree: ItemTree) -> None:
    """`_index.md` is the page of a folder; in another language, too."""
    for path in ("_index.md", "a/_index.zh-cn.md", "a/_index.md", "a/_indexed.md", "a/my_index.md"):
        files.write(tree.root / path, b"")
    assert [path for path, _ in tree.listing()] == ["a/_indexed.md", "a/my_index.md"]


def test_saving_again_after_a_crash_changes_nothing(tree: ItemTree) -> None:
    """Paths and bytes are pure functions of the item."""
    first = save_new(tree, item())
    assert save_new(tree, item()) == first


def test_unchanged_items_are_not_touched(tree: ItemTree) -> None:
    """Nothing to save, nothing written."""
    assert tree.save([Unchanged(key="0" * 16)], NOW) == []
    assert not tree.root.exists()


def test_an_update_rewrites_the_same_file(tree: ItemTree) -> None:
    """The path stays though the title changed; lost tags are told."""
    old = replace(save_new(tree, item(tags=("a", "Rail"))), tags=("a", "Rail"))
    new = item(title="Day Train")
    (saved,) = tree.save([Updated(item=new, record=replace(record(new), path=old.path), previous=old)], NOW)
    assert saved.record.path == old.path
    assert saved.removed_tags == ("Rail",)
    assert "Day Train" in tree.read(saved.record)


def test_a_file_that_its_owner_edited_is_left_alone(tree: ItemTree) -> None:
    """The edit stays, and the item is marked."""
    old = save_new(tree, item())
    (tree.root / old.path).write_text("mine", encoding="utf-8")
    new = item(body="Other text.")
    (saved,) = tree.save([Updated(item=new, record=replace(record(new), path=old.path), previous=old)], NOW)
    assert (tree.root / old.path).read_text(encoding="utf-8") == "mine"
    assert saved.record.edited
    assert saved.record.content_hash == record(new).content_hash


def test_a_file_that_its_owner_deleted_stays_deleted(tree: ItemTree) -> None:
    """An update buries the item instead of bringing it back, and writes the decision down."""
    old = save_new(tree, item())
    (tree.root / old.path).unlink()
    new = item(body="Other text.")
    (saved,) = tree.save([Updated(item=new, record=replace(record(new), path=old.path), previous=old)], NOW)
    assert saved.record.gone
    assert not (tree.root / old.path).exists()
    (decision,) = journal.read(tree.root)
    assert (decision["event"], decision["key"]) == ("deleted", old.key)


def test_copies_are_set_aside_under_the_same_relative_path(tree: ItemTree) -> None:
    """Site generators skip dot folders."""
    one = item()
    aside = replace(record(one), duplicate_of="f" * 16)
    (saved,) = tree.save([Duplicate(item=one, record=aside, why="")], NOW)
    assert saved.record.path == f".duplicates/{tree.path_of(record(one))}"
    assert [path for path, _ in tree.listing()] == [saved.record.path]


def test_a_displaced_copy_moves_aside_with_its_bytes(tree: ItemTree) -> None:
    """The owner takes the place; nothing of the copy is lost; a replay finds it moved."""
    copy = save_new(tree, item())
    data = (tree.root / copy.path).read_bytes()
    owner = item(key=item_key("b", "guid", "1"), source="b")
    change = New(item=owner, record=record(owner), displaces=(replace(copy, duplicate_of=owner.key),))
    moved, mine = tree.save([change], NOW)
    assert (tree.root / moved.record.path).read_bytes() == data
    assert moved.record.path == f".duplicates/{copy.path}"
    assert not (tree.root / copy.path).exists()
    assert (tree.root / mine.record.path).exists()
    assert tree.save([change], NOW) == [moved, mine]
    again = replace(change, displaces=(moved.record,))
    assert tree.save([again], NOW)[0].record.path == moved.record.path


def test_a_move_takes_nobodys_place(tree: ItemTree) -> None:
    """Neither on the way aside nor back: what the owner put there stays, and the key stays in the name."""
    copy = save_new(tree, item())
    data = (tree.root / copy.path).read_bytes()
    files.write(tree.root / ".duplicates" / copy.path, b"mine, aside")
    owner = item(key=item_key("b", "guid", "1"), source="b")
    moved, _ = tree.save(
        [New(item=owner, record=record(owner), displaces=(replace(copy, duplicate_of=owner.key),))], NOW
    )
    assert moved.record.path == f".duplicates/{copy.path.removesuffix('.md')}-2.md"
    assert (tree.root / moved.record.path).read_bytes() == data
    files.write(tree.root / copy.path.replace(".md", "-2.md"), b"mine")
    back = tree.bring_back(moved.record)
    assert (tree.root / back.path).read_bytes() == data
    assert back.path == copy.path.replace(".md", "-2-2.md")
    assert key_in(back.path) == copy.key
    assert (tree.root / copy.path.replace(".md", "-2.md")).read_bytes() == b"mine"
    assert (tree.root / ".duplicates" / copy.path).read_bytes() == b"mine, aside"


def test_a_dry_tree_takes_nobodys_place_either(tmp_path: Path) -> None:
    """What it would write, or move, goes where it really would."""
    dry, one = ItemTree(tmp_path, PATTERN, ZONE, dry=True), item()
    path = dry.path_of(record(one))
    files.write(tmp_path / path, b"mine")
    saved = save_new(dry, one)
    assert saved.path == path.replace(".md", "-2.md")
    assert dry.bring_back(replace(saved, path=f".duplicates/{path}")).path == path
    aside = dry.save(
        [
            New(
                item=item(key="f" * 16),
                record=record(item(key="f" * 16)),
                displaces=(replace(saved, duplicate_of="f" * 16),),
            )
        ],
        NOW,
    )[0]
    assert aside.record.path == f".duplicates/{saved.path}"
    assert "A train at night." in dry.read(aside.record)
    assert (tmp_path / path).read_bytes() == b"mine"


def test_what_cannot_be_read_is_nobodys_to_replace(tree: ItemTree) -> None:
    """A pipe where a file was: an update is held back and told, a first look takes it for edited."""
    old = save_new(tree, item())
    path = tree.root / old.path
    path.unlink()
    os.mkfifo(path)
    new = item(body="Another text.")
    (held,) = tree.save([Updated(item=new, record=replace(record(new), path=old.path), previous=old)], NOW)
    assert held.record == replace(old, edited=True, content_hash=record(new).content_hash)
    assert held.revision is not None
    assert held.revision.held
    assert held.problem is not None
    assert "cannot be read" in held.problem.message
    (adopted,) = tree.save([Adopted(item=item(), record=replace(old, content_hash=""))], NOW)
    assert adopted.record.edited
    assert path.is_fifo()


def test_an_edit_between_two_looks_is_read_at_the_next_one(tree: ItemTree) -> None:
    """The row keeps size and time of the file that was read, so that the comparison finds the other one."""
    old = save_new(tree, item())
    (tree.root / old.path).write_text("mine", encoding="utf-8")
    new = item(body="Another text.")
    (held,) = tree.save([Updated(item=new, record=replace(record(new), path=old.path), previous=old)], NOW)
    assert (held.record.size, held.record.mtime_ns) == (old.size, old.mtime_ns)
    assert dict(tree.listing())[old.path] != (old.size, old.mtime_ns)


def test_what_vanishes_while_it_is_listed_is_not_there(tree: ItemTree, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner deletes a folder, or a file, between two system calls."""
    for name in ("a/1.md", "a/2.md", "b/3.md", "c/4.md"):
        files.write(tree.root / name, b"")
    real = os.scandir

    class Listed(list[os.DirEntry[str]]):
        def __enter__(self) -> Self:
            (tree.root / "a" / "1.md").unlink(missing_ok=True)
            return self

        def __exit__(self, *_: object) -> None:
            pass

    def scandir(folder: str) -> Listed:
        name = folder.rpartition("/")[2]
        if name in {"b", "c"}:
            Path(folder).rename(tree.root.parent / name)
        if name == "c":
            Path(folder).touch()
        with real(folder) as entries:
            return Listed(entries)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        assert [path for path, _ in tree.listing()] == ["a/2.md"]


def test_adopting_a_pristine_file_frees_it_for_updates(tree: ItemTree) -> None:
    """Bytes equal to what the source writes were never edited; others may have been; missing ones are buried."""
    old = replace(save_new(tree, item()), content_hash="")
    (pristine,) = tree.save([Adopted(item=item(), record=old)], NOW)
    assert not pristine.record.edited
    (held,) = tree.save([Adopted(item=item(body="New."), record=old)], NOW)
    assert held.record.edited
    (tree.root / old.path).unlink()
    (gone,) = tree.save([Adopted(item=item(), record=old)], NOW)
    assert gone.record.gone


def test_a_dry_tree_writes_nothing_but_reads_what_it_would_have(tmp_path: Path) -> None:
    """`--dry-run` touches nothing."""
    tree = ItemTree(tmp_path / "items", PATTERN, ZONE, dry=True)
    saved = save_new(tree, item())
    assert "A train at night." in tree.read(saved)
    new = item(body="Later.")
    (after,) = tree.save([Updated(item=new, record=replace(record(new), path=saved.path), previous=saved)], NOW)
    assert "Later." in tree.read(after.record)
    assert tree.bury([saved], NOW)[0].gone
    tree.sweep()
    assert list(tmp_path.iterdir()) == []


def test_only_item_files_are_listed(tree: ItemTree) -> None:
    """Dot files, links and other files are not items."""
    save_new(tree, item())
    (tree.root / ".hidden.md").write_text("x", encoding="utf-8")
    (tree.root / "a" / "notes.txt").write_text("x", encoding="utf-8")
    (tree.root / "a" / "link.md").symlink_to("/dev/null")
    (tree.root / ".git").mkdir()
    (tree.root / ".git" / "x.md").write_text("x", encoding="utf-8")
    assert len(list(tree.listing())) == 1


def test_files_that_are_no_items_are_errors_with_a_line(tree: ItemTree) -> None:
    """Not UTF-8: the line of the first bad byte."""
    (tree.root / "a").mkdir(parents=True)
    (tree.root / "a" / "x.md").write_bytes(b"---\ntitle: \xff\n---\n")
    with pytest.raises(EntryError) as caught:
        tree.text("a/x.md")
    assert caught.value.line == 2


def test_decisions_survive_and_damaged_ones_are_told(tree: ItemTree) -> None:
    """The journal is appended to, one JSON object a line."""
    assert journal.read(tree.root) == []
    one = save_new(tree, item())
    tree.bury([one], NOW)
    tree.bury([replace(one, key="0" * 16)], NOW)
    assert [line["key"] for line in journal.read(tree.root)] == [one.key, "0" * 16]
    path = tree.root / ".tagwire.jsonl"
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["title"] == "Night Train"
    path.write_text('{"event": "deleted"\n', encoding="utf-8")
    with pytest.raises(TreeError, match=r"\.tagwire\.jsonl:1"):
        journal.read(tree.root)


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "deleted"}',
        '{"event": "deleted", "key": "no key"}',
        '{"event": "merge", "key": "0123456789abcdef"}',
        '{"event": "moved", "key": "0123456789abcdef", "path": ""}',
        "[1]",
    ],
)
def test_a_decision_that_lacks_something_is_told_with_its_line(tree: ItemTree, line: str) -> None:
    """And not met later, half way through; `check` tells it again and again."""
    files.write(tree.root / journal.NAME, f'{{"event": "of a later version"}}\n{line}\n'.encode())
    for look in (journal.read, journal.check, journal.check):
        with pytest.raises(TreeError, match=r"\.tagwire\.jsonl:2: not a decision"):
            look(tree.root)


@pytest.mark.parametrize("cut", [1, 30, 60])
def test_an_append_that_was_never_finished_stops_nothing(tree: ItemTree, cut: int) -> None:
    """It is told and ignored; the next decision starts on a line of its own, and what is left of it is kept."""
    one = save_new(tree, item())
    tree.bury([one], NOW)
    path = tree.root / journal.NAME
    assert journal.unfinished(tree.root) == ()
    torn = path.read_bytes()[:cut]
    with path.open("ab") as file:
        file.write(torn)
    assert [line["key"] for line in journal.read(tree.root)] == [one.key]
    (problem,) = journal.unfinished(tree.root)
    assert (problem.where, problem.line) == (str(path), 2)
    tree.bury([replace(one, key="0" * 16)], NOW)
    assert [line.get("key", line["event"]) for line in journal.read(tree.root)] == [one.key, "unfinished", "0" * 16]
    assert journal.read(tree.root)[1]["text"] == torn.decode()
    assert journal.unfinished(tree.root) == ()


def test_a_last_decision_that_lacks_only_its_newline_counts(tree: ItemTree) -> None:
    """As editors leave it, or a power cut before the last byte."""
    one = save_new(tree, item())
    tree.bury([one], NOW)
    path = tree.root / journal.NAME
    path.write_bytes(path.read_bytes()[:-1])
    assert journal.unfinished(tree.root) == ()
    tree.bury([replace(one, key="0" * 16)], NOW)
    assert [line["key"] for line in journal.read(tree.root)] == [one.key, "0" * 16]


@pytest.mark.parametrize("cut", [0, 1, 30])
def test_a_byte_order_mark_before_decisions_is_none_of_them(tree: ItemTree, cut: int) -> None:
    """As Notepad saves them: all count, the next one is appended, and a torn line is told as ever."""
    one = save_new(tree, item())
    tree.bury([one], NOW)
    path = tree.root / journal.NAME
    saved = b"\xef\xbb\xbf" + path.read_bytes()
    path.write_bytes(saved[: len(saved) - cut])
    assert bool(journal.check(tree.root)) == (cut == 30)
    tree.bury([replace(one, key="0" * 16)], NOW)
    first = ["unfinished"] if cut == 30 else [one.key]
    assert [line.get("key", line["event"]) for line in journal.read(tree.root)] == [*first, "0" * 16]


def test_removing_is_idempotent(tree: ItemTree) -> None:
    """A file that is gone is removed already."""
    one = save_new(tree, item())
    tree.remove(one)
    tree.remove(one)
    assert list(tree.listing()) == []


def test_sweep_clears_what_a_crash_left(tree: ItemTree) -> None:
    """Temporary files are never items; nothing but the staging folder is looked at."""
    save_new(tree, item())
    (tree.root / STAGING / (".tmp-" + "0" * 16)).write_text("torn", encoding="utf-8")
    tree.sweep()
    assert not list(tree.root.rglob(".tmp-*"))


def test_temporary_files_are_made_only_where_they_are_swept(
    tree: ItemTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash before the renames leaves everything in one place."""
    monkeypatch.setattr(os, "replace", lambda *_: (tmp_path / "missing").stat())
    monkeypatch.setattr(os, "unlink", lambda _: None)
    with pytest.raises(DiskError):
        save_new(tree, item())
    assert {path.parent for path in tree.root.rglob(".tmp-*")} == {tree.root / STAGING}
    monkeypatch.undo()
    tree.sweep()
    assert not list(tree.root.rglob(".tmp-*"))


@pytest.mark.parametrize(
    ("path", "source"), [("qq/2025/03/x.md", "qq"), (".duplicates/qq/2025/x.md", "qq"), ("loose.md", "loose")]
)
def test_a_file_belongs_to_the_folder_that_it_lies_in(path: str, source: str) -> None:
    """For files that name no source themselves."""
    assert source_in(path) == source


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("a/2025/03/04-night-train-0123456789abcdef.md", "0123456789abcdef"),
        ("a/0123456789abcdef/index.md", "0123456789abcdef"),
        ("a/hello.md", ""),
        ("a/0123456789abcdef0.md", ""),
    ],
)
def test_keys_are_read_off_paths(path: str, key: str) -> None:
    """Sixteen hex digits that stand alone."""
    assert key_in(path) == key
