"""What the system says of files, told with what mends it."""

import errno
import os

import pytest

from aggregator.steps.remedies import told


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        (errno.EISDIR, "a folder lies where a file is to be: move it away"),
        (errno.ENOSPC, "make room there"),
        (errno.EROFS, "mount it for writing"),
        (errno.EACCES, "give this user the right, or run as its owner"),
        (errno.ENOTDIR, "a file lies where a folder is to be: move it away"),
    ],
)
def test_an_errors_cure_is_named(code, cure):
    words = os.strerror(code)
    assert told(OSError(code, words, "/site/items")) == f"/site/items: {words}; {cure}"


def test_what_nobody_can_help_is_told_as_it_is():
    assert told(OSError(errno.EIO, "Input/output error")) == "Input/output error"
    assert told(OSError("no code")) == "no code"
