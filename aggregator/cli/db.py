"""`tagwire db`: what the index needs over the years."""

from __future__ import annotations

from pathlib import Path

import click

from aggregator.cli.options import CommandGroup, Options, pass_options, wait_option
from aggregator.errors import StoreCorrupt, UsageError


@click.group(
    "db",
    cls=CommandGroup,
    examples={
        "tagwire db backup /backup/tagwire.db": "while the daemon runs",
        "tagwire db check": "exit 1 if it is damaged",
    },
)
def db() -> None:
    """Back up, check, prune and vacuum the index.

    The item files are what counts: `tagwire reindex` rebuilds a lost index from them.
    """


@db.command(
    "backup",
    examples={
        "tagwire db backup /backup/tagwire.db": "while the daemon runs",
        "tagwire db backup --force /backup/tagwire.db": "every night",
    },
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Put it in the place of an older copy.")
@pass_options
def backup(options: Options, *, file: Path, force: bool) -> None:
    """Write a copy of the index to FILE, complete or not at all; the daemon may go on meanwhile."""
    from aggregator import files, stores
    from aggregator.cli.output import emit, out

    settings = options.settings()
    if not file.parent.is_dir():
        raise UsageError(f"{file.parent} is no folder: nothing was written")
    if file.exists() and not force:
        raise UsageError(f"{file} is there already: nothing was written (--force replaces it)")
    root, target = Path(settings.root), file.resolve()
    for folder in (root / name for name in ("var", "config", settings.storage.items, settings.publish.dir)):
        if target.is_relative_to(folder.resolve()) or any(files.same(file, own) for own in folder.glob("*")):
            raise UsageError(f"{file} is in {folder}, where tagwire's own files are: name a file elsewhere")
    stores.backup(settings.storage.index, settings.root, str(file))
    size = file.stat().st_size
    if options.json:
        emit({"file": str(file), "bytes": size})
    elif not options.quiet:
        out(f"{file}: {size} bytes")


@db.command(
    "check",
    examples={
        "tagwire db check -q": "exit 1 if it is damaged",
    },
)
@pass_options
def check(options: Options) -> None:
    """Read every page of the index, and look at its tables; exit 1 if it is damaged."""
    from aggregator import stores
    from aggregator.cli.output import emit, out

    settings = options.settings()
    complaints = stores.check(settings.storage.index, settings.root)
    if complaints:
        raise StoreCorrupt(f"{complaints[0]} ({len(complaints)} complaints); run `tagwire reindex`")
    if options.json:
        emit({"ok": True})
    elif not options.quiet:
        out("ok")


@db.command(
    "vacuum",
    examples={
        "tagwire db vacuum --wait 60s": "once the daemon pauses",
    },
)
@wait_option
@pass_options
def vacuum(options: Options, *, wait: float) -> None:
    """Give space that the index no longer uses back to the disk."""
    from aggregator import locks, stores
    from aggregator.app import lock_file
    from aggregator.cli.output import emit, out

    settings = options.settings()
    with locks.lock(lock_file(settings), wait=wait, who="db vacuum"):
        before, after = stores.compact(settings.storage.index, settings.root)
    if options.json:
        emit({"before": before, "after": after})
    elif not options.quiet:
        out(f"{before} bytes before, {after} after")


@db.command(
    "prune",
    examples={
        "tagwire db prune": "now, not within the day",
    },
)
@wait_option
@pass_options
def prune(options: Options, *, wait: float) -> None:
    """Drop what the index needs no more; items stay. A refresh does that once a day by itself.

    Sketches older than 30 days, revisions of items that are gone, and of sources that are neither configured nor have
    items what is remembered of fetches and of dropped entries; what is older than `[storage] keep` of the memory of
    deleted items, of revisions and of dropped entries.
    """
    from aggregator.cli.output import emit, out
    from aggregator.operations import housekeeping

    with options.app(write=True, wait=wait, command="db prune") as app:
        dropped = housekeeping.prune(app.settings, app.store, app.clock.now())
    if options.json:
        emit(dict(dropped))
    elif not options.quiet:
        out(", ".join(f"{number} {name}" for name, number in dropped.items()) + " dropped")


command = db
