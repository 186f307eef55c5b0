"""`tagwire resume`: set `enabled` of sources in config/sources.toml."""

from __future__ import annotations

import click

from aggregator.cli.options import Options, command, pass_options


@command("resume")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@pass_options
def resume(options: Options, sources: tuple[str, ...]) -> None:
    """Resume paused sources."""
    from aggregator.cli.output import emit, out
    from aggregator.config.editing import Editor

    Editor(options.place(), options.settings()).enable(sources, enabled=True).write()
    if options.json:
        emit({"resumed": list(sources)})
    elif not options.quiet:
        out(f"resumed {', '.join(sources)}")


command = resume
