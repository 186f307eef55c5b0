"""`tagwire import`: sources from the lists of other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import click

from aggregator.cli.options import Options, command, pass_options

if TYPE_CHECKING:
    from aggregator.operations.moving import Imported

_SHOWN = 20


@command(
    "import",
    examples={
        "tagwire import --dry-run feeds.opml": "what would be added",
        "curl -s https://example.org/my.opml | tagwire import -": "a list from the web",
    },
)
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Tell what would be added, but change nothing.")
@pass_options
def import_(options: Options, file: BinaryIO, *, dry_run: bool) -> int:
    """Add the sources of an OPML file or another list.

    FILE is OPML, newsboat's urls file, a planet's config.ini, a list of URLs, or what `tagwire export --json` wrote;
    - is standard input. Exit code 2 if there is no source in it at all.
    """
    from aggregator.cli.output import emit, err, safe
    from aggregator.operations.moving import planned
    from aggregator.steps.subscriptions import read

    listing = read(file.name, file.read())
    if dry_run:
        found = planned(options.place(), options.settings(), listing)
    else:
        with options.editing("import") as site:
            found = planned(*site, listing)
            if found.change:
                found.change.write()
    if options.json:
        emit(
            {
                "added": [{"id": one.id, "kind": one.kind, "address": one.address} for one in found.added],
                "duplicates": [{"line": one.line, "message": one.message} for one in found.duplicates],
                "problems": [{"line": one.line, "message": one.message} for one in found.problems],
                "dry_run": dry_run,
            }
        )
    else:
        _tell(options, found, dry_run=dry_run)
    if found.added or found.duplicates:
        return 0
    if not found.problems:
        err(f"tagwire: {safe(file.name)}: no sources in it")
    return 2


def _tell(options: Options, found: Imported, *, dry_run: bool) -> None:
    from aggregator.cli.output import counted, err, out, safe

    for problem in found.problems:
        err(f"tagwire: {safe(str(problem))}")
    if options.quiet:
        return
    for problem in found.duplicates:
        err(f"{safe(str(problem))}")
    most = None if options.verbose else _SHOWN
    for source in found.added[:most]:
        tags = f"  [{', '.join(map(safe, source.tags))}]" if source.tags else ""
        out(f"{safe(source.id)}: {safe(source.address)}{tags}")
    if most and len(found.added) > most:
        out(f"and {len(found.added) - most} more (-v shows all)")
    counts = f"{len(found.duplicates)} known already, {counted(len(found.problems), 'problem')}"
    out(f"{'would add' if dry_run else 'added'} {counted(len(found.added), 'source')}, {counts}")


command = import_
