"""Checks of the folders that tagwire writes to: they are there, they are ours, and what is private is nobody else's."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import copied, journal, stores
from aggregator.config import reading, showing
from aggregator.errors import ConfigError
from aggregator.operations.doctor.findings import Finding, some

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aggregator.operations.doctor.findings import Patient

_OTHERS = 0o077
"""Bits of a file's mode that let others in."""
_ALL_OTHERS = 0o007
"""Those of them that are for everybody, not for the file's group."""
_PRIVATE = (".db", ".db-wal", ".db-shm")
"""Ends of the names of databases and of what stands beside them."""
_OURS = ("fragments.db", "housekeeping", "published", "robots.json", "search.db", "search.db.lock", "tagwire.lock",
         "tagwire.lock.holder", "tagwire.lock.queue", "trial")  # fmt: skip
"""Files that tagwire makes in var/, beside the index."""


def permissions(patient: Patient) -> Iterator[Finding]:
    """We may write where we have to, and read what we are told to."""
    for path in places(patient):
        yield from _place(path)
    for path in homes(patient):
        yield from _alone(existing(path))
    yield from _in_the_way(patient)
    for folder, files in _kept(patient).items():
        yield from _files(folder, files)
    if notes := _notes(patient):
        yield from _files(notes[0].parent, notes)
    for file in patient.settings.files:
        if not os.access(file, os.R_OK):
            yield Finding(check="permissions", level="error", message=f"{file} cannot be read", fix=f"chmod +r {file}")


def privacy(patient: Patient) -> Iterator[Finding]:
    """What knows the URLs of sources, with the passwords in them, is for its owner alone.

    What this user may not write belongs to somebody else: closing it to others would close it to us.
    """
    files = sorted(one for found in _kept(patient).values() for one in found if one.name.endswith(_PRIVATE))
    for path, mode in ((_var(patient), "700"), *((one, "600") for one in files)):
        if os.access(path, os.R_OK | os.W_OK) and path.stat().st_mode & _OTHERS:
            yield _open(path, "it may know passwords", f"chmod {mode} {path}")
    for path in map(Path, patient.settings.files):
        yield from _configured(path, _user(patient))


def places(patient: Patient) -> list[str]:
    """Return the folders that tagwire writes to, and all that is in them."""
    settings = patient.settings
    root = Path(settings.root)
    return [str(root / part) for part in (settings.storage.items, settings.publish.dir, "var")]


def homes(patient: Patient) -> list[str]:
    """Return the folder of the index, if that lies outside of those; what else is in it is none of ours."""
    folders = {path.parent for path in _index(patient)}
    return sorted(str(folder) for folder in folders if not folder.is_relative_to(_var(patient)))


def existing(path: str) -> str:
    """Return the path, else the nearest one above it that exists."""
    place = Path(path)
    while not os.path.exists(place):  # noqa: PTH110 - False, too, where nobody lets us look
        place = place.parent
    return str(place)


def _var(patient: Patient) -> Path:
    return Path(patient.settings.root) / "var"


def _notes(patient: Patient) -> list[Path]:
    """Return what lies where files are written in place among the items."""
    folder = Path(patient.settings.root) / patient.settings.storage.items
    notes = [folder / name for name in (journal.NAME, copied.NAME)] if os.access(folder, os.X_OK) else []
    return [path for path in notes if path.exists()]


def _index(patient: Patient) -> list[Path]:
    return [Path(path) for path in stores.files(patient.settings.storage.index, patient.settings.root)]


def _user(patient: Patient) -> int:
    """Return who runs tagwire: whoever looks, but root, who may do everything, looks for the owner of var/."""
    var = _var(patient)
    return os.getuid() or (var.stat().st_uid if var.exists() else 0)


