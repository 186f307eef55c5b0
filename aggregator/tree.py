"""The item tree: one Markdown file per item, copies of other sources' articles under `.duplicates/`.

Files are the truth. A file is written where its record's path says, which never changes after the first write. A file
that its owner edited is left alone, a file that its owner deleted stays deleted: such decisions are appended to
`.tagwire.jsonl`, beside the items, so that they survive the loss of the index. What lies where a file of ours
was to go stays there: ours takes the next free name.

This module knows no index, no feeds and no format beyond `steps.frontmatter`.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aggregator import copied, files, journal, leftovers
from aggregator.disk import STAGING, Disk, writing
from aggregator.errors import EntryError
from aggregator.intents import Intents
from aggregator.model import Adopted, Duplicate, New, Problem, Revision, Saved, Updated
from aggregator.steps.filenames import is_utf8, strange_part
from aggregator.steps.sightings import sighting, stated
from aggregator.steps.slugs import slug, tag_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from aggregator.model import Change, Item, Record
    from aggregator.settings import Settings
    from aggregator.steps.sightings import Sighting

ASIDE = ".duplicates"
LOST = "is not what its source writes, and the index that knew whether you edited it is lost"
SLUG_BYTES = 60
KEY = re.compile(r"(?<![0-9a-z])[0-9a-f]{16}(?![0-9a-z])")

_QUICKER = {"{date:%Y}": "{date.year}", "{date:%m}": "{date.month:02}", "{date:%d}": "{date.day:02}"}
"""The same without strftime, which costs more than the rest of a path."""
_SECTION = re.compile(r"_index(\.[A-Za-z-]+)?\.md")
"""Hugo's own page of a folder, in whatever language, is no item."""
_DATE = re.compile(r"(?<!\{)\{date:%[Ymd]\}(?!\})")


