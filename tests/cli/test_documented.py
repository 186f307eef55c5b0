"""docs/cli.md and docs/configuration.md name everything that there is, and nothing else."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from aggregator import errors
from aggregator.cli.options import GlobalOption, global_options
from aggregator.cli.root import COMMANDS
from aggregator.config import declared, schema

DOCS = Path(__file__).parents[2] / "docs"
CLI = (DOCS / "cli.md").read_text()
ERRORS = (DOCS / "errors.md").read_text()
CONFIGURATION = (DOCS / "configuration.md").read_text()


INNER = (
    schema.Section(name="sources.items", file="", doc="", keys=declared.ITEMS),
    schema.Section(name="sources.items.detail", file="", doc="", keys=declared.DETAIL),
)


def sections(text):
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_has_a_section_and_every_section_a_command():
    named = [name.removeprefix("tagwire ") for name in sections(CLI) if name.startswith("tagwire ")]
    assert named == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_options_are_those_of_its_section(name):
    command = importlib.import_module(f"aggregator.cli.{name}").command
    section = sections(CLI)[f"tagwire {name}"]
    first_cells = "\n".join(re.findall(r"^\| (`-.*?) \|(?=[^|])", section, re.MULTILINE))
    documented = set(re.findall(r"`(--?[A-Za-z-]+)", first_cells))
    params = [param for param in command.params if isinstance(param, click.Option)]
    own = {
        opt for param in params if not isinstance(param, GlobalOption) for opt in (*param.opts, *param.secondary_opts)
    }
    assert documented == own
    for sub in getattr(command, "commands", ()):
        assert f"`tagwire {name} {sub}`" in section


def test_the_global_options_are_documented():
    section = sections(CLI)["Global options"]
    assert all(f"`{opt}" in section for param in global_options() for opt in param.opts)


def test_every_kind_of_error_is_explained():
    """What `sources --failing` shows can be looked up."""
    tree = [errors.SourceError]
    for error in tree:
        tree += error.__subclasses__()
    kinds = {error.kind for error in tree}
    assert set(re.findall(r"^\| `([a-z-]+)` \|", ERRORS, re.MULTILINE)) == kinds


def test_the_exit_codes_are_documented():
    assert re.findall(r"^\| ([\d, ]+) \|", sections(CLI)["Exit codes"], re.MULTILINE) == [
        *("0", "1", "2", "3", "4", "5", "6", "78", "130, 143")
    ]


@pytest.mark.parametrize("section", [*schema.SECTIONS, *INNER], ids=lambda entry: entry.name)
def test_the_keys_of_a_section_and_their_defaults_are_documented(section):
    titles = [
        title
        for title in sections(CONFIGURATION)
        if title.startswith(f"[[{section.name}]]" if section.many else f"[{section.name}]")
    ]
    assert len(titles) == 1
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", sections(CONFIGURATION)[titles[0]], re.MULTILINE)
    assert [name for name, _ in rows] == [key.name for key in section.keys]
    for (name, default), key in zip(rows, section.keys, strict=True):
        if key.default is not None:
            assert default == f"`{written(key.default)}`", name


def written(value):
    from aggregator.config.showing import toml

    return toml({"x": {"y": value}}).partition("y = ")[2].strip()


def test_the_manual_page_is_what_the_commands_say():
    """`python .ci/man.py` writes it anew."""
    root = DOCS.parent
    code = "import runpy; print(runpy.run_path('.ci/man.py')['page'](), end='')"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert done.stdout.decode() == (DOCS / "tagwire.1").read_text(encoding="utf-8")


def newcomers(readme):
    """The commands of the section on a site of one's own, without comments and tags."""
    block = re.search(r"^\$ python3 -m venv.*?(?=^```)", readme, re.MULTILINE | re.DOTALL)
    assert block
    return [re.sub(r" --tag \S+| +#.*", "", line) for line in block.group().splitlines()]


def test_a_newcomer_needs_five_commands_in_both_languages_and_a_virtual_environment_first():
    commands = newcomers((DOCS.parent / "README.md").read_text())
    assert commands == newcomers((DOCS / "README.zh.md").read_text())
    assert len(commands) <= 5
    assert re.fullmatch(r"\$ python3 -m venv (\S+) && \. \1/bin/activate && pip install \.", commands[0])
    assert [name for line in commands[1:] for name in re.findall(r"tagwire (\w+)", line)] == [
        "init",
        "add",
        "refresh",
        "run",
    ]
    assert commands[0] in (DOCS / "tour.md").read_text()
