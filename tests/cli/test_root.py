"""The table of commands, global options, help, and what starting costs."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
from functools import cache

import click
import pytest

import aggregator
from aggregator.cli.root import COMMANDS, root

HEAVY = {
    *("httpx", "httpcore", "feedparser", "feedgen", "apscheduler", "lxml", "rich", "nh3", "comrak", "pebble"),
    *("jmespath", "cssselect", "protego", "trafilatura"),
    *("msgspec", "filelock", "jinja2", "starlette", "uvicorn", "sqlite3", "asyncio", "logging", "tomllib", "idna"),
}


@cache
def traced(*args):
    command = [sys.executable, "-X", "importtime", *args]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}


def imported(*args):
    """Return what a command imports beyond an empty program (which a coverage run makes import itself)."""
    return traced("-m", "aggregator", *args) - traced("-c", "pass")


@pytest.mark.parametrize("args", [("--help",), ("refresh", "--help"), ("--version",)])
def test_help_imports_nothing_heavy(args):
    modules = imported(*args)
    assert "click" in modules
    assert not modules & HEAVY


def test_checking_the_configuration_imports_no_network_and_no_parser():
    modules = imported("config", "schema")
    assert not modules & (HEAVY - {"tomllib", "idna"})


@pytest.mark.parametrize("name", COMMANDS)
def test_the_tables_line_is_the_first_line_of_the_commands_help(name):
    command = importlib.import_module(f"aggregator.cli.{name}").command
    assert isinstance(command, click.Command)
    assert command.name == name
    assert (command.help or "").splitlines()[0] == COMMANDS[name]


def test_help_lists_every_command_in_order(tagwire):
    done = tagwire("--help")
    assert done.code == 0
    shown = re.findall(r"^  ([a-z]+) {2,}\S", done.out.partition("Commands:")[2], re.MULTILINE)
    assert shown == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_and_the_global_options(tagwire, name):
    done = tagwire(name, "--help")
    assert done.code == 0
    assert "Global options" in done.out
    assert done.out.count("-C DIR") == 1


def commands(parent=root):
    """Return every command with its full name, groups and what is in them included."""
    found = [("tagwire", root)] if parent is root else []
    for name in parent.list_commands(click.Context(parent)):
        command = parent.get_command(click.Context(parent), name)
        found.append((name if parent is root else f"{parent.name} {name}", command))
        found += commands(command) if isinstance(command, click.Group) else []
    return found


def run_by(line):
    """Return the command that a shell would have tagwire run, its arguments taken as they are when it runs."""
    words = shlex.split(line)
    words = words[words.index("tagwire") + 1 :]
    return parsed(root, words[: next((at for at, word in enumerate(words) if word in {"|", ">", ">>"}), len(words))])


def parsed(command, words, parent=None):
    """Return the command that is run in the end. Raises `click.UsageError`."""
    with command.make_context(command.name, list(words), parent=parent) as context:
        inner = [*context._protected_args, *context.args] if isinstance(command, click.Group) else []
        if not inner:
            return command
        _, found, rest = command.resolve_command(context, inner)
        return parsed(found, rest, context)


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_shows_one_to_three_examples_that_can_be_run(tagwire, name, command, site):
    (site / "feeds.opml").touch()
    done = tagwire(*([] if command is root else name.split()), "--help")
    _, _, shown = done.out.partition("Examples:\n")
    lines = [line for line in shown.partition("\n\n")[0].splitlines() if line]
    assert 1 <= len(lines) <= 3
    for line in lines:
        assert len(line) <= 80
        example, purpose = re.findall(r"^  (\S.*?)  +# (.+)$", line)[0]
        assert command.examples[example] == purpose
        ran = run_by(example)
        assert ran is command or isinstance(command, click.Group)


def test_the_version_is_the_packages(tagwire):
    assert tagwire("--version").out == f"tagwire {aggregator.__version__}\n"


def test_an_unknown_command_is_a_usage_error_with_the_nearest_name(tagwire):
    done = tagwire("refersh")
    assert (done.code, done.out) == (2, "")
    assert done.err == "tagwire: no such command 'refersh', did you mean 'refresh'? (see tagwire --help)\n"


def test_an_unknown_option_is_a_usage_error_in_one_line(tagwire):
    done = tagwire("refresh", "--nope")
    assert done.code == 2
    assert done.err.startswith("tagwire: No such option")
    assert done.err.endswith("(see tagwire refresh --help)\n")
    assert done.err.count("\n") == 1


def test_no_command_shows_the_help_and_is_a_usage_error(tagwire):
    done = tagwire()
    assert done.code == 2
    assert "Commands:" in done.err


def test_global_options_stand_before_and_after_the_command(tagwire, site, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert tagwire("config", "path").code == 78
    before = tagwire("-C", site, "--json", "config", "path")
    between = tagwire("config", "-C", site, "path", "--json")
    after = tagwire("config", "path", "-C", site, "--json")
    assert before.json == between.json == after.json
    assert before.json["root"] == str(site)
    assert tagwire("-C", "/nowhere", "config", "path", "-C", site).out.splitlines()[0] == str(
        site / "config" / "tagwire.toml"
    )


def test_a_directory_that_is_not_there_means_no_site_above_it(tagwire, site):
    """As git -C: a typing error must not change another site."""
    assert tagwire("-C", "config", "sources").code == 0
    for wrong in ("config/typo", "config/tagwire.toml"):
        done = tagwire("-C", wrong, "sources")
        assert (done.code, done.err) == (78, f"tagwire: {wrong}: no such directory\n")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("serve", "--host", ""), "'--host': expected a host name or address"),
        (("items", "-n", "99999999999999999999"), "'--limit' / '-n': 99999999999999999999 is not in the range"),
        (("items", "--tag", "caf\udce9"), "'caf\ufffd' is not UTF-8"),
        (("pause", "welcome", "\udce9x"), "'\ufffdx' is not UTF-8"),
        (("show", "\udcff"), "'\ufffd' is not UTF-8"),
        (("add", ""), "expected a URL or a path, found nothing"),
    ],
)
def test_arguments_that_mean_nothing_are_usage_errors(tagwire, site, args, told):
    done = tagwire(*args)
    assert done.code == 2
    assert told in done.err


def test_a_named_file_is_the_configuration(tagwire, site):
    (site / "config" / "other.toml").write_text('[site]\ntitle = "Other"\n')
    assert tagwire("-c", "config/other.toml", "config", "show", "--json").json["site"]["title"] == "Other"


def test_the_module_runs_as_a_program(site):
    done = subprocess.run(
        [sys.executable, "-m", "aggregator", "config", "check"], capture_output=True, text=True, cwd=site, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok: 1 source, 2 tags\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(tagwire, shell):
    done = tagwire("completion", shell)
    assert done.code == 0
    assert "_TAGWIRE_COMPLETE" in done.out
    assert tagwire("completion", shell, "--json").json["script"] + "\n" == done.out


def test_the_group_asks_for_commands_by_name_only():
    assert root.get_command(click.Context(root), "nope") is None
