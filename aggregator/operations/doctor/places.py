"""Checks of the folders that tagwire writes to: they are there, they are ours, and what is private is nobody else's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator.operations.doctor.findings import Finding, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.operations.doctor.findings import Patient

_OTHERS = 0o077
"""Bits of a file's mode that let others in."""
_PRIVATE = (".db", ".db-wal", ".db-shm")
"""Ends of the names of databases and of what stands beside them."""


def permissions(patient: Patient) -> Iterator[Finding]:
    """We may write where we have to, and read what we are told to."""
    for path in places(patient):
        yield from _place(path)
    yield from _files(Path(patient.settings.root) / "var")
    for file in patient.settings.files:
        if not os.access(file, os.R_OK):
            yield Finding(check="permissions", level="error", message=f"{file} cannot be read", fix=f"chmod +r {file}")


def privacy(patient: Patient) -> Iterator[Finding]:
    """What knows the URLs of sources, with the passwords in them, is for its owner alone.

    What this user may not write belongs to somebody else: closing it to others would close it to us.
    """
    var = Path(patient.settings.root) / "var"
    files = sorted(one for one in var.glob("*") if one.name.endswith(_PRIVATE))
    for path, mode in ((var, "700"), *((one, "600") for one in files)):
        if os.access(path, os.R_OK | os.W_OK) and path.stat().st_mode & _OTHERS:
            yield Finding(
                check="privacy",
                level="warning",
                message=f"{path} is open to others (mode {path.stat().st_mode & 0o777:o}); it may know passwords",
                fix=f"chmod {mode} {path}",
            )


def places(patient: Patient) -> list[str]:
    """Return the folders that tagwire writes to, and all that is in them."""
    settings = patient.settings
    root = Path(settings.root)
    return [str(root / part) for part in (settings.storage.items, settings.publish.dir, "var")]


def existing(path: str) -> str:
    """Return the path, else the nearest one above it that exists."""
    place = Path(path)
    while not os.path.exists(place):  # noqa: PTH110 - False, too, where nobody lets us look
        place = place.parent
    return str(place)


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


def _closed(place: str) -> list[str]:
    """Return the folders in a folder, itself included, that cannot be read or written."""
    unread: list[str] = []
    found = [folder for folder, _, _ in os.walk(place, onerror=lambda error: unread.append(error.filename))]
    return sorted({*unread, *(folder for folder in found if not os.access(folder, os.W_OK | os.X_OK))})


def _files(var: Path) -> Iterator[Finding]:
    """Yield why files in var/, which are written in place, cannot be; for root, who may write all, owners tell.

    Of a folder that cannot be looked into the other check tells.
    """
    if not os.access(var, os.R_OK | os.X_OK):
        return
    user = os.getuid() or var.stat().st_uid
    for path in sorted(one for one in var.iterdir() if one.is_file()):
        owner = path.stat().st_uid
        if not os.access(path, os.R_OK | os.W_OK) or (not os.getuid() and owner != user):
            message = f"{path} (of user {owner}, mode {path.stat().st_mode & 0o777:o}) cannot be written by user {user}"
            fix = f"chmod u+rw {path}" if owner == user else f"chown {user} {path}, and chmod 600 it"
            yield Finding(check="permissions", level="error", message=message, fix=fix)


def _dangles(path: str) -> bool:
    return Path(path).is_symlink() and not Path(path).exists()
