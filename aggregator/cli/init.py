"""`tagwire init`: a working site in a directory, without network."""

from __future__ import annotations

from importlib.resources import files as packaged
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Options, command, pass_options
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable


YOURS = ("README.md", ".gitignore")
"""What a directory may have already: a site works without ours."""


@command(
    "init",
    examples={
        "tagwire init news": "a site that works offline, in ./news",
        "tagwire init --with hugo": "here, and for Hugo",
    },
)
@click.argument("target", metavar="[DIR]", required=False)
@click.option("--with", "generator", type=click.Choice(["hugo"]), help="Add what a site generator needs.")
@click.option("--force", is_flag=True, help="Overwrite files that are there, but for README.md and .gitignore.")
@pass_options
def init(options: Options, target: str | None, *, generator: str | None, force: bool) -> None:
    """Make a working site in a directory.

    Writes config/, seeds/ with two items, README.md and .gitignore; `tagwire refresh` works at once, offline. With
    `--with hugo` it is a Hugo site, too: `hugo` builds pages from items/ as they are.
    """
    from aggregator import files
    from aggregator.cli.output import emit, out

    home = Path(options.directory, target or "")
    planned = {home / path: data for path, data in (*templates(), *starter(generator))}
    kept = [path for path in map(home.joinpath, YOURS) if path.exists() and planned.pop(path, None) is not None]
    if not force and (there := [str(path) for path in planned if path.exists()]):
        raise UsageError(f"already there: {', '.join(there)} (--force overwrites)")
    written = files.write_all(planned.items())
    if options.json:
        emit({"site": str(home.absolute()), "written": written, "kept": list(map(str, kept))})
    elif not options.quiet:
        for path in kept:
            out(f"{path} was there and stays as it is")
        out(f"made a site in {home.absolute()}; next: cd there and run `tagwire refresh`")


def templates() -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every file of a new site."""
    yield from _below(packaged("aggregator.cli") / "templates", "")


def starter(generator: str | None) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of the files that a site generator needs beside those of every site, or instead of them."""
    if generator:
        yield from _below(packaged("aggregator.cli") / "starters" / generator, "")


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _below(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + (".gitignore" if entry.name == "gitignore" else entry.name), entry.read_bytes()


command = init
