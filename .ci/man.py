"""Writes the manual page, docs/tagwire.1, from the commands' own help: `python .ci/man.py`. Run it when they change."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).parents[1] / "docs" / "tagwire.1"
RELEASED = date(2026, 11, 22)
FILES = {
    "config/tagwire.toml, config/sources.toml, config/tags.toml": "The configuration.",
    "items/": "One Markdown file per item; items/.tagwire.jsonl holds the owner's decisions.",
    "feeds/": "What is published.",
    "var/": "The index, which can be rebuilt, and the lock.",
}


def page() -> str:
    """Return the whole page in man(7)'s macros."""
    from aggregator import __version__
    from aggregator.cli.root import COMMANDS, root

    lines = [
        f'.TH TAGWIRE 1 "{RELEASED:%Y-%m-%d}" "tagwire {__version__}" "User Commands"',
        ".SH NAME",
        "tagwire \\- sources come in, one Markdown file per item is kept, one Atom feed per tag goes out",
        ".SH SYNOPSIS",
        ".B tagwire",
        "[\\fIOPTION\\fR]... \\fICOMMAND\\fR [\\fIARGUMENT\\fR]...",
        ".SH OPTIONS",
        "These stand before or after any command.",
        *_options(root, own=False),
        *_examples(root),
        ".SH COMMANDS",
    ]
    for name in COMMANDS:
        lines += _command(import_module(f"aggregator.cli.{name}").command, name)
    lines += [".SH FILES", *(line for path, what in FILES.items() for line in (".TP", f".I {path}", _roff(what)))]
    lines += [".SH EXIT STATUS", _roff(root.epilog or ""), ".SH SEE ALSO", "The documentation in docs/ of the source."]
    return "\n".join(lines) + "\n"


def _command(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    arguments = (param for param in command.get_params(context) if isinstance(param, click.Argument))
    usage = [piece for param in arguments for piece in param.get_usage_pieces(context)]
    yield f".SS {name} {' '.join(usage)}".rstrip()
    paragraphs = [" ".join(part.split()) for part in (command.help or "").split("\n\n")]
    yield "\n.PP\n".join(map(_roff, paragraphs))
    yield from _options(command, own=True)
    yield from _examples(command)
    for sub, child in getattr(command, "commands", {}).items():
        yield from _command(child, f"{name} {sub}")


def _examples(command: click.Command) -> Iterator[str]:
    """Yield the examples as lines of a shell, each purpose before its command: a page may be narrow."""
    from aggregator.cli.options import Command, CommandGroup

    assert isinstance(command, Command | CommandGroup)
    yield from (".PP", "Examples:", ".PP", ".nf", ".RS")
    for line, purpose in command.examples.items():
        yield from (f"# {_roff(purpose)}", _roff(line))
    yield from (".RE", ".fi")


def _options(command: click.Command, *, own: bool) -> Iterator[str]:
    from aggregator.cli.options import GlobalOption

    context = click.Context(command, info_name="")
    for param in command.get_params(context):
        record = param.get_help_record(context)
        wanted = (
            isinstance(param, click.Option)
            and isinstance(param, GlobalOption) is not own
            and "--help" not in param.opts
        )
        if record and wanted:
            yield from (".TP", f".B {_roff(record[0])}", _roff(record[1]))


def _roff(text: str) -> str:
    """Escape what man(7) would read as its own."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
