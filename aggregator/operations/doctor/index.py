"""Checks of what is kept: the index, the item files, and what killed processes left behind."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import journal, leftovers, stores
from aggregator.errors import SchemaTooNew, StoreCorrupt, StoreError, StoreMissing, TreeError
from aggregator.operations.doctor.findings import Finding, some
from aggregator.tree import ASIDE, key_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.operations.doctor.findings import Patient

SHOWN = 5
"""Broken item files, and items in several, that are named; the others are counted."""


def index(patient: Patient) -> Iterator[Finding]:
    """The index is there and sound."""
    settings = patient.settings
    try:
        for complaint in stores.check(settings.storage.index, settings.root):
            yield Finding(check="index", level="error", message=complaint, fix="tagwire reindex")
    except StoreMissing:
        yield _missing(sum(1 for _ in patient.tree.listing()))
    except SchemaTooNew as error:
        fix = "install that version, or put the file aside and run `tagwire reindex`"
        yield Finding(check="index", level="error", message=str(error), fix=fix)
    except StoreCorrupt as error:
        yield Finding(check="index", level="error", message=str(error), fix="tagwire reindex")
    except StoreError as error:  # it cannot be read now, which says nothing about what is in it
        fix = "mend what the message names, or what `permissions` and `disk` say above"
        yield Finding(check="index", level="error", message=str(error), fix=fix)


def items(patient: Patient) -> Iterator[Finding]:
    """Item files are what the index knows, and all of them can be read."""
    for problem in patient.strangers:
        message = f"{problem.where}: the name is not UTF-8, so it is no item"
        yield Finding(check="items", level="error", message=message, fix="rename it, in UTF-8")
    broken = [one.complaint for one in patient.items if one.complaint]
    for message in broken[:SHOWN]:
        yield Finding(check="items", level="error", message=message, fix="mend the file, or move it out of items/")
    if len(broken) > SHOWN:
        yield Finding(check="items", level="error", message=f"… and {len(broken) - SHOWN} more broken item files")
    known = _known(patient)
    lost = len(known - {one.path for one in patient.items})
    if lost * 2 > len(known):
        yield Finding(
            check="items",
            level="error",
            message=f"{lost} of {len(known)} item files are gone from {patient.tree.root}",
            fix="mount the disk; if you deleted them: tagwire reindex --accept-deletions",
        )


def twice(patient: Patient) -> Iterator[Finding]:
    """Every item is in one file only."""
    said: defaultdict[tuple[object, ...], list[str]] = defaultdict(list)
    for one in patient.items:
        if not one.path.startswith(f"{ASIDE}/"):
            if key := key_in(one.path):
                said[key,].append(one.path)
            if one.face:
                said[one.face].append(one.path)
    same = list(dict.fromkeys(tuple(paths) for paths in said.values() if len(paths) > 1))
    fix = "delete all but one; it stays deleted"
    for paths in same[:SHOWN]:
        message = f"{some(paths)} in {patient.tree.root} are the same item, which is published for each of them"
        yield Finding(check="twice", level="warning", message=message, fix=fix)
    if len(same) > SHOWN:
        message = f"… and {len(same) - SHOWN} more items that are in several files"
        yield Finding(check="twice", level="warning", message=message, fix=fix)


def links(patient: Patient) -> Iterator[Finding]:
    """Among the items are files only: no links, which are not followed, and no pipes, which are not read."""
    root = patient.tree.root
    for folder, folders, names in os.walk(root):
        for name in sorted((*folders, *names)):
            if (path := Path(folder, name)).is_symlink():
                target = "" if path.exists() else ", which is not there"
                message = f"{path} is a symbolic link to {path.readlink()}{target}; links among items are not followed"
                fix = "put the file itself there (a folder: name it as a source), or remove the link"
                yield Finding(check="links", level="warning", message=message, fix=fix)
            elif not path.is_file() and not path.is_dir():
                message = f"{path} is a pipe, a socket or a device; these are not read"
                yield Finding(check="links", level="warning", message=message, fix=f"rm {path}, or move it elsewhere")


def decisions(patient: Patient) -> Iterator[Finding]:
    """What was decided about items can be read."""
    root = Path(patient.settings.root) / patient.settings.storage.items
    try:
        for problem in journal.check(root):
            fix = "nothing: the next decision closes the line"
            yield Finding(check="decisions", level="warning", message=str(problem), fix=fix)
    except TreeError as error:
        where, _, what = str(error).rpartition("; ")
        yield Finding(check="decisions", level="error", message=where, fix=what)


def temporaries(patient: Patient) -> Iterator[Finding]:
    """Nothing is left of killed processes."""
    settings = patient.settings
    root = Path(settings.root)
    count = sum(len(list(leftovers.found(root / part))) for part in (settings.storage.items, settings.publish.dir))
    if count:
        message = f"temporary files of killed or running processes: {count}"
        yield Finding(check="temporaries", level="warning", message=message, fix="tagwire refresh sweeps them")


def _missing(items: int) -> Finding:
    """Return what a missing index means: nothing on a new site, a loss where there are items."""
    if not items:
        message = "There is no index yet: nothing was refreshed"
        return Finding(check="index", level="ok", message=message, fix="tagwire refresh")
    message = f"the index is missing, and there are {items} item files"
    return Finding(check="index", level="error", message=message, fix="tagwire reindex")


def _known(patient: Patient) -> set[str]:
    settings = patient.settings
    try:
        with stores.open_store(settings.storage.index, settings.root, access="scratch") as store:
            return {path for path, *_ in store.files()}
    except StoreError:
        return set()
