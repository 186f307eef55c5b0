"""Errors, signals and closed pipes become lines and exit codes."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time

import click
import pytest

from aggregator import errors
from aggregator.cli import root as root_module
from aggregator.cli import runner
from aggregator.cli.output import colored
from aggregator.cli.signals import run_until_signal


@pytest.fixture
def failing(monkeypatch):
    """Make the root group raise what the test says."""

    def arrange(error):
        @click.command()
        @click.option("-v", "verbose", count=True)
        @click.pass_obj
        def command(options, verbose):
            options.verbose = verbose
            raise error

        monkeypatch.setattr(runner, "root", command)

    return arrange


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (errors.UsageError("no source 'x'"), 2, "tagwire: no source 'x'"),
        (errors.Locked("held by pid 1"), 6, "tagwire: held by pid 1"),
        (errors.StoreError("damaged"), 1, "tagwire: damaged"),
        (errors.PublishError("one cause\nanother"), 1, "tagwire: one cause\ntagwire: another"),
        (errors.UsageError("a\x1b[31m\nb"), 2, "tagwire: a[31m b"),
        (OSError(28, "No space left on device", "/x/y"), 1, "tagwire: /x/y: No space left on device; make room there"),
        (OSError(28, "No space left on device"), 1, "tagwire: No space left on device; make room there"),
        (ValueError("odd"), 1, "tagwire: unexpected error: ValueError: odd (-v tells where)"),
        (ExceptionGroup("g", [errors.Locked("inner")]), 6, "tagwire: inner"),
    ],
)
def test_an_error_is_one_line_and_its_exit_code(tagwire, failing, error, code, line):
    failing(error)
    done = tagwire()
    assert (done.code, done.out, done.err) == (code, "", f"{line}\n")


def test_every_configuration_mistake_is_a_line(tagwire, failing):
    failing(errors.ConfigError(("f:1:1: a: x", "f:2:1: b: y")))
    done = tagwire()
    assert (done.code, done.err) == (78, "tagwire: f:1:1: a: x\ntagwire: f:2:1: b: y\n")


def test_v_shows_where_an_unexpected_error_arose(tagwire, failing):
    failing(ValueError("odd"))
    assert "Traceback" in tagwire("-v").err


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (SystemExit(143), 143), (SystemExit("x"), 1)])
def test_interruptions_have_their_codes(tagwire, failing, error, code):
    failing(error)
    assert tagwire().code == code


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_unwinds_the_command(tagwire, monkeypatch, signum, code):
    unwound = []

    @click.command()
    def command():
        try:
            os.kill(os.getpid(), signum)
            time.sleep(5)
        finally:
            unwound.append(True)

    monkeypatch.setattr(runner, "root", command)
    before = signal.getsignal(signum)
    assert tagwire().code == code
    assert unwound == [True]
    assert signal.getsignal(signum) is before


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_asks_a_coroutine_to_stop_and_waits_for_it(signum, code):
    async def work(stop):
        threading.Timer(0.01, os.kill, (os.getpid(), signum)).start()
        await stop.wait()
        return "done"

    before = signal.getsignal(signum)
    assert run_until_signal(work) == ("done", code)
    assert signal.getsignal(signum) is before


def test_a_signal_while_a_coroutine_starts_counts():
    async def work(stop):
        os.kill(os.getpid(), signal.SIGTERM)
        await stop.wait()

    assert run_until_signal(work) == (None, 143)


def test_no_signal_is_code_zero():
    async def work(stop):
        return stop.is_set()

    assert run_until_signal(work) == (False, 0)


def test_a_reader_that_closes_the_pipe_ends_the_printing_quietly(site):
    """The work is done and its exit code counts, though nobody reads the result."""
    command = [sys.executable, "-m", "aggregator", "publish", "--json"]
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, cwd=site, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (site / "feeds" / "all.xml").exists()


@pytest.mark.parametrize("number", [1, 2])
def test_a_stream_that_is_closed_from_the_beginning_is_written_to_nowhere(site, number):
    """As a shell's `>&-` does; 2 is told a mistake."""
    script = f"exec {sys.executable} -m aggregator sources {number}>&-; "
    done = subprocess.run(["sh", "-c", script], capture_output=True, cwd=site, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


class Stream(io.StringIO):
    def __init__(self, tty):
        super().__init__()
        self._tty = tty

    def isatty(self):
        return self._tty


@pytest.mark.parametrize(
    ("choice", "tty", "environ", "expected"),
    [
        ("auto", True, {"TERM": "xterm"}, True),
        ("auto", False, {"TERM": "xterm"}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_follow_the_choice_the_variables_and_the_terminal(monkeypatch, choice, tty, environ, expected):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert colored(Stream(tty), choice) is expected


def test_the_root_knows_no_command_twice():
    assert len(set(root_module.COMMANDS)) == len(root_module.COMMANDS)
