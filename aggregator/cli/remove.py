"""`tagwire remove`: drop sources from config/sources.toml, with --purge their items and feeds as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Options, command, pass_options, wait_option

if TYPE_CHECKING:
    from collections.abc import Sequence


@command("remove")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--purge", is_flag=True, help="Delete the items and feeds of the sources, too.")
@wait_option
@pass_options
def remove(options: Options, sources: tuple[str, ...], *, purge: bool, wait: float) -> None:
    """Remove sources; their items and feeds stay.

    With --purge the items and feeds are deleted for good.
    """
    from aggregator.cli.output import emit, out
    from aggregator.config.editing import Editor

    purged: list[tuple[int, tuple[str, ...]]] = []
    if purge:
        planned = Editor(options.place(), options.settings()).remove(sources)
        with options.app(planned.settings, write=True, wait=wait, command="remove") as app:
            _remove(options, sources)
            purged = [app.purge(name) for name in dict.fromkeys(sources)]
    else:
        _remove(options, sources)
    items = sum(count for count, _ in purged)
    feeds = [path for _, paths in purged for path in paths]
    if options.json:
        emit({"removed": list(sources), "items": items, "feeds": feeds})
    elif not options.quiet:
        out(_told(sources, purge=purge, items=items, feeds=feeds))


def _remove(options: Options, sources: Sequence[str]) -> None:
    from aggregator.config.editing import Editor

    with options.editing("remove") as site:
        Editor(*site).remove(sources).write()


def _told(sources: Sequence[str], *, purge: bool, items: int, feeds: Sequence[str]) -> str:
    from aggregator.cli.output import counted

    what = f"removed {', '.join(sources)}"
    gone = f"{counted(items, 'item')} and {counted(len(feeds), 'file')}"
    return f"{what}, {gone}" if purge else f"{what}; items and feeds stay"


command = remove