def _place(path: str) -> Iterator[Finding]:
    """Yield why files cannot be written to a folder, or to those below it."""
    if _dangles(path):
        message = f"{path} is a symbolic link to {os.readlink(path)}, which is not there"  # noqa: PTH115 - as it reads
        fix = "mount or make that folder, or replace the link"
        yield Finding(check="permissions", level="error", message=message, fix=fix)
        return
    place = existing(path)
    if not Path(place).is_dir():
        message = f"{place} is no directory"
        yield Finding(check="permissions", level="error", message=message, fix="move it out of the way")
    elif closed := _closed(place):
        user, top = os.getuid(), closed[0]
        message = f"{some(closed)} cannot be written by user {user}"
        fix = f"chown -R {user} {top if len(closed) == 1 else place}, and chmod -R u+rwX it; or run as its owner"
        yield Finding(check="permissions", level="error", message=message, fix=fix)


def _alone(folder: str) -> Iterator[Finding]:
    """Yield why files cannot be written to a folder that is not ours alone."""
    if not os.access(folder, os.W_OK | os.X_OK):
        message = f"{folder}, for the index, cannot be written by user {os.getuid()}"
        fix = "let that user write there, or name another place: `[storage] index`"
        yield Finding(check="permissions", level="error", message=message, fix=fix)


def _in_the_way(patient: Patient) -> Iterator[Finding]:
    """Yield what lies where files of ours are to be, and is none."""
    for path in (*(_var(patient) / name for name in _OURS), *_index(patient), *_notes(patient)):
        if os.access(path.parent, os.X_OK) and path.exists() and not path.is_file():
            message = f"{path} is {'a folder' if path.is_dir() else 'no file'}, where a file of tagwire's is to be"
            yield Finding(check="permissions", level="error", message=message, fix="move it out of the way")


def _closed(place: str) -> list[str]:
    """Return the folders in a folder, itself included, that cannot be read or written."""
    unread: list[str] = []
    found = [folder for folder, _, _ in os.walk(place, onerror=lambda error: unread.append(error.filename))]
    return sorted({*unread, *(folder for folder in found if not os.access(folder, os.W_OK | os.X_OK))})


def _kept(patient: Patient) -> dict[Path, list[Path]]:
    """Return the files that are written in place by their folder: those in var/, and the index wherever it is.

    Of a folder that cannot be looked into another check tells.
    """
    var = _var(patient)
    kept = {var: sorted(one for one in var.iterdir() if one.is_file())} if os.access(var, os.R_OK | os.X_OK) else {}
    for path in _index(patient):
        if path.parent != var and os.access(path.parent, os.X_OK) and path.is_file():
            kept.setdefault(path.parent, []).append(path)
    return kept


def _files(folder: Path, files: Sequence[Path]) -> Iterator[Finding]:
    """Yield why files that are written in place cannot be; for root, who may write all, owners tell."""
    user = os.getuid() or folder.stat().st_uid
    for path in filter(Path.is_file, files):
        owner = path.stat().st_uid
        if not os.access(path, os.R_OK | os.W_OK) or (not os.getuid() and owner != user):
            message = f"{path} (of user {owner}, mode {path.stat().st_mode & 0o777:o}) cannot be written by user {user}"
            fix = f"chmod u+rw {path}" if owner == user else f"chown {user} {path}, and chmod 600 it"
            yield Finding(check="permissions", level="error", message=message, fix=fix)


def _configured(path: Path, user: int) -> Iterator[Finding]:
    """Yield who may read a configuration file with a password in it; `user` has to go on reading it."""
    mine = path.stat().st_uid == user
    others = _OTHERS if mine else _ALL_OTHERS
    if not (path.stat().st_mode & others and path.parent.stat().st_mode & others):
        return
    with suppress(ConfigError):  # it was in order when it was loaded
        if not showing.holds_secrets(reading.read(path).data):
            return
        yield _open(path, "it holds a password", f"chmod {'600' if mine else 'o='} {path}")


def _open(path: Path, why: str, fix: str) -> Finding:
    message = f"{path} is open to others (mode {path.stat().st_mode & 0o777:o}); {why}"
    return Finding(check="privacy", level="warning", message=message, fix=fix)


def _dangles(path: str) -> bool:
    return Path(path).is_symlink() and not Path(path).exists()