class ItemTree:
    """The directory of items; `pattern` is `[storage] path`, `zone` the site's.

    `dry` keeps in memory what it would write. Notes of what is being written lie in `var`, by default that beside the
    items: without the index they are of no use.
    """

    def __init__(
        self, root: str | Path, pattern: str, zone: ZoneInfo, *, dry: bool = False, var: Path | None = None
    ) -> None:
        self.root = Path(root)
        self.dry = dry
        self._pattern = _DATE.sub(lambda found: _QUICKER[found[0]], pattern)
        self._zone = zone
        self.disk = Disk(self.root, dry=dry)
        self.intents = Intents((var or self.root.parent / "var") / "rewriting")

    @writing()
    def save(self, changes: Sequence[Change], now: datetime) -> list[Saved]:
        """Write the files of one source's changes and return the rows to commit; replaying it changes nothing.

        Raises `errors.DiskError`.
        """
        saved: list[Saved] = []
        fresh: list[tuple[str, bytes]] = []
        placed: dict[int, tuple[str, str]] = {}
        self.intents.begin()
        for change in changes:
            if isinstance(change, New | Duplicate):
                displaced = change.displaces if isinstance(change, New) else ()
                saved += [_set_aside(self.disk, record) for record in displaced]
                path, data, problem = self._lay_out(change)
                fresh.append((path, data))
                placed[len(saved)] = path, files.digest(data)
                saved.append(Saved(record=change.record, problem=problem))
                if not self.disk.dry:
                    journal.contested(self.root, [change.record, *displaced], now)
            elif isinstance(change, Updated):
                saved.append(self._rewrite(_dated(self.root, change), now))
            elif isinstance(change, Adopted):
                saved.append(self._adopt(change, now))
        if not self.disk.dry:
            journal.seen(self.root, _sightings(changes, self._zone), now)
        self.disk.write(fresh)
        done = [
            replace(one, record=self.disk.facts(one.record, *placed.get(number, ())))
            for number, one in enumerate(saved)
        ]
        if not self.disk.dry:
            copied.note(self.root, copied.pairs(one.record for one in done))
        return done

    def read(self, record: Record) -> str:
        """Return the text of an item's file. Raises OSError, or UnicodeDecodeError for an edit that is not UTF-8."""
        return self.disk.read(record.path).decode("utf-8")

    def listing(self, strange: set[str] | None = None) -> Iterator[tuple[str, tuple[int, int]]]:
        """Give (relative path, (size, mtime_ns)) of every item file, copies that are set aside included, by path.

        Names that are not UTF-8 are left out; what has one, a file or a folder with files in it, joins `strange`.
        """
        for path, facts in _below(os.fspath(self.root), ""):
            if is_utf8(path):
                yield path, facts
            elif strange is not None:
                strange.add(strange_part(path))

    def text(self, path: str) -> tuple[str, bytes]:
        """Return a file's text and bytes. Raises `errors.EntryError` if it is not UTF-8, OSError."""
        data = files.read_bytes(self.root / path)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise EntryError(f"{path} is not UTF-8: {error.reason}", line=line) from error
        return text, data

    def bury(self, records: Iterable[Record], now: datetime) -> list[Record]:
        """Write down that the owner deleted these files for good, and return their tombstones."""
        gone = [replace(record, gone=True, path="", size=0, mtime_ns=0, updated=now) for record in records]
        if gone and not self.disk.dry:
            journal.deleted(self.root, gone, now)
        return gone

    def remove(self, record: Record) -> None:
        """Delete an item's file, if it is there: its owner asked for it."""
        if not self.dry:
            (self.root / record.path).unlink(missing_ok=True)

    def bring_back(self, record: Record) -> Record:
        """Move a copy that was set aside back among the items, and return its record; others stay where they are."""
        target = record.path.removeprefix(f"{ASIDE}/")
        if target != record.path:
            target = self.disk.move(record.path, target)
        return self.disk.facts(replace(record, path=target, duplicate_of=""))

    def sweep(self) -> None:
        """Remove temporary files that a crash left behind; they lie in the staging folder, if anywhere."""
        if not self.disk.dry:
            leftovers.sweep(self.root / STAGING)

    def path_of(self, record: Record) -> str:
        """Return where a new item goes, relative to the root."""
        date, name = record.published.astimezone(self._zone), slug(record.title, SLUG_BYTES)
        return self._pattern.format(source=_folder(record.source), date=date, slug=name, key=record.key)

    def _lay_out(self, change: New | Duplicate) -> tuple[str, bytes, Problem | None]:
        """Return where a new file goes, its bytes, and what is to be told if something else lies at its own path."""
        path = self.path_of(change.record)
        if change.record.duplicate_of:
            path = f"{ASIDE}/{path}"
        data = _dump(change.item, self._zone).encode()
        place = self.disk.free(path, data)
        if place == path:
            return path, data, None
        message = f"lies where a new item was to go; it was left alone, and the item is in {place}"
        return place, data, Problem(where=str(self.root / path), message=message)

    def _rewrite(self, change: Updated, now: datetime) -> Saved:
        """Rewrite an updated item's file unless its owner touched it meanwhile."""
        record, previous = change.record, change.previous
        kept = replace(previous, content_hash=record.content_hash)
        try:
            before = self.disk.read(previous.path)
        except FileNotFoundError:
            return Saved(record=self.bury([previous], now)[0], removed_tags=previous.tags)
        except OSError:  # nobody knows what it says, so nobody may replace it
            return _held(self.root, kept, now, _dump(change.item, self._zone), "cannot be read")
        item = change.item
        if previous.categories is None and not item.file:
            from aggregator.steps import adoption  # noqa: PLC0415 - as in `_dump`

            item = adoption.headed(item, before, self._zone)
            record = replace(record, tags=previous.tags, categories=None)
        text = _dump(item, self._zone)
        data = text.encode()
        present, wanted = files.digest(before), files.digest(data)
        if present != wanted and (previous.edited or present != previous.file_hash):
            return _held(self.root, kept, now, text, "cannot be read" if previous.broken else "was edited")
        if present != wanted and not self.disk.dry:
            self.intents.note(previous.path, wanted)
        self.disk.write([(previous.path, data)])
        old = Revision(key=previous.key, at=now, text=before.decode("utf-8", "replace")) if present != wanted else None
        gone_tags = tuple(tag for tag in previous.tags if tag_key(tag) not in {tag_key(new) for new in record.tags})
        record = replace(record, file_hash=wanted, edited=False)  # whoever wrote it: it says what its source does
        return Saved(record=record, removed_tags=gone_tags, revision=old)

    def _adopt(self, change: Adopted, now: datetime) -> Saved:
        """Compare a file that the index knows by sight only with what its source writes.

        Tags and constants of another day are kept as they are from then on (`categories` is None), and no reason to
        hold updates. A file that says something else is told, since the index that knew who wrote it is lost.
        """
        record, text = change.record, _dump(change.item, self._zone)
        try:
            present = self.disk.read(record.path)
        except FileNotFoundError:
            return Saved(record=self.bury([record], now)[0], removed_tags=record.tags)
        except OSError:
            return Saved(record=replace(record, edited=True))
        if present == text.encode():
            return Saved(record=replace(record, edited=False))
        from aggregator.steps import adoption  # noqa: PLC0415 - as in `_dump`

        try:
            if adoption.pristine(present, change.item, self._zone):
                return Saved(record=replace(record, edited=False, categories=None))
        except EntryError:  # told when it was taken in
            return Saved(record=replace(record, edited=True))
        return _held(self.root, record, now, text, LOST)


