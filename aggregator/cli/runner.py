"""A command run to its exit code: the one place where errors become lines on stderr.

This module knows the exit codes of the design and no command.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from aggregator.cli.options import Options
from aggregator.cli.root import root
from aggregator.errors import ConfigError, PublishError, TagwireError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


_COLLECT = (50_000, 20, 20)
"""Garbage collection: items and records come by ten thousands and make no cycles, so it need not look often."""


def run(args: Sequence[str]) -> int:
    """Run a command line (without the program's name) and return its exit code; nothing is raised."""
    gc.set_threshold(*_COLLECT)
    options = Options()
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    before = {signum: signal.signal(signum, _unwind) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        code = root.main(args=list(args), prog_name="tagwire", standalone_mode=False, obj=options)
        return code if isinstance(code, int) else 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except click.Abort:
        return 128 + signal.SIGINT
    except Exception as error:  # noqa: BLE001 - the last place that can turn an error into a line and a code
        return _told(_innermost(error), verbose=options.verbose > 0)
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _open_closed() -> None:
    """Write to nowhere what was to go to a stream that the caller has closed (`>&-`)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the end


def _unwind(signum: int, _frame: FrameType | None) -> NoReturn:
    """Unwind as if the program had come to its end, so that locks are freed and temporary files removed.

    For SIGINT, too: after a KeyboardInterrupt inside of `exec`, which every dataclass uses, CPython kills itself at its
    end, whatever exit code was asked for.
    """
    raise SystemExit(128 + signum)


def _innermost(error: BaseException) -> BaseException:
    """Return the single error that groups of one are about."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _told(error: BaseException, *, verbose: bool) -> int:
    from aggregator.cli.output import err, safe
    from aggregator.steps import remedies
    from aggregator.workers import starved

    if isinstance(error, RuntimeError):
        error = starved(error)

    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    if isinstance(error, click.ClickException):
        err(f"tagwire: {safe(error.format_message())}{_see(error)}")
        return error.exit_code
    if isinstance(error, ConfigError):
        for mistake in error.mistakes:
            err(f"tagwire: {safe(mistake, 2000)}")
        return error.exit_code
    if isinstance(error, TagwireError):
        for line in str(error).splitlines() if isinstance(error, PublishError) else [str(error)]:
            err(f"tagwire: {safe(line, 2000)}")
        return error.exit_code
    if verbose:
        import traceback

        err("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, OSError) and error.strerror:
        err(f"tagwire: {safe(remedies.told(error), 2000)}")
    else:
        err(f"tagwire: unexpected error: {type(error).__name__}: {safe(str(error))} (-v tells where)")
    return 1


def _see(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f" (see {context.command_path} --help)" if context else ""
