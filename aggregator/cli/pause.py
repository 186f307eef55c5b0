"""`tagwire pause`: set `enabled` of sources in config/sources.toml."""

from __future__ import annotations

import click

from aggregator.cli.options import Options, command, pass_options


@command("pause")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@pass_options
def pause(options: Options, sources: tuple[str, ...]) -> None:
    """Pause sources: they are not fetched any more."""
    from aggregator.cli.output import emit, out
    from aggregator.config.editing import Editor

    with options.editing("pause") as site:
        Editor(*site).enable(sources, enabled=False).write()
    if options.json:
        emit({"paused": list(sources)})
    elif not options.quiet:
        out(f"paused {', '.join(sources)}")


command = pause