def open_tree(settings: Settings, *, dry: bool = False) -> ItemTree:
    """Return the item tree of a site."""
    site, storage = settings.site, settings.storage
    root = Path(settings.root)
    return ItemTree(root / storage.items, storage.path, ZoneInfo(site.timezone), dry=dry, var=root / "var")


def _held(root: Path, record: Record, now: datetime, text: str, why: str) -> Saved:
    """Leave an item's file to its owner, and remember and tell what its source wrote."""
    message = f"{why}, so an update was held back (tagwire show --history {record.key})"
    return Saved(
        record=replace(record, edited=True),
        revision=Revision(key=record.key, at=now, text=text, held=True),
        problem=Problem(where=str(root / record.path), message=message),
    )


def _dated(root: Path, change: Updated) -> Updated:
    """Return the change, published when it was before the date in its file had come, if that lay ahead then."""
    record, item = change.record, change.item
    if not item.file or record.published == change.previous.published:
        return change
    first = journal.first_seen(journal.read(root)).get((record.key, stated(item)))
    return replace(change, record=replace(record, published=first)) if first else change


def _sightings(changes: Iterable[Change], zone: ZoneInfo) -> Iterator[Sighting]:
    written = (one for one in changes if isinstance(one, New | Duplicate | Updated))
    return filter(None, (sighting(one.item, one.record, zone) for one in written))


def _dump(item: Item, zone: ZoneInfo) -> str:
    """Return the text of an item's file."""
    from aggregator.steps import frontmatter  # noqa: PLC0415 - 25 ms that a round without news need not pay

    return frontmatter.dump(item, zone)


_folder = lru_cache(maxsize=1024)(slug)


def _set_aside(disk: Disk, record: Record) -> Saved:
    """Move a copy out of the way of the article's owner; who only gave back an id stays."""
    if not record.duplicate_of or record.path.startswith(f"{ASIDE}/"):
        return Saved(record=record)
    return Saved(record=replace(record, path=disk.move(record.path, f"{ASIDE}/{record.path}")))


def key_in(path: str) -> str:
    """Return the key in an item's path, or an empty string: files that people put there need none."""
    found = KEY.findall(path)
    return str(found[-1]) if found else ""


def source_in(path: str) -> str:
    """Return the source that a file without category belongs to: the folder that it lies in, as the pattern begins."""
    folders = [part for part in Path(path).parts[:-1] if part != ASIDE]
    return folders[0] if folders else Path(path).stem


def _below(folder: str, prefix: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """The Markdown files below a folder, by path; dot files and dot folders are not items, copies set aside are."""
    there: dict[str, os.DirEntry[str]] = {}
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:  # gone since it was seen
        for entry in entries:
            aside = not prefix and entry.name == ASIDE
            if aside or not entry.name.startswith("."):
                there[entry.name + "/" * entry.is_dir(follow_symlinks=aside)] = entry
    for name in sorted(there):
        if name.endswith("/"):
            yield from _below(there[name].path, prefix + name)
        elif name.endswith(".md") and not _SECTION.fullmatch(name) and there[name].is_file(follow_symlinks=False):
            with suppress(FileNotFoundError):
                facts = there[name].stat(follow_symlinks=False)
                yield prefix + name, (facts.st_size, facts.st_mtime_ns)
