"""`tagwire resume`: set `enabled` of sources in config/sources.toml, and ask retired ones again."""

from __future__ import annotations

import click

from aggregator.cli.options import Options, command, pass_options, wait_option


@command("resume")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@wait_option
@pass_options
def resume(options: Options, sources: tuple[str, ...], *, wait: float) -> None:
    """Resume paused and retired sources.

    Nothing is held against them any more: failures are forgotten, and so are URLs that were adopted after permanent
    redirects. They are due at once.
    """
    from aggregator.cli.output import emit, out
    from aggregator.config.editing import Editor
    from aggregator.operations.revive import burdened, revive

    with options.editing("resume") as site:
        change = Editor(*site).enable(sources, enabled=True)
        change.write()
    with options.app(change.settings) as app:
        names = burdened(app.states(), sources)
    if names:
        with options.app(change.settings, write=True, wait=wait, command="resume") as app:
            revive(app.store, names, app.clock.now())
    if options.json:
        emit({"resumed": list(sources)})
    elif not options.quiet:
        out(f"resumed {', '.join(sources)}")


command = resume
