"""`tagwire run`: the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Options, command, pass_options

if TYPE_CHECKING:
    import asyncio


@command("run")
@click.option("--no-serve", is_flag=True, help="Do not serve the published directory.")
@pass_options
def run(options: Options, *, no_serve: bool) -> None:
    """Refresh and publish on schedule, and serve, until stopped.

    Serves if the extra `server` is installed. SIGTERM and SIGINT finish the work under way and end with exit code 0.
    """
    from aggregator.cli.serve import can_serve
    from aggregator.cli.signals import run_until_signal

    settings = options.settings()
    options.start_logging(talkative=True)
    serve = can_serve() and not no_serve

    async def work(stop: asyncio.Event) -> None:
        from aggregator.app import run_daemon

        await run_daemon(settings, serve=serve, stop=stop)

    run_until_signal(work)


command = run
