"""File names are UTF-8, whatever the locale says: where Python would write others, the program starts itself anew.

What is printed and what was typed stay in the terminal's encoding. This module reads no file.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SWITCH = "PYTHONUTF8"


def settle() -> None:
    """Return if file names are UTF-8 in this process; else put another one in its place, where they are (PEP 540).

    Exits with 78 if that does not help, as with `python -X utf8=0`.
    """
    if sys.getfilesystemencoding().replace("-", "").lower() == "utf8":
        return
    if os.environ.get(_SWITCH) == "1":
        from aggregator.cli.output import err

        message = f"file names are in {sys.getfilesystemencoding()} here; start Python without -E, -I and -X utf8=0"
        err(f"tagwire: {message}")
        sys.exit(ConfigError.exit_code)
    spoken = getattr(sys.stdout, "encoding", None) or "utf-8"
    environ = {"PYTHONIOENCODING": f"{spoken}:backslashreplace", **os.environ, _SWITCH: "1"}
    os.execve(sys.executable, _anew(sys.orig_argv, sys.argv[1:]), environ)  # noqa: S606 - this very program


def _anew(whole: Sequence[str], arguments: Sequence[str]) -> list[bytes]:
    """Return a command line with its last arguments in UTF-8; those that are UTF-8 already stay."""
    program = whole[: len(whole) - len(arguments)]
    return [*map(os.fsencode, program), *map(_in_utf8, arguments)]


def _in_utf8(argument: str) -> bytes:
    raw = os.fsencode(argument)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return argument.encode("utf-8", "surrogateescape")
    return raw
