"""`tagwire export`: the sources as OPML or JSON, for other programs and for `tagwire import`."""

from __future__ import annotations

from pathlib import Path

import click

from aggregator.cli.options import Options, command, pass_options
from aggregator.errors import UsageError


@command(
    "export",
    examples={
        "tagwire export feeds.opml": "for another reader",
        "tagwire export --json > sources.json": "for another tagwire",
    },
)
@click.argument("file", default="-", type=click.Path(dir_okay=False, allow_dash=True))
@pass_options
def export(options: Options, file: str) -> None:
    """Write the sources as OPML or JSON.

    JSON with --json; to FILE, else to standard output. Passwords and request headers stay here.
    """
    from aggregator import files
    from aggregator.cli.output import SCHEMA, err, out, safe
    from aggregator.operations import moving

    with options.app() as app:
        settings, states = app.settings, app.store.states()
    if options.json:
        document, problems = moving.document(settings)
        data = f"{moving.exact_json({'schema': SCHEMA, **document}, indent=2)}\n".encode()
    else:
        exported = moving.opml(settings, states)
        data, problems = exported.data, exported.problems
    if file == "-":
        out(data.decode().rstrip("\n"))
    else:
        if not Path(file).absolute().parent.is_dir():
            raise UsageError(f"{file}: there is no folder {Path(file).parent}")
        files.rewrite(file, data)
    if not options.quiet:
        for problem in problems:
            err(f"tagwire: {safe(problem)}")


command = export
