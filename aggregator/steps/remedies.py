"""What the system says when it does not read or write a file, in a line for people, with what mends it."""

from __future__ import annotations

import errno

_ROOM, _RIGHTS = "make room there", "give this user the right, or run as its owner"
_IN_THE_WAY = "a file lies where a folder is to be: move it away"
_FOLDER_IN_THE_WAY = "a folder lies where a file is to be: move it away"
_CURES = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EROFS: "mount it for writing",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.EISDIR: _FOLDER_IN_THE_WAY,
}


def told(error: OSError) -> str:
    """Return what happened to which file, and what to do about it, where that is known."""
    return f"{error.filename}: {cause(error)}" if error.filename else cause(error)


def cause(error: OSError) -> str:
    """Return what happened, and what to do about it, where that is known: the same for all files that it happens to."""
    cure = _CURES.get(error.errno or 0, "")
    return f"{error.strerror or error}{'; ' if cure else ''}{cure}"
