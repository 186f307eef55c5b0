"""The table of commands and the group that imports a command's module only when it is run.

This module must stay cheap to import: `tagwire --help` needs nothing else.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module

import click

from aggregator import __version__
from aggregator.cli.options import CommandGroup

COMMANDS = {
    "init": "Make a working site in a directory.",
    "add": "Find feeds and add them to config/sources.toml.",
    "import": "Add the sources of an OPML file or another list.",
    "export": "Write the sources as OPML or JSON.",
    "remove": "Remove sources; their items and feeds stay.",
    "pause": "Pause sources: they are not fetched any more.",
    "resume": "Resume paused and retired sources.",
    "sources": "List the sources and how they are.",
    "refresh": "Fetch sources now and publish what changed.",
    "publish": "Write the feeds from the items.",
    "serve": "Serve the published directory over HTTP.",
    "run": "Refresh and publish on schedule, and serve, until stopped.",
    "items": "List the newest items.",
    "show": "Show an item or a source.",
    "explain": "Tell why an item is, or is not, a copy of another.",
    "split": "Make items stand alone: they are nobody's copies.",
    "merge": "Put items into one story.",
    "search": "Find items by the words in them.",
    "tags": "List, explain, suggest, rename and merge tags.",
    "reindex": "Rebuild the index from the item files.",
    "doctor": "Look the site over and name what mends it.",
    "db": "Back up, check, prune and vacuum the index.",
    "config": "Check and show the configuration.",
    "completion": "Print a shell's completion script.",
}
"""Name → first line of help; `aggregator.cli.<name>.command` is the command."""


class LazyGroup(CommandGroup):
    """Knows its commands by name and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click asks so
        """Return the names in the order of a site's life."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command, importing its module, or None."""
        if cmd_name not in COMMANDS:
            return None
        found = import_module(f"aggregator.cli.{cmd_name}").command
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command, or fail with the name that was probably meant."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"no such command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table, without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    "tagwire",
    cls=LazyGroup,
    examples={
        "tagwire init news": "make a site",
        "tagwire -C news refresh": "fetch and publish",
        "tagwire -C news run": "and so on, until stopped",
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 unexpected, 2 usage, 3 a source is failing, 4 --check would change something, "
    "5 every network source failed, 6 locked by another process, 78 configuration, 130/143 stopped by a signal.",
)
@click.version_option(__version__, prog_name="tagwire", message="%(prog)s %(version)s")
def root() -> None:
    """Sources come in, one Markdown file per item is kept, one Atom feed per tag goes out."""
